//! The content-addressed store of everything received and written.
//!
//! An object's path holds the SHA-256 of its bytes. It is written once, read back to prove it, and never
//! overwritten: what is already there under the path is proved instead.

mod folder;
mod handling;
mod reading;
mod upload;

use crate::{Error, Result};
use bytes::Bytes;
use entity::ingest::FileArea;
use folder::Folder;
use futures::{
    StreamExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt, aws::AmazonS3Builder, memory::InMemory,
    path::Path as ObjectPath,
};
use sha2::{Digest, Sha256};
use std::{ffi::OsString, io::Read, ops::Range, path::Path, sync::Arc};
use tokio::runtime::Handle;
use tokio_util::io::{StreamReader, SyncIoBridge};

/// Bytes of a file that are taken in one step; also the size of an uploaded part, of which S3 takes none
/// below 5 MiB.
const STEP: u64 = 8 << 20;

/// What an object is, and where such objects lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Files as received: `raw/<first two digits>/<SHA-256>`.
    Raw,
    /// Such files put by, for stores that keep what begins with `cold/` for less: `cold/<first two
    /// digits>/<SHA-256>`.
    Cold,
    /// Movies under the rules: `transformed/movies/run=<run>/part-<first 16 digits>.parquet`.
    Transformed,
    /// What companion files say: `transformed/companions/run=<run>/part-<first 16 digits>.parquet`.
    Companions,
    /// Rejects: `rejects/run=<run>/part-<first 16 digits>.parquet`.
    Rejects,
}

impl Area {
    fn path(self, run_id: i64, sha256: &str) -> String {
        match self {
            Self::Raw => format!("raw/{}/{sha256}", &sha256[..2]),
            Self::Cold => format!("cold/{}/{sha256}", &sha256[..2]),
            Self::Transformed | Self::Companions | Self::Rejects => {
                format!("{}/part-{}.parquet", self.folder(run_id), &sha256[..16])
            }
        }
    }

    /// The folder of what a run writes.
    fn folder(self, run_id: i64) -> String {
        match self {
            Self::Raw => "raw".to_owned(),
            Self::Cold => "cold".to_owned(),
            Self::Transformed => format!("transformed/movies/run={run_id}"),
            Self::Companions => format!("transformed/companions/run={run_id}"),
            Self::Rejects => format!("rejects/run={run_id}"),
        }
    }
}

/// The path of a file's raw bytes in an area.
pub fn path_in(area: FileArea, sha256: &str) -> String {
    let area = match area {
        FileArea::Raw => Area::Raw,
        FileArea::Cold => Area::Cold,
    };
    area.path(0, sha256)
}

/// Tells the path of the bytes of a hash, once that is known.
pub type Place<'a> = dyn Fn(String) -> BoxFuture<'a, Result<String>> + Send + Sync + 'a;

/// What was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The hash of its bytes, in lower-case hex.
    pub sha256: String,
    /// Its path in the archive.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Whether the archive held it before.
    pub existed: bool,
}

/// A store of objects; cheap to clone.
#[derive(Clone, Debug)]
pub struct Archive {
    store: Arc<dyn ObjectStore>,
    prefix: ObjectPath,
    /// Where the objects are plain files, their folder.
    folder: Option<Folder>,
    kind: &'static str,
}

impl Archive {
    /// Opens a directory given as a path or `file://` URL (made if need be), `s3://bucket/prefix` (with
    /// the usual `AWS_…` variables, `AWS_ENDPOINT` and `AWS_ALLOW_HTTP` among them) or `memory://`.
    ///
    /// # Errors
    /// [`Error::Input`] for another kind of URL or a wrong setting, [`Error::Archive`] when the directory
    /// cannot be made.
    pub fn open(url: &str) -> Result<Self> {
        let text = |(key, value): (OsString, OsString)| {
            Some((key.into_string().ok()?, value.into_string().ok()?))
        };
        Self::open_with(url, std::env::vars_os().filter_map(text))
    }

