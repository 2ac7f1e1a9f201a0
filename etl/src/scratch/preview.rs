//! What a draft of rules would make of files that are loaded, tried out in scratch databases.
//!
//! All files: the mart is copied, each file is read again under the draft, and the two are compared, which
//! is what publishing the draft and reprocessing everything would do. A choice of files: the same with a mart
//! that has been made of just these files, each under the rules it was read under last.

use super::Scratch;
use crate::{
    Error, Result,
    archive::Archive,
    chain::Chain,
    database,
    differ::{self, Row, Source},
    history::{self, At, Change},
    movers::{Measure, Mover, Of},
    rules::{RuleSet, store},
};
use entity::{
    aggregate::{company_year, genre_year},
    ingest::{RunKind, RunStatus, run, source_file},
    mart::movie,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder,
    Value,
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Which of the files of which a run is merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    All,
    /// Those of these SHA-256 hashes.
    Chosen(Vec<String>),
    /// So many that arrived last.
    Newest(u64),
}

/// Movies of which the draft makes others.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Rows {
    pub count: u64,
    /// The first, by id.
    pub first: Vec<Change>,
}

/// How many records are rejected for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejects {
    pub code: String,
    /// Under the rules the files were read under last.
    pub before: i64,
    /// Under the draft.
    pub after: i64,
}

/// A file that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tried {
    pub sha256: String,
    pub name: String,
    /// Why the draft's guards would hold it before merging, if they would.
    pub held_because: Option<String>,
}

/// The largest changes of one figure.
#[derive(Clone, Debug, Serialize)]
pub struct Moved {
    pub of: &'static str,
    pub measure: &'static str,
    pub first: Vec<Mover>,
}

/// What a draft would do.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// Oldest first.
    pub files: Vec<Tried>,
    /// Movies that are none without the draft.
    pub gained: Rows,
    /// Movies that are none under it.
    pub lost: Rows,
    pub changed: Rows,
    /// By code.
    pub rejects: Vec<Rejects>,
    pub movers: Vec<Moved>,
}

impl Preview {
    /// The largest changes of a figure.
    pub fn moved(&self, of: Of, measure: Measure) -> &[Mover] {
        let mut moved = self.movers.iter();
        moved
            .find(|moved| moved.of == of.noun() && moved.measure == measure.column())
            .map_or(&[], |moved| &moved.first)
    }
}

/// Tries a draft out. The mart is only read, and one state of it throughout; of each list the first `most` are
/// told. Stops when the future is dropped.
///
/// # Errors
/// [`Error::Input`] when a chosen file is not among those of which a run is merged, or its bytes are gone.
pub async fn preview(live: &Chain, draft: RuleSet, which: &Which, most: usize) -> Result<Preview> {
    let snapshot = database::snapshot(&live.db).await?;
    let files = chosen(&snapshot, &live.archive, which).await?;
    let draft = Arc::new(draft);
    let trial = Scratch::new().await?;
    let preview = match which {
        Which::All => {
            trial.copy(&snapshot).await?;
            try_out(&snapshot, &trial, live, files, draft, most).await?
        }
        Which::Chosen(_) | Which::Newest(_) => {
            let base = Scratch::new().await?;
            for (file, run) in &files {
                base.add_file(file).await?;
                let rules = store::load(&snapshot, run.rule_version).await?;
                base.redo(live, run, Arc::new(rules), true).await?;
            }
            trial.copy(&base.db).await?;
            let preview = try_out(&base.db, &trial, live, files, draft, most).await?;
            base.close().await?;
            preview
        }
    };
    snapshot.rollback().await?;
    trial.close().await?;
    Ok(preview)
}

/// The files asked for, oldest first, each with the newest of its runs that is merged.
async fn chosen<C: ConnectionTrait>(
    db: &C,
    archive: &Archive,
    which: &Which,
) -> Result<Vec<(source_file::Model, run::Model)>> {
    let runs = run::Entity::find()
        .filter(run::Column::Status.eq(RunStatus::Succeeded))
        .filter(run::Column::Kind.ne(RunKind::Undo))
        .filter(run::Column::DataVersion.is_not_null())
        .order_by_asc(run::Column::DataVersion)
        .all(db)
        .await?;
    let mut newest: HashMap<i64, run::Model> = runs
        .into_iter()
        .filter_map(|run| Some((run.source_file_id?, run)))
        .collect();
    let files = source_file::Entity::find()
        .order_by_asc(source_file::Column::Id)
        .all(db)
        .await?;
    let mut files: Vec<_> = files
        .into_iter()
        .filter_map(|file| newest.remove(&file.id).map(|run| (file, run)))
        .collect();
    match which {
        Which::All => {}
        Which::Chosen(hashes) => {
            let asked = |sha256: &str| hashes.iter().any(|hash| hash.eq_ignore_ascii_case(sha256));
            let known = |hash: &str| {
                let mut files = files.iter();
                files.any(|(file, _)| file.sha256.eq_ignore_ascii_case(hash))
            };
            if let Some(unknown) = hashes.iter().find(|hash| !known(hash)) {
                return Err(Error::Input(format!(
                    "there is no file with the SHA-256 {unknown} of which a run is merged"
                )));
            }
            files.retain(|(file, _)| asked(&file.sha256));
        }
        Which::Newest(count) => {
            let count = usize::try_from(*count).unwrap_or(usize::MAX);
            files.drain(..files.len().saturating_sub(count));
        }
    }
    for (file, _) in &files {
        if !archive.exists(&file.archive_path).await? {
            return Err(Error::Input(format!(
                "raw bytes of file {} ({}) are gone: the rules cannot be tried on it; choose others",
                file.sha256, file.name
            )));
        }
    }
    Ok(files)
}

