//! Which events: what the URL says, as the server's filter and as the export's address.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use super::AuditOutcome;
use crate::api::schema;
use crate::components::field::{choices, field, filter_select, filter_text, filters};
use crate::components::list::{ListState, writer};
use crate::components::period::{DateTime, period, period_filters};

/// Which events.
#[derive(cynic::InputObject, Clone, Debug, Default, PartialEq)]
pub struct AuditFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Vec<String>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub action: Option<Vec<String>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub address: Option<Vec<String>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Vec<AuditOutcome>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime>,
}

/// What the URL may say.
const KEYS: [&str; 8] = [
    "actor", "action", "subject", "outcome", "address", "since", "from", "to",
];

/// The actions there are, for whoever does not know them by heart; others can be typed.
const ACTIONS: [&str; 39] = [
    "login",
    "logout",
    "read",
    "backfill",
    "backfill.begin",
    "backfill.cancel",
    "file",
    "file.delete",
    "file.hold",
    "file.move",
    "file.release",
    "file.upload",
    "password.change",
    "password.set",
    "reject.correct",
    "role",
    "role.create",
    "role.delete",
    "role.update",
    "rule.publish",
    "run",
    "run.approve",
    "run.cancel",
    "run.discard",
    "run.ingest",
    "run.reprocess",
    "run.retry",
    "run.undo",
    "session.end",
    "token",
    "token.create",
    "token.revoke",
    "token.use",
    "user",
    "user.create",
    "user.disable",
    "user.enable",
    "user.login",
    "user.update",
];

/// The filter that the URL asks for. Reactive.
pub fn asked(state: ListState) -> AuditFilter {
    let (since, until) = period(state);
    let outcome = state.get("outcome");
    let outcome = AuditOutcome::ALL
        .into_iter()
        .find(|known| Some(known.name()) == outcome.as_deref());
    AuditFilter {
        actor: state.get("actor").map(|name| vec![name]),
        action: state.get("action").map(|name| vec![name]),
        subject: state.get("subject"),
        address: state.get("address").map(|name| vec![name]),
        outcome: outcome.map(|outcome| vec![outcome]),
        since,
        until,
    }
}

/// Whether the URL asks for less than everything. Reactive.
pub fn narrowed(state: ListState) -> bool {
    KEYS.iter().any(|key| state.get(key).is_some())
}

/// The address of the same events as a file, which ends in `csv` or `jsonl`.
pub fn export(filter: &AuditFilter, end: &str) -> String {
    let mut params = ParamsMap::new();
    let mut add = |key: &'static str, value: Option<String>| {
        if let Some(value) = value {
            params.insert(key, value);
        }
    };
    let first = |list: &Option<Vec<String>>| list.as_ref().and_then(|list| list.first().cloned());
    add("actor", first(&filter.actor));
    add("action", first(&filter.action));
    add("subject", filter.subject.clone());
    add("address", first(&filter.address));
    let outcome = filter.outcome.as_ref().and_then(|list| list.first());
    add("outcome", outcome.map(|outcome| outcome.name().to_owned()));
    add("since", filter.since.clone().map(|at| at.0));
    add("until", filter.until.clone().map(|at| at.0));
    format!("/api/v1/audit.{end}{}", params.to_query_string())
}

/// The bar that writes it.
pub fn bar() -> AnyView {
    let state = ListState::here();
    let write = writer("action");
    let action = view! {
        <input type="search" name="action" autocomplete="off" list="audit-actions"
            prop:value=move || state.get("action").unwrap_or_default()
            on:input=move |event| write(event_target_value(&event))/>
    };
    let mut outcomes = choices(&[("", "Any")]);
    outcomes
        .extend(AuditOutcome::ALL.map(|known| (known.name().to_owned(), known.name().to_owned())));
    let mut controls = vec![
        filter_text("Who", "actor"),
        field("Action", "", action.into_any()),
        filter_text("Subject contains", "subject"),
        filter_select("Outcome", "outcome", move || outcomes.clone()),
        filter_text("Address", "address"),
    ];
    controls.extend(period_filters("When"));
    let known = ACTIONS.map(|action| view! { <option value=action></option> });
    view! {
        {filters(&KEYS, controls)}
        <datalist id="audit-actions">{known.collect_view()}</datalist>
    }
    .into_any()
}
