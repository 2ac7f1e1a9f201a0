//! Objects that are moved and removed.

use super::{Archive, Area};
use crate::{Error, Result};
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, path::Path as ObjectPath};

impl Archive {
    /// Copies an object to another path, proved to be the bytes of this hash; where they are already, that is
    /// proved.
    ///
    /// # Errors
    /// [`Error::Archive`] when the store does not give or take it, [`Error::Corrupt`] when one of the two is not
    /// what the hash says.
    pub async fn copy(&self, from: &str, to: &str, sha256: &str) -> Result<()> {
        if !self.exists(to).await? {
            match &self.folder {
                Some(folder) => {
                    let place = |found: String| -> futures::future::BoxFuture<'_, Result<String>> {
                        Box::pin(async move {
                            prove(from, &found, sha256)?;
                            Ok(to.to_owned())
                        })
                    };
                    // What a copy in a folder cannot be read from is the archive itself.
                    let path = folder.path(from);
                    folder.file(from)?;
                    folder.put(&path, &|_| (), &place).await?;
                }
                None => self.send(from, to).await?,
            }
        }
        let (found, _) = self.rehash(to).await?;
        prove(to, &found, sha256)
    }

    /// The paths of what a run has written.
    ///
    /// # Errors
    /// [`Error::Archive`] when the store does not tell.
    pub async fn written_by(&self, run_id: i64) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        for area in [Area::Transformed, Area::Companions, Area::Rejects] {
            let folder = area.folder(run_id);
            let mut listing = self.store.list(Some(&self.at(&folder)));
            while let Some(object) = listing
                .try_next()
                .await
                .map_err(|source| super::archive_error(&folder, source))?
            {
                let name = object.location.filename().unwrap_or_default();
                paths.push(format!("{folder}/{name}"));
            }
        }
        Ok(paths)
    }

    /// Takes an object out of the store; one that is not there is out of it.
    ///
    /// # Errors
    /// [`Error::Archive`] when the store does not do it.
    pub async fn remove(&self, path: &str) -> Result<()> {
        let at: ObjectPath = self.at(path);
        match self.store.delete(&at).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(super::archive_error(path, source)),
        }
    }
}

fn prove(path: &str, found: &str, sha256: &str) -> Result<()> {
    if found == sha256 {
        return Ok(());
    }
    Err(Error::Corrupt {
        path: path.to_owned(),
        message: format!(
            "has SHA-256 {found} instead of {sha256}; nothing was moved, run `marquee verify`"
        ),
    })
}
