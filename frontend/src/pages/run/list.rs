//! All runs, newest first unless sorted otherwise, live.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::bulk::{Selection, bar, check};
use super::filter::{KEYS, RunFilter, STARTED, asked};
use super::reprocess::{reprocess, start};
use super::rules::rule_choices;
use super::stats::{stats, times, views};
use crate::api::fragment::{OrderDirection, PageInfo, RunRow, RunStatus};
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::allowed::allowed;
use crate::components::field::{choices, filter_select, filter_text, filters};
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, PAGE, direction, pager, search};
use crate::components::period::{period_filters, utc_day_filter};
use crate::components::state::{empty, loaded};
use crate::components::status::{chip, overall};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::{seconds_between, since};
use crate::components::value::{text, unknown, whole};
use crate::format::{duration, percent};

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum RunOrderField {
    Id,
    Kind,
    Status,
    FileName,
    RuleVersion,
    DataVersion,
    CreatedAt,
    StartedAt,
    FinishedAt,
    RowsRead,
    RowsInserted,
    RowsUpdated,
    RowsDeleted,
    RowsRejected,
    IssueCount,
}

impl RunOrderField {
    /// The field that stands in the URL as `key`.
    fn of(key: &str) -> Option<Self> {
        Some(match key {
            "id" => Self::Id,
            "status" => Self::Status,
            "file" => Self::FileName,
            "rules" => Self::RuleVersion,
            "created" => Self::CreatedAt,
            "read" => Self::RowsRead,
            "inserted" => Self::RowsInserted,
            "updated" => Self::RowsUpdated,
            "rejected" => Self::RowsRejected,
            _ => return None,
        })
    }
}

