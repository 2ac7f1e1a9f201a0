//! Doing something with several runs of the list at once.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::action::Action;
use crate::api::fragment::{RunRow, RunStatus};
use crate::api::session::Session;
use crate::api::transport::ApiError;
use crate::components::allowed::allowed;
use crate::components::dialog::{Question, confirm};
use crate::components::toast::toast;
use crate::format::plural;

/// The checked runs and how each stood when it was last drawn. A context of the list; where there is none, runs
/// can't be checked.
#[derive(Clone, Copy, Default)]
pub struct Selection(RwSignal<BTreeMap<String, RunStatus>>);

impl Selection {
    fn has(self, id: &str) -> bool {
        self.0.with(|runs| runs.contains_key(id))
    }

    fn set(self, id: &str, status: RunStatus, checked: bool) {
        self.0.update(|runs| {
            match checked {
                true => runs.insert(id.to_owned(), status),
                false => runs.remove(id),
            };
        });
    }

    /// Takes note of how the checked runs stand now.
    pub fn note(self, rows: &[RunRow]) {
        let stale = |runs: &BTreeMap<String, RunStatus>| {
            rows.iter().any(|row| {
                runs.get(row.id.inner())
                    .is_some_and(|status| *status != row.status)
            })
        };
        if self.0.with_untracked(stale) {
            self.0.update(|runs| {
                for row in rows {
                    if let Some(status) = runs.get_mut(row.id.inner()) {
                        *status = row.status;
                    }
                }
            });
        }
    }
}

/// The box that checks a run, for whoever may do anything with one.
pub fn check(selection: Selection, row: &RunRow) -> AnyView {
    let session = expect_context::<Session>();
    if !untrack(|| may_act(session)) {
        return ().into_any();
    }
    let (id, status) = (row.id.inner().to_owned(), row.status);
    let own = id.clone();
    view! {
        <input type="checkbox" class="check-run" aria-label=format!("Select run {id}")
            prop:checked=move || selection.has(&own)
            on:change=move |event| selection.set(&id, status, event_target_checked(&event))/>
    }
    .into_any()
}

/// Whether the reader may do anything with a run. Reactive.
fn may_act(session: Session) -> bool {
    Action::ALL
        .iter()
        .any(|action| session.may(action.permission()))
}

/// What can be done with the checked runs; nothing for whoever may do nothing. `page` gives the runs that are listed now, `again` is counted up when
/// something was done.
pub fn bar(
    selection: Selection,
    page: impl Fn() -> Vec<RunRow> + Send + Sync + 'static,
    again: RwSignal<u32>,
) -> AnyView {
    let faults = RwSignal::new(Vec::<(String, ApiError)>::new());
    let any = Memo::new(move |_| selection.0.with(|runs| !runs.is_empty()));
    let count = move || {
        let count = selection.0.with(BTreeMap::len) as i64;
        format!("{count} selected")
    };
    let all = move |_| {
        selection.0.update(|runs| {
            runs.extend(
                page()
                    .into_iter()
                    .map(|row| (row.id.into_inner(), row.status)),
            );
        });
    };
    let session = expect_context::<Session>();
    let shut = move || !may_act(session);
    let buttons = Action::ALL
        .map(|action| {
            allowed(action.permission(), move || {
                button(selection, action, again, faults)
            })
        })
        .collect_view();
    let told = move || {
        let lines = faults.get().into_iter().map(|(id, error)| {
            view! { <li><a href=format!("/runs/{id}")>{format!("Run {id}")}</a>": "<code>{error.code}</code>" "{error.message}</li> }
        });
        (!faults.with(Vec::is_empty)).then(|| {
            view! { <div class="alert alert-bad" role="alert"><ul>{lines.collect_view()}</ul></div> }
        })
    };
    view! {
        <div class="bulk" hidden=shut role="group" aria-label="Selected runs" data-testid="bulk">
            <button type="button" class="button plain" on:click=all>"Select all on this page"</button>
            <span class="bulk-actions" hidden=move || !any.get()>
                <span role="status">{count}</span>
                {buttons}
                <button type="button" class="button plain" on:click=move |_| selection.0.set(BTreeMap::new())>"Clear"</button>
            </span>
        </div>
        {told}
    }
    .into_any()
}

fn button(
    selection: Selection,
    action: Action,
    again: RwSignal<u32>,
    faults: RwSignal<Vec<(String, ApiError)>>,
) -> AnyView {
    let session = expect_context::<Session>();
    let (busy, asking) = (RwSignal::new(false), RwSignal::new(false));
    let fitting = move || {
        selection.0.with(|runs| {
            runs.iter()
                .filter(|(_, status)| action.fits(**status))
                .map(|(id, _)| id.clone())
                .collect::<Vec<_>>()
        })
    };
    let count = Memo::new(move |_| fitting().len() as i64);
    let work = move || {
        let ids = untrack(fitting);
        async move {
            faults.set(Vec::new());
            let (all, mut failed) = (ids.len(), Vec::new());
            for id in ids {
                let answer = action.perform(cynic::Id::new(&id)).await;
                session.note(answer.as_ref().err());
                match answer {
                    Ok(_) => {
                        selection.0.try_update(|runs| runs.remove(&id));
                    }
                    Err(error) => failed.push((id, error)),
                }
            }
            let done = (all - failed.len()) as i64;
            let runs = plural(done, &done.to_string(), "run", "runs");
            toast(format!("{runs} {}", action.done()));
            faults.try_set(failed);
            again.try_update(|again| *again += 1);
            Ok(())
        }
    };
    let clicked = move |_| {
        if action.warning().is_some() {
            asking.set(true);
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let _: Result<(), ApiError> = work().await;
            busy.try_set(false);
        });
    };
    let question = action.warning().map(|warning| {
        let question = Question {
            title: format!("{} the selected runs?", action.label()),
            verb: match action {
                Action::Cancel => "Cancel the runs",
                action => action.label(),
            },
            danger: true,
        };
        confirm(
            asking,
            question,
            move || view! { <p>{warning}</p> }.into_any(),
            work,
        )
    });
    view! {
        <button type="button" class="button" data-testid=format!("bulk-{}", action.id())
            hidden=move || count.get() == 0 disabled=move || busy.get() on:click=clicked>
            {move || format!("{} {}", action.label(), count.get())}
        </button>
        {question}
    }
    .into_any()
}
