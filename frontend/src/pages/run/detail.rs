//! One run: how far it is, what it counted, and what was wrong.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::action::actions;
use super::flow::flow;
use super::phases::{Phase, pace_of, phases};
use super::reprocess::{reprocess, reprocess_button};
use super::tabs::{Reason, RunVariables, RunVariablesFields, run_tabs};
use crate::api::fragment::{RunCounts, RunKind, RunLink, RunStatus, Trigger};
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::api::transport::ApiError;
use crate::components::allowed::why_not;
use crate::components::dialog::fault_line;
use crate::components::layout::{heading, section, title};
use crate::components::state::loaded;
use crate::components::status::{progress, tone};
use crate::components::time::{seconds_between, since};
use crate::components::value::{text, unknown, whole};
use crate::format::{bytes_short, duration, words};
use crate::pages::missing::missing;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
struct RunFile {
    sha256: String,
    bytes: i64,
    source: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Backfill")]
struct Part {
    id: cynic::Id,
    total: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Run {
    id: cynic::Id,
    kind: RunKind,
    status: RunStatus,
    trigger: Trigger,
    requested_by: Option<String>,
    instance: Option<String>,
    file_name: String,
    file: Option<RunFile>,
    rule_version: i32,
    held_because: Option<String>,
    undoes: Option<RunLink>,
    duplicate_of: Option<RunLink>,
    backfill: Option<Part>,
    data_version: Option<i32>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    progress: Option<f64>,
    phases: Vec<Phase>,
    counts: RunCounts,
    reject_reasons: Vec<Reason>,
    issue_reasons: Vec<Reason>,
    error: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "RunVariables")]
struct RunQuery {
    #[arguments(id: $id)]
    run: Option<Run>,
}

/// The page of a run.
#[component]
pub fn RunDetail() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    title(move || format!("Run {}", id.get()));
    let query = use_live_query(
        move || {
            RunQuery::build(RunVariables {
                id: cynic::Id::new(id.get()),
            })
        },
        Change::Run(id.into()),
    );
    let there = Memo::new(move |_| {
        let there = |data: &RunQuery| data.run.is_some();
        query.data.with(|data| data.as_ref().is_some_and(there))
    });
    let counts = Signal::derive(move || {
        let run = |data: &RunQuery| data.run.as_ref().map(|run| run.counts.clone());
        query.data.with(|data| data.as_ref().and_then(run))
    });
    let fault = RwSignal::new(None::<ApiError>);
    // What one run refused is nothing to the next.
    Effect::new(move |_| {
        id.track();
        fault.set(None);
    });
    // The buttons stay as they are while the rest of the run moves on: an open dialog keeps its place. Those of
    // another run are gone as soon as the address is.
    let state = Memo::new(move |_| {
        query.data.with(|data| {
            let run = data.as_ref()?.run.as_ref();
            let run = run.filter(|run| id.with(|id| run.id.inner() == id))?;
            let file = run.file.as_ref().map(|file| file.sha256.clone());
            Some((
                run.id.clone(),
                run.status,
                run.kind,
                run.data_version.is_some(),
                file,
            ))
        })
    });
    let side = move || {
        state.get().map(|(id, status, kind, merged, file)| {
            let compare = format!("/runs/compare?left={}", id.inner());
            view! {
                {actions(&id, status, kind, merged, query.again, fault)}
                {file.filter(|_| !status.active() && kind != RunKind::Undo).map(reprocess_button)}
                <a class="button" href=compare>"Compare…"</a>
            }
        })
    };
    let chip = move || {
        state.get().map(|(_, status, ..)| {
            view! { <span class=format!("chip {}", tone(status)) data-testid="run-status">{status.name()}</span> }
        })
    };
    let name = view! { "Run " {move || id.get()} " " {chip} };
    view! {
        {heading(&[("/runs", "Runs")], name, view! { {side} })}
        {move || fault.get().map(fault_line)}
        {loaded(query, 16, |data: RunQuery| data.run.map_or_else(|| missing("run"), run))}
        {move || there.get().then(|| run_tabs(id, counts))}
        {reprocess()}
    }
}

fn run(run: Run) -> AnyView {
    view! {
        {notes(&run)}
        // How far it is keeps its place once it is there, so that what is below does not jump when it is.
        <div class="going">
            {progress(run.status, run.progress)}
            {pace_of(&run.phases).map(|pace| view! { <span class="quiet num" data-testid="run-pace">{pace}</span> })}
        </div>
        {facts(&run)}
        <div class="run-columns">
            {section("Rows", view! { {flow(&run.counts)} {reasons(&run)} })}
            {section("Phases", phases(run.phases.clone(), run.finished_at.as_deref(), ahead(&run)))}
        </div>
    }
    .into_any()
}

/// Whether there may be phases that have not begun yet.
fn ahead(run: &Run) -> bool {
    run.kind != RunKind::Undo && (run.status.active() || run.status == RunStatus::Held)
}

