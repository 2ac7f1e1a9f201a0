//! Taking back what a run has merged: the exact inverse, as a run of its own.

use crate::{
    Error, Result, companion,
    compare::{self, Found},
    database,
    queue::Lease,
};
use entity::ingest::{RunKind, RunStatus, run};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};
use std::{cmp::Reverse, collections::BTreeSet, time::Duration};

/// The version that a run has made, if its merge can be undone.
///
/// # Errors
/// [`Error::Input`] when the run has merged nothing or is an undo itself.
pub fn check(target: &run::Model) -> Result<i32> {
    let id = target.id;
    if target.kind == RunKind::Undo {
        return Err(Error::Input(format!(
            "run {id} is an undo itself; read the file of the run it undid again"
        )));
    }
    match (target.status, target.data_version) {
        (RunStatus::Succeeded, Some(version)) => Ok(version),
        (RunStatus::Undone, _) => Err(Error::Input(format!("run {id} is undone already"))),
        _ => Err(Error::Input(format!(
            "run {id} has merged nothing that could be undone"
        ))),
    }
}

/// The runs, newest first, that have changed the same movies or names since and are not undone.
pub async fn conflicts<C: ConnectionTrait>(db: &C, target: &run::Model) -> Result<Vec<i64>> {
    let version = check(target)?;
    let rows = database::query(
        db,
        "SELECT r.id FROM run r
         WHERE r.kind <> 'undo' AND r.status <> 'undone' AND r.data_version > ?
         AND (EXISTS (
             SELECT 1 FROM revision later
             JOIN revision mine ON mine.movie_id = later.movie_id AND mine.version = ?
             WHERE later.run_id = r.id)
         OR EXISTS (
             SELECT 1 FROM past_name later
             JOIN past_name mine ON mine.noun = later.noun AND mine.name_key = later.name_key
                 AND mine.until_version = ?
             WHERE later.until_version = r.data_version)
         OR EXISTS (
             SELECT 1 FROM companion_revision later
             JOIN companion_revision mine ON mine.kind = later.kind AND mine.id = later.id
                 AND mine.sub = later.sub AND mine.version = ?
             WHERE later.version = r.data_version))
         ORDER BY r.id DESC",
        [
            version.into(),
            version.into(),
            version.into(),
            version.into(),
        ],
    )
    .await?;
    let ids: Result<Vec<i64>, DbErr> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
    Ok(ids?)
}

/// The later runs that stand in the way of undoing a run, and those that stand in theirs, newest first.
///
/// # Errors
/// As [`check`].
pub async fn all_conflicts<C: ConnectionTrait>(
    db: &C,
    target: &run::Model,
) -> Result<Vec<run::Model>> {
    let mut found = Vec::new();
    let mut ahead = conflicts(db, target).await?;
    while !ahead.is_empty() {
        let runs = run::Entity::find().filter(run::Column::Id.is_in(ahead));
        let runs = runs.all(db).await?;
        found.extend(runs.iter().cloned());
        let mut next = BTreeSet::new();
        for run in &runs {
            next.extend(conflicts(db, run).await?);
        }
        next.retain(|id| found.iter().all(|known| known.id != *id));
        ahead = next.into_iter().collect();
    }
    found.sort_by_key(|run| Reverse(run.data_version));
    Ok(found)
}

/// What is said where later runs stand in the way.
pub fn refusal(run_id: i64, conflicts: &[i64]) -> String {
    let runs: Vec<String> = conflicts.iter().map(i64::to_string).collect();
    let runs = runs.join(", ");
    format!(
        "run {run_id} cannot be undone by itself: later runs have changed the same movies or names ({runs}); \
         undo these first, or all together with cascade"
    )
}

/// Waits while every run that stands in the way is about to be undone by another worker.
pub async fn wait_for_others<C: ConnectionTrait>(
    db: &C,
    target: &run::Model,
    lease: &Lease,
) -> Result<()> {
    loop {
        let conflicts = conflicts(db, target).await?;
        let pending = run::Entity::find()
            .filter(run::Column::Undoes.is_in(conflicts.iter().copied()))
            .filter(run::Column::Status.is_in([RunStatus::Queued, RunStatus::Merging]))
            .count(db)
            .await?;
        if conflicts.is_empty() || pending < conflicts.len() as u64 {
            return Ok(());
        }
        tokio::select! {
            () = lease.lost.cancelled() => return Err(Error::Cancelled),
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
        }
    }
}

/// Fills the run's tables of changes with the inverse of what the target has changed; inside the merging
/// transaction.
///
/// # Errors
/// As [`check`], and when later runs stand in the way.
pub async fn prepare<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    target: &run::Model,
) -> Result<Found> {
    let conflicts = conflicts(db, target).await?;
    if !conflicts.is_empty() {
        return Err(Error::Input(refusal(target.id, &conflicts)));
    }
    database::execute(
        db,
        "DELETE FROM staging_change WHERE run_id = ?",
        [run_id.into()],
    )
    .await?;
    database::execute(
        db,
        "INSERT INTO staging_change (run_id, line, movie_id, kind)
         SELECT ?, line, movie_id,
                CASE kind WHEN 'inserted' THEN 'deleted' WHEN 'deleted' THEN 'inserted' ELSE kind END
         FROM revision WHERE run_id = ?",
        [run_id.into(), target.id.into()],
    )
    .await?;
    Ok(Found {
        movies: compare::count(db, run_id).await?,
        companions: companion::invert(db, run_id, check(target)?).await?,
    })
}
