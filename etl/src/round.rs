//! The second round of a backfill, which makes it the same as loading its files afresh.
//!
//! In the first round an older file's row of a movie gives way to the newer file that the movie is from; when
//! that file's turn comes and its row is none under the new rules, the movie leaves the mart, and the older
//! file's turn is over. So when a run of the first round has taken out anything that an older file may have
//! given, every file is read once more, oldest first. Files newer than that one are among them because of the
//! names of companies and the like, which are those of the file that was read last.
//!
//! A second round takes nothing out: after the first, all that the mart has of a file of the backfill is what
//! that file gives under these rules. Where somebody changes the mart meanwhile it may, but only runs of a
//! first round lead to another.

use crate::{Result, control::REPROCESS_PRIORITY, database, journal};
use chrono::Utc;
use entity::ingest::{EventLevel, RunStatus, backfill, backfill_run, source_file};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr,
    EntityTrait, Iterable, QueryFilter, QueryOrder, QuerySelect,
};

/// Queues the second round of the backfill that a run is of, where the run is the last of its first round to
/// end and the round has taken out what an older file may give; in the transaction that ends the run, after
/// its status is written.
pub(crate) async fn follow<C: ConnectionTrait>(tx: &C, run_id: i64) -> Result<()> {
    let Some(part) = backfill_run::Entity::find_by_id(run_id).one(tx).await? else {
        return Ok(());
    };
    if part.round != 1 {
        return Ok(());
    }
    // Whoever ends another run of it at the same time waits here, and then sees that this one has ended.
    let backfill = backfill::Entity::find_by_id(part.backfill_id)
        .lock_exclusive()
        .one(tx)
        .await?;
    let Some(backfill) = backfill.filter(|backfill| backfill.cancelled_at.is_none()) else {
        return Ok(());
    };
    if has_runs_left(tx, backfill.id).await? || has_second(tx, backfill.id).await? {
        return Ok(());
    }
    let Some((deleted, newest)) = taken_out(tx, backfill.id).await? else {
        return Ok(());
    };
    let files = files(tx, backfill.id).await?;
    if files.iter().all(|file| file.id >= newest) {
        return Ok(());
    }
    queue(tx, backfill.id).await?;
    let count = files.len() as i64;
    let bytes: i64 = files.iter().map(|file| file.bytes).sum();
    backfill::ActiveModel {
        id: Set(backfill.id),
        total: Set(backfill.total + count),
        bytes_total: Set(backfill.bytes_total + bytes),
        ..Default::default()
    }
    .update(tx)
    .await?;
    let message = format!(
        "backfill {}: its runs have taken {deleted} rows out of the mart that older files may give; \
         a second round reads its {count} files again, oldest first",
        backfill.id
    );
    tracing::info!(run = run_id, "{message}");
    journal::insert_event(tx, run_id, EventLevel::Info, message).await?;
    Ok(())
}

/// Whether a run of a backfill has not come to its end, held ones among them. The newest are looked at first,
/// for they end last.
async fn has_runs_left<C: ConnectionTrait>(db: &C, id: i64) -> Result<bool, DbErr> {
    let open: Vec<String> = RunStatus::iter()
        .filter(|status| !status.is_final())
        .map(|status| format!("'{}'", status.to_value()))
        .collect();
    let sql = format!(
        "SELECT b.run_id FROM backfill_run b {} run r ON r.id = b.run_id
         WHERE b.backfill_id = ? AND r.status IN ({}) ORDER BY b.run_id DESC LIMIT 1",
        database::ordered_join(db.get_database_backend()),
        open.join(", ")
    );
    Ok(!database::query(db, &sql, [id.into()]).await?.is_empty())
}

async fn has_second<C: ConnectionTrait>(db: &C, id: i64) -> Result<bool, DbErr> {
    let second = backfill_run::Entity::find()
        .filter(backfill_run::Column::BackfillId.eq(id))
        .filter(backfill_run::Column::Round.ne(1))
        .one(db)
        .await?;
    Ok(second.is_some())
}

