//! What waits for the reader: held runs, failed runs, and what files had that is no movie.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::failure::Failures;
use super::standing::{Changes, Since, SinceFields, Standing, Waiting};
use super::{DAYS, follow, horizon};
use crate::api::query::{Query, once, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::components::state::{loaded, skeleton};
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

/// A reason that a run gave.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "ReasonCount")]
struct Reason {
    code: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Rejecting {
    id: cynic::Id,
    reject_reasons: Vec<Reason>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunConnection")]
struct RejectingPage {
    nodes: Vec<Rejecting>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Since")]
struct RejectsQuery {
    #[arguments(filter: {run: {createdAt: {gte: $since}}}, first: 100)]
    reject_reasons: Vec<ReasonCount>,
    /// The newest runs that gave any, for a reason to lead to its rows.
    #[arguments(filter: {rowsRejected: {gt: 0}, createdAt: {gte: $since}}, first: 100)]
    #[cynic(rename = "runs", alias)]
    rejecting: RejectingPage,
}

impl RejectsQuery {
    /// The newest run that gave this reason.
    fn newest(&self, code: &str) -> Option<&str> {
        let gave = |run: &&Rejecting| run.reject_reasons.iter().any(|reason| reason.code == code);
        self.rejecting
            .nodes
            .iter()
            .find(gave)
            .map(|run| run.id.inner())
    }
}

/// The list; it says so where nothing waits.
pub fn list(standing: Query<Standing>, failures: Failures, changes: Changes) -> AnyView {
    view! {
        {loaded(standing, 4, move |data: Standing| {
            let Some(failed) = failures.get() else {
                return skeleton(4);
            };
            let (held, all) = data.held();
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
        {rejected(changes)}
    }
    .into_any()
}

/// What was rejected, by reason; for those who may read the rows of files.
fn rejected(changes: Changes) -> Option<AnyView> {
    if !expect_context::<Session>().may("file.read") {
        return None;
    }
    let operation = || RejectsQuery::build(Since { since: horizon() });
    let query = use_query(operation, once);
    follow(changes, query);
    Some(loaded(query, 2, |data: RejectsQuery| reasons(&data)))
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

/// The most frequent reasons; each leads to its rows.
fn reasons(data: &RejectsQuery) -> Option<AnyView> {
    let all = data.reject_reasons.iter().map(|reason| reason.count).sum();
    let most = data.reject_reasons.first()?.count;
    let rows = data
        .reject_reasons
        .iter()
        .take(MOST)
        .map(|reason| {
            let code = reason.code.clone();
            let name = match data.newest(&code) {
                Some(id) => {
                    let href = format!("/runs/{id}?tab=rejects&code={code}");
                    let about = format!("Run {id} is the newest that rejected rows for this reason");
                    view! { <a href=href title=about>{code.clone()}</a> }.into_any()
                }
                None => view! { <code>{code.clone()}</code> }.into_any(),
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
    let all = plural(all, &whole(all), "record", "records");
    Some(
        view! {
            <div>
                <h3>{format!("{all} rejected in the last {DAYS} days")}</h3>
                <p class="quiet small">"A reason leads to the newest run that gave it."</p>
                <ul class="reasons">{rows}</ul>
            </div>
        }
        .into_any(),
    )
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
