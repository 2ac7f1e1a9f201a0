//! What a run has changed, or would change while it is held: movies field by field, what companion files say,
//! and the figures that move most.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::companion::companions;
use super::diff::{ChangeKind, ChangeKindFilter, FieldChange, KINDS, diff, kind_chip};
use super::mover::movers;
use super::tabs::choices;
use crate::api::fragment::PageInfo;
use crate::api::live::Change as Live;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::field::filter_select;
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::{empty, failure, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::whole;

/// Changes that are asked for at once when one field is looked for.
const LOOK: i32 = 500;
/// Hits that end a look.
const ENOUGH: usize = 50;
/// Changes that end a look without as many hits.
const FAR: i64 = 5_000;

/// The fields of a movie that a change may be about.
const FIELDS: [&str; 23] = [
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
struct ChangeFilter {
    kind: Option<ChangeKindFilter>,
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
    let field = Memo::new(move |_| state.get("field"));
    view! {
        <div class="controls">
            {choices(state, "Kind of change", "kind", &kinds)}
            {filter_select("Field", "field", fields)}
        </div>
        {move || match field.get() {
            Some(field) => looked_for(id, state, field),
            None => paged(id, state),
        }}
    }
    .into_any()
}

fn filter(state: ListState) -> Option<ChangeFilter> {
    let kind = ChangeKindFilter::of(&state.get("kind")?)?;
    Some(ChangeFilter { kind: Some(kind) })
}

fn paged(id: Memo<String>, state: ListState) -> AnyView {
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
    loaded(query, 8, move |data: ChangesQuery| {
        let Some(RunChanges { changes, .. }) = data.run else {
            return ().into_any();
        };
        if changes.nodes.is_empty() {
            return match untrack(|| state.get("kind")) {
                Some(_) => empty("No changes of this kind", "Choose another kind, or all."),
                None => empty(
                    "No movies change",
                    "Movies that are new, other or gone are listed here.",
                ),
            };
        }
        view! {
            {rows(&changes.nodes)}
            {pager(changes.page_info, changes.total_count, "change", "changes")}
        }
        .into_any()
    })
}

/// Changes as a table.
pub fn rows(changes: &[Change]) -> AnyView {
    let options = TableOptions {
        caption: "Changes",
        mark: Some(("data-movie", |row: &Change| row.movie_id.inner().to_owned())),
        sorted: None,
    };
    let columns = vec![
        Column::text("Movie", "title", |row: &Change| {
            let link = format!("/movies/{}", row.movie_id.inner());
            Cell::new(view! { <a href=link>{row.title.clone()}</a> })
        }),
        Column::text("Becomes", "kind", |row: &Change| {
            Cell::new(kind_chip(row.kind))
        }),
        Column::text("Fields, old → new", "fields", |row: &Change| {
            // Of a movie that is new or gone, every field that has a value is listed.
            let most = match row.kind {
                ChangeKind::Updated => 4,
                _ => 0,
            };
            Cell::new(diff(&row.fields, most))
        }),
    ];
    table(options, columns, changes)
}

/// What has been found of one field so far.
#[derive(Clone, Copy)]
struct Look {
    found: RwSignal<Vec<Change>>,
    looked: RwSignal<i64>,
    total: RwSignal<i64>,
    next: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<ApiError>>,
    /// Counts what was looked for, so that a look for something else before ends.
    turn: StoredValue<u32>,
}

/// Changes of one field. The server knows the fields of a change only when it reads it, so they are looked
/// through here, a few thousand at a time, and it is said how far that has gone.
fn looked_for(id: Memo<String>, state: ListState, field: String) -> AnyView {
    let session = expect_context::<Session>();
    let look = Look {
        found: RwSignal::new(Vec::new()),
        looked: RwSignal::new(0),
        total: RwSignal::new(0),
        next: RwSignal::new(None),
        busy: RwSignal::new(true),
        fault: RwSignal::new(None),
        turn: StoredValue::new(0),
    };
    let name = field.clone();
    let go = move |filter: Option<ChangeFilter>| {
        let (id, field) = (id.get_untracked(), field.clone());
        look.busy.set(true);
        look.fault.set(None);
        spawn_local(async move {
            let turn = look.turn.try_get_value();
            let result = further(look, id, filter, field).await;
            session.note(result.as_ref().err());
            if look.turn.try_get_value() == turn {
                look.fault.try_set(result.err());
                look.busy.try_set(false);
            }
        });
    };
    let again = go.clone();
    Effect::new(move |_| {
        id.track();
        let filter = filter(state);
        look.found.set(Vec::new());
        look.looked.set(0);
        look.next.set(None);
        look.turn.update_value(|turn| *turn += 1);
        go(filter);
    });
    let more = {
        let again = again.clone();
        move |_| again(untrack(|| filter(state)))
    };
    view! {
        <p class="quiet" role="status" data-testid="looked">
            {move || format!(
                "{} of {} changes looked through: {} of {name}.",
                whole(look.looked.get()), whole(look.total.get()), whole(look.found.with(Vec::len) as i64),
            )}
        </p>
        {move || look.found.with(|found| (!found.is_empty()).then(|| rows(found)))}
        {move || look.fault.get().map(|fault| {
            let again = again.clone();
            failure(fault, move || again(untrack(|| filter(state))))
        })}
        <button type="button" class="button" on:click=more disabled=move || look.busy.get()
            hidden=move || look.next.with(Option::is_none)>
            {move || if look.busy.get() { "Looking…" } else { "Look further" }}
        </button>
    }
    .into_any()
}

/// Looks on until there is enough to show. Stops when the view is gone.
async fn further(
    look: Look,
    id: String,
    filter: Option<ChangeFilter>,
    field: String,
) -> Result<(), ApiError> {
    let (mut hits, mut seen) = (0, 0);
    let turn = look.turn.try_get_value();
    let mut after = look.next.try_get_untracked().flatten();
    while hits < ENOUGH && seen < FAR {
        let answer = send(ChangesQuery::build(ChangeVariables {
            id: cynic::Id::new(&id),
            filter: filter.clone(),
            first: Some(LOOK),
            after: after.take(),
            last: None,
            before: None,
        }))
        .await?;
        if look.turn.try_get_value() != turn {
            return Ok(());
        }
        let Some(RunChanges { changes, .. }) = answer.run else {
            return Ok(());
        };
        let batch = changes.nodes.len() as i64;
        seen += batch;
        let found: Vec<Change> = changes
            .nodes
            .into_iter()
            .filter_map(|mut change| {
                change.fields.retain(|known| known.field == field);
                (!change.fields.is_empty()).then_some(change)
            })
            .collect();
        hits += found.len();
        after = changes
            .page_info
            .end_cursor
            .filter(|_| changes.page_info.has_next_page);
        look.looked.try_update(|looked| *looked += batch);
        look.total.try_set(changes.total_count);
        look.found.try_update(|all| all.extend(found));
        look.next.try_set(after.clone());
        if after.is_none() {
            break;
        }
    }
    Ok(())
}
