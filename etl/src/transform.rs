//! The reading thread: archived file → records under rules → batches for staging and Parquet files.

use crate::{
    Error, Result,
    queue::Lease,
    read::{self, Counted, ReadSummary, Terms},
    record::{Outcome, Row},
    source::Companion,
    stage::{Batch, Batcher},
    transformed::{CompanionWriter, MovieWriter, RejectWriter},
};
use std::{
    io::Read,
    sync::{Arc, atomic::AtomicU64},
};
use tempfile::NamedTempFile;
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};

/// Batches that may wait for the database.
const WAITING: usize = 2;

/// What reading a file made.
pub struct Transformed {
    pub summary: ReadSummary,
    /// The movies as Parquet; none when there were none.
    pub movies: Option<NamedTempFile>,
    /// What companion files say, as Parquet; none when they say nothing.
    pub companions: Option<NamedTempFile>,
    /// The rejects as Parquet; none when there were none.
    pub rejects: Option<NamedTempFile>,
}

/// Starts reading an archived file that has been opened, in a thread of its own; answers the batches as
/// they come, the count of raw bytes read so far, and what comes at the end.
///
/// `name` is the file's own name, whose ending tells how it is compressed; with `parquet` the rows are
/// written to Parquet files as well. Dropping the receiver or losing
/// the lease ends the thread with [`Error::Cancelled`].
pub fn start(
    input: Box<dyn Read + Send>,
    terms: Terms,
    lease: &Lease,
    name: &str,
    parquet: bool,
) -> (
    mpsc::Receiver<Batch>,
    Arc<AtomicU64>,
    JoinHandle<Result<Transformed>>,
) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let bytes_read = Arc::new(AtomicU64::new(0));
    let counter = bytes_read.clone();
    let (lease, name) = (lease.clone(), name.to_owned());
    let handle = spawn_blocking(move || {
        let input = Counted(input, counter);
        read_all(&name, Box::new(input), &terms, &lease, &sender, parquet)
    });
    (receiver, bytes_read, handle)
}

fn read_all(
    name: &str,
    input: Box<dyn Read + Send>,
    terms: &Terms,
    lease: &Lease,
    sender: &mpsc::Sender<Batch>,
    parquet: bool,
) -> Result<Transformed> {
    let mut batcher = Batcher::new(lease.run_id);
    let mut movies = Output::new(MovieWriter::create);
    let mut companions = Output::new(CompanionWriter::create);
    let mut rejects = Output::new(RejectWriter::create);
    let send = |batch| sender.blocking_send(batch).map_err(|_| Error::Cancelled);

    let mut sink = |row: Row| -> Result<()> {
        if lease.lost.is_cancelled() {
            return Err(Error::Cancelled);
        }
        match &row.outcome {
            _ if !parquet => {}
            Outcome::Movie(record, _) => {
                movies.get()?.push(&row.position, record)?;
                if let Some(keywords) = &record.keywords {
                    let said = Companion::keywords(record.id, keywords);
                    companions.get()?.push(&row.position, &said)?;
                }
            }
            Outcome::Companion(said, _) => companions.get()?.push(&row.position, said)?,
            Outcome::Reject(reject) => rejects.get()?.push(&row.position, reject)?,
        }
        match batcher.push(row) {
            Some(batch) => send(batch),
            None => Ok(()),
        }
    };
    let summary = read::read(name, input, terms, &mut sink)?;
    send(batcher.take())?;
    Ok(Transformed {
        summary,
        movies: movies.finish(MovieWriter::finish)?,
        companions: companions.finish(CompanionWriter::finish)?,
        rejects: rejects.finish(RejectWriter::finish)?,
    })
}

/// A writer to a temporary file, made when the first row comes.
struct Output<W> {
    create: fn(&std::path::Path) -> Result<W>,
    open: Option<(NamedTempFile, W)>,
}

impl<W> Output<W> {
    fn new(create: fn(&std::path::Path) -> Result<W>) -> Self {
        Self { create, open: None }
    }

    fn get(&mut self) -> Result<&mut W> {
        if self.open.is_none() {
            let file = NamedTempFile::new().map_err(|source| Error::Io {
                path: std::env::temp_dir(),
                source,
            })?;
            let writer = (self.create)(file.path())?;
            self.open = Some((file, writer));
        }
        match &mut self.open {
            Some((_, writer)) => Ok(writer),
            None => Err(Error::Internal("a writer was not opened".to_owned())),
        }
    }

    fn finish(self, finish: fn(W) -> Result<u64>) -> Result<Option<NamedTempFile>> {
        let Some((file, writer)) = self.open else {
            return Ok(None);
        };
        finish(writer)?;
        Ok(Some(file))
    }
}
