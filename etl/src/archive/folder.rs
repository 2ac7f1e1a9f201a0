//! An archive that is a directory: each object a plain file in it.
//!
//! A file is read once: copied into `.incoming/` while it is hashed, put on the disk for good, proved, and
//! only then given its name, which fails where the name is taken.

use super::{
    Place, STEP, Stored,
    reading::{Reading, blocking, store_error},
};
use crate::{Error, Result};
use object_store::local::LocalFileSystem;
use sha2::{Digest, Sha256};
use std::{
    fs::{File, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::{NamedTempFile, TempPath};

/// Where files lie until they have their name.
const INCOMING: &str = ".incoming";
/// What lies there longer was left by a process that died.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Opens the directory at a path or `file://` URL; makes it if need be.
    pub(super) fn open(url: &str) -> Result<(Self, LocalFileSystem)> {
        let named = url.strip_prefix("file://");
        let path = named
            .and_then(|_| url::Url::parse(url).ok()?.to_file_path().ok())
            .unwrap_or_else(|| PathBuf::from(named.unwrap_or(url)));
        let error = |source| store_error(&path.display().to_string(), source);
        std::fs::create_dir_all(&path).map_err(error)?;
        let root = path.canonicalize().map_err(error)?;
        let store = LocalFileSystem::new_with_prefix(&root).map_err(|source| Error::Archive {
            path: path.display().to_string(),
            source,
        })?;
        let folder = Self { root };
        folder.tidy();
        Ok((folder, store))
    }

    /// Takes away what processes that died have left behind.
    fn tidy(&self) {
        let Ok(entries) = std::fs::read_dir(self.root.join(INCOMING)) else {
            return;
        };
        for entry in entries.flatten() {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.map(|modified| modified.elapsed().unwrap_or_default());
            if age.is_ok_and(|age| age > LEFT_BEHIND)
                && let Err(error) = std::fs::remove_file(entry.path())
            {
                tracing::warn!("archive {}: {error}", entry.path().display());
            }
        }
    }

    /// Copies a file in; the caller proves what is there in the end.
    pub(super) async fn put(
        &self,
        file: &Path,
        progress: &(dyn Fn(u64) + Sync),
        place: &Place<'_>,
    ) -> Result<Stored> {
        let mut reading = Reading::open(file).await?;
        let (mut output, temporary) = self.incoming().await?;
        progress(0);
        loop {
            let before = reading.bytes();
            (reading, output) = reading.step(output, STEP).await?;
            if reading.bytes() == before {
                break;
            }
            progress(reading.bytes());
        }
        let (sha256, bytes) = reading.end().await?;
        let path = place(sha256.clone()).await?;
        let target = self.root.join(&path);
        let existed = {
            let (root, path, sha256) = (self.root.clone(), path.clone(), sha256.clone());
            blocking(move || {
                let name = |error| store_error(&path, error);
                if target.try_exists().map_err(name)? {
                    return Ok(true);
                }
                output.sync_all().map_err(name)?;
                drop(output);
                let written = hash_file(&temporary).map_err(name)?.0;
                if written != sha256 {
                    return Err(Error::Corrupt {
                        path,
                        message: format!(
                            "was written with SHA-256 {sha256} and reads back as {written}; check the disk"
                        ),
                    });
                }
                publish(temporary, &target, &root).map_err(name)
            })
            .await?
        };
        Ok(Stored {
            sha256,
            path,
            bytes,
            existed,
        })
    }

    /// A new file without a name in the archive yet; gone when its path is dropped.
    async fn incoming(&self) -> Result<(File, TempPath)> {
        let folder = self.root.join(INCOMING);
        blocking(move || {
            let error = |source| store_error(&folder.display().to_string(), source);
            std::fs::create_dir_all(&folder).map_err(error)?;
            // As other files, not as private ones: other programs may read the archive.
            let made: NamedTempFile = tempfile::Builder::new()
                .permissions(Permissions::from_mode(0o666))
                .tempfile_in(&folder)
                .map_err(error)?;
            Ok(made.into_parts())
        })
        .await
    }

    /// Whether the directory is there.
    pub(super) async fn ping(&self) -> Result<()> {
        let root = self.root.clone();
        blocking(move || {
            let error = |source| store_error(&root.display().to_string(), source);
            std::fs::read_dir(&root).map(drop).map_err(error)
        })
        .await
    }

    /// Hashes an object; answers hash and size.
    pub(super) async fn rehash(&self, path: &str) -> Result<(String, u64)> {
        let (folder, path) = (self.clone(), path.to_owned());
        blocking(move || {
            let file = folder.file(&path)?;
            hash_open(file).map_err(|error| store_error(&path, error))
        })
        .await
    }

    /// Where an object is a file.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Opens an object.
    pub(super) fn file(&self, path: &str) -> Result<File> {
        File::open(self.root.join(path)).map_err(|error| store_error(path, error))
    }
}

/// Gives a file its name for good, unless the name is taken; answers whether it was.
fn publish(temporary: TempPath, target: &Path, root: &Path) -> io::Result<bool> {
    let folder = target.parent().unwrap_or(root);
    std::fs::create_dir_all(folder)?;
    match temporary.persist_noclobber(target) {
        Ok(()) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Ok(true),
        Err(error) => return Err(error.error),
    }
    // A name is on the disk for good once its folder is, and that folder's name likewise.
    for above in folder
        .ancestors()
        .take_while(|above| above.starts_with(root))
    {
        File::open(above)?.sync_all()?;
    }
    Ok(false)
}

fn hash_file(path: &Path) -> io::Result<(String, u64)> {
    hash_open(File::open(path)?)
}

fn hash_open(mut file: File) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let bytes = io::copy(&mut file, &mut hasher)?;
    Ok((hex::encode(hasher.finalize()), bytes))
}
