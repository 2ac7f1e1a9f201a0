//! What a run has changed, or would change while it is held: field by field.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::tabs::{PageVariablesFields, pace, page_variables, value};
use crate::api::fragment::{PageInfo, RunStatus};
use crate::api::query::use_query;
use crate::api::schema;
use crate::components::list::{ListState, pager};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};

/// What becomes of a movie.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum ChangeKind {
    Inserted,
    Updated,
    Deleted,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct FieldChange {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Change {
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
#[cynic(graphql_type = "Run", variables = "PageVariables")]
struct RunChanges {
    status: RunStatus,
    #[arguments(first: $first, after: $after, last: $last, before: $before)]
    changes: ChangePage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "PageVariables")]
struct ChangesQuery {
    #[arguments(id: $id)]
    run: Option<RunChanges>,
}

/// The changes.
pub fn changes(id: Memo<String>, state: ListState) -> AnyView {
    let query = use_query(
        move || ChangesQuery::build(page_variables(id, state)),
        |data: &ChangesQuery| pace(data.run.as_ref().map(|run| run.status)),
    );
    loaded(query, 8, |data: ChangesQuery| {
        let Some(RunChanges { changes, .. }) = data.run else {
            return ().into_any();
        };
        if changes.nodes.is_empty() {
            return empty(
                "No changes",
                "Movies that are new, other or gone are listed here.",
            );
        }
        let options = TableOptions {
            caption: "Changes",
            mark: Some(("data-movie", |row: &Change| row.movie_id.inner().to_owned())),
            sorted: None,
        };
        view! {
            {table(options, change_columns(), &changes.nodes)}
            {pager(changes.page_info, changes.total_count, "change", "changes")}
        }
        .into_any()
    })
}

fn change_columns() -> Vec<Column<Change>> {
    vec![
        Column::text("Movie", "title", |row: &Change| {
            let link = format!("/movies/{}", row.movie_id.inner());
            Cell::new(view! { <a href=link>{row.title.clone()}</a> })
        }),
        Column::text("Becomes", "kind", |row: &Change| {
            let (name, tone) = match row.kind {
                ChangeKind::Inserted => ("new", "chip good"),
                ChangeKind::Updated => ("other", "chip still"),
                ChangeKind::Deleted => ("gone", "chip bad"),
            };
            Cell::new(view! { <span class=tone>{name}</span> })
        }),
        Column::text("Fields", "fields", |row: &Change| Cell::new(fields(row))),
    ]
}

/// What becomes of each field; of a movie that is new or gone only how many have a value.
fn fields(row: &Change) -> AnyView {
    let list = row
        .fields
        .iter()
        .map(|change| {
            view! {
                <li>
                    <span class="quiet">{change.field.clone()}</span>" "
                    {value(change.before.clone())} " → " {value(change.after.clone())}
                </li>
            }
        })
        .collect_view();
    if row.kind == ChangeKind::Updated {
        return view! { <ul class="field-changes">{list}</ul> }.into_any();
    }
    let count = format!("{} fields", row.fields.len());
    view! { <details><summary>{count}</summary><ul class="field-changes">{list}</ul></details> }
        .into_any()
}
