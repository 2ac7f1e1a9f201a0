//! The custody of files: holding, moving and deleting what the archive has of them.
//!
//! A file's record stays for ever; its bytes lie where the record says, or nowhere once they are deleted.
//! Records change in one transaction, with the event that says who changed them. Objects change outside of
//! it, so what is to go is written down first (see [`removal`]): whatever stops in between, the archive becomes
//! again what the records say.

mod deletion;
mod intake;
mod moving;
pub mod removal;

pub use deletion::{delete, references, references_sql};
pub(crate) use intake::insert_object;
pub use intake::{Taken, take};
pub use moving::move_to;

use crate::{Error, Result, archive::Archive, asker::By, audit::Event, database};
use bytes::Bytes;
use chrono::{SecondsFormat, Utc};
use entity::ingest::source_file;
use futures::stream::BoxStream;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection,
    DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
};
use std::{io::Read, ops::Range};
use tokio::task::spawn_blocking;

/// How much the archive holds, as the records say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Holdings {
    /// Files whose bytes it has.
    pub files: i64,
    /// Bytes of these files, and of what runs have written of them.
    pub bytes: i64,
    /// Files whose bytes were deleted.
    pub deleted: i64,
}

/// Counts what the archive holds.
///
/// # Errors
/// When the database does not answer.
pub async fn holdings<C: ConnectionTrait>(db: &C) -> Result<Holdings, DbErr> {
    let sum = database::integer_sum(db.get_database_backend(), "bytes");
    let sql = format!(
        "SELECT (SELECT COUNT(*) FROM source_file WHERE deleted_at IS NULL) AS files,
                (SELECT COALESCE({sum}, 0) FROM archive_object) AS bytes,
                (SELECT COUNT(*) FROM source_file WHERE deleted_at IS NOT NULL) AS deleted"
    );
    let rows = database::query(db, &sql, []).await?;
    let row = rows
        .first()
        .ok_or_else(|| DbErr::RecordNotFound("the archive's records".to_owned()))?;
    Holdings::from_query_result(row, "")
}

/// The file of that hash.
///
/// # Errors
/// [`Error::Input`] when there is none.
pub async fn find<C: ConnectionTrait>(db: &C, sha256: &str) -> Result<source_file::Model> {
    known(db, sha256)
        .await?
        .ok_or_else(|| Error::Input(format!("there is no file with the SHA-256 {sha256}")))
}

async fn known<C: ConnectionTrait>(db: &C, sha256: &str) -> Result<Option<source_file::Model>> {
    let sha256 = sha256.to_ascii_lowercase();
    let file = source_file::Entity::find().filter(source_file::Column::Sha256.eq(sha256));
    Ok(file.one(db).await?)
}

/// As [`known`], locked against other changes until the transaction ends.
async fn lock<C: ConnectionTrait>(tx: &C, sha256: &str) -> Result<Option<source_file::Model>> {
    let sha256 = sha256.to_ascii_lowercase();
    let file = source_file::Entity::find().filter(source_file::Column::Sha256.eq(sha256));
    Ok(file.lock_exclusive().one(tx).await?)
}

/// Locks a file that is about to be read, so that it is not deleted before the run that reads it is known.
///
/// # Errors
/// [`Error::Input`] when its bytes have been deleted.
pub(crate) async fn lock_to_read<C: ConnectionTrait>(tx: &C, file_id: i64) -> Result<()> {
    let file = source_file::Entity::find_by_id(file_id)
        .lock_exclusive()
        .one(tx)
        .await?
        .ok_or_else(|| Error::Internal(format!("file {file_id} has no record")))?;
    present(&file)
}

/// Why a file's bytes are not there, if they were deleted: which, by whom, when and why.
pub fn missing(file: &source_file::Model) -> Option<String> {
    let at = file.deleted_at?.to_rfc3339_opts(SecondsFormat::Secs, true);
    Some(format!(
        "the raw bytes of {} (SHA-256 {}) were deleted by {} at {at}: {}; drop the file into the inbox again to \
         have them back",
        file.name,
        file.sha256,
        file.deleted_by.as_deref().unwrap_or("somebody"),
        file.delete_reason
            .as_deref()
            .unwrap_or("no reason was given"),
    ))
}

/// # Errors
/// [`Error::Input`] when the file's bytes have been deleted.
pub fn present(file: &source_file::Model) -> Result<()> {
    missing(file).map_or(Ok(()), |why| Err(Error::Input(why)))
}

/// Who holds a file, since when and why.
fn holder(file: &source_file::Model) -> Option<String> {
    let at = file.held_at?.to_rfc3339_opts(SecondsFormat::Secs, true);
    Some(format!(
        "{} (SHA-256 {}) is held by {} since {at}: {}",
        file.name,
        file.sha256,
        file.held_by.as_deref().unwrap_or("somebody"),
        file.hold_reason.as_deref().unwrap_or("no reason was given"),
    ))
}

