//! What a run changes of what companion files say: keywords, credits, links and ratings.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::diff::{ChangeKind, ChangeKindFilter, KINDS, kind_chip};
use super::tabs::{choices, no_changes};
use crate::api::fragment::{PageInfo, RunStatus};
use crate::api::live::Change as Live;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::loaded;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::unknown;

#[derive(cynic::InputObject, Clone)]
struct CompanionChangeFilter {
    kind: Option<ChangeKindFilter>,
}

#[derive(cynic::QueryVariables)]
struct CompanionVariables {
    id: cynic::Id,
    filter: Option<CompanionChangeFilter>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct CompanionChange {
    fills: String,
    id: cynic::Id,
    user_id: Option<cynic::Id>,
    kind: ChangeKind,
    before: Option<String>,
    after: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "CompanionChangeConnection")]
struct CompanionPage {
    nodes: Vec<CompanionChange>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run", variables = "CompanionVariables")]
struct RunCompanions {
    status: RunStatus,
    #[arguments(filter: $filter, first: $first, after: $after, last: $last, before: $before)]
    companion_changes: CompanionPage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "CompanionVariables")]
struct CompanionsQuery {
    #[arguments(id: $id)]
    run: Option<RunCompanions>,
}

/// The changes of companion data, all or those of one kind.
pub fn companions(id: Memo<String>, state: ListState) -> AnyView {
    let query = use_live_query(
        move || {
            let page = state.page(PAGE);
            let kind = state.get("kind").and_then(|key| ChangeKindFilter::of(&key));
            CompanionsQuery::build(CompanionVariables {
                id: cynic::Id::new(id.get()),
                filter: kind.map(|kind| CompanionChangeFilter { kind: Some(kind) }),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        Live::Run(id.into()),
    );
    let narrowed = Memo::new(move |_| state.get("kind").is_some());
    let kinds: Vec<_> = [("", "All")]
        .into_iter()
        .chain(KINDS.map(|(key, label, _)| (key, label)))
        .collect();
    view! {
        {choices(state, "Kind of change", "kind", &kinds)}
        {loaded(query, 8, move |data: CompanionsQuery| {
            let Some(RunCompanions { status, companion_changes: page }) = data.run else {
                return ().into_any();
            };
            if page.nodes.is_empty() {
                let none = (
                    "No companion data change",
                    "What keywords, credits, links and ratings files change is listed here.",
                );
                return no_changes(status, narrowed.get(), none);
            }
            let options = TableOptions { caption: "Changes of companion data", mark: None, sorted: None };
            view! {
                {table(options, columns(), &page.nodes)}
                {pager(page.page_info, page.total_count, "change", "changes")}
            }
            .into_any()
        })}
    }
    .into_any()
}

fn columns() -> Vec<Column<CompanionChange>> {
    vec![
        Column::text("Of", "id", |row: &CompanionChange| {
            let id = row.id.inner().to_owned();
            // Links and ratings know a movie by its MovieLens id, which is no page of ours.
            let about = match row.fills.as_str() {
                "links" | "ratings" => format!("MovieLens {id}").into_any(),
                _ => {
                    view! { <a href=format!("/movies/{id}")>{format!("movie {id}")}</a> }.into_any()
                }
            };
            let who = row
                .user_id
                .as_ref()
                .map(|user| format!(", user {}", user.inner()));
            Cell::new(view! { {about}{who} })
        }),
        Column::text("What", "fills", |row: &CompanionChange| {
            Cell::new(row.fills.clone())
        }),
        Column::text("Becomes", "kind", |row: &CompanionChange| {
            Cell::new(kind_chip(row.kind))
        }),
        Column::text("Old and new", "values", |row: &CompanionChange| {
            let before = row
                .before
                .clone()
                .map_or_else(unknown, |value| view! { <del>{value}</del> }.into_any());
            let after = row
                .after
                .clone()
                .map_or_else(unknown, |value| view! { <ins>{value}</ins> }.into_any());
            Cell::new(view! {
                <div class="prose diff-json">{before}<span class="quiet">" → "</span>{after}</div>
            })
        }),
    ]
}
