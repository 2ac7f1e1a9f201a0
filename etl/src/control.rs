//! What people do with runs: try one again, read its file again, approve, discard, cancel or undo it.
//!
//! Each answers with the run that does it, which waits in the queue.

mod reprocess;

pub(crate) use reprocess::REPROCESS_PRIORITY;
pub use reprocess::{reprocess_all, reprocess_file, reprocess_run};

use crate::{
    Error, Result,
    asker::Asker,
    audit::Event,
    custody::{self, Taken},
    database, merge,
    queue::{insert_job, new_run},
    round, undo,
};
use chrono::Utc;
use entity::ingest::{RunKind, RunMode, RunStatus, job, run, source_file};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait,
    DatabaseConnection, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    sea_query::Expr,
};
use std::path::Path;

/// The run of that id.
///
/// # Errors
/// [`Error::Input`] when there is none.
pub async fn find<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<run::Model> {
    run::Entity::find_by_id(run_id)
        .one(db)
        .await?
        .ok_or_else(|| unknown(run_id))
}

fn unknown(run_id: i64) -> Error {
    Error::Input(format!("there is no run {run_id}"))
}

/// Queues a failed or cancelled run's file again, as a run of its own.
///
/// # Errors
/// [`Error::Input`] when there is no such run, when it has not failed, when its file was deleted, or was never
/// archived and is gone from where it lay.
pub async fn retry(
    db: &DatabaseConnection,
    run_id: i64,
    asker: impl Into<Asker<'_>>,
) -> Result<i64> {
    let asker = asker.into();
    let old = find(db, run_id).await?;
    if !matches!(old.status, RunStatus::Failed | RunStatus::Cancelled) {
        return Err(Error::Input(format!(
            "run {run_id} has not failed; only failed and cancelled runs can be tried again"
        )));
    }
    let path = match old.source_file_id {
        Some(_) => None,
        None => job::Entity::find()
            .filter(job::Column::RunId.eq(run_id))
            .one(db)
            .await?
            .and_then(|job| job.path),
    };
    if old.kind != RunKind::Undo
        && old.source_file_id.is_none()
        && !path.as_deref().is_some_and(|p| Path::new(p).exists())
    {
        return Err(Error::Input(format!(
            "run {run_id} never archived its file {} and the file is no longer there; \
             put it into the inbox again",
            old.file_name
        )));
    }
    let tx = database::begin(db).await?;
    if let (Some(file), true) = (old.source_file_id, old.kind != RunKind::Undo) {
        custody::lock_to_read(&tx, file).await?;
    }
    let new = run::ActiveModel {
        kind: Set(old.kind),
        mode: Set(old.mode),
        undoes: Set(old.undoes),
        source_file_id: Set(old.source_file_id),
        bytes_total: Set(old.bytes_total),
        ..new_run(old.file_name, asker, old.rule_version)
    }
    .insert(&tx)
    .await?;
    insert_job(&tx, new.id, path, 0).await?;
    let subject = format!("run {run_id}");
    asker.queued(&tx, "run.retry", subject, &[new.id]).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// Queues the archived file of that hash to be loaded; where its bytes were loaded before, the run is a duplicate.
///
/// # Errors
/// [`Error::Input`] when there is no such file or its bytes were deleted.
pub async fn ingest_file(
    db: &DatabaseConnection,
    sha256: &str,
    asker: impl Into<Asker<'_>>,
    rule_version: i32,
    mode: RunMode,
) -> Result<i64> {
    let asker = asker.into();
    let file = custody::find(db, sha256).await?;
    let tx = database::begin(db).await?;
    let run = run::ActiveModel {
        mode: Set(mode),
        ..new_run(file.name.clone(), asker, rule_version)
    };
    let run_id = insert_run_of(&tx, &file, run, 0).await?;
    let subject = format!("file {sha256}");
    asker.queued(&tx, "run.ingest", subject, &[run_id]).await?;
    tx.commit().await?;
    Ok(run_id)
}

/// Queues a file that somebody has sent to be loaded as one that arrives under `name`, which tells how it is packed.
///
/// # Errors
/// [`Error::Input`] when its bytes were deleted meanwhile.
pub async fn upload(
    db: &DatabaseConnection,
    taken: &Taken,
    name: String,
    asker: Asker<'_>,
    rule_version: i32,
    mode: RunMode,
) -> Result<i64> {
    let tx = database::begin(db).await?;
    let run = run::ActiveModel {
        mode: Set(mode),
        ..new_run(name, asker, rule_version)
    };
    let run_id = insert_run_of(&tx, &taken.file, run, 0).await?;
    let event = Event {
        action: "file.upload",
        subject: format!("file {}", taken.file.sha256),
        before: taken.restored.clone(),
        after: Some(format!("run {run_id}")),
        ..Default::default()
    };
    asker.record(&tx, event).await?;
    tx.commit().await?;
    Ok(run_id)
}

/// Queues a run of an archived file.
pub(crate) async fn insert_run_of(
    tx: &DatabaseTransaction,
    file: &source_file::Model,
    run: run::ActiveModel,
    priority: i32,
) -> Result<i64> {
    custody::lock_to_read(tx, file.id).await?;
    let run = run::ActiveModel {
        source_file_id: Set(Some(file.id)),
        bytes_total: Set(Some(file.bytes)),
        ..run
    };
    let run = run.insert(tx).await?;
    insert_job(tx, run.id, None, priority).await?;
    Ok(run.id)
}

/// Lets a held run merge what it has found.
///
/// # Errors
/// [`Error::Input`] when there is no such run or it is not held.
pub async fn approve(
    db: &DatabaseConnection,
    run_id: i64,
    asker: impl Into<Asker<'_>>,
) -> Result<()> {
    let asker = asker.into();
    database::retried(|| approve_once(db, run_id, asker)).await
}

async fn approve_once(db: &DatabaseConnection, run_id: i64, asker: Asker<'_>) -> Result<()> {
    let tx = database::begin(db).await?;
    leave(&tx, run_id, &[RunStatus::Held], RunStatus::Queued).await?;
    run::ActiveModel {
        id: Set(run_id),
        approved_at: Set(Some(Utc::now())),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    database::execute(
        &tx,
        "UPDATE job SET done_at = NULL, attempts = 0, lease_until = NULL WHERE run_id = ?",
        [run_id.into()],
    )
    .await?;
    let moved = (RunStatus::Held, RunStatus::Queued);
    asker
        .record(&tx, moving("run.approve", run_id, moved))
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Ends a held run without merging it.
///
/// # Errors
/// [`Error::Input`] when there is no such run or it is not held.
pub async fn discard(
    db: &DatabaseConnection,
    run_id: i64,
    asker: impl Into<Asker<'_>>,
) -> Result<()> {
    let how = (&[RunStatus::Held][..], RunStatus::Discarded);
    end(db, run_id, how, ("run.discard", asker.into())).await
}

/// Ends a run that waits or is under way, unless it is merging already.
///
/// # Errors
/// [`Error::Input`] when there is no such run or it has come too far.
pub async fn cancel(
    db: &DatabaseConnection,
    run_id: i64,
    asker: impl Into<Asker<'_>>,
) -> Result<()> {
    use RunStatus::{Archiving, Cancelled, Comparing, Held, Queued, Reading, Staging};
    let early = [Queued, Archiving, Reading, Staging, Comparing, Held];
    end(
        db,
        run_id,
        (&early, Cancelled),
        ("run.cancel", asker.into()),
    )
    .await
}

async fn end(
    db: &DatabaseConnection,
    run_id: i64,
    how: (&[RunStatus], RunStatus),
    asked: (&str, Asker<'_>),
) -> Result<()> {
    database::retried(|| end_once(db, run_id, how, asked)).await?;
    database::retried(|| async { Ok(merge::clear_staging(db, run_id).await?) }).await
}

async fn end_once(
    db: &DatabaseConnection,
    run_id: i64,
    (from, to): (&[RunStatus], RunStatus),
    (action, asker): (&str, Asker<'_>),
) -> Result<()> {
    let tx = database::begin(db).await?;
    // The job before the run, as workers lock them. A worker that has it finds its fence gone, and stops.
    database::execute(
        &tx,
        "UPDATE job SET fence = fence + 1, done_at = ?, lease_owner = NULL, lease_until = NULL
         WHERE run_id = ?",
        [Utc::now().into(), run_id.into()],
    )
    .await?;
    let old = run::Entity::find_by_id(run_id).lock_exclusive();
    let old = old.one(&tx).await?.ok_or_else(|| unknown(run_id))?.status;
    leave(&tx, run_id, from, to).await?;
    run::ActiveModel {
        id: Set(run_id),
        finished_at: Set(Some(Utc::now())),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    round::follow(&tx, run_id).await?;
    let event = moving(action, run_id, (old, to));
    asker.record(&tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// That a run was moved from one status to another.
fn moving(action: &str, run_id: i64, (from, to): (RunStatus, RunStatus)) -> Event<'_> {
    Event {
        action,
        subject: format!("run {run_id}"),
        before: Some(from.to_value()),
        after: Some(to.to_value()),
        ..Default::default()
    }
}

/// Moves a run from one of the given statuses to another.
async fn leave<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    from: &[RunStatus],
    to: RunStatus,
) -> Result<()> {
    let moved = run::Entity::update_many()
        .col_expr(run::Column::Status, Expr::value(to))
        .col_expr(run::Column::ChangedAt, Expr::value(Utc::now()))
        .filter(run::Column::Id.eq(run_id))
        .filter(run::Column::Status.is_in(from.iter().copied()))
        .exec(db)
        .await?;
    if moved.rows_affected == 1 {
        return Ok(());
    }
    let run = find(db, run_id).await?;
    let now = run.status.to_value();
    let wanted: Vec<String> = from.iter().map(ActiveEnum::to_value).collect();
    Err(Error::Input(format!(
        "run {run_id} is {now}; only a run that is {} can become {}",
        wanted.join(", "),
        to.to_value()
    )))
}

/// Queues the undoing of what a run has merged; answers the runs that do it, in order.
///
/// With `cascade`, what later runs have changed of the same movies is undone first; without, it is a reason
/// to refuse.
///
/// # Errors
/// [`Error::Input`] when there is no such run, it has not merged anything that could be undone, or later
/// runs stand in the way.
pub async fn undo(
    db: &DatabaseConnection,
    run_id: i64,
    asker: impl Into<Asker<'_>>,
    cascade: bool,
) -> Result<Vec<i64>> {
    let asker = asker.into();
    let target = find(db, run_id).await?;
    if !cascade {
        let conflicts = undo::conflicts(db, &target).await?;
        if !conflicts.is_empty() {
            return Err(Error::Input(undo::refusal(run_id, &conflicts)));
        }
    }
    let mut targets = undo::all_conflicts(db, &target).await?;
    targets.push(target);
    let tx = database::begin(db).await?;
    let mut runs = Vec::with_capacity(targets.len());
    for target in targets {
        let run = run::ActiveModel {
            kind: Set(RunKind::Undo),
            undoes: Set(Some(target.id)),
            source_file_id: Set(target.source_file_id),
            ..new_run(target.file_name, asker, target.rule_version)
        }
        .insert(&tx)
        .await?;
        insert_job(&tx, run.id, None, 0).await?;
        runs.push(run.id);
    }
    let subject = format!("run {run_id}");
    asker.queued(&tx, "run.undo", subject, &runs).await?;
    tx.commit().await?;
    Ok(runs)
}
