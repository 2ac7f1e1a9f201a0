//! Files read again together: how far that is, going on with it, and ending it.
//!
//! A backfill is a group of runs in the queue. Whoever works takes them, oldest file first, so a process that
//! stops leaves the rest to the next one. What a backfill has come to is never stored: its runs tell. Its last
//! run may lead to a second round of them.

use crate::{Error, Result, asker::Asker, audit::Event, control, database};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ingest::{RunKind, RunStatus, backfill, backfill_run, run};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait, FromQueryResult, Iterable, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::HashMap;

/// How far a backfill is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Runs that have read their file: merged, held, or merged and undone since.
    pub done: i64,
    pub failed: i64,
    pub cancelled: i64,
    /// Runs that wait or are under way.
    pub remaining: i64,
    /// Bytes of files that have been read, be the run at its end or not.
    pub bytes_done: i64,
    /// How many rounds of runs there are so far.
    pub rounds: i32,
    /// When the first run began.
    pub started_at: Option<DateTime<Utc>>,
    /// When the last run ended; none while some remain.
    pub finished_at: Option<DateTime<Utc>>,
    /// When the rest will be read at the pace so far; none before there is one and when nothing remains.
    pub estimated_end: Option<DateTime<Utc>>,
}

/// What is asked of each run.
#[derive(FromQueryResult)]
struct Part {
    backfill_id: i64,
    status: RunStatus,
    bytes_total: Option<i64>,
    bytes_read: i64,
    round: i32,
    started_at: Option<DateTime<Utc>>,
    /// Of a held run, when it was last at work.
    ended_at: Option<DateTime<Utc>>,
}

/// The backfill of that id.
///
/// # Errors
/// [`Error::Input`] when there is none.
pub async fn find<C: ConnectionTrait>(db: &C, id: i64) -> Result<backfill::Model> {
    backfill::Entity::find_by_id(id)
        .one(db)
        .await?
        .ok_or_else(|| unknown(id))
}

/// Whether a run is of a backfill.
pub(crate) async fn has<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<bool, DbErr> {
    let part = backfill_run::Entity::find_by_id(run_id).one(db).await?;
    Ok(part.is_some())
}

/// Whether a run's names of companies and the like count even where it changes no movie: those of a file that
/// arrives, and those of a backfill, which gives the names of all files in turn, so that things end by those they
/// have in the newest.
pub(crate) async fn gives_names<C: ConnectionTrait>(
    db: &C,
    run: &run::Model,
) -> Result<bool, DbErr> {
    Ok(run.kind == RunKind::Ingest || has(db, run.id).await?)
}

fn unknown(id: i64) -> Error {
    Error::Input(format!("there is no backfill {id}"))
}

/// How far backfills are, by id.
pub async fn progress<C: ConnectionTrait>(
    db: &C,
    ids: &[i64],
) -> Result<HashMap<i64, Progress>, DbErr> {
    let mut all: HashMap<i64, Vec<Part>> = ids.iter().map(|id| (*id, Vec::new())).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let list: Vec<String> = ids.iter().map(i64::to_string).collect();
    let sql = format!(
        "SELECT b.backfill_id, r.status, r.bytes_total, r.bytes_read, b.round, r.started_at,
                COALESCE(r.finished_at, (SELECT MAX(p.finished_at) FROM run_phase p
                                         WHERE p.run_id = r.id)) AS ended_at
         FROM backfill_run b JOIN run r ON r.id = b.run_id
         WHERE b.backfill_id IN ({})",
        list.join(", ")
    );
    for row in database::query(db, &sql, []).await? {
        let part = Part::from_query_result(&row, "")?;
        all.entry(part.backfill_id).or_default().push(part);
    }
    let now = Utc::now();
    let progress = all.into_iter().map(|(id, parts)| (id, sum(&parts, now)));
    Ok(progress.collect())
}

