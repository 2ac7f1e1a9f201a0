//! Which events: what the URL says, as the server's filter and as the export's address.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use super::AuditOutcome;
use crate::api::fragment::StringFilter;
use crate::api::schema;
use crate::components::field::{choices, field, filter_select, filter_text, filters};
use crate::components::list::{ListState, writer};
use crate::components::period::{DateTimeFilter, period, period_filters, within};

#[derive(cynic::InputObject, Clone, Debug, PartialEq)]
pub struct AuditOutcomeFilter {
    pub eq: Option<AuditOutcome>,
}

/// Which events.
#[derive(cynic::InputObject, Clone, Debug, Default)]
pub struct AuditFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTimeFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub actor: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub action: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub subject: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub address: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<AuditOutcomeFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub and: Option<Vec<AuditFilter>>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub or: Option<Vec<AuditFilter>>,
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

/// The outcome that the URL asks for. Reactive.
fn outcome(state: ListState) -> Option<AuditOutcome> {
    let outcome = state.get("outcome");
    AuditOutcome::ALL
        .into_iter()
        .find(|known| Some(known.name()) == outcome.as_deref())
}

/// The filter that the URL asks for: the events that [`export`] gives. Reactive.
pub fn asked(state: ListState) -> AuditFilter {
    // Somebody, by password or by any of the own tokens.
    let actor = state.get("actor").map(|name| {
        let token = StringFilter::between(format!("{name} (token "), format!("{name} (token !"));
        either(StringFilter::being(name), token, |actor| AuditFilter {
            actor: Some(actor),
            ..AuditFilter::default()
        })
    });
    // An action, or all that is done to a noun.
    let action = state.get("action").map(|name| {
        let of_noun = StringFilter::between(format!("{name}."), format!("{name}/"));
        either(StringFilter::being(name), of_noun, |action| AuditFilter {
            action: Some(action),
            ..AuditFilter::default()
        })
    });
    let either: Vec<_> = actor.into_iter().chain(action).collect();
    AuditFilter {
        at: within(state),
        subject: state.get("subject").map(StringFilter::containing),
        address: state.get("address").map(StringFilter::being),
        outcome: outcome(state).map(|outcome| AuditOutcomeFilter { eq: Some(outcome) }),
        and: (!either.is_empty()).then_some(either),
        ..AuditFilter::default()
    }
}

fn either(
    one: StringFilter,
    other: StringFilter,
    filter: fn(StringFilter) -> AuditFilter,
) -> AuditFilter {
    AuditFilter {
        or: Some(vec![filter(one), filter(other)]),
        ..AuditFilter::default()
    }
}

/// Whether the URL asks for less than everything. Reactive.
pub fn narrowed(state: ListState) -> bool {
    KEYS.iter().any(|key| state.get(key).is_some())
}

/// The address of the same events as a file, which ends in `csv` or `jsonl`. Reactive.
pub fn export(state: ListState, end: &str) -> String {
    let mut params = ParamsMap::new();
    let (since, until) = period(state);
    let said = ["actor", "action", "subject", "address"].map(|key| (key, state.get(key)));
    let others = [
        (
            "outcome",
            outcome(state).map(|outcome| outcome.name().to_owned()),
        ),
        ("since", since.map(|at| at.0)),
        ("until", until.map(|at| at.0)),
    ];
    for (key, value) in said.into_iter().chain(others) {
        if let Some(value) = value {
            params.insert(key, value);
        }
    }
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
