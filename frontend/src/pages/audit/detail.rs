//! One event: who did what to what, the value before and after, and its place in the chain of hashes.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::diff::{Piece, by_line, diff};
use super::{AuditOutcome, subject};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::allowed::page_for;
use crate::components::copy::copy_button;
use crate::components::icon::Icon;
use crate::components::layout::{heading, section, title};
use crate::components::state::{empty, loaded};
use crate::components::time::since;
use crate::components::value::text;

/// Events between two numbers.
#[derive(cynic::InputObject)]
#[cynic(graphql_type = "LongFilter")]
struct NumberFilter {
    between: Vec<i64>,
}

#[derive(cynic::InputObject)]
#[cynic(graphql_type = "AuditFilter")]
struct Filter {
    id: NumberFilter,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Filter,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "AuditEvent")]
struct Event {
    id: i64,
    at: String,
    actor: String,
    action: String,
    subject: String,
    address: Option<String>,
    outcome: AuditOutcome,
    code: Option<String>,
    reason: Option<String>,
    before: Option<String>,
    after: Option<String>,
    previous_hash: String,
    hash: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "AuditEventConnection")]
struct Events {
    nodes: Vec<Event>,
}

/// The event with its neighbours.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct EventQuery {
    #[arguments(filter: $filter)]
    audit_events: Events,
}

impl EventQuery {
    fn find(&self, id: i64) -> Option<&Event> {
        self.audit_events.nodes.iter().find(|event| event.id == id)
    }
}

/// The page of an event.
#[component]
pub fn AuditDetail() -> impl IntoView {
    page_for("audit.read", content)
}

fn content() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        id.parse::<i64>().unwrap_or_default()
    });
    title(move || format!("Event {}", id.get()));
    let query = use_query(
        move || {
            let id = id.get();
            let between = vec![id.saturating_sub(1), id.saturating_add(1)];
            let filter = Filter {
                id: NumberFilter { between },
            };
            EventQuery::build(Variables { filter })
        },
        once,
    );
    view! {
        {move || heading(&[("/audit", "Audit")], format!("Event {}", id.get()), ())}
        {loaded(query, 12, move |data: EventQuery| {
            let id = id.get();
            match data.find(id) {
                Some(event) => shown(event, data.find(id - 1), data.find(id + 1)),
                None => empty(
                    "There is no such event",
                    view! { <a href="/audit">"Show the whole trail"</a> },
                ),
            }
        })}
    }
    .into_any()
}

fn shown(event: &Event, previous: Option<&Event>, next: Option<&Event>) -> AnyView {
    let code = event.code.clone();
    let code = code.map(|code| view! { " "<span class="code quiet">{code}</span> });
    let reason = event.reason.clone();
    view! {
        <dl class="facts">
            <div><dt>"Who"</dt><dd data-testid="event-actor">{event.actor.clone()}</dd></div>
            <div><dt>"Action"</dt><dd><code data-testid="event-action">{event.action.clone()}</code></dd></div>
            <div><dt>"Subject"</dt><dd>{subject(&event.subject)}</dd></div>
            <div><dt>"Outcome"</dt><dd data-testid="event-outcome">{event.outcome.chip()}{code}</dd></div>
            <div><dt>"When"</dt><dd>{since(event.at.clone())}</dd></div>
            <div><dt>"Address"</dt><dd>{text(event.address.clone())}</dd></div>
            <div class="span"><dt>"Instant"</dt><dd>{event.at.clone()}</dd></div>
        </dl>
        {reason.map(|reason| view! {
            <div class="alert alert-warn"><p data-testid="event-reason">{reason}</p></div>
        })}
        {section("What changed", change(event.before.as_deref(), event.after.as_deref()))}
        {section("Chain of hashes", chain(event, previous))}
        {neighbours(previous, next)}
    }
    .into_any()
}

/// The value before and after, with what differs marked.
fn change(before: Option<&str>, after: Option<&str>) -> AnyView {
    let (old, new) = match (before, after) {
        (None, None) => {
            return view! { <p class="quiet">"No value was written down for this event."</p> }
                .into_any();
        }
        (old, new) => (old.unwrap_or_default(), new.unwrap_or_default()),
    };
    let key = match (before, after) {
        (Some(_), Some(_)) => "− before, + after",
        (Some(_), None) => "− before; nothing after",
        _ => "+ after; nothing before",
    };
    let lines = by_line(old, new);
    let pieces = diff(old, new)
        .into_iter()
        .map(|piece| piece_view(piece, lines))
        .collect_view();
    view! {
        <p class="quiet small">{key}</p>
        <div class="value-diff" class:lines=lines data-testid="event-diff">{pieces}</div>
    }
    .into_any()
}

fn piece_view(piece: Piece, lines: bool) -> AnyView {
    let space = if lines { "" } else { " " };
    match piece {
        Piece::Same(text) => view! { <span>{text.to_owned()}</span>{space} }.into_any(),
        Piece::Gone(text) => view! { <del>{text.to_owned()}</del>{space} }.into_any(),
        Piece::New(text) => view! { <ins>{text.to_owned()}</ins>{space} }.into_any(),
    }
}

fn chain(event: &Event, previous: Option<&Event>) -> AnyView {
    let told = match previous {
        Some(previous) if previous.hash == event.previous_hash => view! {
            <span class="chip good">"follows event "{previous.id}</span>
        }
        .into_any(),
        Some(previous) => view! {
            <span class="chip bad">"does not follow event "{previous.id}", whose hash is another"</span>
        }
        .into_any(),
        None => ().into_any(),
    };
    let hash = |label: &'static str, hash: &str| {
        let copied = hash.to_owned();
        view! {
            <div>
                <dt>{label}</dt>
                <dd class="hash-line"><code class="hash">{hash.to_owned()}</code> {copy_button("Copy", move || copied.clone())}</dd>
            </div>
        }
    };
    view! {
        <dl class="hashes">
            {hash("Hash of the event before", &event.previous_hash)}
            {hash("Hash of this event", &event.hash)}
        </dl>
        <p class="quiet">{told}" Each event holds the hash of the one before, so none can be changed or taken out without the rest showing it."</p>
    }
    .into_any()
}

fn neighbours(previous: Option<&Event>, next: Option<&Event>) -> AnyView {
    let earlier = previous.map(|event| {
        view! { <a class="button" rel="prev" href=format!("/audit/{}", event.id)>{Icon::Previous.draw()} "Event "{event.id}</a> }
    });
    let later = next.map(|event| {
        view! { <a class="button" rel="next" href=format!("/audit/{}", event.id)>"Event "{event.id} {Icon::Next.draw()}</a> }
    });
    view! { <nav class="pager-links" aria-label="Neighbouring events">{earlier}{later}</nav> }
        .into_any()
}
