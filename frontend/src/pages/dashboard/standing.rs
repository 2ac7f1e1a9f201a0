//! How things stand: the newest data version, the last runs, those that wait; and the sentence about it.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::verdict::{Facts, Known, unresolved, verdict};
use super::{DateTime, horizon};
use crate::api::fragment::{RunLink, RunStatus};
use crate::api::live::{Change, on_change};
use crate::api::query::{Query, once, use_live_query, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::components::state::loaded;
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

#[derive(cynic::QueryVariables)]
pub struct Since {
    pub since: DateTime,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Since")]
pub struct Standing {
    data_version: DataVersion,
    #[arguments(filter: {createdAt: {gte: $since}}, first: 100)]
    #[cynic(rename = "runs", alias)]
    recent: Runs,
    #[arguments(filter: {status: {eq: HELD}}, first: 5)]
    #[cynic(rename = "runs", alias)]
    held: Runs,
    #[arguments(first: 1)]
    #[cynic(rename = "runs", alias)]
    ever: Runs,
}

/// How each of the last runs stands, as soon as that is known.
pub type Changes = Memo<Option<Vec<(cynic::Id, RunStatus)>>>;

impl Standing {
    /// The newest data version; 0 before the first merge.
    pub fn version(&self) -> i32 {
        self.data_version.version
    }

    /// What changes whenever a run does: how each of the last runs stands.
    pub fn runs(&self) -> Vec<(cynic::Id, RunStatus)> {
        let runs = self.recent.nodes.iter();
        runs.map(|run| (run.id.clone(), run.status)).collect()
    }

    /// Whether there has been no run at all yet.
    pub fn untouched(&self) -> bool {
        self.ever.total_count == 0
    }

    /// The runs that wait for approval, newest first, and how many there are in all.
    pub fn held(&self) -> (&[Waiting], i64) {
        (&self.held.nodes, self.held.total_count)
    }

    /// The runs that failed and that no later one has made good.
    pub fn failed(&self) -> Vec<&Waiting> {
        let known: Vec<Known> = self
            .recent
            .nodes
            .iter()
            .map(|run| Known {
                id: run.id.inner(),
                file: &run.file_name,
                status: run.status,
            })
            .collect();
        let failed = unresolved(&known);
        let runs = self.recent.nodes.iter();
        runs.filter(|run| failed.contains(&run.id.inner()))
            .collect()
    }

    fn active(&self) -> usize {
        let runs = self.recent.nodes.iter();
        runs.filter(|run| run.status.active()).count()
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

/// Whether runs wait that nobody will take; asked by those only who may know.
fn stuck(standing: Query<Standing>) -> Memo<bool> {
    if !expect_context::<Session>().may("system.read") {
        return Memo::new(|_| false);
    }
    let active = Memo::new(move |_| {
        standing
            .data
            .with(|data| data.as_ref().map(Standing::active))
    });
    let workers = use_query(
        move || {
            active.track();
            WorkersQuery::build(())
        },
        once,
    );
    Memo::new(move |_| {
        workers.data.with(|data| {
            data.as_ref().is_some_and(|data| {
                let mut instances = data.system.instances.iter();
                data.system.queue.waiting > 0 && !instances.any(|i| i.alive && i.workers > 0)
            })
        })
    })
}

/// The sentence with its sign, and how fresh the data are.
pub fn banner(standing: Query<Standing>) -> AnyView {
    let stuck = stuck(standing);
    loaded(standing, 2, move |data: Standing| {
        let facts = Facts {
            failed: data.failed().len(),
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
