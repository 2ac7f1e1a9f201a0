//! The runs that failed and that no later run of the same file has made good.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::horizon;
use super::standing::{Standing, Waiting};
use super::verdict::{Known, unresolved};
use crate::api::fragment::RunStatus;
use crate::api::live::Change;
use crate::api::query::{Query, use_live_query};
use crate::api::schema;
use crate::components::period::DateTime;

#[derive(cynic::QueryVariables)]
struct FileVariables {
    files: Option<Vec<String>>,
    since: DateTime,
}

/// A run of a file of which one has failed.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct OfFile {
    id: cynic::Id,
    status: RunStatus,
    file_name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunConnection")]
struct OfFiles {
    nodes: Vec<OfFile>,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "FileVariables")]
struct OfFilesQuery {
    #[arguments(filter: {fileName: {in: $files}, createdAt: {gte: $since}}, first: 500)]
    runs: OfFiles,
}

impl OfFiles {
    /// Whether all that can be known of these failures has been answered.
    fn cover(&self, failed: &[Waiting]) -> bool {
        let there = |run: &Waiting| self.nodes.iter().any(|known| known.id == run.id);
        self.total_count > self.nodes.len() as i64 || failed.iter().all(there)
    }
}

/// The failures that nothing has made good, as soon as that is known. A failure of which it can't be told counts as
/// one, so that all is never said to be well when it is not.
pub type Failures = Memo<Option<Vec<Waiting>>>;

/// Looks for what has become of the files whose runs have failed.
pub fn open_failures(standing: Query<Standing>) -> Failures {
    let files = Memo::new(move |_| {
        let mut files: Vec<String> = standing.data.with(|standing| {
            let failed = standing.iter().flat_map(Standing::failed);
            failed.map(|run| run.file_name.clone()).collect()
        });
        files.sort();
        files.dedup();
        files
    });
    let operation = move || {
        OfFilesQuery::build(FileVariables {
            files: Some(files.get()),
            since: horizon(),
        })
    };
    let query = use_live_query(operation, Change::Runs);
    Memo::new(move |before: Option<&Option<Vec<Waiting>>>| {
        let (data, lost) = (query.data.get(), query.error.with(Option::is_some));
        let known = data.map(|data| data.runs);
        standing.data.with(|standing| {
            let failed = standing.as_ref()?.failed();
            match known {
                Some(known) if lost || known.cover(failed) => Some(open(&known.nodes, failed)),
                None if lost || failed.is_empty() => Some(open(&[], failed)),
                // What has become of them is on its way.
                _ => before.cloned().flatten(),
            }
        })
    })
}

/// Those of the failures that no later run has made good. Runs and failures come newest first.
fn open(runs: &[OfFile], failed: &[Waiting]) -> Vec<Waiting> {
    let runs = runs.iter().map(|run| Known {
        id: run.id.inner(),
        file: &run.file_name,
        status: run.status,
    });
    // The failures come after, for files with more runs than are asked for.
    let all = runs.chain(failed.iter().map(|run| Known {
        id: run.id.inner(),
        file: &run.file_name,
        status: run.status,
    }));
    let open = unresolved(all);
    let failed = failed.iter().filter(|run| open.contains(&run.id.inner()));
    failed.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(id: &str, file: &str) -> Waiting {
        Waiting {
            id: cynic::Id::new(id),
            status: RunStatus::Failed,
            file_name: file.into(),
            created_at: String::new(),
            held_because: None,
            error: None,
        }
    }

    fn run(id: &str, file: &str, status: RunStatus) -> OfFile {
        OfFile {
            id: cynic::Id::new(id),
            status,
            file_name: file.into(),
        }
    }

    #[test]
    fn a_failure_is_open_until_a_later_run_of_the_file_is_known() {
        let failures = [failed("5", "b.csv"), failed("2", "a.csv")];
        let ids = |runs: &[OfFile]| {
            let open = open(runs, &failures);
            open.into_iter()
                .map(|run| run.id.into_inner())
                .collect::<Vec<_>>()
        };
        let later = run("6", "a.csv", RunStatus::Succeeded);
        let own = run("5", "b.csv", RunStatus::Failed);
        assert_eq!(ids(&[later.clone(), own]), ["5"]);
        assert_eq!(ids(&[later]), ["5"]);
        assert_eq!(ids(&[]), ["5", "2"]);
    }

    #[test]
    fn failures_are_covered_by_an_answer_that_has_them_or_has_more_than_it_shows() {
        let answer = |nodes: Vec<OfFile>, total_count| OfFiles { nodes, total_count };
        let failures = [failed("5", "b.csv")];
        assert!(!answer(Vec::new(), 0).cover(&failures));
        assert!(answer(vec![run("5", "b.csv", RunStatus::Failed)], 1).cover(&failures));
        assert!(answer(vec![run("9", "a.csv", RunStatus::Failed)], 501).cover(&failures));
    }
}