/// Reads the files again in the trial, which is like the base, and compares the two.
async fn try_out<B: Source>(
    base: &B,
    trial: &Scratch,
    live: &Chain,
    files: Vec<(source_file::Model, run::Model)>,
    draft: Arc<RuleSet>,
    most: usize,
) -> Result<Preview> {
    let runs: Vec<i64> = files.iter().map(|(_, run)| run.id).collect();
    let beyond = trial_runs(trial).await?;
    let mut tried = Vec::with_capacity(files.len());
    let mut trials = Vec::with_capacity(files.len());
    let mut again = Vec::with_capacity(files.len());
    for ((file, run), number) in files.into_iter().zip(1..) {
        let run = run::Model {
            id: beyond + number,
            kind: RunKind::Reprocess,
            rule_version: draft.version,
            undoes: None,
            ..run
        };
        let held_because = trial.redo(live, &run, draft.clone(), true).await?;
        trials.push(run.id);
        tried.push(Tried {
            sha256: file.sha256,
            name: run.file_name.clone(),
            held_because,
        });
        again.push(run);
    }
    // As a backfill has a second round where the first has taken out what older files may give.
    let newest = run::Entity::find()
        .filter(run::Column::Id.is_in(trials.iter().copied()))
        .filter(run::Column::RowsDeleted.gt(0))
        .order_by_desc(run::Column::SourceFileId)
        .one(&trial.db)
        .await?;
    let newest = newest.and_then(|run| run.source_file_id);
    if again.iter().any(|run| run.source_file_id < newest) {
        let count = again.len() as i64;
        for run in again {
            let run = run::Model {
                id: run.id + count,
                ..run
            };
            trial.redo(live, &run, draft.clone(), true).await?;
        }
    }
    let movies = movies(base, &trial.db, most).await?;
    let [gained, lost, changed] = movies;
    let (before, after) = (
        reject_counts(base, &runs).await?,
        reject_counts(&trial.db, &trials).await?,
    );
    let mut rejects: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (code, count) in before {
        rejects.entry(code).or_default().0 += count;
    }
    for (code, count) in after {
        rejects.entry(code).or_default().1 += count;
    }
    let rejects = rejects.into_iter().map(|(code, (before, after))| Rejects {
        code,
        before,
        after,
    });
    let mut movers = moved(base, &trial.db, Of::Company, most).await?;
    movers.extend(moved(base, &trial.db, Of::Genre, most).await?);
    Ok(Preview {
        files: tried,
        gained,
        lost,
        changed,
        rejects: rejects.collect(),
        movers,
    })
}

/// The newest of the trial's runs.
async fn trial_runs(trial: &Scratch) -> Result<i64> {
    let newest = run::Entity::find()
        .order_by_desc(run::Column::Id)
        .one(&trial.db)
        .await?;
    Ok(newest.map_or(0, |run| run.id))
}

/// The movies that are gained, lost and changed.
async fn movies<B: Source>(base: &B, trial: &DatabaseConnection, most: usize) -> Result<[Rows; 3]> {
    const KEY: &[movie::Column] = &[movie::Column::Id];
    let streams = (
        differ::rows::<movie::Entity, _>(base, KEY).await?,
        differ::rows::<movie::Entity, _>(trial, KEY).await?,
    );
    // Gained, lost, changed: how many, and the first of them.
    let mut found: [(u64, Vec<i64>); 3] = Default::default();
    differ::join(streams.0, streams.1, |before, after| {
        let (at, row) = match (before, after) {
            (None, Some(row)) => (0, row),
            (Some(row), None) => (1, row),
            (Some(before), Some(row)) if column(before, "row_hash") != column(row, "row_hash") => {
                (2, row)
            }
            _ => return,
        };
        found[at].0 += 1;
        if let (true, Some(id)) = (found[at].1.len() < most, row.number(0)) {
            found[at].1.push(id);
        }
    })
    .await?;
    let mut all = Vec::with_capacity(3);
    for ((count, ids), kind) in found.into_iter().zip(["inserted", "deleted", "updated"]) {
        let before = history::states(base, At::Now, &ids).await?;
        let after = history::states(trial, At::Now, &ids).await?;
        let first = ids.iter().map(|id| {
            let (before, after) = (before.get(id), after.get(id));
            history::change(*id, kind, before, after)
        });
        all.push(Rows {
            count,
            first: first.collect(),
        });
    }
    let all: [Rows; 3] = all
        .try_into()
        .map_err(|_| Error::Internal("three kinds of rows".to_owned()))?;
    Ok(all)
}

