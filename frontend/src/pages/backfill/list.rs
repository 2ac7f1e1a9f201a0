//! All backfills, newest first, live.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::progress::{BackfillRow, bar, state_chip};
use crate::api::fragment::PageInfo;
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::allowed::allowed;
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::since;
use crate::pages::run::reprocess::{ALL, reprocess, start};

#[derive(cynic::QueryVariables)]
struct Variables {
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "BackfillConnection")]
struct BackfillPage {
    nodes: Vec<BackfillRow>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct BackfillsQuery {
    #[arguments(first: $first, after: $after, last: $last, before: $before)]
    backfills: BackfillPage,
}

/// The list of backfills.
#[component]
pub fn BackfillList() -> impl IntoView {
    title(|| "Backfills".into());
    let state = ListState::here();
    let query = use_live_query(
        move || {
            let page = state.page(PAGE);
            BackfillsQuery::build(Variables {
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        Change::Runs,
    );
    let side = allowed("run.trigger", || start(ALL, "Reprocess all files…"));
    view! {
        {heading(&[("/runs", "Runs")], "Backfills", side)}
        {loaded(query, 6, |data: BackfillsQuery| {
            let BackfillPage { nodes, page_info, total_count } = data.backfills;
            if nodes.is_empty() {
                return empty(
                    "No backfills yet",
                    "A backfill reads every archived file again, as after a change of the rules. Begin one with “Reprocess all files”.",
                );
            }
            let options = TableOptions {
                caption: "Backfills",
                mark: Some(("data-backfill", |row: &BackfillRow| row.id.inner().to_owned())),
                sorted: None,
            };
            view! { {table(options, columns(), &nodes)} {pager(page_info, total_count, "backfill", "backfills")} }.into_any()
        })}
        {reprocess()}
    }
}

fn columns() -> Vec<Column<BackfillRow>> {
    vec![
        Column::text("Backfill", "id", |row: &BackfillRow| {
            let id = row.id.inner().to_owned();
            let link = format!("/backfills/{id}");
            Cell::new(view! { <a href=link>{id}</a> })
        }),
        Column::text("State", "state", |row: &BackfillRow| {
            Cell::new(state_chip(row))
        }),
        Column::text("Files", "files", |row: &BackfillRow| Cell::new(bar(row))),
        Column::number("Rules", "ruleVersion", |row: &BackfillRow| {
            Cell::exact(row.rule_version, Some(row.rule_version))
        })
        .wide(),
        Column::text("Changes are", "mode", |row: &BackfillRow| {
            Cell::new(row.mode.words())
        })
        .wide(),
        Column::text("Begun by", "createdBy", |row: &BackfillRow| {
            Cell::new(row.created_by.clone())
        })
        .wide(),
        Column::number("Created", "createdAt", |row: &BackfillRow| {
            Cell::new(since(row.created_at.clone()))
        }),
    ]
}
