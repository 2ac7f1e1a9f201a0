//! What can be done with a run, by its state and the reader's permissions.

use cynic::MutationBuilder;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::tabs::{RunVariables, RunVariablesFields};
use crate::api::fragment::{RunKind, RunLink, RunStatus};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};

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
mutation!(UndoMutation undo_run);

#[derive(Clone, Copy, PartialEq)]
enum Action {
    Retry,
    Approve,
    Discard,
    Cancel,
    Undo,
}

impl Action {
    fn label(self) -> &'static str {
        match self {
            Self::Retry => "Retry",
            Self::Approve => "Approve and merge",
            Self::Discard => "Discard",
            Self::Cancel => "Cancel",
            Self::Undo => "Undo",
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::Retry => "retry-run",
            Self::Approve => "approve-run",
            Self::Discard => "discard-run",
            Self::Cancel => "cancel-run",
            Self::Undo => "undo-run",
        }
    }

    fn permission(self) -> &'static str {
        match self {
            Self::Retry | Self::Cancel => "run.trigger",
            Self::Approve | Self::Discard | Self::Undo => "run.approve",
        }
    }

    /// Whether a second click is asked for.
    fn grave(self) -> bool {
        matches!(self, Self::Discard | Self::Undo)
    }

    async fn perform(self, id: cynic::Id) -> Result<RunLink, ApiError> {
        let variables = RunVariables { id };
        Ok(match self {
            Self::Retry => send(RetryMutation::build(variables)).await?.retry_run,
            Self::Approve => send(ApproveMutation::build(variables)).await?.approve_run,
            Self::Discard => send(DiscardMutation::build(variables)).await?.discard_run,
            Self::Cancel => send(CancelMutation::build(variables)).await?.cancel_run,
            Self::Undo => send(UndoMutation::build(variables)).await?.undo_run,
        })
    }
}

/// The buttons of a run.
pub fn actions(id: cynic::Id, status: RunStatus, kind: RunKind, merged: bool) -> AnyView {
    let offered: &[Action] = match status {
        RunStatus::Failed | RunStatus::Cancelled => &[Action::Retry],
        RunStatus::Held => &[Action::Approve, Action::Discard],
        RunStatus::Succeeded if merged && kind != RunKind::Undo => &[Action::Undo],
        RunStatus::Merging | RunStatus::Aggregating => &[],
        status if status.active() => &[Action::Cancel],
        _ => &[],
    };
    let fault = RwSignal::new(None::<ApiError>);
    let busy = RwSignal::new(false);
    let buttons = offered
        .iter()
        .map(|action| button(*action, id.clone(), busy, fault))
        .collect_view();
    view! {
        {buttons}
        {move || fault.get().map(|error| view! {
            <p class="negative" role="alert"><strong class="code">{error.code}</strong>" "{error.message}</p>
        })}
    }
    .into_any()
}

fn button(
    action: Action,
    id: cynic::Id,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<ApiError>>,
) -> AnyView {
    let session = expect_context::<Session>();
    let navigate = use_navigate();
    let asked = RwSignal::new(false);
    let act = move |_| {
        if action.grave() && !asked.get_untracked() {
            asked.set(true);
            return;
        }
        let (id, navigate) = (id.clone(), navigate.clone());
        busy.set(true);
        spawn_local(async move {
            let answer = action.perform(id).await;
            session.note(answer.as_ref().err());
            busy.try_set(false);
            asked.try_set(false);
            match answer {
                Ok(run) => navigate(&format!("/runs/{}", run.id.inner()), Default::default()),
                Err(error) => {
                    fault.try_set(Some(error));
                }
            }
        });
    };
    let label = move || match asked.get() {
        true => format!("{}: click again to confirm", action.label()),
        false => action.label().to_owned(),
    };
    view! {
        <Show when=move || session.may(action.permission())>
            <button type="button" class="button" class:primary=action == Action::Approve
                data-testid=action.id() disabled=move || busy.get()
                on:click=act.clone() on:blur=move |_| asked.set(false)>
                {label}
            </button>
        </Show>
    }
    .into_any()
}
