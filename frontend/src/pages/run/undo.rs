//! Taking back what a run has merged; where later runs stand in the way, together with them.

use cynic::MutationBuilder;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use crate::api::fragment::RunLink;
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::dialog::{dialog, fault_line};
use crate::components::toast::toast;
use crate::format::plural;

#[derive(cynic::QueryVariables)]
struct UndoVariables {
    id: cynic::Id,
    cascade: bool,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "UndoVariables")]
struct UndoMutation {
    #[arguments(id: $id, cascade: $cascade)]
    undo_run: RunLink,
}

/// The runs that a refusal names as standing in the way: the numbers in its parentheses.
fn conflicts(message: &str) -> Vec<String> {
    let Some((_, rest)) = message.split_once("later runs have changed") else {
        return Vec::new();
    };
    let Some((_, rest)) = rest.split_once('(') else {
        return Vec::new();
    };
    let list = rest.split_once(')').map_or("", |(list, _)| list);
    list.split(", ")
        .filter(|id| !id.is_empty() && id.chars().all(|letter| letter.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

/// The button and its dialog.
pub fn undo(id: cynic::Id) -> AnyView {
    let open = RwSignal::new(false);
    let title = format!("Undo run {}?", id.inner());
    view! {
        <button type="button" class="button" data-testid="undo-run" on:click=move |_| open.set(true)>"Undo…"</button>
        {dialog(open, title, move || question(id.clone(), open))}
    }
    .into_any()
}

fn question(id: cynic::Id, open: RwSignal<bool>) -> AnyView {
    let session = expect_context::<Session>();
    let navigate = use_navigate();
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<ApiError>);
    let in_the_way = Memo::new(move |_| {
        fault.with(|fault| {
            fault
                .as_ref()
                .map(|fault| conflicts(&fault.message))
                .unwrap_or_default()
        })
    });
    let cascade = move || in_the_way.with(|runs| !runs.is_empty());
    let act = move |_| {
        let variables = UndoVariables {
            id: id.clone(),
            cascade: untrack(cascade),
        };
        let navigate = navigate.clone();
        busy.set(true);
        spawn_local(async move {
            let answer = send(UndoMutation::build(variables)).await;
            session.note(answer.as_ref().err());
            busy.try_set(false);
            match answer {
                Ok(answer) => {
                    let run = answer.undo_run.id.into_inner();
                    open.try_set(false);
                    toast(format!("Being undone by run {run}"));
                    navigate(&format!("/runs/{run}"), Default::default());
                }
                Err(error) => {
                    fault.try_set(Some(error));
                }
            }
        });
    };
    let told = move || {
        if cascade() {
            return in_the_way.with(|runs| conflict_list(runs));
        }
        fault.get().map(fault_line).into_any()
    };
    let verb = move || {
        in_the_way.with(|runs| match runs.len() as i64 {
            0 => "Undo".to_owned(),
            count => format!(
                "Undo all {}",
                plural(count + 1, &(count + 1).to_string(), "run", "runs")
            ),
        })
    };
    view! {
        <div class="dialog-body">
            <p hidden=cascade>
                "Every row it has changed gets back what it was before, as a run of its own. The file stays in the archive."
            </p>
            {told}
        </div>
        <div class="dialog-buttons">
            <button type="button" class="button" on:click=move |_| open.set(false)>"Cancel"</button>
            <button type="button" class="button danger" data-testid="undo-yes" disabled=move || busy.get() on:click=act>{verb}</button>
        </div>
    }
    .into_any()
}

fn conflict_list(runs: &[String]) -> AnyView {
    let list = runs
        .iter()
        .map(|id| {
            view! { <li><a href=format!("/runs/{id}")>{format!("Run {id}")}</a></li> }
        })
        .collect_view();
    view! {
        <div role="alert" data-testid="undo-conflicts">
            <p>"It can't be undone by itself: later runs have changed the same movies or names."</p>
            <ul class="conflicts">{list}</ul>
            <p>"They can be undone first, newest first, each by a run of its own."</p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::conflicts;

    #[test]
    fn conflicts_are_the_runs_in_the_way() {
        let message = "run 1 cannot be undone by itself: later runs have changed the same movies or names (5, 3); \
                       undo these first, or all together with cascade";
        assert_eq!(conflicts(message), ["5", "3"]);
        assert!(conflicts("run 1 is undone already").is_empty());
        assert!(conflicts("later runs have changed").is_empty());
    }
}
