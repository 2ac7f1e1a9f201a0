//! What a run has changed, or would change while it is held: movies field by field, what companion files say,
//! and the figures that move most.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::companion::companions;
use super::diff::{ChangeKind, ChangeKindFilter, FieldChange, KINDS, diff, kind_chip};
use super::mover::movers;
use super::tabs::{choices, no_changes};
use crate::api::fragment::{PageInfo, RunStatus, StringFilter};
use crate::api::live::Change as Live;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::field::filter_select;
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::loaded;
use crate::components::table::{Cell, Column, TableOptions, table};

/// The fields of a movie that a change may be about.
const FIELDS: [&str; 24] = [
    "adult",
    "budget",
    "collection_id",
    "companies",
    "countries",
    "genres",
    "homepage",
    "imdb_id",
    "languages",
    "original_language",
    "original_title",
    "overview",
    "popularity",
    "poster_path",
    "release_date",
    "release_year",
    "revenue",
    "runtime",
    "status",
    "tagline",
    "title",
    "video",
    "vote_average",
    "vote_count",
];

#[derive(cynic::InputObject, Clone)]
struct FieldChangeFilter {
    field: Option<StringFilter>,
}

#[derive(cynic::InputObject, Clone)]
struct FieldChangeListFilter {
    some: Option<FieldChangeFilter>,
}

#[derive(cynic::InputObject, Clone)]
struct ChangeFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    kind: Option<ChangeKindFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    fields: Option<FieldChangeListFilter>,
}

#[derive(cynic::QueryVariables)]
struct ChangeVariables {
    id: cynic::Id,
    filter: Option<ChangeFilter>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

/// A movie that changes.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct Change {
    movie_id: cynic::Id,
    title: String,
    kind: ChangeKind,
    fields: Vec<FieldChange>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "ChangeConnection")]
struct ChangePage {
    nodes: Vec<Change>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run", variables = "ChangeVariables")]
struct RunChanges {
    status: RunStatus,
    #[arguments(filter: $filter, first: $first, after: $after, last: $last, before: $before)]
    changes: ChangePage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "ChangeVariables")]
struct ChangesQuery {
    #[arguments(id: $id)]
    run: Option<RunChanges>,
}

/// The tab: movies, companion data or figures, as the URL says.
pub fn changes(id: Memo<String>, state: ListState) -> AnyView {
    let part = Memo::new(move |_| state.get("of_what").unwrap_or_default());
    view! {
        {choices(state, "What has changed", "of_what", &[
            ("", "Movies"), ("companions", "Companion data"), ("movers", "Top movers"),
        ])}
        {move || match part.get().as_str() {
            "companions" => companions(id, state),
            "movers" => movers(id, state),
            _ => movies(id, state),
        }}
    }
    .into_any()
}

/// The movies a run changes, of one kind and with one field where the URL says so.
pub fn movies(id: Memo<String>, state: ListState) -> AnyView {
    let kinds: Vec<_> = [("", "All")]
        .into_iter()
        .chain(KINDS.map(|(key, label, _)| (key, label)))
        .collect();
    let fields = || {
        let known = FIELDS.map(|field| (field.to_owned(), field.to_owned()));
        let any = [(String::new(), "Any field".to_owned())];
        any.into_iter().chain(known).collect()
    };
    let query = use_live_query(
        move || {
            let page = state.page(PAGE);
            ChangesQuery::build(ChangeVariables {
                id: cynic::Id::new(id.get()),
                filter: filter(state),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        Live::Run(id.into()),
    );
    let narrowed = Memo::new(move |_| filter(state).is_some());
    let field = Memo::new(move |_| state.get("field"));
    let list = loaded(query, 8, move |data: ChangesQuery| {
        let Some(RunChanges { status, changes }) = data.run else {
            return ().into_any();
        };
        if changes.nodes.is_empty() {
            let none = (
                "No movies change",
                "Movies that are new, other or gone are listed here.",
            );
            return no_changes(status, narrowed.get(), none);
        }
        view! {
            {rows(&changes.nodes, field.get().as_deref())}
            {pager(changes.page_info, changes.total_count, "change", "changes")}
        }
        .into_any()
    });
    view! {
        <div class="controls">
            {choices(state, "Kind of change", "kind", &kinds)}
            {filter_select("Field", "field", fields)}
        </div>
        {list}
    }
    .into_any()
}

/// What the URL narrows the changes to; none where that is nothing. Reactive.
fn filter(state: ListState) -> Option<ChangeFilter> {
    let kind = state.get("kind").and_then(|key| ChangeKindFilter::of(&key));
    let fields = state.get("field").map(|field| FieldChangeListFilter {
        some: Some(FieldChangeFilter {
            field: Some(StringFilter::being(field)),
        }),
    });
    (kind.is_some() || fields.is_some()).then_some(ChangeFilter { kind, fields })
}

/// A change as a row: its fields in the order in which they are shown, the first so many of them unfolded.
struct Row {
    change: Change,
    unfolded: usize,
}

impl Row {
    /// A field that is looked for comes first, alone.
    fn new(change: &Change, field: Option<&str>) -> Self {
        let mut change = change.clone();
        let unfolded = match (field, change.kind) {
            (Some(field), _) => {
                change.fields.sort_by_key(|known| known.field != field);
                1
            }
            (None, ChangeKind::Updated) => 4,
            // Of a movie that is new or gone, every field that has a value is listed.
            (None, _) => 0,
        };
        Self { change, unfolded }
    }
}

/// Changes as a table, with a field that is looked for where there is one.
pub fn rows(changes: &[Change], field: Option<&str>) -> AnyView {
    let options = TableOptions {
        caption: "Changes",
        mark: Some(("data-movie", |row: &Row| {
            row.change.movie_id.inner().to_owned()
        })),
        sorted: None,
    };
    let columns = vec![
        Column::text("Movie", "title", |row: &Row| {
            let link = format!("/movies/{}", row.change.movie_id.inner());
            Cell::new(view! { <a href=link>{row.change.title.clone()}</a> })
        }),
        Column::text("Becomes", "kind", |row: &Row| {
            Cell::new(kind_chip(row.change.kind))
        }),
        Column::text("Fields, old → new", "fields", |row: &Row| {
            Cell::new(diff(&row.change.fields, row.unfolded))
        }),
    ];
    let rows: Vec<Row> = changes
        .iter()
        .map(|change| Row::new(change, field))
        .collect();
    table(options, columns, &rows)
}