/// What the reader has to know before all else.
fn notes(run: &Run) -> AnyView {
    let link = |other: &RunLink| {
        let id = other.id.inner();
        view! { <a href=format!("/runs/{id}")>{format!("run {id}")}</a> }
    };
    view! {
        {run.error.clone().map(|error| view! {
            <div class="alert alert-bad" role="alert" data-testid="run-error">
                <p><strong>"This run failed."</strong>" The mart is as it was."</p>
                <pre>{error}</pre>
                {why_not("run.trigger")}
            </div>
        })}
        {run.held_because.clone().filter(|_| run.status == RunStatus::Held).map(|because| view! {
            <div class="alert alert-warn" data-testid="held-because">
                <p>
                    <strong>"Held before merging: "</strong>{because}". "
                    <a href="?tab=changes">"See what it would change"</a>
                </p>
                {why_not("run.approve")}
            </div>
        })}
        {run.undoes.as_ref().map(|undone| view! {
            <p class="alert alert-still">"Takes back what "{link(undone)}" has merged."</p>
        })}
        {run.duplicate_of.as_ref().map(|first| view! {
            <p class="alert alert-still">
                "The same bytes were loaded before, so nothing was done. See "{link(first)}"."
            </p>
        })}
        {run.backfill.as_ref().map(|part| view! {
            <p class="alert alert-still">
                "Part of "
                <a href=format!("/backfills/{}", part.id.inner())>{format!("backfill {}", part.id.inner())}</a>
                " over "{whole(part.total)}" files."
            </p>
        })}
    }
    .into_any()
}

fn facts(run: &Run) -> AnyView {
    let file = match &run.file {
        Some(file) => view! {
            <a class="file-name" href=format!("/files/{}", file.sha256) title=file.sha256.clone()>{run.file_name.clone()}</a>
            <span class="quiet">{format!(" {}", bytes_short(file.bytes))}</span>
        }
        .into_any(),
        None => view! { <span class="file-name">{run.file_name.clone()}</span> }.into_any(),
    };
    // A held run works at nothing until somebody decides.
    let started = run.started_at.as_ref();
    let took = started
        .filter(|_| run.status != RunStatus::Held)
        .map_or_else(unknown, |start| {
            duration(seconds_between(start, run.finished_at.as_deref())).into_any()
        });
    view! {
        <dl class="facts">
            <div><dt>"File"</dt><dd>{file}</dd></div>
            <div><dt>"Format"</dt><dd>{text(run.file.as_ref().and_then(|file| file.source.clone()))}</dd></div>
            <div><dt>"Kind"</dt><dd>{words(&format!("{:?}", run.kind))}", by "{run.trigger.name()}</dd></div>
            <div><dt>"Asked for by"</dt><dd data-testid="requested-by">{text(run.requested_by.clone())}</dd></div>
            <div><dt>"Rules"</dt><dd><a href=format!("/rules/{}", run.rule_version)>{format!("version {}", run.rule_version)}</a></dd></div>
            <div><dt>"Created"</dt><dd>{since(run.created_at.clone())}</dd></div>
            <div>
                <dt>"Took"</dt>
                <dd>
                    {took}
                    {run.finished_at.clone().map(|end| view! { <span class="quiet small">", ended "{since(end)}</span> })}
                    {run.instance.clone().map(|name| view! { <span class="quiet small">", on "{name}</span> })}
                </dd>
            </div>
            <div><dt>"Data version"</dt><dd>{text(run.data_version.map(|version| version.to_string()))}</dd></div>
        </dl>
    }
    .into_any()
}

/// Why rows were rejected or mended; each reason leads to its rows.
fn reasons(run: &Run) -> AnyView {
    let list = |label: &'static str, reasons: &[Reason], link: fn(&str) -> String| {
        let most = reasons
            .iter()
            .map(|reason| reason.count)
            .max()
            .unwrap_or(1)
            .max(1);
        let rows = reasons
            .iter()
            .map(|reason| {
                let share = format!("{:.1}%", reason.count as f64 / most as f64 * 100.0);
                view! {
                    <li data-code=reason.code.clone()>
                        <a href=link(&reason.code)>{reason.code.clone()}</a>
                        <span class="reason-track" aria-hidden="true"><span style:width=share></span></span>
                        <span class="num">{whole(reason.count)}</span>
                    </li>
                }
            })
            .collect_view();
        (!reasons.is_empty())
            .then(|| view! { <div><h3>{label}</h3><ul class="reasons">{rows}</ul></div> })
    };
    if run.reject_reasons.is_empty() && run.issue_reasons.is_empty() {
        return ().into_any();
    }
    view! {
        <div class="reason-lists">
            {list("Why rows were rejected", &run.reject_reasons, |code| format!("?tab=rejects&code={code}"))}
            {list("What was mended or is doubtful", &run.issue_reasons, |code| format!("?tab=issues&code={code}"))}
        </div>
    }
    .into_any()
}