#[derive(cynic::InputObject, Clone)]
struct RunOrder {
    field: RunOrderField,
    direction: OrderDirection,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Option<RunFilter>,
    order: Option<Vec<RunOrder>>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

/// A page of runs.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunConnection")]
pub struct RunPage {
    pub nodes: Vec<RunRow>,
    pub page_info: PageInfo,
    pub total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct RunsQuery {
    #[arguments(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before)]
    runs: RunPage,
}

/// The list of runs.
#[component]
pub fn RunList() -> impl IntoView {
    title(|| "Runs".into());
    let state = ListState::here();
    let selection = Selection::default();
    provide_context(selection);
    let query = use_live_query(
        move || {
            let page = state.page(PAGE);
            let (field, descending) = state.sort("created", true);
            RunsQuery::build(Variables {
                filter: asked(state, true),
                order: RunOrderField::of(&field).map(|field| {
                    vec![RunOrder {
                        field,
                        direction: direction(descending),
                    }]
                }),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        Change::Runs,
    );
    let figures = stats(state);
    let page = move || {
        query
            .data
            .with_untracked(|data| data.as_ref().map(|data| data.runs.nodes.clone()))
            .unwrap_or_default()
    };
    let narrow = move || {
        KEYS.iter()
            .chain(&["status"])
            .any(|key| state.get(key).is_some())
    };
    let side = view! {
        <a class="button" href="/backfills">"Backfills"</a>
        {allowed("run.trigger", || start("", "Process files again…"))}
    };
    view! {
        {heading(&[], "Runs", side)}
        {views(state, figures)}
        {filter_bar()}
        <div class="controls">
            {times(figures)}
            {bar(selection, page, query.again)}
        </div>
        {loaded(query, 12, move |data: RunsQuery| {
            let RunPage { nodes, page_info, total_count } = data.runs;
            selection.note(&nodes);
            if nodes.is_empty() {
                return nothing(untrack(narrow));
            }
            let options = TableOptions { sorted: Some(untrack(|| state.sort("created", true))), ..options() };
            view! { {table(options, columns(true), &nodes)} {pager(page_info, total_count, "run", "runs")} }.into_any()
        })}
        {reprocess()}
    }
}

fn filter_bar() -> AnyView {
    let rules = rule_choices("Any rules");
    let mut bar = vec![
        search("Number, name or hash"),
        filter_select("Trigger", "trigger", || {
            choices(&[
                ("", "Any trigger"),
                ("inbox", "Inbox"),
                ("command", "Command"),
                ("api", "API"),
            ])
        }),
        filter_select("Kind", "kind", || {
            choices(&[
                ("", "Any kind"),
                ("ingest", "Ingest"),
                ("reprocess", "Reprocess"),
                ("undo", "Undo"),
            ])
        }),
        filter_text("File", "file"),
        filter_select("Rules", "rules", move || rules.get()),
        filter_text("Asked for by", "by"),
    ];
    bar.extend(period_filters("Time"));
    bar.push(utc_day_filter("Started on", STARTED));
    view! { <div class="run-filters">{filters(&KEYS, bar)}</div> }.into_any()
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

fn options() -> TableOptions<RunRow> {
    TableOptions {
        caption: "Runs",
        mark: Some(("data-run-id", |row: &RunRow| row.id.inner().to_owned())),
        sorted: None,
    }
}

/// Runs as a table, for other pages: as they come.
pub fn run_table(rows: &[RunRow]) -> AnyView {
    table(options(), columns(false), rows)
}

fn columns(sortable: bool) -> Vec<Column<RunRow>> {
    let sorted = |column: Column<RunRow>, key| {
        if sortable {
            column.sorted_by(key)
        } else {
            column
        }
    };
    let mut columns = vec![
        sorted(
            Column::text("Run", "id", |row: &RunRow| {
                let id = row.id.inner().to_owned();
                let check = use_context::<Selection>().map(|selection| check(selection, row));
                let link = format!("/runs/{id}");
                Cell::new(view! { <span class="checked">{check}<a href=link>{id}</a></span> })
            }),
            "id",
        ),
        sorted(
            Column::text("Status", "status", |row: &RunRow| {
                Cell::exact(status(row), Some(row.status.name()))
            }),
            "status",
        ),
        sorted(
            Column::text("File", "fileName", |row: &RunRow| {
                Cell::new(
                    view! { <span class="file-name" title=row.file_name.clone()>{row.file_name.clone()}</span> },
                )
            }),
            "file",
        ),
        Column::text("Trigger", "trigger", |row: &RunRow| {
            Cell::new(row.trigger.name())
        })
        .wide(),
    ];
    if sortable {
        let by = Column::text("By", "requestedBy", |row: &RunRow| {
            Cell::new(text(row.requested_by.clone()))
        });
        let rules = Column::number("Rules", "ruleVersion", |row: &RunRow| {
            Cell::exact(row.rule_version, Some(row.rule_version))
        });
        columns.extend([by.wide(), rules.sorted_by("rules").wide()]);
    }
    let counts = [
        sorted(
            Column::number("Read", "read", |row: &RunRow| number(row.counts.read)),
            "read",
        ),
        sorted(
            Column::number("New", "inserted", |row: &RunRow| {
                number(row.counts.inserted)
            }),
            "inserted",
        ),
        sorted(
            Column::number("Updated", "updated", |row: &RunRow| {
                number(row.counts.updated)
            }),
            "updated",
        ),
        sorted(
            Column::number("Rejected", "rejected", |row: &RunRow| {
                number(row.counts.rejected)
            }),
            "rejected",
        ),
        Column::number("Took", "seconds", |row: &RunRow| match &row.started_at {
            // A held run works at nothing until somebody decides.
            Some(start) if row.status != RunStatus::Held => {
                Cell::new(duration(seconds_between(start, row.finished_at.as_deref())))
            }
            _ => Cell::new(unknown()),
        }),
    ];
    columns.extend(counts.map(Column::wide));
    columns.push(sorted(
        Column::number("Created", "createdAt", |row: &RunRow| {
            Cell::new(since(row.created_at.clone()))
        }),
        "created",
    ));
    columns
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
