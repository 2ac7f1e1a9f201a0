//! A run that was just begun: how far it is and, once it is held, what it would change, before anything merges.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::action::Action;
use super::change::{Change, rows};
use super::tabs::{RunVariables, RunVariablesFields};
use crate::api::fragment::{RunCounts, RunStatus};
use crate::api::live::Change as Live;
use crate::api::query::{once, use_live_query, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::ApiError;
use crate::components::allowed::{allowed, why_not};
use crate::components::dialog::{Question, confirm, fault_line};
use crate::components::state::loaded;
use crate::components::status::{chip, progress};
use crate::components::toast::toast;
use crate::components::value::whole;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Begun {
    id: cynic::Id,
    status: RunStatus,
    file_name: String,
    rule_version: i32,
    progress: Option<f64>,
    counts: RunCounts,
    error: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "RunVariables")]
struct BegunQuery {
    #[arguments(id: $id)]
    run: Option<Begun>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "ChangeConnection")]
struct Sample {
    nodes: Vec<Change>,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Sampled {
    #[arguments(first: 10)]
    changes: Sample,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "RunVariables")]
struct SampleQuery {
    #[arguments(id: $id)]
    run: Option<Sampled>,
}

/// The run, live, with a way to decide on it while it is held.
pub fn preview(id: cynic::Id, open: RwSignal<bool>) -> AnyView {
    let own = id.clone();
    let name = id.inner().to_owned();
    let title = format!("Discard run {name}?");
    let query = use_live_query(
        move || BegunQuery::build(RunVariables { id: own.clone() }),
        Live::Run(Signal::stored(name)),
    );
    let held = Memo::new(move |_| {
        query.data.with(|data| {
            let run = data.as_ref().and_then(|data| data.run.as_ref());
            run.is_some_and(|run| run.status == RunStatus::Held)
        })
    });
    let (busy, asking) = (RwSignal::new(false), RwSignal::new(false));
    let fault = RwSignal::new(None::<ApiError>);
    let perform = move |action: Action| {
        let id = id.clone();
        async move {
            action.perform(id.clone()).await?;
            toast(format!("Run {} {}", id.inner(), action.done()));
            query.again.try_update(|again| *again += 1);
            Ok(())
        }
    };
    let discard = perform.clone();
    let session = expect_context::<Session>();
    let approve = move |_| {
        let work = perform(Action::Approve);
        busy.set(true);
        fault.set(None);
        spawn_local(async move {
            let answer: Result<(), ApiError> = work.await;
            session.note(answer.as_ref().err());
            busy.try_set(false);
            fault.try_set(answer.err());
        });
    };
    let buttons = move || {
        view! {
            <button type="button" class="button" data-testid="preview-discard-run"
                on:click=move |_| asking.set(true)>{Action::Discard.label()}</button>
            <button type="button" class="button primary" data-testid="preview-approve-run"
                disabled=move || busy.get() on:click=approve.clone()>{Action::Approve.label()}</button>
        }
        .into_any()
    };
    let decisions = move || {
        let buttons = buttons.clone();
        held.get().then(|| allowed("run.approve", buttons))
    };
    let question = Question {
        title,
        verb: Action::Discard.label(),
        danger: true,
    };
    let details = || view! { <p>{Action::Discard.warning()}</p> }.into_any();
    view! {
        <div class="dialog-body">
            {loaded(query, 6, |data: BegunQuery| data.run.map(begun))}
        </div>
        {move || fault.get().map(fault_line)}
        {move || held.get().then(|| why_not("run.approve"))}
        <div class="dialog-buttons">
            <button type="button" class="button" on:click=move |_| open.set(false)>"Close"</button>
            {decisions}
        </div>
        {confirm(asking, question, details, move || discard(Action::Discard))}
    }
    .into_any()
}

fn begun(run: Begun) -> AnyView {
    let link = format!("/runs/{}", run.id.inner());
    let counts = [
        ("new", run.counts.inserted),
        ("changed", run.counts.updated),
        ("gone", run.counts.deleted),
        ("unchanged", run.counts.unchanged),
        ("rejected", run.counts.rejected),
    ]
    .map(|(name, count)| view! { <span>{whole(count)}" "{name}</span> })
    .collect_view();
    let body = match run.status {
        RunStatus::Held => sample(run.id.clone()),
        status if status.active() => progress(status, run.progress),
        _ => run
            .error
            .map(|error| view! { <p class="negative">{error}</p> })
            .into_any(),
    };
    view! {
        <section class="begun" data-begun=run.id.inner().to_owned()>
            <h3>
                <a href=link>"Run "{run.id.inner().to_owned()}</a>" "
                <span class="file-name">{run.file_name}</span>" "
                <span class="quiet">"rules "{run.rule_version}</span>" "
                {chip(run.status)}
            </h3>
            <p class="run-times quiet">{counts}</p>
            {body}
        </section>
    }
    .into_any()
}

/// The first changes of a held run, and where all of them are.
fn sample(id: cynic::Id) -> AnyView {
    let all = format!("/runs/{}?tab=changes", id.inner());
    let movers = format!("{all}&of_what=movers");
    let query = use_query(
        move || SampleQuery::build(RunVariables { id: id.clone() }),
        once::<SampleQuery>,
    );
    loaded(query, 4, move |data: SampleQuery| {
        let Some(Sampled { changes, .. }) = data.run else {
            return ().into_any();
        };
        if changes.total_count == 0 {
            return view! { <p class="quiet">"No movie would be other than it is."</p> }.into_any();
        }
        let shown = changes.nodes.len() as i64;
        let rest = changes.total_count - shown;
        view! {
            {rows(&changes.nodes, None)}
            <p>
                {(rest > 0).then(|| view! { <a href=all.clone()>{whole(rest)}" more changes"</a>", " })}
                <a href=movers.clone()>"figures that would move most"</a>
            </p>
        }
        .into_any()
    })
}
