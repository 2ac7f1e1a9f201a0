//! A run's rejects, changes, issues and events. Which of them, and which page, is in the URL.

use leptos::prelude::*;

use super::{change::changes, event::events, issue::issues, reject::rejects};
use crate::api::fragment::RunStatus;
use crate::api::query::FAST;
use crate::api::schema;
use crate::components::list::{ListState, PAGE};
use crate::components::value::text;

/// The variables of queries about one run.
#[derive(cynic::QueryVariables)]
pub struct RunVariables {
    pub id: cynic::Id,
}

/// One page of a list of one run.
#[derive(cynic::QueryVariables)]
pub struct PageVariables {
    pub id: cynic::Id,
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

const TABS: [(&str, &str); 4] = [
    ("rejects", "Rejects"),
    ("changes", "Changes"),
    ("issues", "Issues"),
    ("events", "Events"),
];

/// The chosen tab; follows the run while it is active.
pub fn tabs(id: Memo<String>) -> AnyView {
    let state = ListState::here();
    let chosen = Memo::new(move |_| {
        let wanted = state.get("tab").unwrap_or_default();
        TABS.into_iter()
            .map(|(key, _)| key)
            .find(|key| *key == wanted)
            .unwrap_or("rejects")
    });
    let links = TABS.map(|(key, label)| {
        let link = move || {
            state.link(&[
                ("tab", Some(key.to_owned())),
                ("code", None),
                ("after", None),
                ("before", None),
            ])
        };
        let here = move || (chosen.get() == key).then_some("true");
        view! { <a href=link aria-current=here>{label}</a> }
    });
    view! {
        <section class="panel" aria-label="Details">
            <nav class="views" aria-label="Details of the run">{links.collect_view()}</nav>
            {move || match chosen.get() {
                "changes" => changes(id, state),
                "issues" => issues(id, state),
                "events" => events(id, state),
                _ => rejects(id, state),
            }}
        </section>
    }
    .into_any()
}

/// A tab follows its run while that is active.
pub fn pace(status: Option<RunStatus>) -> Option<u32> {
    status.is_some_and(RunStatus::active).then_some(FAST)
}

/// The page of a run's list that the URL asks for. Reactive.
pub fn page_variables(id: Memo<String>, state: ListState) -> PageVariables {
    let page = state.page(PAGE);
    PageVariables {
        id: cynic::Id::new(id.get()),
        first: page.first,
        after: page.after,
        last: page.last,
        before: page.before,
    }
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
