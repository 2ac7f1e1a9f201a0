//! One run: how far it is, what it counted, and what was wrong.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::action::actions;
use super::phases::{Phase, phases};
use super::tabs::{RunVariables, RunVariablesFields, tabs};
use crate::api::fragment::{RunCounts, RunKind, RunLink, RunStatus, Trigger};
use crate::api::query::{FAST, SLOW, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::components::layout::{heading, section, title};
use crate::components::state::loaded;
use crate::components::status::{progress, tone};
use crate::components::time::{seconds_between, since, since_or_unknown};
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
struct ReasonCount {
    code: String,
    count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Run {
    id: cynic::Id,
    kind: RunKind,
    status: RunStatus,
    trigger: Trigger,
    file_name: String,
    file: Option<RunFile>,
    rule_version: i32,
    held_because: Option<String>,
    undoes: Option<RunLink>,
    duplicate_of: Option<RunLink>,
    data_version: Option<i32>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    progress: Option<f64>,
    phases: Vec<Phase>,
    counts: RunCounts,
    reject_reasons: Vec<ReasonCount>,
    issue_reasons: Vec<ReasonCount>,
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
    let session = expect_context::<Session>();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    title(move || format!("Run {}", id.get()));
    let query = use_query(
        move || {
            RunQuery::build(RunVariables {
                id: cynic::Id::new(id.get()),
            })
        },
        |data: &RunQuery| {
            let active = data.run.as_ref().is_some_and(|run| run.status.active());
            Some(if active { FAST } else { SLOW })
        },
    );
    let there = Memo::new(move |_| {
        query
            .data
            .with(|data| data.as_ref().is_some_and(|data| data.run.is_some()))
    });
    view! {
        {loaded(query, 16, |data: RunQuery| data.run.map_or_else(|| missing("run"), run))}
        {move || (there.get() && session.may("file.read")).then(|| tabs(id))}
    }
}

fn run(run: Run) -> AnyView {
    let id = run.id.clone();
    let status = view! {
        <span class=format!("chip {}", tone(run.status)) data-testid="run-status">{run.status.name()}</span>
    };
    let actions = actions(id, run.status, run.kind, run.data_version.is_some());
    view! {
        {heading(&[("/runs", "Runs")], view! { "Run " {run.id.inner().to_owned()} " " {status} }, actions)}
        {run.status.active().then(|| progress(run.status, run.progress))}
        {run.error.clone().map(|error| view! {
            <div class="alert alert-bad" role="alert" data-testid="run-error">
                <p><strong>"This run failed."</strong></p>
                <pre>{error}</pre>
            </div>
        })}
        {run.held_because.clone().filter(|_| run.status == RunStatus::Held).map(|because| view! {
            <p class="alert alert-warn" data-testid="held-because">
                <span>
                    <strong>"Held before merging: "</strong>{because}". "
                    <a href="?tab=changes">"See what it would change"</a>
                </span>
            </p>
        })}
        {run.undoes.clone().map(|undone| view! {
            <p class="alert alert-still">
                "Takes back what "
                <a href=format!("/runs/{}", undone.id.inner())>{format!("run {}", undone.id.inner())}</a>
                " has merged."
            </p>
        })}
        {run.duplicate_of.clone().map(|first| view! {
            <p class="alert alert-still">
                "The same bytes were loaded before, so nothing was done. See "
                <a href=format!("/runs/{}", first.id.inner())>{format!("run {}", first.id.inner())}</a>"."
            </p>
        })}
        {facts(&run)}
        {section("Rows", view! { {flow(&run.counts)} {reasons(&run)} })}
        {section("Phases", if run.phases.is_empty() {
            view! { <p class="quiet">"The run has not begun."</p> }.into_any()
        } else {
            phases(run.phases, run.finished_at.as_deref())
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
    let took = run.started_at.as_ref().map_or_else(unknown, |start| {
        duration(seconds_between(start, run.finished_at.as_deref())).into_any()
    });
    view! {
        <dl class="facts">
            <div><dt>"File"</dt><dd>{file}</dd></div>
            <div><dt>"Format"</dt><dd>{text(run.file.as_ref().and_then(|file| file.source.clone()))}</dd></div>
            <div><dt>"Kind"</dt><dd>{words(&format!("{:?}", run.kind))}", by "{run.trigger.name()}</dd></div>
            <div><dt>"Rules"</dt><dd>{format!("version {}", run.rule_version)}</dd></div>
            <div><dt>"Created"</dt><dd>{since(run.created_at.clone())}</dd></div>
            <div><dt>"Finished"</dt><dd>{since_or_unknown(run.finished_at.clone())}</dd></div>
            <div><dt>"Took"</dt><dd>{took}</dd></div>
            <div><dt>"Data version"</dt><dd>{text(run.data_version.map(|version| version.to_string()))}</dd></div>
        </dl>
    }
    .into_any()
}

/// read = inserted + updated + unchanged + superseded + rejected
fn flow(counts: &RunCounts) -> AnyView {
    let sum =
        counts.inserted + counts.updated + counts.unchanged + counts.superseded + counts.rejected;
    // Before the rows are compared, not all that were read have their place yet.
    let equals = if sum == counts.read { "=" } else { "→" };
    let parts = [
        (equals, "inserted", counts.inserted, "good"),
        ("+", "updated", counts.updated, "live"),
        ("+", "unchanged", counts.unchanged, "still"),
        ("+", "superseded", counts.superseded, "warn"),
        ("+", "rejected", counts.rejected, "bad"),
    ]
    .map(|(sign, name, count, tone)| {
        // Colour marks only what there is.
        let tone = if count == 0 { "none" } else { tone };
        view! {
            <span class="flow-sign" aria-hidden="true">{sign}</span>
            <div class=format!("flow-part {tone}")>
                <dt>{name}</dt>
                <dd data-testid=format!("count-{name}") data-value=count>{whole(count)}</dd>
            </div>
        }
    });
    view! {
        <dl class="flow">
            <div class="flow-part first">
                <dt>"read"</dt>
                <dd data-testid="count-read" data-value=counts.read>{whole(counts.read)}</dd>
            </div>
            {parts.collect_view()}
        </dl>
    }
    .into_any()
}

/// Why rows were rejected or mended; each reason leads to its rows.
fn reasons(run: &Run) -> AnyView {
    let list = |label: &'static str, reasons: &[ReasonCount], link: fn(&str) -> String| {
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
    view! {
        <div class="reason-lists">
            {list("Why rows were rejected", &run.reject_reasons, |code| format!("?tab=rejects&code={code}"))}
            {list("What was mended or is doubtful", &run.issue_reasons, |_| "?tab=issues".into())}
        </div>
    }
    .into_any()
}
