//! Objects that are to go out of the archive, written down before anything else so that none is forgotten.
//!
//! A row is taken away in the transaction that removes its object. Whoever wants the object after all takes
//! the row away first, and finds the object there or gone, never about to go.

use crate::{Result, archive::Archive, chain::Chain, database};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ingest::archive_removal;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a worker removes what is due.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// How long a copy may take until it is thought to be left behind.
pub(super) const COPYING: TimeDelta = TimeDelta::hours(6);

/// Notes that an object is to go, from `due_at` on.
pub(super) async fn note<C: ConnectionTrait>(
    db: &C,
    path: &str,
    due_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let tail = database::on_conflict_update(db.get_database_backend(), "path", &["due_at"]);
    let sql = format!("INSERT INTO archive_removal (path, due_at) VALUES (?, ?) {tail}");
    database::execute(db, &sql, [path.into(), due_at.into()]).await?;
    Ok(())
}

/// Lets an object stay; answers whether it was to go.
pub(super) async fn forget<C: ConnectionTrait>(db: &C, path: &str) -> Result<bool, DbErr> {
    let sql = "DELETE FROM archive_removal WHERE path = ?";
    Ok(database::execute(db, sql, [path.into()]).await? > 0)
}

/// Removes what is due; answers how many objects that were.
///
/// # Errors
/// The first of a store that does not remove an object, when the others have been tried; it stays noted.
pub async fn clear(db: &DatabaseConnection, archive: &Archive) -> Result<u64> {
    let due = archive_removal::Entity::find()
        .filter(archive_removal::Column::DueAt.lte(Utc::now()))
        .order_by_asc(archive_removal::Column::Path)
        .all(db)
        .await?;
    let (mut removed, mut result) = (0, Ok(()));
    for row in due {
        match remove(db, archive, &row.path).await {
            Ok(count) => removed += count,
            Err(error) => result = result.and(Err(error)),
        }
    }
    result.map(|()| removed)
}

async fn remove(db: &DatabaseConnection, archive: &Archive, path: &str) -> Result<u64> {
    let tx = database::begin(db).await?;
    let sql = "DELETE FROM archive_removal WHERE path = ? AND due_at <= ?";
    let ours = database::execute(&tx, sql, [path.into(), Utc::now().into()]).await?;
    if ours > 0 {
        archive.remove(path).await?;
    }
    tx.commit().await?;
    Ok(ours)
}

/// As [`clear`], for whoever has done what was asked already: what cannot be removed now is removed later.
pub(super) async fn tidy(chain: &Chain) {
    if let Err(error) = clear(&chain.db, &chain.archive).await {
        tracing::warn!("removing from the archive, to be tried again: {error}");
    }
}

/// Removes what is due now and again until `shutdown`.
pub async fn keep(chain: Chain, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        tidy(&chain).await;
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
