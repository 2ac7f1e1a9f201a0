//! One backfill: how far it is over all its files, and its runs.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::progress::{BackfillRow, RunMode, bar, figures, state_chip};
use super::start::cancel_backfill;
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::allowed::allowed;
use crate::components::dialog::{Question, confirm};
use crate::components::layout::{heading, section, title};
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::{empty, loaded};
use crate::components::time::since;
use crate::components::toast::toast;
use crate::pages::missing::missing;
use crate::pages::run::bulk::{Selection, bar as bulk_bar};
use crate::pages::run::list::{RunPage, run_table};

#[derive(cynic::QueryVariables)]
struct Variables {
    id: cynic::Id,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Backfill", variables = "Variables")]
struct Backfill {
    #[cynic(spread)]
    row: BackfillRow,
    #[arguments(first: $first, after: $after, last: $last, before: $before)]
    runs: RunPage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct BackfillQuery {
    #[arguments(id: $id)]
    backfill: Option<Backfill>,
}

/// The page of a backfill.
#[component]
pub fn BackfillDetail() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    title(move || format!("Backfill {}", id.get()));
    let state = ListState::here();
    let selection = Selection::default();
    provide_context(selection);
    let query = use_live_query(
        move || {
            let page = state.page(PAGE);
            BackfillQuery::build(Variables {
                id: cynic::Id::new(id.get()),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        Change::Backfill(id.into()),
    );
    let row = Memo::new(move |_| {
        let row = |data: &BackfillQuery| data.backfill.as_ref().map(|found| found.row.clone());
        query.data.with(|data| data.as_ref().and_then(row))
    });
    let open = Memo::new(move |_| {
        // Runs that are held after a preview can be ended with the rest.
        let open = |row: &BackfillRow| {
            row.cancelled_at.is_none() && (row.active() || row.mode == RunMode::Hold)
        };
        row.with(|row| row.as_ref().is_some_and(open))
    });
    let side = move || {
        open.get()
            .then(|| allowed("run.trigger", move || cancel(id, query.again)))
    };
    let chip = move || row.with(|row| row.as_ref().map(state_chip));
    let name = view! { "Backfill " {move || id.get()} " " {chip} };
    let page = move || {
        let runs = |data: &BackfillQuery| {
            let found = data.backfill.as_ref();
            found.map(|found| found.runs.nodes.clone())
        };
        let found = query
            .data
            .with_untracked(|data| data.as_ref().and_then(runs));
        found.unwrap_or_default()
    };
    view! {
        {heading(&[("/runs", "Runs"), ("/backfills", "Backfills")], name, view! { {side} })}
        {loaded(query, 12, move |data: BackfillQuery| {
            let Some(Backfill { row, runs }) = data.backfill else {
                return missing("backfill");
            };
            selection.note(&runs.nodes);
            view! { {about(&row)} {bar(&row)} {figures(&row)} {listed(runs)} }.into_any()
        })}
        {bulk_bar(selection, page, query.again)}
    }
}

fn about(row: &BackfillRow) -> AnyView {
    let round = (row.progress.rounds > 1).then_some(
        " A second round reads the files once more, since a run has deleted what an older file may give.",
    );
    view! {
        <p>
            "Reads "{row.total}" files again under "
            <a href=format!("/rules/{}", row.rule_version)>"rules "{row.rule_version}</a>
            "; their changes are "{row.mode.words()}". Begun by "{row.created_by.clone()}" "{since(row.created_at.clone())}"."
            {round}
        </p>
    }
    .into_any()
}

fn listed(runs: RunPage) -> AnyView {
    if runs.nodes.is_empty() {
        return empty(
            "No files to read",
            "The archive holds none that the mart has loaded.",
        );
    }
    section(
        "Runs, oldest file first",
        view! { {run_table(&runs.nodes)} {pager(runs.page_info, runs.total_count, "run", "runs")} },
    )
}

fn cancel(id: Memo<String>, again: RwSignal<u32>) -> AnyView {
    let open = RwSignal::new(false);
    let question = Question {
        title: format!("Cancel backfill {}?", id.get_untracked()),
        verb: "Cancel the backfill",
        danger: true,
    };
    let details = || {
        view! {
            <p>"Runs that wait, are under way or are held end, unless one is merging already. What has been merged stays."</p>
        }
        .into_any()
    };
    let act = move || async move {
        let id = id.get_untracked();
        cancel_backfill(id.clone()).await?;
        toast(format!("Backfill {id} cancelled"));
        again.try_update(|again| *again += 1);
        Ok(())
    };
    view! {
        <button type="button" class="button" data-testid="cancel-backfill" on:click=move |_| open.set(true)>"Cancel…"</button>
        {confirm(open, question, details, act)}
    }
    .into_any()
}
