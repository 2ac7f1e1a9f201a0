//! Back from a row to the bytes it came from.

use crate::{
    Error, Result,
    archive::Archive,
    custody,
    read::{self, ReadOptions},
    record::Position,
};
use bytes::Bytes;
use entity::ingest::source_file;
use sea_orm::DatabaseConnection;
use tokio::task::spawn_blocking;

/// The record at `position` as it was received, read back from the archive; bytes that are not UTF-8
/// become U+FFFD. `name` is the one the file was read under, whose ending tells how it is packed.
///
/// # Errors
/// [`Error::Input`] when the file's bytes have been deleted, [`Error::Archive`] when the archive does not give
/// them.
pub async fn raw(
    db: &DatabaseConnection,
    archive: &Archive,
    name: &str,
    file: &source_file::Model,
    position: &Position,
) -> Result<String> {
    let bytes = raw_bytes(db, archive, name, file, position).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// As [`raw`], to the last byte.
///
/// # Errors
/// As [`raw`].
pub async fn raw_bytes(
    db: &DatabaseConnection,
    archive: &Archive,
    name: &str,
    file: &source_file::Model,
    position: &Position,
) -> Result<Bytes> {
    if !read::is_packed(name) {
        let end = position.byte_offset + position.byte_length;
        return custody::range(db, archive, file, position.byte_offset..end).await;
    }
    let input = custody::open(db, archive, file).await?;
    let (name, position) = (name.to_owned(), *position);
    let bytes =
        spawn_blocking(move || read::raw_record(&name, input, &position, &ReadOptions::default()))
            .await
            .map_err(|error| {
                Error::Internal(format!("reading a record back stopped: {error}"))
            })??;
    Ok(bytes.into())
}
