//! What waits for the reader: held runs, failed runs, and what the last file had that is no movie.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::follow;
use super::standing::{Changes, Standing, Waiting};
use crate::api::query::{Query, once, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::components::state::loaded;
use crate::components::status::chip;
use crate::components::time::since;
use crate::components::value::whole;
use crate::format::plural;

/// Failed runs and reasons that are named one by one.
const MOST: usize = 5;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct ReasonCount {
    code: String,
    count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct RunCounts {
    rejected: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Rejecting {
    id: cynic::Id,
    file_name: String,
    counts: RunCounts,
    reject_reasons: Vec<ReasonCount>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunConnection")]
struct Last {
    nodes: Vec<Rejecting>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct RejectsQuery {
    #[arguments(filter: {rowsRejected: {gt: 0}}, first: 1)]
    runs: Last,
}

/// The list; it says so where nothing waits, and how to begin where nothing has come yet.
pub fn list(standing: Query<Standing>, changes: Changes) -> AnyView {
    let rejects = use_query(|| RejectsQuery::build(()), once);
    follow(changes, rejects);
    view! {
        {loaded(standing, 4, |data: Standing| {
            let (held, all) = data.held();
            let failed = data.failed();
            if held.is_empty() && failed.is_empty() {
                return view! { <p class="quiet">"No run waits for approval, and none has failed without a later one making it good."</p> }
                    .into_any();
            }
            let rest_held = rest(all, held.len(), "held", "/runs?status=held");
            let rest_failed = rest(failed.len() as i64, MOST, "failed", "/runs?status=failed");
            view! {
                <ul class="waiting">
                    {held.iter().map(|run| item(run, run.held_because.clone())).collect_view()}
                    {rest_held}
                    {failed.iter().take(MOST).map(|run| item(run, run.error.clone())).collect_view()}
                    {rest_failed}
                </ul>
            }
            .into_any()
        })}
        {loaded(rejects, 2, |data: RejectsQuery| {
            data.runs.nodes.into_iter().next().map(reasons)
        })}
    }
    .into_any()
}

fn item(run: &Waiting, why: Option<String>) -> AnyView {
    let id = run.id.inner().to_owned();
    view! {
        <li data-run-id=id.clone()>
            <p class="waiting-head">
                {chip(run.status)}
                <a href=format!("/runs/{id}")>"Run "{id.clone()}</a>
                <span class="file-name" title=run.file_name.clone()>{run.file_name.clone()}</span>
                <span class="quiet">{since(run.created_at.clone())}</span>
            </p>
            {why.map(|why| view! { <p class="quiet waiting-why">{why}</p> })}
        </li>
    }
    .into_any()
}

fn rest(all: i64, shown: usize, what: &'static str, href: &'static str) -> Option<AnyView> {
    let more = all - shown as i64;
    (more > 0).then(|| {
        view! { <li><a href=href>{format!("{} more {what}", whole(more))}</a></li> }.into_any()
    })
}

/// What was rejected last, by reason.
fn reasons(run: Rejecting) -> AnyView {
    let id = run.id.inner().to_owned();
    // The rejects themselves are for those who may read files.
    let linked = expect_context::<Session>().may("file.read");
    let most = run
        .reject_reasons
        .iter()
        .map(|reason| reason.count)
        .max()
        .unwrap_or(1);
    let rows = run
        .reject_reasons
        .iter()
        .take(MOST)
        .map(|reason| {
            let code = reason.code.clone();
            let name = match linked {
                true => {
                    let href = format!("/runs/{id}?tab=rejects&code={code}");
                    view! { <a href=href>{code.clone()}</a> }.into_any()
                }
                false => view! { <code>{code.clone()}</code> }.into_any(),
            };
            let share = format!("{:.0}%", 100.0 * reason.count as f64 / most as f64);
            view! {
                <li data-reason=code data-value=reason.count>
                    {name}
                    <span class="reason-track" aria-hidden="true"><span style:width=share></span></span>
                    <span class="num">{whole(reason.count)}</span>
                </li>
            }
        })
        .collect_view();
    let rejected = plural(
        run.counts.rejected,
        &whole(run.counts.rejected),
        "record",
        "records",
    );
    view! {
        <div>
            <h3>{rejected}" of run "<a href=format!("/runs/{id}")>{id.clone()}</a>" rejected"</h3>
            <p class="quiet small file-name">{run.file_name}</p>
            <ul class="reasons">{rows}</ul>
        </div>
    }
    .into_any()
}

/// How to begin.
pub fn beginning() -> AnyView {
    let upload = expect_context::<Session>().may("file.create").then(|| {
        view! { <li><a href="/files">"Upload a file"</a>" from this computer."</li> }
    });
    view! {
        <div class="empty begin">
            <p class="empty-title">"Nothing has come in yet. Ways to begin:"</p>
            <ul>
                {upload}
                <li>"Put a file such as "<code>"movies_metadata.csv"</code>" into the folder that Marquee watches ("<code>"MARQUEE_INBOX"</code>")."</li>
                <li>"Make one with made-up movies: "<code>"marquee sample --out …/inbox/movies_metadata.csv"</code></li>
            </ul>
        </div>
    }
    .into_any()
}
