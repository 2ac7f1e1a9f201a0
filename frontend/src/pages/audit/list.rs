//! The trail as a list.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::filter::{AuditFilter, asked, bar, export, narrowed};
use super::{AuditOutcome, subject};
use crate::api::fragment::PageInfo;
use crate::api::query::use_query;
use crate::api::schema;
use crate::components::allowed::page_for;
use crate::components::copy::copy_graphql;
use crate::components::icon::Icon;
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::since;
use crate::components::value::text;

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: AuditFilter,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "AuditEvent")]
struct Row {
    id: i64,
    at: String,
    actor: String,
    action: String,
    subject: String,
    address: Option<String>,
    outcome: AuditOutcome,
    code: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "AuditEventConnection")]
struct Page {
    nodes: Vec<Row>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct TrailQuery {
    #[arguments(filter: $filter, first: $first, after: $after, last: $last, before: $before)]
    audit_events: Page,
}

/// Milliseconds between refreshes.
const PACE: u32 = 10_000;

/// The audit trail.
#[component]
pub fn AuditList() -> impl IntoView {
    title(|| "Audit".into());
    page_for("audit.read", content)
}

fn content() -> AnyView {
    let state = ListState::here();
    let query = use_query(
        move || {
            let page = state.page(PAGE);
            TrailQuery::build(Variables {
                filter: asked(state),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        |_: &TrailQuery| Some(PACE),
    );
    let file = move |end: &'static str, label: &'static str| {
        view! {
            <a class="button" rel="external" download=format!("audit.{end}")
                href=move || export(state, end)>{Icon::Download.draw()} {label}</a>
        }
    };
    let side = view! {
        {file("csv", "CSV")}
        {file("jsonl", "JSON lines")}
        {copy_graphql(query)}
    };
    view! {
        {heading(&[], "Audit", side)}
        {bar()}
        {loaded(query, 14, move |data: TrailQuery| {
            let Page { nodes, page_info, total_count } = data.audit_events;
            if nodes.is_empty() {
                return nothing(narrowed(state));
            }
            view! { {events(&nodes)} {pager(page_info, total_count, "event", "events")} }.into_any()
        })}
    }
    .into_any()
}

fn nothing(narrowed: bool) -> AnyView {
    match narrowed {
        true => empty(
            "No events like these",
            view! { <a href="/audit">"Show the whole trail"</a> },
        ),
        false => empty(
            "Nothing has been done yet",
            "Whatever somebody does or tries to do here is written down.",
        ),
    }
}

fn events(rows: &[Row]) -> AnyView {
    let options = TableOptions {
        caption: "Events",
        mark: Some(("data-event", |row: &Row| row.id.to_string())),
        sorted: None,
    };
    table(options, columns(), rows)
}

fn columns() -> Vec<Column<Row>> {
    vec![
        Column::text("Event", "id", |row: &Row| {
            let href = format!("/audit/{}", row.id);
            Cell::exact(view! { <a href=href>{row.id}</a> }, Some(row.id))
        }),
        Column::text("When", "at", |row: &Row| {
            Cell::exact(since(row.at.clone()), Some(row.at.clone()))
        }),
        Column::text("Who", "actor", |row: &Row| {
            Cell::exact(row.actor.clone(), Some(row.actor.clone()))
        }),
        Column::text("Action", "action", |row: &Row| {
            Cell::exact(
                view! { <code>{row.action.clone()}</code> },
                Some(row.action.clone()),
            )
        }),
        Column::text("Subject", "subject", |row: &Row| {
            Cell::exact(subject(&row.subject), Some(row.subject.clone()))
        }),
        Column::text("Address", "address", |row: &Row| {
            Cell::exact(text(row.address.clone()), row.address.clone())
        })
        .wide(),
        Column::text("Outcome", "outcome", |row: &Row| {
            let code = row.code.clone();
            let code = code.map(|code| view! { " "<span class="code quiet">{code}</span> });
            Cell::exact(
                view! { {row.outcome.chip()}{code} },
                Some(row.outcome.name()),
            )
        }),
    ]
}
