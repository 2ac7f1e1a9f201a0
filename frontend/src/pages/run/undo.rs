//! Taking back what a run has merged; where later runs stand in the way, together with them.

use cynic::{MutationBuilder, QueryBuilder};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::tabs::{RunVariables, RunVariablesFields};
use crate::api::fragment::RunLink;
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::dialog::{dialog, fault_line};
use crate::components::state::loaded;
use crate::components::toast::toast;
use crate::format::plural;

/// A run that stands in the way.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Conflict {
    id: cynic::Id,
    file_name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Conflicts {
    undo_conflicts: Vec<Conflict>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "RunVariables")]
struct ConflictsQuery {
    #[arguments(id: $id)]
    run: Option<Conflicts>,
}

impl ConflictsQuery {
    fn conflicts(&self) -> &[Conflict] {
        let run = self.run.as_ref();
        run.map_or(&[], |run| run.undo_conflicts.as_slice())
    }
}

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

/// Says what is undone, which is known before anybody can agree to it, and follows the runs while it is asked.
fn question(id: cynic::Id, open: RwSignal<bool>) -> AnyView {
    let session = expect_context::<Session>();
    let navigate = use_navigate();
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<ApiError>);
    let own = id.clone();
    let query = use_live_query(
        move || ConflictsQuery::build(RunVariables { id: own.clone() }),
        Change::Runs,
    );
    // How many other runs are undone with it.
    let others = Memo::new(move |_| {
        query
            .data
            .with(|data| data.as_ref().map(|data| data.conflicts().len() as i64))
    });
    let act = move |_| {
        let variables = UndoVariables {
            id: id.clone(),
            cascade: others.get_untracked().is_some_and(|others| others > 0),
        };
        let navigate = navigate.clone();
        busy.set(true);
        fault.set(None);
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
                    query.again.try_update(|again| *again += 1);
                }
            }
        });
    };
    let verb = move || match others.get().unwrap_or_default() {
        0 => "Undo".to_owned(),
        others => {
            let all = others + 1;
            format!("Undo all {}", plural(all, &all.to_string(), "run", "runs"))
        }
    };
    view! {
        <div class="dialog-body">
            {loaded(query, 2, |data: ConflictsQuery| consequences(data.conflicts()))}
        </div>
        {move || fault.get().map(fault_line)}
        <div class="dialog-buttons">
            <button type="button" class="button" on:click=move |_| open.set(false)>"Cancel"</button>
            <button type="button" class="button danger" data-testid="undo-yes"
                disabled=move || busy.get() || others.get().is_none() on:click=act>{verb}</button>
        </div>
    }
    .into_any()
}

/// What undoing does, and to which runs besides.
fn consequences(conflicts: &[Conflict]) -> AnyView {
    if conflicts.is_empty() {
        return view! {
            <p>"Every row it has changed gets back what it was before, as a run of its own. The file stays in the archive."</p>
        }
        .into_any();
    }
    let list = conflicts
        .iter()
        .map(|run| {
            let id = run.id.inner();
            view! {
                <li><a href=format!("/runs/{id}")>{format!("Run {id}")}</a>" "<span class="quiet file-name">{run.file_name.clone()}</span></li>
            }
        })
        .collect_view();
    view! {
        <div role="alert" data-testid="undo-conflicts">
            <p>"It can't be undone by itself: later runs have changed the same movies or names."</p>
            <ul class="conflicts">{list}</ul>
            <p>"They are undone first, newest first, each by a run of its own."</p>
        </div>
    }
    .into_any()
}
