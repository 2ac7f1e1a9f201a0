//! Uploads that are not whole yet: a file for each person and name, in a folder of their own.
//!
//! What has come of one stays for a day, so that it can be gone on with; nothing looks for files to load there.

use crate::config::Uploads;
use sha2::{Digest, Sha256};
use std::{
    fs::{File, TryLockError},
    io::{self, Seek, SeekFrom, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

/// How long what has come of an upload is kept for the rest.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How many uploads of a person may be unfinished.
const MOST: usize = 16;
/// How often what is older is looked for.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// The folder of uploads; cheap to clone.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: PathBuf,
    most: u64,
}

/// Why an upload cannot be gone on with.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another request is sending it.
    #[error("another request is sending this file")]
    Busy,
    /// The person has begun too many.
    #[error("{MOST} uploads are unfinished; go on with one of them, or delete it")]
    TooMany,
    /// It has not come as far, or further, than was said.
    #[error(
        "{received} bytes have been received; go on there, or begin again without Upload-Offset"
    )]
    Offset {
        /// How far it has come.
        received: u64,
    },
    /// The folder does not take or give it.
    #[error("upload {path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// An upload that this request alone is writing.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    /// Locked, so that no other request, of this instance or another on the same folder, writes it.
    file: File,
    bytes: u64,
}

impl Spool {
    /// The folder that is configured; made if need be.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(uploads: &Uploads) -> io::Result<Self> {
        std::fs::create_dir_all(&uploads.path)?;
        Ok(Self {
            folder: uploads.path.clone(),
            most: uploads.most,
        })
    }

    /// Most bytes of one upload.
    pub fn most(&self) -> u64 {
        self.most
    }

    /// Where an upload lies. The name that a person gives becomes no path.
    fn path(&self, user_id: i64, name: &str) -> PathBuf {
        let name = hex::encode(&Sha256::digest(name)[..16]);
        self.folder.join(format!(".{user_id}-{name}.part"))
    }

    /// How many bytes have come, where any have.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub async fn received(&self, user_id: i64, name: &str) -> Result<Option<u64>, SpoolError> {
        let path = self.path(user_id, name);
        blocking(path.clone(), move || match std::fs::metadata(&path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Begins an upload, or goes on with it at `offset`, which must be how far it has come.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub async fn begin(
        &self,
        user_id: i64,
        name: &str,
        offset: Option<u64>,
    ) -> Result<Part, SpoolError> {
        let path = self.path(user_id, name);
        let (at, folder) = (path.clone(), self.folder.clone());
        let opened = blocking(path, move || {
            let mut options = File::options();
            let made = offset.is_none_or(|offset| offset == 0);
            if made && !at.exists() && begun(&folder, user_id)? >= MOST {
                return Ok(Err(SpoolError::TooMany));
            }
            let options = options.read(true).write(true).create(made);
            let mut file = match options.truncate(false).open(&at) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok(Err(SpoolError::Offset { received: 0 }));
                }
                opened => opened?,
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Err(SpoolError::Busy)),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            if !is_at(&file, &at) {
                // Whoever had it has just come to its end.
                return Ok(Err(SpoolError::Busy));
            }
            let received = file.metadata()?.len();
            match offset {
                None => file.set_len(0)?,
                Some(offset) if offset != received => {
                    return Ok(Err(SpoolError::Offset { received }));
                }
                Some(_) => {}
            }
            let bytes = file.seek(SeekFrom::End(0))?;
            Ok(Ok(Part {
                path: at,
                file,
                bytes,
            }))
        });
        opened.await?
    }

    /// Takes away what has not been gone on with for a day, now and again until `shutdown`.
    pub async fn keep(&self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            let folder = self.folder.clone();
            if let Err(error) = blocking(self.folder.clone(), move || tidy(&folder)).await {
                tracing::warn!("{error}");
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}

impl Part {
    /// How many bytes there are.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Where they lie.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub async fn write(mut self, bytes: axum::body::Bytes) -> Result<Self, SpoolError> {
        blocking(self.path.clone(), move || {
            self.file.write_all(&bytes)?;
            self.bytes += bytes.len() as u64;
            Ok(self)
        })
        .await
    }

    /// The SHA-256 of all of it, in lower-case hex.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub async fn sha256(mut self) -> Result<(Self, String), SpoolError> {
        blocking(self.path.clone(), move || {
            self.file.seek(SeekFrom::Start(0))?;
            let mut hasher = Sha256::new();
            io::copy(&mut self.file, &mut hasher)?;
            Ok((self, hex::encode(hasher.finalize())))
        })
        .await
    }

    /// Takes it away.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub async fn discard(self) -> Result<(), SpoolError> {
        blocking(self.path.clone(), move || std::fs::remove_file(&self.path)).await
    }
}

