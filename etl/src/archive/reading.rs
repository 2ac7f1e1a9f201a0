//! A file read in steps on blocking threads, hashed as it goes.

use crate::{Error, Result};
use sha2::{Digest, Sha256};
use std::{
    fs::{File, Metadata},
    io::{Read, Write, sink},
    path::{Path, PathBuf},
    time::SystemTime,
};
use tokio::task::spawn_blocking;

/// Bytes that are read, hashed and written while they are in the processor's cache.
const BUFFER: u64 = 256 << 10;

/// A file on its way into the archive.
pub(super) struct Reading {
    path: PathBuf,
    file: File,
    hasher: Sha256,
    bytes: u64,
    /// What the file was when it was opened.
    opened: (u64, Option<SystemTime>),
}

impl Reading {
    /// Opens a file; a directory is an [`Error::Input`].
    pub(super) async fn open(path: &Path) -> Result<Self> {
        let path = path.to_owned();
        blocking(move || {
            let io = |source| io_error(&path, source);
            let metadata = std::fs::metadata(&path).map_err(io)?;
            if metadata.is_dir() {
                return Err(Error::Input(format!(
                    "{} is a directory; put the files themselves into the inbox",
                    path.display()
                )));
            }
            if !metadata.is_file() {
                return Err(Error::Input(format!(
                    "{} is not a regular file; copy its content into one",
                    path.display()
                )));
            }
            let file = File::open(&path).map_err(io)?;
            let opened = state(&file.metadata().map_err(io)?);
            Ok(Self {
                path,
                file,
                hasher: Sha256::new(),
                bytes: 0,
                opened,
            })
        })
        .await
    }

    /// Bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads up to `limit` bytes on into `to`; fewer only at the end of the file.
    ///
    /// What `to` does not take is an [`Error::Archive`], what the file does not give an [`Error::Io`].
    pub(super) async fn step<W>(mut self, mut to: W, limit: u64) -> Result<(Self, W)>
    where
        W: Write + Send + 'static,
    {
        blocking(move || {
            let mut buffer = vec![0; BUFFER.min(limit) as usize];
            let mut left = limit;
            while left > 0 {
                let most = left.min(buffer.len() as u64) as usize;
                let count = match self.file.read(&mut buffer[..most]) {
                    Ok(0) => break,
                    Ok(count) => count,
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(io_error(&self.path, error)),
                };
                self.hasher.update(&buffer[..count]);
                to.write_all(&buffer[..count])
                    .map_err(|error| store_error(&self.path.display().to_string(), error))?;
                left -= count as u64;
                self.bytes += count as u64;
            }
            Ok((self, to))
        })
        .await
    }

    /// The hash and size of what was read; an [`Error::Input`] when the file has changed since it was
    /// opened.
    pub(super) async fn end(self) -> Result<(String, u64)> {
        blocking(move || {
            let io = |source| io_error(&self.path, source);
            let now = state(&self.file.metadata().map_err(io)?);
            if now != self.opened || now.0 != self.bytes {
                return Err(changed(&self.path));
            }
            Ok((hex::encode(self.hasher.finalize()), self.bytes))
        })
        .await
    }
}

/// Hashes a file; answers hash and size.
pub(super) async fn hash(path: &Path) -> Result<(String, u64)> {
    let (reading, _) = Reading::open(path).await?.step(sink(), u64::MAX).await?;
    reading.end().await
}

/// Runs something that may block on a thread for it.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    spawn_blocking(work)
        .await
        .map_err(|error| Error::Internal(format!("the archive's thread stopped: {error}")))?
}

pub(super) fn changed(path: &Path) -> Error {
    Error::Input(format!(
        "{} changed while it was read; leave it until it is complete, then it is taken again",
        path.display()
    ))
}

/// An error of the archive's own file system.
pub(super) fn store_error(path: &str, source: std::io::Error) -> Error {
    let missing = source.kind() == std::io::ErrorKind::NotFound;
    let source = source.into();
    let path = path.to_owned();
    Error::Archive {
        source: if missing {
            object_store::Error::NotFound {
                path: path.clone(),
                source,
            }
        } else {
            object_store::Error::Generic {
                store: "directory",
                source,
            }
        },
        path,
    }
}

fn state(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

fn io_error(path: &Path, source: std::io::Error) -> Error {
    Error::Io {
        path: path.to_owned(),
        source,
    }
}