/// A reason in the person's own words.
fn given(reason: &str) -> Result<String> {
    match reason.trim() {
        "" => Err(Error::Input("say why: the reason is empty".to_owned())),
        reason => Ok(reason.to_owned()),
    }
}

/// Keeps a file from being deleted until it is released.
///
/// # Errors
/// [`Error::Input`] when there is no such file, it is held already, its bytes have been deleted, or no reason is
/// given.
pub async fn hold(
    db: &DatabaseConnection,
    sha256: &str,
    reason: &str,
    by: By<'_>,
) -> Result<source_file::Model> {
    let reason = given(reason)?;
    let tx = database::begin(db).await?;
    let file = find_locked(&tx, sha256).await?;
    present(&file)?;
    if let Some(holder) = holder(&file) {
        return Err(Error::Input(format!("{holder}; release it first")));
    }
    let changed = source_file::ActiveModel {
        id: Set(file.id),
        held_at: Set(Some(Utc::now())),
        held_by: Set(Some(by.actor.to_owned())),
        hold_reason: Set(Some(reason.clone())),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    witness(&tx, by, "file.hold", &file, None, Some(reason)).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Lets a held file be deleted again.
///
/// # Errors
/// [`Error::Input`] when there is no such file or it is not held.
pub async fn release(
    db: &DatabaseConnection,
    sha256: &str,
    by: By<'_>,
) -> Result<source_file::Model> {
    let tx = database::begin(db).await?;
    let file = find_locked(&tx, sha256).await?;
    let Some(holder) = holder(&file) else {
        return Err(Error::Input(format!(
            "{} (SHA-256 {}) is not held",
            file.name, file.sha256
        )));
    };
    let changed = source_file::ActiveModel {
        id: Set(file.id),
        held_at: Set(None),
        held_by: Set(None),
        hold_reason: Set(None),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    witness(&tx, by, "file.release", &file, Some(holder), None).await?;
    tx.commit().await?;
    Ok(changed)
}

async fn find_locked<C: ConnectionTrait>(tx: &C, sha256: &str) -> Result<source_file::Model> {
    lock(tx, sha256)
        .await?
        .ok_or_else(|| Error::Input(format!("there is no file with the SHA-256 {sha256}")))
}

/// Writes down who did what, in the transaction that does it.
async fn witness(
    tx: &DatabaseTransaction,
    by: By<'_>,
    action: &str,
    file: &source_file::Model,
    before: Option<String>,
    after: Option<String>,
) -> Result<(), DbErr> {
    let event = Event {
        action,
        subject: format!("file {}", file.sha256),
        before,
        after,
        ..Default::default()
    };
    by.record(tx, event).await
}

/// Opens a file's bytes, to be read on a blocking thread.
///
/// # Errors
/// [`Error::Input`] when they have been deleted, [`Error::Archive`] when the archive does not give them.
pub async fn open(
    db: &DatabaseConnection,
    archive: &Archive,
    file: &source_file::Model,
) -> Result<Box<dyn Read + Send>> {
    let mut path = placed(file)?;
    loop {
        let (archive, at) = (archive.clone(), path.clone());
        let opened = spawn_blocking(move || archive.reader(&at))
            .await
            .map_err(|error| Error::Internal(format!("opening a file stopped: {error}")))?;
        match opened {
            Err(error) => path = moved(db, file, path, error).await?,
            opened => return opened,
        }
    }
}

/// Some of a file's bytes.
///
/// # Errors
/// As [`open`].
pub async fn range(
    db: &DatabaseConnection,
    archive: &Archive,
    file: &source_file::Model,
    range: Range<u64>,
) -> Result<Bytes> {
    let mut path = placed(file)?;
    loop {
        match archive.range(&path, range.clone()).await {
            Err(error) => path = moved(db, file, path, error).await?,
            given => return given,
        }
    }
}

/// Some of a file's bytes as a stream.
///
/// # Errors
/// As [`open`].
pub async fn stream(
    db: &DatabaseConnection,
    archive: &Archive,
    file: &source_file::Model,
    range: Range<u64>,
) -> Result<BoxStream<'static, Result<Bytes>>> {
    let mut path = placed(file)?;
    loop {
        match archive.stream(&path, range.clone()).await {
            Err(error) => path = moved(db, file, path, error).await?,
            given => return given,
        }
    }
}

fn placed(file: &source_file::Model) -> Result<String> {
    present(file)?;
    Ok(file.archive_path.clone())
}

/// Where a file lies that was not at `path`; the error itself when it should be there.
async fn moved(
    db: &DatabaseConnection,
    file: &source_file::Model,
    path: String,
    error: Error,
) -> Result<String> {
    let gone = matches!(
        &error,
        Error::Archive {
            source: object_store::Error::NotFound { .. },
            ..
        }
    );
    if !gone {
        return Err(error);
    }
    match known(db, &file.sha256).await? {
        Some(now) if now.deleted_at.is_some() || now.archive_path != path => placed(&now),
        _ => Err(error),
    }
}