fn sum(parts: &[Part], now: DateTime<Utc>) -> Progress {
    let mut progress = Progress::default();
    let (mut seconds, mut bytes) = (0.0, 0);
    let (mut bytes_left, mut under_way) = (0, 0);
    for part in parts {
        let whole = part.bytes_total.unwrap_or_default();
        progress.rounds = progress.rounds.max(part.round);
        let ended = match part.status {
            RunStatus::Failed => {
                progress.failed += 1;
                true
            }
            RunStatus::Cancelled => {
                progress.cancelled += 1;
                false
            }
            status if is_open(status) => {
                progress.remaining += 1;
                progress.bytes_done += part.bytes_read.min(whole);
                bytes_left += (whole - part.bytes_read).max(0);
                under_way += i32::from(status != RunStatus::Queued);
                false
            }
            _ => {
                progress.done += 1;
                true
            }
        };
        if ended {
            progress.bytes_done += whole;
            if let Some((start, end)) = part.started_at.zip(part.ended_at) {
                seconds += (end - start).as_seconds_f64();
                bytes += whole;
            }
        }
        let earlier = part.started_at.into_iter().chain(progress.started_at).min();
        progress.started_at = earlier;
        let later = part.ended_at.into_iter().chain(progress.finished_at).max();
        progress.finished_at = later;
    }
    if progress.remaining > 0 {
        progress.finished_at = None;
        if bytes > 0 {
            let pace = seconds / bytes as f64 / f64::from(under_way.max(1));
            let left = (pace * bytes_left as f64 * 1e3).ceil();
            progress.estimated_end = now.checked_add_signed(TimeDelta::milliseconds(left as i64));
        }
    }
    progress
}

/// Whether a run has its file still to read, or to merge.
fn is_open(status: RunStatus) -> bool {
    !status.is_final() && status != RunStatus::Held
}

/// The runs of a backfill that wait or are under way, oldest file first.
pub async fn remaining<C: ConnectionTrait>(db: &C, id: i64) -> Result<Vec<i64>, DbErr> {
    runs(db, id, is_open).await
}

/// All runs of a backfill, oldest file first.
pub async fn all<C: ConnectionTrait>(db: &C, id: i64) -> Result<Vec<i64>, DbErr> {
    runs(db, id, |_| true).await
}

async fn runs<C: ConnectionTrait>(
    db: &C,
    id: i64,
    which: fn(RunStatus) -> bool,
) -> Result<Vec<i64>, DbErr> {
    let of_backfill = backfill_run::Entity::find()
        .select_only()
        .column(backfill_run::Column::RunId)
        .filter(backfill_run::Column::BackfillId.eq(id))
        .into_query();
    run::Entity::find()
        .select_only()
        .column(run::Column::Id)
        .filter(run::Column::Id.in_subquery(of_backfill))
        .filter(run::Column::Status.is_in(RunStatus::iter().filter(|status| which(*status))))
        .order_by_asc(run::Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// The newest backfill that has runs left.
pub async fn unfinished<C: ConnectionTrait>(db: &C) -> Result<Option<backfill::Model>, DbErr> {
    let runs = run::Entity::find()
        .select_only()
        .column(run::Column::Id)
        .filter(run::Column::Status.is_in(RunStatus::iter().filter(|status| is_open(*status))))
        .into_query();
    let backfills = backfill_run::Entity::find()
        .select_only()
        .column(backfill_run::Column::BackfillId)
        .filter(backfill_run::Column::RunId.in_subquery(runs))
        .into_query();
    backfill::Entity::find()
        .filter(backfill::Column::Id.in_subquery(backfills))
        .order_by_desc(backfill::Column::Id)
        .one(db)
        .await
}

/// Ends a backfill: the runs that wait, are under way or are held, but for one that is merging already. What
/// has been merged stays.
///
/// # Errors
/// [`Error::Input`] when there is no such backfill or nothing of it is left to end.
pub async fn cancel(db: &DatabaseConnection, id: i64, asker: impl Into<Asker<'_>>) -> Result<()> {
    let asker = asker.into();
    let tx = database::begin(db).await?;
    // From now on no run that ends leads to a second round.
    let found = backfill::Entity::find_by_id(id).lock_exclusive().one(&tx);
    let found = found.await?.ok_or_else(|| unknown(id))?;
    let mut open = runs(&tx, id, |status| !status.is_final()).await?;
    if open.is_empty() {
        tx.rollback().await?;
        return Err(Error::Input(format!(
            "backfill {id} has ended; `marquee undo` takes back what a run of it has merged"
        )));
    }
    backfill::ActiveModel {
        id: Set(found.id),
        cancelled_at: Set(Some(Utc::now())),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    let event = Event {
        action: "backfill.cancel",
        subject: format!("backfill {id}"),
        before: Some(format!("{} of {} files remain", open.len(), found.total)),
        after: Some("cancelled".to_owned()),
        ..Default::default()
    };
    asker.record(&tx, event).await?;
    tx.commit().await?;
    // The last first, so that no worker takes the next one meanwhile.
    open.reverse();
    for run_id in open {
        match control::cancel(db, run_id, asker).await {
            // It has come to its end, or too far, meanwhile.
            Ok(()) | Err(Error::Input(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
