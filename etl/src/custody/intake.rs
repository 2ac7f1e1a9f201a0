//! A file's bytes into the archive, and its record.

use super::{known, lock, missing, removal};
use crate::{
    Error, Result,
    archive::{self, Stored},
    chain::Chain,
    database,
};
use chrono::Utc;
use entity::ingest::{ArchiveKind, FileArea, archive_object, run, source_file};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DatabaseTransaction, DbErr, SqlErr,
};
use std::path::Path;

/// How often it is begun again when others put, move or delete the same bytes at the same time.
const TRIES: usize = 10;

/// A file that the archive has.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its record.
    pub file: source_file::Model,
    /// Where these bytes had been deleted and are back now, what the record said.
    pub restored: Option<String>,
}

/// Puts a file into the archive, where its record says if it is known; made when these bytes are seen for the
/// first time, and as it was when they had been deleted. `run_id` is the run that it is to be the file of.
///
/// # Errors
/// As [`archive::Archive::put_file`].
pub async fn take(chain: &Chain, path: &Path, name: &str, run_id: Option<i64>) -> Result<Taken> {
    let place = |sha256: String| -> futures::future::BoxFuture<'_, Result<String>> {
        Box::pin(async move {
            Ok(match known(&chain.db, &sha256).await? {
                Some(file) if file.deleted_at.is_none() => file.archive_path,
                _ => archive::path_in(FileArea::Raw, &sha256),
            })
        })
    };
    for _ in 0..TRIES {
        let stored = chain.archive.put_at(path, &place).await?;
        let tx = database::begin(&chain.db).await?;
        match record(chain, &tx, name, &stored, run_id).await {
            Ok(Some(taken)) => {
                tx.commit().await?;
                if taken.file.archive_path != stored.path {
                    removal::tidy(chain).await;
                }
                return Ok(taken);
            }
            Ok(None) => tx.rollback().await?,
            Err(Error::Database(error)) if is_taken(&error) => tx.rollback().await?,
            Err(error) => return Err(error),
        }
    }
    Err(Error::Internal(format!(
        "{name} was put, moved and deleted {TRIES} times at once"
    )))
}

fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// The record of what was stored; none when it is no longer there.
async fn record(
    chain: &Chain,
    tx: &DatabaseTransaction,
    name: &str,
    stored: &Stored,
    run_id: Option<i64>,
) -> Result<Option<Taken>> {
    let (file, restored) = match lock(tx, &stored.sha256).await? {
        Some(file) if file.deleted_at.is_none() => {
            if file.archive_path != stored.path {
                // It was moved while it was stored once more.
                removal::note(tx, &stored.path, Utc::now()).await?;
            }
            (file, None)
        }
        before => {
            if removal::forget(tx, &stored.path).await? || stored.existed || before.is_some() {
                // Somebody may have been about to remove it, or have done so.
                if !chain.archive.exists(&stored.path).await? {
                    return Ok(None);
                }
            }
            let why = before.as_ref().and_then(missing);
            (insert(tx, before, name, stored).await?, why)
        }
    };
    if let Some(run_id) = run_id {
        run::ActiveModel {
            id: Set(run_id),
            source_file_id: Set(Some(file.id)),
            bytes_total: Set(Some(file.bytes)),
            ..Default::default()
        }
        .update(tx)
        .await?;
    }
    Ok(Some(Taken { file, restored }))
}

/// Makes the record, or makes a deleted one live again.
async fn insert(
    tx: &DatabaseTransaction,
    before: Option<source_file::Model>,
    name: &str,
    stored: &Stored,
) -> Result<source_file::Model> {
    let placed = source_file::ActiveModel {
        archive_path: Set(stored.path.clone()),
        area: Set(FileArea::Raw),
        deleted_at: Set(None),
        deleted_by: Set(None),
        delete_reason: Set(None),
        ..Default::default()
    };
    let file = match before {
        Some(before) => {
            source_file::ActiveModel {
                id: Set(before.id),
                ..placed
            }
            .update(tx)
            .await?
        }
        None => {
            source_file::ActiveModel {
                sha256: Set(stored.sha256.clone()),
                name: Set(name.to_owned()),
                bytes: Set(stored.bytes as i64),
                arrived_at: Set(Utc::now()),
                ..placed
            }
            .insert(tx)
            .await?
        }
    };
    insert_object(tx, ArchiveKind::Raw, file.id, None, stored.clone()).await?;
    Ok(file)
}

/// Writes down an object that the archive holds.
pub(crate) async fn insert_object<C: ConnectionTrait>(
    db: &C,
    kind: ArchiveKind,
    source_file_id: i64,
    run_id: Option<i64>,
    stored: Stored,
) -> Result<()> {
    archive_object::ActiveModel {
        kind: Set(kind),
        sha256: Set(stored.sha256),
        path: Set(stored.path),
        bytes: Set(stored.bytes as i64),
        source_file_id: Set(source_file_id),
        run_id: Set(run_id),
        created_at: Set(Utc::now()),
        ..Default::default()
    }
    .insert(db)
    .await?;
    Ok(())
}