/// How many movies and records of companion files the runs of a backfill have taken out, and the newest file
/// whose run did.
async fn taken_out<C: ConnectionTrait>(db: &C, id: i64) -> Result<Option<(i64, i64)>, DbErr> {
    let sql = format!(
        "SELECT {}, MAX(r.source_file_id) FROM backfill_run b JOIN run r ON r.id = b.run_id
         WHERE b.backfill_id = ? AND r.status = 'succeeded' AND r.rows_deleted > 0",
        database::integer_sum(db.get_database_backend(), "r.rows_deleted")
    );
    let rows = database::query(db, &sql, [id.into()]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let (deleted, newest): (Option<i64>, Option<i64>) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(deleted.zip(newest))
}

/// The files that a backfill has merged and that are still there, oldest first; locked, so that none is deleted
/// before its run is known.
async fn files<C: ConnectionTrait>(tx: &C, id: i64) -> Result<Vec<source_file::Model>, DbErr> {
    let sql = "SELECT r.source_file_id FROM backfill_run b JOIN run r ON r.id = b.run_id
         WHERE b.backfill_id = ? AND r.status = 'succeeded' ORDER BY r.source_file_id";
    let rows = database::query(tx, sql, [id.into()]).await?;
    let ids: Vec<i64> = rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?;
    let mut files = Vec::with_capacity(ids.len());
    for ids in ids.chunks(1000) {
        let found = source_file::Entity::find()
            .filter(source_file::Column::Id.is_in(ids.iter().copied()))
            .filter(source_file::Column::DeletedAt.is_null())
            .order_by_asc(source_file::Column::Id)
            .lock_exclusive()
            .all(tx)
            .await?;
        files.extend(found);
    }
    Ok(files)
}

/// Queues the runs, each like that of the first round.
async fn queue<C: ConnectionTrait>(tx: &C, id: i64) -> Result<(), DbErr> {
    let now = Utc::now();
    database::execute(
        tx,
        "INSERT INTO run
             (kind, status, triggered_by, requested_by, file_name, source_file_id, mode, rule_version, bytes_total,
              bytes_read, rows_read, rows_inserted, rows_updated, rows_unchanged, rows_superseded,
              rows_deleted, rows_rejected, issue_count, created_at, changed_at)
         SELECT r.kind, 'queued', r.triggered_by, r.requested_by, r.file_name, r.source_file_id, r.mode, r.rule_version,
                r.bytes_total, 0, 0, 0, 0, 0, 0, 0, 0, 0, ?, ?
         FROM backfill_run b JOIN run r ON r.id = b.run_id
         JOIN source_file f ON f.id = r.source_file_id
         WHERE b.backfill_id = ? AND r.status = 'succeeded' AND f.deleted_at IS NULL
         ORDER BY r.source_file_id",
        [now.into(), now.into(), id.into()],
    )
    .await?;
    // Every other run that can be seen has its job.
    database::execute(
        tx,
        "INSERT INTO backfill_run (run_id, backfill_id, round)
         SELECT r.id, ?, 2 FROM run r
         WHERE r.id > (SELECT MAX(b.run_id) FROM backfill_run b WHERE b.backfill_id = ?)
         AND r.kind = 'reprocess' AND r.status = 'queued'
         AND NOT EXISTS (SELECT 1 FROM job j WHERE j.run_id = r.id)",
        [id.into(), id.into()],
    )
    .await?;
    database::execute(
        tx,
        "INSERT INTO job (run_id, priority, attempts, fence)
         SELECT run_id, ?, 0, 0 FROM backfill_run WHERE backfill_id = ? AND round = 2
         ORDER BY run_id",
        [REPROCESS_PRIORITY.into(), id.into()],
    )
    .await?;
    Ok(())
}
