//! What can be done with a run, by its state and the reader's permissions.

use cynic::MutationBuilder;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::tabs::{RunVariables, RunVariablesFields};
use super::undo::undo;
use crate::api::fragment::{RunKind, RunLink, RunStatus};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::allowed::allowed;
use crate::components::dialog::{Question, confirm};
use crate::components::toast::toast;

macro_rules! mutation {
    ($name:ident $field:ident) => {
        #[derive(cynic::QueryFragment)]
        #[cynic(graphql_type = "Mutation", variables = "RunVariables")]
        struct $name {
            #[arguments(id: $id)]
            $field: RunLink,
        }
    };
}

mutation!(RetryMutation retry_run);
mutation!(ApproveMutation approve_run);
mutation!(DiscardMutation discard_run);
mutation!(CancelMutation cancel_run);

/// Something that is done with one run or with several.
#[derive(Clone, Copy, PartialEq)]
pub enum Action {
    Retry,
    Approve,
    Discard,
    Cancel,
}

impl Action {
    /// All of them, in the order of their buttons.
    pub const ALL: [Self; 4] = [Self::Approve, Self::Discard, Self::Retry, Self::Cancel];

    /// What its button says.
    pub fn label(self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::Approve => "Approve",
            Self::Discard => "Discard",
            Self::Cancel => "Cancel",
        }
    }

    /// What has happened when it was done.
    pub fn done(self) -> &'static str {
        match self {
            Self::Retry => "tried again",
            Self::Approve => "approved",
            Self::Discard => "discarded",
            Self::Cancel => "cancelled",
        }
    }

    /// The name of its button for tests.
    pub fn id(self) -> &'static str {
        match self {
            Self::Retry => "retry-run",
            Self::Approve => "approve-run",
            Self::Discard => "discard-run",
            Self::Cancel => "cancel-run",
        }
    }

    /// What it takes.
    pub fn permission(self) -> &'static str {
        match self {
            Self::Retry | Self::Cancel => "run.trigger",
            Self::Approve | Self::Discard => "run.approve",
        }
    }

    /// Whether it can be done with a run of this status.
    pub fn fits(self, status: RunStatus) -> bool {
        match self {
            Self::Retry => matches!(status, RunStatus::Failed | RunStatus::Cancelled),
            Self::Approve | Self::Discard => status == RunStatus::Held,
            Self::Cancel => {
                status.active() && !matches!(status, RunStatus::Merging | RunStatus::Aggregating)
            }
        }
    }

    /// What is asked before it is done, where it cannot be taken back.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Self::Retry | Self::Approve => None,
            Self::Discard => Some(
                "What it has found is dropped and the mart stays as it is. The file stays in the archive and can be read again.",
            ),
            Self::Cancel => Some(
                "What it has read so far is dropped and the mart stays as it is. It can be tried again.",
            ),
        }
    }

    /// Does it; gives the run that comes of it.
    pub async fn perform(self, id: cynic::Id) -> Result<RunLink, ApiError> {
        let variables = RunVariables { id };
        Ok(match self {
            Self::Retry => send(RetryMutation::build(variables)).await?.retry_run,
            Self::Approve => send(ApproveMutation::build(variables)).await?.approve_run,
            Self::Discard => send(DiscardMutation::build(variables)).await?.discard_run,
            Self::Cancel => send(CancelMutation::build(variables)).await?.cancel_run,
        })
    }
}

/// The buttons of a run. `again` is counted up when one has been done; what went wrong stands in `fault`.
pub fn actions(
    id: &cynic::Id,
    status: RunStatus,
    kind: RunKind,
    merged: bool,
    again: RwSignal<u32>,
    fault: RwSignal<Option<ApiError>>,
) -> AnyView {
    let buttons = Action::ALL
        .into_iter()
        .filter(|action| action.fits(status))
        .map(|action| {
            let id = id.clone();
            allowed(action.permission(), move || {
                button(action, id.clone(), again, fault)
            })
        })
        .collect_view();
    let id = id.clone();
    let undo = (status == RunStatus::Succeeded && merged && kind != RunKind::Undo)
        .then(|| allowed("run.approve", move || undo(id.clone())));
    view! { {buttons} {undo} }.into_any()
}

fn button(
    action: Action,
    id: cynic::Id,
    again: RwSignal<u32>,
    fault: RwSignal<Option<ApiError>>,
) -> AnyView {
    let session = expect_context::<Session>();
    let navigate = use_navigate();
    let (busy, asking) = (RwSignal::new(false), RwSignal::new(false));
    let name = id.inner().to_owned();
    let title = format!("{} run {name}?", action.label());
    let work = move || {
        let (id, navigate) = (id.clone(), navigate.clone());
        async move {
            let run = action.perform(id.clone()).await?;
            toast(format!("Run {} {}", id.inner(), action.done()));
            if run.id != id {
                navigate(&format!("/runs/{}", run.id.inner()), Default::default());
            }
            again.try_update(|again| *again += 1);
            Ok(())
        }
    };
    let act = work.clone();
    let clicked = move |_| {
        if action.warning().is_some() {
            asking.set(true);
            return;
        }
        busy.set(true);
        fault.set(None);
        let work = act();
        spawn_local(async move {
            let answer = work.await;
            session.note(answer.as_ref().err());
            busy.try_set(false);
            if let Err(error) = answer {
                fault.try_set(Some(error));
            }
        });
    };
    let question = action.warning().map(|warning| {
        let question = Question {
            title,
            verb: match action {
                // “Cancel” is what the button beside it says.
                Action::Cancel => "Cancel the run",
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
        <button type="button" class="button" class:primary=action == Action::Approve data-testid=action.id()
            disabled=move || busy.get() on:click=clicked>{action.label()}</button>
        {question}
    }
    .into_any()
}