/// Whether a file still has its name.
fn is_at(file: &File, path: &Path) -> bool {
    let named = std::fs::metadata(path).map(|named| (named.dev(), named.ino()));
    let open = file.metadata().map(|open| (open.dev(), open.ino()));
    matches!((named, open), (Ok(named), Ok(open)) if named == open)
}

/// How many uploads of a person are unfinished.
fn begun(folder: &Path, user_id: i64) -> io::Result<usize> {
    let own = format!(".{user_id}-");
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        count += usize::from(
            entry?
                .file_name()
                .as_encoded_bytes()
                .starts_with(own.as_bytes()),
        );
    }
    Ok(count)
}

fn tidy(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let ours = entry.path().extension().is_some_and(|end| end == "part");
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.map(|modified| modified.elapsed().unwrap_or_default());
        if ours && age.is_ok_and(|age| age > KEPT) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Runs something on a thread that may wait for the disk.
async fn blocking<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, SpoolError> {
    let done = spawn_blocking(work).await.map_err(io::Error::other);
    done.flatten()
        .map_err(|source| SpoolError::Io { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn spool(folder: &Path) -> Spool {
        let path = folder.join("uploads");
        Spool::open(&Uploads { path, most: 10 }).unwrap()
    }

    #[tokio::test]
    async fn an_upload_is_written_by_one_at_a_time_and_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        assert_eq!(spool.received(1, "a").await.unwrap(), None);
        let part = spool.begin(1, "a", None).await.unwrap();
        let part = part.write("abc".into()).await.unwrap();
        let second = spool.begin(1, "a", None).await;
        assert!(matches!(second, Err(SpoolError::Busy)), "{second:?}");
        // Somebody else's, and one of another name, are others.
        spool.begin(2, "a", None).await.unwrap();
        spool.begin(1, "../a", None).await.unwrap();
        drop(part);
        assert_eq!(spool.received(1, "a").await.unwrap(), Some(3));
        let wrong = spool.begin(1, "a", Some(2)).await;
        assert!(
            matches!(wrong, Err(SpoolError::Offset { received: 3 })),
            "{wrong:?}"
        );
        let part = spool.begin(1, "a", Some(3)).await.unwrap();
        let part = part.write("d".into()).await.unwrap();
        let (part, sha256) = part.sha256().await.unwrap();
        assert_eq!(sha256, hex::encode(Sha256::digest("abcd")));
        part.discard().await.unwrap();
        let gone = spool.begin(1, "a", Some(4)).await;
        assert!(
            matches!(gone, Err(SpoolError::Offset { received: 0 })),
            "{gone:?}"
        );
    }

    #[tokio::test]
    async fn nobody_begins_uploads_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        for n in 0..MOST {
            spool.begin(1, &n.to_string(), None).await.unwrap();
        }
        let refused = spool.begin(1, "more", None).await;
        assert!(matches!(refused, Err(SpoolError::TooMany)), "{refused:?}");
        assert_eq!(spool.received(1, "more").await.unwrap(), None);
        spool.begin(11, "more", None).await.unwrap();
        let begun = spool.begin(1, "0", Some(0)).await.unwrap();
        begun.discard().await.unwrap();
        spool.begin(1, "more", None).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_older_than_a_day_goes() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(folder.path());
        let old = spool.begin(1, "old", None).await.unwrap();
        spool.begin(1, "new", None).await.unwrap();
        let yesterday = SystemTime::now() - KEPT - Duration::from_secs(60);
        old.file.set_modified(yesterday).unwrap();
        let stop = CancellationToken::new();
        let keeping = spool.keep(stop.clone());
        let looking = async {
            while spool.received(1, "old").await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
            stop.cancel();
        };
        let both = async { tokio::join!(keeping, looking) };
        tokio::time::timeout(Duration::from_secs(20), both)
            .await
            .unwrap();
        assert_eq!(spool.received(1, "new").await.unwrap(), Some(0));
    }
}
