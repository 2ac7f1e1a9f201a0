//! Back from a row to the bytes it came from.

use crate::{
    Error, Result,
    archive::Archive,
    read::{self, ReadOptions},
    record::Position,
};
use bytes::Bytes;
use tokio::task::spawn_blocking;

/// The record at `position` as it was received, read back from the archive; bytes that are not UTF-8
/// become U+FFFD. `name` is the one the file was read under, whose ending tells how it is packed.
///
/// # Errors
/// [`Error::Archive`] when the archive does not give the file.
pub async fn raw(
    archive: &Archive,
    name: &str,
    archive_path: &str,
    position: &Position,
) -> Result<String> {
    let bytes = raw_bytes(archive, name, archive_path, position).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// As [`raw`], to the last byte.
///
/// # Errors
/// As [`raw`].
pub async fn raw_bytes(
    archive: &Archive,
    name: &str,
    archive_path: &str,
    position: &Position,
) -> Result<Bytes> {
    if !read::is_packed(name) {
        let end = position.byte_offset + position.byte_length;
        return archive.range(archive_path, position.byte_offset..end).await;
    }
    let (archive, position) = (archive.clone(), *position);
    let (name, path) = (name.to_owned(), archive_path.to_owned());
    let bytes = spawn_blocking(move || {
        let input = archive.reader(&path)?;
        read::raw_record(&name, input, &position, &ReadOptions::default())
    })
    .await
    .map_err(|error| Error::Internal(format!("reading a record back stopped: {error}")))??;
    Ok(bytes.into())
}
