//! Runs that were just begun: how far they are and, of those that are held, what they would change, before
//! anything merges.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::action::Action;
use super::change::{Change, rows};
use super::filter::{IdsFilter, RunFilter};
use crate::api::fragment::{RunCounts, RunStatus};
use crate::api::live::Change as Live;
use crate::api::query::{once, use_live_query, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::ApiError;
use crate::components::allowed::{allowed, why_not};
use crate::components::dialog::fault_line;
use crate::components::state::loaded;
use crate::components::status::{chip, progress};
use crate::components::toast::toast;
use crate::components::value::whole;

#[derive(cynic::QueryVariables)]
struct BegunVariables {
    filter: Option<RunFilter>,
}

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
#[cynic(graphql_type = "RunConnection")]
struct BegunPage {
    nodes: Vec<Begun>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "BegunVariables")]
struct BegunQuery {
    #[arguments(filter: $filter, first: 500)]
    runs: BegunPage,
}

#[derive(cynic::QueryVariables)]
struct SampleVariables {
    id: cynic::Id,
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
#[cynic(graphql_type = "Query", variables = "SampleVariables")]
struct SampleQuery {
    #[arguments(id: $id)]
    run: Option<Sampled>,
}

/// The runs, live, with a way to decide on all that are held.
pub fn previews(ids: Vec<cynic::Id>, open: RwSignal<bool>) -> AnyView {
    let session = expect_context::<Session>();
    let query = use_live_query(
        move || {
            let among = IdsFilter {
                among: Some(ids.clone()),
                ..IdsFilter::default()
            };
            BegunQuery::build(BegunVariables {
                filter: Some(RunFilter {
                    id: Some(among),
                    ..RunFilter::default()
                }),
            })
        },
        Live::Runs,
    );
    let held = Memo::new(move |_| {
        let held = |data: &BegunQuery| {
            let runs = data.runs.nodes.iter();
            runs.filter(|run| run.status == RunStatus::Held)
                .map(|run| run.id.clone())
                .collect::<Vec<_>>()
        };
        query
            .data
            .with(|data| data.as_ref().map(held))
            .unwrap_or_default()
    });
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None::<ApiError>));
    let decide = move |action: Action| {
        let act = move |_| {
            busy.set(true);
            fault.set(None);
            spawn_local(async move {
                for id in held.get_untracked() {
                    let answer = action.perform(id.clone()).await;
                    session.note(answer.as_ref().err());
                    match answer {
                        Ok(_) => toast(format!("Run {} {}", id.inner(), action.done())),
                        Err(error) => {
                            fault.try_set(Some(error));
                        }
                    }
                }
                busy.try_set(false);
                query.again.try_update(|again| *again += 1);
            });
        };
        let words = move || match held.with(Vec::len) {
            1 => action.label().to_owned(),
            count => format!("{} all {count}", action.label()),
        };
        view! {
            <button type="button" class="button" class:primary=action == Action::Approve
                data-testid=format!("preview-{}", action.id()) disabled=move || busy.get() on:click=act>{words}</button>
        }
        .into_any()
    };
    let decisions = move || {
        (!held.with(Vec::is_empty)).then(|| {
            allowed("run.approve", move || {
                view! { {decide(Action::Discard)} {decide(Action::Approve)} }.into_any()
            })
        })
    };
    let refused = move || (!held.with(Vec::is_empty)).then(|| why_not("run.approve"));
    view! {
        <div class="dialog-body">
            {loaded(query, 6, |data: BegunQuery| {
                data.runs.nodes.into_iter().map(begun).collect_view().into_any()
            })}
        </div>
        {move || fault.get().map(fault_line)}
        {refused}
        <div class="dialog-buttons">
            <button type="button" class="button" on:click=move |_| open.set(false)>"Close"</button>
            {decisions}
        </div>
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
        move || SampleQuery::build(SampleVariables { id: id.clone() }),
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
