//! All runs, newest first, live.

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::fragment::{PageInfo, RunRow, RunStatus};
use crate::api::query::{FAST, SLOW, use_query};
use crate::api::schema;
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::{empty, loaded};
use crate::components::status::{chip, overall};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::{seconds_between, since};
use crate::components::value::{unknown, whole};
use crate::format::{duration, percent};

#[derive(cynic::InputObject, Clone)]
struct RunStatusFilter {
    #[cynic(rename = "in")]
    among: Option<Vec<RunStatus>>,
}

#[derive(cynic::InputObject, Clone)]
struct RunFilter {
    status: Option<RunStatusFilter>,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Option<RunFilter>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunConnection")]
struct RunPage {
    nodes: Vec<RunRow>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct RunsQuery {
    #[arguments(filter: $filter, first: $first, after: $after, last: $last, before: $before)]
    runs: RunPage,
}

/// A part of the list: the key in the URL, its words, the statuses behind it.
type View = (&'static str, &'static str, fn(RunStatus) -> bool);

/// What the reader may narrow the list to.
const VIEWS: [View; 5] = [
    ("", "All", |_| true),
    ("active", "Active", RunStatus::active),
    ("succeeded", "Succeeded", |status| {
        status == RunStatus::Succeeded
    }),
    ("failed", "Failed", |status| status == RunStatus::Failed),
    ("duplicate", "Duplicates", |status| {
        status == RunStatus::Duplicate
    }),
];

fn statuses(key: &str) -> Option<Vec<RunStatus>> {
    let (_, _, wanted) = VIEWS
        .into_iter()
        .skip(1)
        .find(|(name, _, _)| *name == key)?;
    Some(
        RunStatus::ALL
            .into_iter()
            .filter(|status| wanted(*status))
            .collect(),
    )
}

/// The list of runs.
#[component]
pub fn RunList() -> impl IntoView {
    title(|| "Runs".into());
    let state = ListState::here();
    let query = use_query(
        move || {
            let page = state.page(PAGE);
            let status = state.get("status").and_then(|key| statuses(&key));
            RunsQuery::build(Variables {
                filter: status.map(|status| RunFilter {
                    status: Some(RunStatusFilter {
                        among: Some(status),
                    }),
                }),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        |data: &RunsQuery| {
            let active = data.runs.nodes.iter().any(|run| run.status.active());
            Some(if active { FAST } else { SLOW })
        },
    );
    let views = VIEWS.map(|(key, label, _)| {
        let link = move || {
            let status = Some(key.to_owned()).filter(|key| !key.is_empty());
            state.link(&[("status", status), ("after", None), ("before", None)])
        };
        let here = move || (state.get("status").unwrap_or_default() == key).then_some("true");
        view! { <a href=link aria-current=here>{label}</a> }
    });
    view! {
        {heading(&[], "Runs", ())}
        <nav class="views" aria-label="Status">{views.collect_view()}</nav>
        {loaded(query, 12, move |data: RunsQuery| {
            let RunPage { nodes, page_info, total_count } = data.runs;
            if nodes.is_empty() {
                return nothing(state.get("status").is_some());
            }
            view! { {run_table(&nodes)} {pager(page_info, total_count, "run", "runs")} }.into_any()
        })}
    }
}

fn nothing(filtered: bool) -> AnyView {
    if filtered {
        return empty(
            "No runs of this kind",
            view! { <a href="/runs">"Show all runs"</a> },
        );
    }
    let advice = view! {
        "Drop " <code>"movies_metadata.csv"</code> " into the inbox folder, or run " <code>"make sample"</code> "."
    };
    empty("No runs yet", advice)
}

/// Runs as a table, for this page and the dashboard.
pub fn run_table(rows: &[RunRow]) -> AnyView {
    let options = TableOptions {
        caption: "Runs",
        mark: Some(("data-run-id", |row: &RunRow| row.id.inner().to_owned())),
        sorted: None,
    };
    table(options, columns(), rows)
}

fn columns() -> Vec<Column<RunRow>> {
    vec![
        Column::text("Run", "id", |row: &RunRow| {
            let id = row.id.inner().to_owned();
            let link = format!("/runs/{id}");
            Cell::new(view! { <a href=link>{id}</a> })
        }),
        Column::text("Status", "status", |row: &RunRow| {
            Cell::exact(status(row), Some(row.status.name()))
        }),
        Column::text("File", "fileName", |row: &RunRow| {
            Cell::new(
                view! { <span class="file-name" title=row.file_name.clone()>{row.file_name.clone()}</span> },
            )
        }),
        Column::text("Trigger", "trigger", |row: &RunRow| {
            Cell::new(row.trigger.name())
        })
        .wide(),
        Column::number("Read", "read", |row: &RunRow| number(row.counts.read)).wide(),
        Column::number("New", "inserted", |row: &RunRow| {
            number(row.counts.inserted)
        })
        .wide(),
        Column::number("Updated", "updated", |row: &RunRow| {
            number(row.counts.updated)
        })
        .wide(),
        Column::number("Rejected", "rejected", |row: &RunRow| {
            number(row.counts.rejected)
        })
        .wide(),
        Column::number("Took", "seconds", |row: &RunRow| match &row.started_at {
            Some(start) => Cell::new(duration(seconds_between(start, row.finished_at.as_deref()))),
            None => Cell::new(unknown()),
        })
        .wide(),
        Column::number("Created", "createdAt", |row: &RunRow| {
            Cell::new(since(row.created_at.clone()))
        }),
    ]
}

fn number(value: i64) -> Cell {
    Cell::exact(whole(value), Some(value))
}

fn status(row: &RunRow) -> AnyView {
    let share = row
        .status
        .active()
        .then(|| percent(overall(row.status, row.progress)));
    view! { {chip(row.status)} {share.map(|share| view! { <span class="quiet small">" "{share}</span> })} }.into_any()
}
