//! How a run ends: merged in one transaction, held, as a duplicate, or failed.

use crate::{
    Error, Result, aggregate,
    chain::Chain,
    companion,
    compare::{self, Changes, Found},
    control, database, giver,
    journal::{self, Journal},
    merge::{self, After},
    queue::Lease,
    round,
    rules::Keep,
    search, undo,
};
use chrono::{DateTime, Utc};
use entity::ingest::{EventLevel, RunStatus, data_version, run};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait};

/// What a run changes the mart by.
pub enum What {
    /// What it has staged, and what the comparison with the mart of a version has found.
    Staged {
        found: Found,
        against: i32,
        keep: Keep,
        /// Whether its names count even where it changes no movie.
        names: bool,
    },
    /// The inverse of another run's merge.
    Undo(Box<run::Model>),
}

/// Merges, aggregates and ends the run, in one transaction that no reader sees a part of.
pub async fn merge(chain: &Chain, lease: &Lease, journal: &Journal, what: What) -> Result<()> {
    journal.status(RunStatus::Merging).await?;
    let started = Utc::now();
    let tx = database::begin(&chain.db).await?;
    database::check_references(&tx, false).await?;
    let merged = merge_in(&tx, lease, what, started).await;
    let checked = database::check_references(&tx, true).await;
    match merged.and_then(|changes| Ok((changes, checked?))) {
        Ok((changes, ())) => {
            tx.commit().await?;
            let message = format!(
                "merged: {} inserted, {} updated, {} deleted, {} unchanged, {} superseded",
                changes.inserted,
                changes.updated,
                changes.deleted,
                changes.unchanged,
                changes.superseded
            );
            journal.event(EventLevel::Info, message).await?;
            if changes.deleted > 0
                && let Some(sentence) = giver::sentence(&chain.db, &journal.run().await?).await?
            {
                journal.event(EventLevel::Warn, sentence).await?;
            }
            Ok(())
        }
        Err(error) => {
            // The error that led here matters more than one of taking back.
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}

/// The inside of the merging transaction.
async fn merge_in<C: ConnectionTrait>(
    tx: &C,
    lease: &Lease,
    what: What,
    started: DateTime<Utc>,
) -> Result<Changes> {
    let run_id = lease.run_id;
    // Locks the mart against other merges; what was compared with an older version is compared again.
    database::execute(
        tx,
        "UPDATE mart_state SET version = version + 1 WHERE id = 1",
        [],
    )
    .await?;
    lease.finish(tx).await?;
    lease.locked.cancel();
    let version = version(tx).await?;
    let names = matches!(what, What::Undo(_) | What::Staged { names: true, .. });
    let (found, after) = match &what {
        What::Staged { found, against, .. } if version == against + 1 => (*found, After::Staged),
        What::Staged { keep, .. } => (compare::compare(tx, run_id, *keep).await?, After::Staged),
        What::Undo(target) => {
            let found = undo::prepare(tx, run_id, target).await?;
            (found, After::Before(undo::check(target)?))
        }
    };
    let movies = found.movies;
    if movies.stale > 0 {
        return Err(Error::Stale);
    }
    let named = merge::merge(tx, run_id, version, &movies, after, names).await?;
    companion::merge(tx, run_id, version, after).await?;
    let merged = Utc::now();
    if movies.changed() > 0 {
        aggregate::refresh(tx, run_id, version > 1).await?;
    }
    if named && movies.updated + movies.superseded + movies.deleted > 0 {
        merge::drop_orphans(tx, version).await?;
    }
    search::index::refresh(tx, run_id, version).await?;
    let ended = Utc::now();
    let changes = found.all();
    let changed = Some(changes.changed());
    journal::insert_phase(tx, run_id, "merging", started, Some(merged), changed).await?;
    journal::insert_phase(tx, run_id, "aggregating", merged, Some(ended), None).await?;
    data_version::ActiveModel {
        version: Set(version),
        run_id: Set(run_id),
        merged_at: Set(ended),
    }
    .insert(tx)
    .await?;
    let read = control::find(tx, run_id).await?;
    match what {
        What::Staged { .. } if read.rows_read != changes.total() + read.rows_rejected => {
            return Err(Error::Internal(format!(
                "{} records were read, but {changes:?} and {} rejects add up to another number",
                read.rows_read, read.rows_rejected
            )));
        }
        What::Staged { .. } => {}
        What::Undo(target) => {
            run::ActiveModel {
                id: Set(target.id),
                status: Set(RunStatus::Undone),
                ..Default::default()
            }
            .update(tx)
            .await?;
        }
    }
    run::ActiveModel {
        id: Set(run_id),
        status: Set(RunStatus::Succeeded),
        data_version: Set(Some(version)),
        issue_count: Set(read.issue_count + changes.superseded),
        finished_at: Set(Some(ended)),
        ..counted(changes)
    }
    .update(tx)
    .await?;
    round::follow(tx, run_id).await?;
    Ok(changes)
}

/// The version of the mart.
pub async fn version<C: ConnectionTrait>(db: &C) -> Result<i32> {
    let rows = database::query(db, "SELECT version FROM mart_state WHERE id = 1", []).await?;
    let row = rows.first().ok_or_else(|| {
        Error::Internal("table mart_state is empty; run `marquee migrate`".to_owned())
    })?;
    Ok(row.try_get_by_index(0)?)
}

/// Lets a run wait for somebody's approval, with what it has staged and found.
pub async fn hold(
    chain: &Chain,
    lease: &Lease,
    journal: &Journal,
    changes: Changes,
    because: &str,
) -> Result<()> {
    let message = format!("held: {because}");
    journal.event(EventLevel::Warn, message).await?;
    let tx = database::begin(&chain.db).await?;
    lease.finish(&tx).await?;
    run::ActiveModel {
        id: Set(lease.run_id),
        status: Set(RunStatus::Held),
        held_because: Set(Some(because.to_owned())),
        ..counted(changes)
    }
    .update(&tx)
    .await?;
    tx.commit().await?;
    chain.news.notify_one();
    Ok(())
}

/// A run's counts of what was found.
fn counted(changes: Changes) -> run::ActiveModel {
    run::ActiveModel {
        rows_inserted: Set(changes.inserted),
        rows_updated: Set(changes.updated),
        rows_unchanged: Set(changes.unchanged),
        rows_superseded: Set(changes.superseded),
        rows_deleted: Set(changes.deleted),
        ..Default::default()
    }
}

/// Ends a run whose very bytes another run has loaded.
pub async fn duplicate(chain: &Chain, lease: &Lease, journal: &Journal, first: i64) -> Result<()> {
    let message = format!("these very bytes were loaded by run {first}; nothing to do");
    journal.event(EventLevel::Info, message).await?;
    let tx = database::begin(&chain.db).await?;
    lease.finish(&tx).await?;
    run::ActiveModel {
        id: Set(lease.run_id),
        status: Set(RunStatus::Duplicate),
        duplicate_of: Set(Some(first)),
        finished_at: Set(Some(Utc::now())),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    tx.commit().await?;
    chain.news.notify_one();
    Ok(())
}

/// Writes down that a run has failed, and empties its staging; the mart was never touched.
pub async fn fail(chain: &Chain, lease: &Lease, message: &str) -> Result<()> {
    let journal = Journal::new(chain, lease.run_id);
    journal.event(EventLevel::Error, message).await?;
    let tx = database::begin(&chain.db).await?;
    lease.finish(&tx).await?;
    run::ActiveModel {
        id: Set(lease.run_id),
        status: Set(RunStatus::Failed),
        error: Set(Some(message.to_owned())),
        finished_at: Set(Some(Utc::now())),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    round::follow(&tx, lease.run_id).await?;
    tx.commit().await?;
    chain.news.notify_one();
    merge::clear_staging(&chain.db, lease.run_id).await?;
    Ok(())
}
