//! What lies in the inbox at one moment.

use super::{Arrival, InboxOptions};
use std::{ffi::OsString, io, os::unix::fs::MetadataExt, path::Path, time::SystemTime};
use tokio::task::spawn_blocking;

/// What makes an entry another one than before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint {
    inode: u64,
    is_dir: bool,
    /// Size and time of change; a folder's say nothing about it.
    content: Option<(u64, SystemTime)>,
}

/// One listing of the folder.
pub(super) struct Listing {
    /// Which folder it was: it may have been removed and made anew.
    pub(super) folder: (u64, u64),
    pub(super) entries: Vec<(OsString, Fingerprint, Arrival)>,
}

/// Lists the folder; makes it where it is missing.
pub(super) async fn list(options: &InboxOptions) -> io::Result<Listing> {
    let folder = options.path.clone();
    let listed = spawn_blocking(move || {
        let metadata = match std::fs::metadata(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::warn!("inbox {} is missing; making it", folder.display());
                std::fs::create_dir_all(&folder)?;
                std::fs::metadata(&folder)?
            }
            other => other?,
        };
        Ok(Listing {
            folder: (metadata.dev(), metadata.ino()),
            entries: entries(&folder)?,
        })
    });
    listed.await.map_err(io::Error::other)?
}

/// What lies in the folder and is meant for us, in the order of arrival.
fn entries(folder: &Path) -> io::Result<Vec<(OsString, Fingerprint, Arrival)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        if is_passed_over(name.as_encoded_bytes()) {
            continue;
        }
        let path = folder.join(&name);
        // It may be gone between listing and looking, or be a link to nothing.
        let Ok(metadata) = std::fs::metadata(&path) else {
            continue;
        };
        let is_dir = metadata.is_dir();
        if !is_dir && !metadata.is_file() {
            tracing::debug!("inbox: {} is no regular file; passed over", path.display());
            continue;
        }
        let (bytes, modified) = (metadata.len(), metadata.modified()?);
        let fingerprint = Fingerprint {
            inode: metadata.ino(),
            is_dir,
            content: (!is_dir).then_some((bytes, modified)),
        };
        let bytes = if is_dir { 0 } else { bytes };
        let arrival = Arrival {
            path,
            bytes,
            modified,
            is_dir,
        };
        found.push((name, fingerprint, arrival));
    }
    found.sort_by(|(a_name, _, a), (b_name, _, b)| (a.modified, a_name).cmp(&(b.modified, b_name)));
    Ok(found)
}

/// Hidden names, those under which programs write what is not complete yet, and the file system's own.
fn is_passed_over(name: &[u8]) -> bool {
    let ends = |end: &&str| {
        name.len()
            .checked_sub(end.len())
            .is_some_and(|at| name[at..].eq_ignore_ascii_case(end.as_bytes()))
    };
    name.starts_with(b".")
        || name.starts_with(b"~")
        || name == b"lost+found"
        || [
            ".part",
            ".partial",
            ".filepart",
            ".tmp",
            ".crdownload",
            ".download",
            "~",
        ]
        .iter()
        .any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_names_are_passed_over() {
        for name in [
            ".a.csv",
            "a.csv.part",
            "a.CSV.PART",
            "a.tmp",
            "a.csv~",
            "~a",
            "x.crdownload",
        ] {
            assert!(is_passed_over(name.as_bytes()), "{name}");
        }
        for name in ["a.csv", "part", "a.part.csv", "tmp", "é.csv"] {
            assert!(!is_passed_over(name.as_bytes()), "{name}");
        }
    }
}