fn column<'a>(row: &'a Row, name: &str) -> Option<&'a Value> {
    let mut columns = row.columns.iter();
    columns
        .find(|(column, _)| *column == name)
        .map(|(_, value)| value)
}

/// How many records of these runs were rejected, by code.
async fn reject_counts<C: ConnectionTrait>(db: &C, runs: &[i64]) -> Result<Vec<(String, i64)>> {
    let mut counts = Vec::new();
    for runs in runs.chunks(1000) {
        let runs: Vec<String> = runs.iter().map(i64::to_string).collect();
        let sql = format!(
            "SELECT code, COUNT(*) FROM reject WHERE run_id IN ({}) GROUP BY code",
            runs.join(", ")
        );
        for row in database::query(db, &sql, []).await? {
            counts.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
        }
    }
    Ok(counts)
}

/// The largest changes of each figure of companies or genres.
async fn moved<B: Source>(
    base: &B,
    trial: &DatabaseConnection,
    of: Of,
    most: usize,
) -> Result<Vec<Moved>> {
    let (before, after) = match of {
        Of::Company => {
            const KEY: &[company_year::Column] =
                &[company_year::Column::CompanyId, company_year::Column::Year];
            (
                differ::rows::<company_year::Entity, _>(base, KEY).await?,
                differ::rows::<company_year::Entity, _>(trial, KEY).await?,
            )
        }
        Of::Genre => {
            const KEY: &[genre_year::Column] =
                &[genre_year::Column::GenreId, genre_year::Column::Year];
            (
                differ::rows::<genre_year::Entity, _>(base, KEY).await?,
                differ::rows::<genre_year::Entity, _>(trial, KEY).await?,
            )
        }
    };
    let mut all = Measure::ALL.map(|measure| (measure, Vec::new()));
    differ::join(before, after, |before, after| {
        for (measure, largest) in &mut all {
            if let Some(mover) = mover(before, after, *measure) {
                keep_largest(largest, mover, most);
            }
        }
    })
    .await?;
    let mut moved = Vec::with_capacity(all.len());
    for (measure, mut first) in all {
        name(base, trial, of, &mut first).await?;
        moved.push(Moved {
            of: of.noun(),
            measure: measure.column(),
            first,
        });
    }
    Ok(moved)
}

/// A year of two states, where the figure differs.
fn mover(before: Option<&Row>, after: Option<&Row>, measure: Measure) -> Option<Mover> {
    let figure = |row: Option<&Row>| match column(row?, measure.column())? {
        Value::Int(value) => value.map(f64::from),
        Value::BigInt(value) => value.map(|value| value as f64),
        Value::Double(value) => *value,
        _ => None,
    };
    let row = before.or(after)?;
    let (before, after) = (figure(before), figure(after));
    let change = after.unwrap_or_default() - before.unwrap_or_default();
    (change.abs() > measure.least()).then_some(Mover {
        id: row.number(0)?,
        name: String::new(),
        year: i32::try_from(row.number(1)?).ok()?,
        before,
        after,
        change,
    })
}

/// Puts a mover to its place among the largest so far; they come in the order of their keys.
fn keep_largest(largest: &mut Vec<Mover>, mover: Mover, most: usize) {
    let size = mover.change.abs();
    let place = largest.partition_point(|other| other.change.abs() >= size);
    if place < most {
        largest.insert(place, mover);
        largest.truncate(most);
    }
}

/// Gives movers their names: those of the trial or, of what is gone there, of the base.
async fn name<B: Source>(
    base: &B,
    trial: &DatabaseConnection,
    of: Of,
    movers: &mut [Mover],
) -> Result<()> {
    if movers.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = movers.iter().map(|mover| mover.id.to_string()).collect();
    let noun = of.noun();
    let sql = format!(
        "SELECT id, name FROM {noun} WHERE id IN ({})",
        ids.join(", ")
    );
    let mut names: HashMap<i64, String> = HashMap::new();
    let rows = [
        database::query(base, &sql, []).await?,
        database::query(trial, &sql, []).await?,
    ];
    for row in rows.iter().flatten() {
        let (id, name) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        names.insert(id, name);
    }
    for mover in movers {
        let name = names.get(&mover.id).cloned();
        mover.name = name.ok_or_else(|| DbErr::RecordNotFound(format!("{noun} {}", mover.id)))?;
    }
    Ok(())
}
