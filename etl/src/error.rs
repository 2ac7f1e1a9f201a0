//! What can go wrong with a whole file. A wrong record is not an error but a [`crate::record::Reject`].

use std::path::PathBuf;

/// Result of a step of the chain.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a run failed; the text names the thing, the place and the remedy, for the person who reads the run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be what it claims: empty, binary, unknown header, bomb, broken compression.
    #[error("{0}")]
    Input(String),
    /// What was asked for has a consequence that the person has to want.
    #[error("{0}")]
    Unconfirmed(String),
    /// A file or directory could not be read or written.
    #[error("{path}: {source}; check that it exists, is readable and that the disk has room, then try the run again", path = path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    /// The archive did not take or give an object.
    #[error(
        "archive object {path}: {source}; check MARQUEE_ARCHIVE_URL and the store's room, then try the run again"
    )]
    Archive {
        path: String,
        source: object_store::Error,
    },
    /// What the archive holds differs from its hash.
    #[error("archive object {path}: {message}")]
    Corrupt { path: String, message: String },
    /// Parquet could not be written.
    #[error("transformed file: {0}; try the run again")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The database refused a statement or went away.
    #[error("database: {0}; the mart is unchanged, try the run again when the database answers")]
    Database(#[from] sea_orm::DbErr),
    /// Another worker has taken the run over.
    #[error("the lease on this run was lost to another worker; that one carries it on")]
    LeaseLost,
    /// The mart has changed since the run has staged its file.
    #[error("the mart has changed since the file was read; try the run again")]
    Stale,
    /// The run was cancelled by a person or by shutdown.
    #[error("cancelled")]
    Cancelled,
    /// A panic or a broken invariant.
    #[error("internal error: {0}")]
    Internal(String),
}
