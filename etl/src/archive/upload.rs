//! Into a store that is not a directory: a file is read once to know its name, and again to be sent.

use super::{
    Archive, Place, STEP, Stored, archive_error,
    reading::{self, Reading},
};
use crate::Result;
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload, WriteMultipart};
use std::path::Path;

/// Files up to this many bytes go up in one request, larger ones in parts.
const ONE_PUT: u64 = 16 << 20;
/// S3 takes at most this many parts.
const MAX_PARTS: u64 = 10_000;
/// Parts on their way at the same time.
const PARTS_IN_FLIGHT: usize = 2;

impl Archive {
    /// Hashes the file, and sends it where it is not there yet.
    pub(super) async fn upload(
        &self,
        file: &Path,
        progress: &(dyn Fn(u64) + Sync),
        place: &Place<'_>,
    ) -> Result<Stored> {
        let (sha256, bytes) = reading::hash(file).await?;
        progress(0);
        let path = place(sha256.clone()).await?;
        let existed = self.exists(&path).await?;
        if !existed {
            if bytes <= ONE_PUT {
                self.put_whole(file, bytes, &path, &sha256).await?;
            } else {
                self.put_parts(file, bytes, &path, &sha256, progress)
                    .await?;
            }
        }
        Ok(Stored {
            sha256,
            path,
            bytes,
            existed,
        })
    }

    async fn put_whole(&self, file: &Path, bytes: u64, path: &str, sha256: &str) -> Result<()> {
        // One byte more than expected would show that the file has grown.
        let (reading, whole) = Reading::open(file)
            .await?
            .step(Vec::new(), bytes + 1)
            .await?;
        if reading.end().await?.0 != sha256 {
            return Err(reading::changed(file));
        }
        self.create(path, whole.into()).await
    }

    /// Makes an object in one request, unless it is there.
    async fn create(&self, path: &str, payload: PutPayload) -> Result<()> {
        let at = self.at(path);
        let put = self
            .store
            .put_opts(&at, payload.clone(), PutMode::Create.into())
            .await;
        let put = match put {
            // Some stores know no conditions; what is written is the same anyway.
            Err(object_store::Error::NotImplemented { .. }) => self.store.put(&at, payload).await,
            other => other,
        };
        match put {
            // Another instance may have been faster with the same bytes.
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
            Err(source) => Err(archive_error(path, source)),
        }
    }

    /// Sends an object again under another path, without its bytes lying anywhere in between.
    pub(super) async fn send(&self, from: &str, to: &str) -> Result<()> {
        let got = self.store.get(&self.at(from)).await;
        let got = got.map_err(|source| archive_error(from, source))?;
        let bytes = got.meta.size;
        if bytes <= ONE_PUT {
            let whole = got.bytes().await;
            let whole = whole.map_err(|source| archive_error(from, source))?;
            return self.create(to, whole.into()).await;
        }
        let archive = |source| archive_error(to, source);
        let part = STEP.max(bytes.div_ceil(MAX_PARTS));
        let upload = self
            .store
            .put_multipart(&self.at(to))
            .await
            .map_err(archive)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, part as usize);
        let sent: Result<()> = async {
            let mut chunks = got.into_stream();
            while let Some(chunk) = chunks
                .try_next()
                .await
                .map_err(|source| archive_error(from, source))?
            {
                upload
                    .wait_for_capacity(PARTS_IN_FLIGHT)
                    .await
                    .map_err(archive)?;
                upload.put(chunk);
            }
            Ok(())
        }
        .await;
        if let Err(error) = sent {
            if let Err(left) = upload.abort().await {
                tracing::warn!("archive object {to}: parts of a broken upload are left: {left}");
            }
            return Err(error);
        }
        upload.finish().await.map_err(archive)?;
        Ok(())
    }

    async fn put_parts(
        &self,
        file: &Path,
        bytes: u64,
        path: &str,
        sha256: &str,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<()> {
        let archive = |source| archive_error(path, source);
        let part = STEP.max(bytes.div_ceil(MAX_PARTS));
        let upload = self
            .store
            .put_multipart(&self.at(path))
            .await
            .map_err(archive)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, part as usize);
        let sent: Result<()> = async {
            let mut reading = Reading::open(file).await?;
            loop {
                let (next, taken) = reading
                    .step(Vec::with_capacity(part as usize), part)
                    .await?;
                reading = next;
                if taken.is_empty() {
                    break;
                }
                upload
                    .wait_for_capacity(PARTS_IN_FLIGHT)
                    .await
                    .map_err(archive)?;
                upload.put(taken.into());
                progress(reading.bytes());
            }
            if reading.end().await?.0 == sha256 {
                Ok(())
            } else {
                Err(reading::changed(file))
            }
        }
        .await;
        if let Err(error) = sent {
            // Why it was given up matters more than whether the store could tidy up.
            if let Err(left) = upload.abort().await {
                tracing::warn!("archive object {path}: parts of a broken upload are left: {left}");
            }
            return Err(error);
        }
        upload.finish().await.map_err(archive)?;
        Ok(())
    }
}
