//! The tabs of a run, and what several of them share. Which one, and what it is narrowed to, is in the URL.

use leptos::prelude::*;

use super::{change::changes, event::events, issue::issues, lineage::lineage, reject::rejects};
use crate::api::fragment::{RunCounts, RunStatus};
use crate::api::schema;
use crate::components::list::ListState;
use crate::components::state::empty;
use crate::components::tabs::{Tab, tabs};
use crate::components::value::{text, whole};

/// The variables of queries about one run.
#[derive(cynic::QueryVariables)]
pub struct RunVariables {
    pub id: cynic::Id,
}

/// How often a reason was given.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "ReasonCount")]
pub struct Reason {
    pub code: String,
    pub count: i64,
}

/// The tabs; each follows the run while that is active.
pub fn run_tabs(id: Memo<String>, counts: Signal<Option<RunCounts>>) -> AnyView {
    let state = ListState::here();
    let count = move |of: fn(&RunCounts) -> i64| {
        Signal::derive(move || counts.with(|counts| counts.as_ref().map(of)))
    };
    let all = vec![
        Tab::new("changes", "Changes").counted(count(|counts| {
            counts.inserted + counts.updated + counts.deleted
        })),
        Tab::new("rejects", "Rejects")
            .counted(count(|counts| counts.rejected))
            .needs("file.read"),
        Tab::new("issues", "Issues")
            .counted(count(|counts| counts.issues))
            .needs("file.read"),
        Tab::new("events", "Events").needs("file.read"),
        Tab::new("lineage", "Lineage").needs("file.read"),
    ];
    let tabs = tabs("Details of the run", all, move |tab| match tab {
        "rejects" => rejects(id, state),
        "issues" => issues(id, state),
        "events" => events(id, state),
        "lineage" => lineage(id),
        _ => changes(id, state),
    });
    view! { <section class="panel" aria-label="Details">{tabs}</section> }.into_any()
}

/// One of a few choices, as links: each is a value of a parameter of the URL, or its absence.
pub fn choices(
    state: ListState,
    label: &'static str,
    key: &'static str,
    of: &[(&'static str, &'static str)],
) -> AnyView {
    let links = of
        .iter()
        .map(|(value, words)| choice(state, key, (*value).to_owned(), words.into_any()))
        .collect_view();
    view! { <nav class="views" aria-label=label>{links}</nav> }.into_any()
}

/// A link that sets a parameter of the URL, and says when it is set.
fn choice(state: ListState, key: &'static str, value: String, words: AnyView) -> AnyView {
    let own = value.clone();
    let here = move || (state.get(key).unwrap_or_default() == own).then_some("true");
    let link = move || {
        let value = Some(value.clone()).filter(|value| !value.is_empty());
        state.link(&[(key, value), ("after", None), ("before", None)])
    };
    view! { <a href=link aria-current=here>{words}</a> }.into_any()
}

/// Why a list of what a run changes is empty: by how the run stands, by what the list is narrowed to, or else as
/// `none` says.
pub fn no_changes(
    status: RunStatus,
    narrowed: bool,
    none: (&'static str, &'static str),
) -> AnyView {
    use RunStatus::{Aggregating, Cancelled, Discarded, Duplicate, Failed, Merging};
    let (title, advice) = match status {
        Merging | Aggregating => (
            "Not merged yet",
            "What the run changes is listed here as soon as it is merged.",
        ),
        status if status.active() => (
            "Not compared yet",
            "The run reads the file and compares it with the mart; what it changes is listed here after that.",
        ),
        Failed | Cancelled | Discarded | Duplicate => {
            ("This run merged nothing", "The mart is as it was.")
        }
        _ if narrowed => ("No such changes", "Others are listed when you choose all."),
        _ => none,
    };
    empty(title, advice)
}

/// The reasons, each with how often it was given, to narrow a list to one of them.
pub fn choices_of_reasons(state: ListState, reasons: &[Reason]) -> AnyView {
    if reasons.is_empty() {
        return ().into_any();
    }
    let links = reasons
        .iter()
        .map(|reason| {
            let words = view! { <code>{reason.code.clone()}</code>" "<span class="tab-count">{whole(reason.count)}</span> };
            choice(state, "code", reason.code.clone(), words.into_any())
        })
        .collect_view();
    let all = choice(state, "code", String::new(), "All reasons".into_any());
    view! { <nav class="views" aria-label="Reason">{all}{links}</nav> }.into_any()
}

/// All that a list of rejects or issues holds, narrowed by the same reason, as CSV.
pub fn csv(id: Memo<String>, state: ListState, noun: &'static str) -> AnyView {
    let link = move || {
        let reason = state.get("code").map(|code| format!("?code={code}"));
        let reason = reason.unwrap_or_default();
        format!("/api/v1/runs/{}/{noun}.csv{reason}", id.get())
    };
    view! { <a class="button plain" href=link rel="external" download="">"Download CSV"</a> }
        .into_any()
}

/// A field's value, cut to a line; whole on hover.
pub fn value(value: Option<String>) -> AnyView {
    match value {
        Some(value) => {
            view! { <code class="cut" title=value.clone()>{value.clone()}</code> }.into_any()
        }
        None => text(None),
    }
}
