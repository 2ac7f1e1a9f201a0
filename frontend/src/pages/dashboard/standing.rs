//! How things stand: the newest data version, the last runs, those that wait; and the sentence about it.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::failure::Failures;
use super::verdict::{Facts, verdict};
use super::{DateTime, horizon};
use crate::api::fragment::{RunLink, RunStatus, RunStatusCount};
use crate::api::live::{Change, on_change};
use crate::api::query::{Query, use_live_query, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::components::state::{loaded, skeleton};
use crate::components::time::since;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct DataVersion {
    version: i32,
    merged_at: Option<String>,
    run: Option<RunLink>,
}

/// A run that may want something of the reader.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
pub struct Waiting {
    pub id: cynic::Id,
    pub status: RunStatus,
    pub file_name: String,
    pub created_at: String,
    pub held_because: Option<String>,
    pub error: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunConnection")]
struct Runs {
    nodes: Vec<Waiting>,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunConnection")]
struct Failed {
    nodes: Vec<Waiting>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunStats")]
struct Counts {
    count: i64,
    by_status: Vec<RunStatusCount>,
}

#[derive(cynic::QueryVariables)]
pub struct Since {
    pub since: DateTime,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Since")]
pub struct Standing {
    data_version: DataVersion,
    run_stats: Counts,
    #[arguments(filter: {status: {eq: HELD}}, first: 5)]
    #[cynic(rename = "runs", alias)]
    held: Runs,
    #[arguments(filter: {status: {eq: FAILED}, createdAt: {gte: $since}}, first: 500)]
    #[cynic(rename = "runs", alias)]
    failed: Failed,
}

/// How many runs have each status, as soon as that is known.
pub type Changes = Memo<Option<Vec<RunStatusCount>>>;

impl Standing {
    /// The newest data version; 0 before the first merge.
    pub fn version(&self) -> i32 {
        self.data_version.version
    }

    /// How many runs have each status: what changes as runs go on.
    pub fn statuses(&self) -> &[RunStatusCount] {
        &self.run_stats.by_status
    }

    /// Whether there has been no run at all yet.
    pub fn untouched(&self) -> bool {
        self.run_stats.count == 0
    }

    /// The runs that wait for approval, newest first, and how many there are in all.
    pub fn held(&self) -> (&[Waiting], i64) {
        (&self.held.nodes, self.held.total_count)
    }

    /// The runs that have failed within the days of the dashboard, newest first.
    pub fn failed(&self) -> &[Waiting] {
        &self.failed.nodes
    }

    fn active(&self) -> i64 {
        let active = |part: &&RunStatusCount| part.status.active();
        let parts = self.statuses().iter().filter(active);
        parts.map(|part| part.count).sum()
    }
}

/// Asks how things stand, and again as runs and the mart change.
pub fn ask() -> Query<Standing> {
    let operation = || Standing::build(Since { since: horizon() });
    let query = use_live_query(operation, Change::Runs);
    on_change(Change::Mart, move || {
        query.refresh.try_update(|count| *count += 1);
    });
    query
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Queue {
    waiting: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Instance {
    alive: bool,
    workers: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "System")]
struct Workers {
    queue: Queue,
    instances: Vec<Instance>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct WorkersQuery {
    system: Workers,
}

impl WorkersQuery {
    /// Milliseconds until it is asked again: while runs wait, workers may come and go.
    fn pace(&self) -> Option<u32> {
        const WHILE_WAITING: u32 = 5_000;
        (self.system.queue.waiting > 0).then_some(WHILE_WAITING)
    }

    fn stuck(&self) -> bool {
        let mut instances = self.system.instances.iter();
        self.system.queue.waiting > 0 && !instances.any(|one| one.alive && one.workers > 0)
    }
}

/// Whether runs wait that nobody will take; asked by those only who may know.
fn stuck(changes: Changes) -> Memo<bool> {
    if !expect_context::<Session>().may("system.read") {
        return Memo::new(|_| false);
    }
    let operation = move || {
        changes.track();
        WorkersQuery::build(())
    };
    let workers = use_query(operation, WorkersQuery::pace);
    Memo::new(move |_| {
        workers
            .data
            .with(|data| data.as_ref().is_some_and(WorkersQuery::stuck))
    })
}

/// The sentence with its sign, and how fresh the data are.
pub fn banner(standing: Query<Standing>, failures: Failures, changes: Changes) -> AnyView {
    let stuck = stuck(changes);
    loaded(standing, 2, move |data: Standing| {
        let Some(failed) = failures.with(|failed| failed.as_ref().map(Vec::len)) else {
            return skeleton(2);
        };
        let facts = Facts {
            failed,
            held: data.held.total_count,
            active: data.active(),
            loaded: data.version() > 0,
            stuck: stuck.get(),
        };
        let verdict = verdict(&facts);
        view! {
            <div class=format!("verdict {}", verdict.tone) data-testid="verdict" data-value=verdict.tone>
                <span class="verdict-sign" aria-hidden="true">{verdict.sign}</span>
                <div>
                    <p class="verdict-sentence">{verdict.sentence}</p>
                    <p class="quiet">{fresh(data.data_version)}</p>
                </div>
            </div>
        }
        .into_any()
    })
}

fn fresh(version: DataVersion) -> AnyView {
    let number = view! {
        "Data version "<b data-testid="data-version" data-value=version.version>{version.version}</b>
    };
    let Some(at) = version.merged_at else {
        return view! { {number}", nothing merged yet" }.into_any();
    };
    let by = version.run.map(|run| {
        let id = run.id.inner().to_owned();
        view! { " by "<a href=format!("/runs/{id}")>"run "{id.clone()}</a> }
    });
    view! { {number}", merged "{since(at)}{by} }.into_any()
}
