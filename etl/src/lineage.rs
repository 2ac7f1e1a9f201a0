//! Back from a row to the bytes it came from.

use crate::{
    Error, Result,
    archive::Archive,
    read::{self, ReadOptions},
    record::Position,
};
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
    if !read::is_packed(name) {
        let end = position.byte_offset + position.byte_length;
        let bytes = archive
            .range(archive_path, position.byte_offset..end)
            .await?;
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let (archive, position) = (archive.clone(), *position);
    let (name, path) = (name.to_owned(), archive_path.to_owned());
    let bytes = spawn_blocking(move || {
        let input = archive.reader(&path)?;
        read::raw_record(&name, input, &position, &ReadOptions::default())
    })
    .await
    .map_err(|error| Error::Internal(format!("reading a record back stopped: {error}")))??;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
