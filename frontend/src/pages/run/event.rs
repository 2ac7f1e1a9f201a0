//! What a run did, as it wrote it down.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::tabs::{PageVariablesFields, pace, page_variables};
use crate::api::fragment::{PageInfo, RunStatus};
use crate::api::query::use_query;
use crate::api::schema;
use crate::components::list::{ListState, pager};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::since;

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum EventLevel {
    Info,
    Warn,
    Error,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct RunEvent {
    at: String,
    level: EventLevel,
    message: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunEventConnection")]
struct EventPage {
    nodes: Vec<RunEvent>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run", variables = "PageVariables")]
struct RunEvents {
    status: RunStatus,
    #[arguments(first: $first, after: $after, last: $last, before: $before)]
    events: EventPage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "PageVariables")]
struct EventsQuery {
    #[arguments(id: $id)]
    run: Option<RunEvents>,
}

/// The events.
pub fn events(id: Memo<String>, state: ListState) -> AnyView {
    let query = use_query(
        move || EventsQuery::build(page_variables(id, state)),
        |data: &EventsQuery| pace(data.run.as_ref().map(|run| run.status)),
    );
    loaded(query, 8, |data: EventsQuery| {
        let Some(RunEvents { events, .. }) = data.run else {
            return ().into_any();
        };
        if events.nodes.is_empty() {
            return empty(
                "No events yet",
                "What the run does is written here while it goes on.",
            );
        }
        let options = TableOptions {
            caption: "Events",
            mark: None,
            sorted: None,
        };
        view! {
            {table(options, event_columns(), &events.nodes)}
            {pager(events.page_info, events.total_count, "event", "events")}
        }
        .into_any()
    })
}

fn event_columns() -> Vec<Column<RunEvent>> {
    vec![
        Column::text("When", "at", |row: &RunEvent| {
            Cell::new(since(row.at.clone()))
        }),
        Column::text("Level", "level", |row: &RunEvent| {
            let (class, name) = match row.level {
                EventLevel::Info => ("chip still", "info"),
                EventLevel::Warn => ("chip warn", "warn"),
                EventLevel::Error => ("chip bad", "error"),
            };
            Cell::new(view! { <span class=class>{name}</span> })
        }),
        Column::text("Message", "message", |row: &RunEvent| {
            Cell::new(view! { <div class="prose">{row.message.clone()}</div> })
        }),
    ]
}