    /// As [`Self::open`], with these variables instead of the process's own; only `AWS_…` ones are read.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(
        url: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let wrong = |why: &str| Error::Input(format!("MARQUEE_ARCHIVE_URL: {why}"));
        let scheme = url.split_once("://").map_or("file", |(scheme, _)| scheme);
        match scheme {
            "file" if url.is_empty() => {
                Err(wrong("is empty; give a directory or s3://bucket/prefix"))
            }
            "file" => {
                let (folder, store) = Folder::open(url)?;
                Ok(Self {
                    store: Arc::new(store),
                    prefix: ObjectPath::default(),
                    folder: Some(folder),
                    kind: "file",
                })
            }
            "s3" => {
                let parsed = url::Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
                let bucket = parsed.host_str().filter(|bucket| !bucket.is_empty());
                let bucket = bucket.ok_or_else(|| wrong("no bucket; give s3://bucket/prefix"))?;
                let builder = variables
                    .into_iter()
                    .filter(|(key, _)| key.starts_with("AWS_"))
                    .filter_map(|(key, value)| {
                        Some((key.to_ascii_lowercase().parse().ok()?, value))
                    })
                    .fold(AmazonS3Builder::new(), |builder, (key, value)| {
                        builder.with_config(key, value)
                    });
                let store = builder
                    .with_bucket_name(bucket)
                    .build()
                    .map_err(|error| wrong(&error.to_string()))?;
                let prefix = ObjectPath::from_url_path(parsed.path());
                Ok(Self {
                    store: Arc::new(store),
                    prefix: prefix.map_err(|error| wrong(&error.to_string()))?,
                    folder: None,
                    kind: "s3",
                })
            }
            "memory" => Ok(Self {
                store: Arc::new(InMemory::new()),
                prefix: ObjectPath::default(),
                folder: None,
                kind: "memory",
            }),
            other => Err(wrong(&format!(
                "{other}:// is not known; give a directory or s3://bucket/prefix"
            ))),
        }
    }

    /// What kind of store it is, as the scheme of its URL says: `file`, `s3` or `memory`.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Stores a file as received, under its hash; see [`Self::put_file`].
    ///
    /// # Errors
    /// As [`Self::put_file`].
    pub async fn put_raw(&self, file: &Path) -> Result<Stored> {
        self.put_file(file, &|_| ()).await
    }

    /// Stores a file as received, under its hash, and tells `progress` now and again how many of its
    /// bytes are stored; first 0, once the file has been opened.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be read, [`Error::Input`] when it is a directory or changes
    /// meanwhile, [`Error::Archive`] when the store does not take it, [`Error::Corrupt`] when the store
    /// does not give back what it took or holds something else under this hash.
    pub async fn put_file(&self, file: &Path, progress: &(dyn Fn(u64) + Sync)) -> Result<Stored> {
        let place = |sha256: String| ready(Area::Raw.path(0, &sha256));
        self.put(file, progress, &place).await
    }

    /// Stores a file where `place` says that the bytes of its hash belong.
    ///
    /// # Errors
    /// As [`Self::put_file`], and those of `place`.
    pub async fn put_at(&self, file: &Path, place: &Place<'_>) -> Result<Stored> {
        self.put(file, &|_| (), place).await
    }

    /// Stores a Parquet file that a run wrote.
    ///
    /// # Errors
    /// As [`Self::put_file`].
    pub async fn put_part(&self, area: Area, run_id: i64, file: &Path) -> Result<Stored> {
        let place = move |sha256: String| ready(area.path(run_id, &sha256));
        self.put(file, &|_| (), &place).await
    }

    async fn put(
        &self,
        file: &Path,
        progress: &(dyn Fn(u64) + Sync),
        place: &Place<'_>,
    ) -> Result<Stored> {
        let stored = match &self.folder {
            Some(folder) => folder.put(file, progress, place).await?,
            None => self.upload(file, progress, place).await?,
        };
        if self.folder.is_some() && !stored.existed {
            // A folder proves what it takes before it gives it a name.
            progress(stored.bytes);
            return Ok(stored);
        }
        let (sha256, bytes) = self.rehash(&stored.path).await?;
        if (&sha256, bytes) != (&stored.sha256, stored.bytes) {
            return Err(Error::Corrupt {
                path: stored.path,
                message: format!(
                    "reads back as {bytes} bytes with SHA-256 {sha256} instead of {} bytes with {}; \
                     move it out of the archive, then try the run again",
                    stored.bytes, stored.sha256
                ),
            });
        }
        progress(stored.bytes);
        Ok(stored)
    }

    /// The object's size in bytes, or none where there is no such object.
    ///
    /// # Errors
    /// [`Error::Archive`] when the store does not answer.
    pub async fn size(&self, path: &str) -> Result<Option<u64>> {
        match self.store.head(&self.at(path)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(archive_error(path, source)),
        }
    }

    /// Whether there is such an object.
    ///
    /// # Errors
    /// [`Error::Archive`] when the store does not answer.
    pub async fn exists(&self, path: &str) -> Result<bool> {
        Ok(self.size(path).await?.is_some())
    }

    /// Whether the store answers and the directory or bucket is there.
    ///
    /// # Errors
    /// [`Error::Archive`] when not.
    pub async fn ping(&self) -> Result<()> {
        if let Some(folder) = &self.folder {
            return folder.ping().await;
        }
        // An empty listing is the smallest answer that a missing bucket cannot give.
        let nothing = self.at("ping");
        let mut listing = self.store.list(Some(&nothing));
        listing
            .try_next()
            .await
            .map_err(|source| archive_error("ping", source))?;
        Ok(())
    }

    /// Hashes an object as it is now; answers the SHA-256 in lower-case hex and the size in bytes.
    ///
    /// # Errors
    /// [`Error::Archive`] when the store does not give it.
    pub async fn rehash(&self, path: &str) -> Result<(String, u64)> {
        if let Some(folder) = &self.folder {
            return folder.rehash(path).await;
        }
        let archive = |source| archive_error(path, source);
        let got = self.store.get(&self.at(path)).await.map_err(archive)?;
        let mut stream = got.into_stream();
        let (mut hasher, mut bytes) = (Sha256::new(), 0);
        while let Some(chunk) = stream.try_next().await.map_err(archive)? {
            hasher.update(&chunk);
            bytes += chunk.len() as u64;
        }
        Ok((hex::encode(hasher.finalize()), bytes))
    }

    /// Reads an object as a stream. To be called, and read from, on a blocking thread of the runtime
    /// (`spawn_blocking`).
    ///
    /// # Errors
    /// [`Error::Archive`] when the store does not give it.
    pub fn reader(&self, path: &str) -> Result<Box<dyn Read + Send>> {
        if let Some(folder) = &self.folder {
            return Ok(Box::new(folder.file(path)?));
        }
        let runtime = Handle::try_current().map_err(|error| Error::Internal(error.to_string()))?;
        let got = runtime
            .block_on(self.store.get(&self.at(path)))
            .map_err(|source| archive_error(path, source))?;
        let stream = got.into_stream().map_err(std::io::Error::other);
        let reader = StreamReader::new(stream);
        Ok(Box::new(SyncIoBridge::new_with_handle(reader, runtime)))
    }

    /// Some bytes of an object.
    ///
    /// # Errors
    /// [`Error::Archive`] when the store does not give them or the object is shorter.
    pub async fn range(&self, path: &str, range: Range<u64>) -> Result<Bytes> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let wanted = range.end - range.start;
        let got = self.store.get_range(&self.at(path), range.clone()).await;
        let got = got.map_err(|source| archive_error(path, source))?;
        if got.len() as u64 != wanted {
            return Err(Error::Corrupt {
                path: path.to_owned(),
                message: format!("ends before byte {}; run `marquee verify`", range.end),
            });
        }
        Ok(got)
    }

    /// Some bytes of an object as a stream, which ends early where the object is shorter.
    ///
    /// # Errors
    /// [`Error::Archive`] when the store does not give them.
    pub async fn stream(
        &self,
        path: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        if range.is_empty() {
            return Ok(stream::empty().boxed());
        }
        let options = GetOptions {
            range: Some(GetRange::Bounded(range)),
            ..Default::default()
        };
        let got = self.store.get_opts(&self.at(path), options).await;
        let got = got.map_err(|source| archive_error(path, source))?;
        let path = path.to_owned();
        let bytes = got.into_stream();
        Ok(bytes
            .map_err(move |source| archive_error(&path, source))
            .boxed())
    }

    fn at(&self, path: &str) -> ObjectPath {
        path.split('/')
            .fold(self.prefix.clone(), |at, part| at.join(part))
    }
}

fn ready(path: String) -> BoxFuture<'static, Result<String>> {
    Box::pin(std::future::ready(Ok(path)))
}

fn archive_error(path: &str, source: object_store::Error) -> Error {
    Error::Archive {
        path: path.to_owned(),
        source,
    }
}
