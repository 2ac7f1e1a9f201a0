//! The folder in which files arrive.
//!
//! What the system tells of changes is only a hint: every look lists the folder, and a file is announced
//! once its size and time of change are at rest. Files stay where they are; whether one was taken before
//! is for the queue to know, and a file that changes afterwards is announced again.

mod hints;
mod listing;

use crate::{Error, Result};
use hints::{Hints, POLL, start_watcher};
use listing::{Fingerprint, Listing, list};
use notify::RecommendedWatcher;
use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    path::PathBuf,
    time::{Duration, SystemTime},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

/// How a folder is watched.
#[derive(Clone, Debug)]
pub struct InboxOptions {
    /// The folder; made if need be, and again when it disappears.
    pub path: PathBuf,
    /// How often to look even when nothing was told.
    pub rescan: Duration,
    /// How long a file must stay the same to be taken as complete; a fifth of it is enough for a file
    /// that was closed after writing or renamed into the folder.
    pub settle: Duration,
    /// Look this often instead of being told. Network mounts, which tell nothing, are looked at every 2 s
    /// where this is not set.
    pub poll: Option<Duration>,
}

impl InboxOptions {
    /// The usual times for a folder: 30 s, 500 ms, and being told.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            rescan: Duration::from_secs(30),
            settle: Duration::from_millis(500),
            poll: None,
        }
    }
}

/// A file that has arrived whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Where it lies: the inbox's path and the file's name.
    pub path: PathBuf,
    /// Its size; 0 for a folder.
    pub bytes: u64,
    /// When it was last changed.
    pub modified: SystemTime,
    /// A folder was put here, which nobody can load; its run says so.
    pub is_dir: bool,
}

/// What was last seen of an entry.
struct Seen {
    fingerprint: Fingerprint,
    since: Instant,
    /// It was closed after writing or renamed into the folder as it is.
    closed: bool,
    announced: bool,
    /// The look that last found it.
    look: u64,
}

/// Watches a folder until `shutdown`, or until nobody listens, and announces what arrives: regular files,
/// and folders, whose names are neither hidden nor those of unfinished downloads.
///
/// # Errors
/// [`Error::Io`] when the folder cannot be made or listed at the start. Later faults are logged and outlived.
pub async fn watch(
    options: InboxOptions,
    arrived: mpsc::Sender<Arrival>,
    shutdown: CancellationToken,
) -> Result<()> {
    tokio::select! {
        biased;
        () = shutdown.cancelled() => Ok(()),
        () = arrived.closed() => Ok(()),
        failed = watch_on(&options, &arrived) => failed,
    }
}

async fn watch_on(options: &InboxOptions, arrived: &mpsc::Sender<Arrival>) -> Result<()> {
    let mut hints = Hints::new();
    let mut seen = HashMap::new();
    // The folder that is watched, and by what.
    let mut watched: Option<((u64, u64), Option<RecommendedWatcher>)> = None;
    let mut failing = false;
    for number in 0.. {
        let mut closed = HashSet::new();
        while let Ok(name) = hints.closed.try_recv() {
            closed.insert(name);
        }
        let began = Instant::now();
        let mut due = None;
        match list(options).await {
            Ok(listing) => {
                failing = false;
                if watched
                    .as_ref()
                    .is_none_or(|(folder, _)| *folder != listing.folder)
                {
                    let watcher = start_watcher(options, &hints).await;
                    watched = Some((listing.folder, watcher));
                    // Something may have come between the listing and the watcher.
                    hints.told.notify_one();
                }
                let look = Look {
                    number,
                    began,
                    settle: options.settle,
                    closed,
                };
                due = look.announce(listing, &mut seen, arrived).await;
            }
            Err(source) if watched.is_none() => {
                let path = options.path.clone();
                return Err(Error::Io { path, source });
            }
            Err(error) => {
                if !failing {
                    tracing::error!("inbox {}: {error}", options.path.display());
                }
                failing = true;
            }
        }
        let pause = match &watched {
            Some((_, Some(_))) => options.rescan,
            _ => options.poll.unwrap_or(POLL).min(options.rescan),
        };
        let next = due.map_or(pause, |due| {
            due.saturating_duration_since(Instant::now()).min(pause)
        });
        tokio::select! {
            // A burst of events is one reason to look.
            () = hints.told.notified() => sleep(options.settle / 10).await,
            () = sleep(next) => {}
        }
    }
    Ok(())
}

/// One look at the folder.
struct Look {
    number: u64,
    /// When its listing began.
    began: Instant,
    settle: Duration,
    /// Names that were closed after writing or renamed into the folder since the look before.
    closed: HashSet<OsString>,
}

impl Look {
    /// Announces what is at rest; answers when the next entry may be.
    async fn announce(
        &self,
        listing: Listing,
        seen: &mut HashMap<OsString, Seen>,
        arrived: &mpsc::Sender<Arrival>,
    ) -> Option<Instant> {
        let ended = Instant::now();
        let mut due: Option<Instant> = None;
        for (name, fingerprint, arrival) in listing.entries {
            let closed = self.closed.contains(&name);
            let known = seen.entry(name).or_insert_with(|| Seen {
                fingerprint,
                since: ended,
                closed: false,
                announced: false,
                look: self.number,
            });
            known.look = self.number;
            if known.fingerprint != fingerprint {
                known.fingerprint = fingerprint;
                known.since = ended;
                known.closed = false;
                known.announced = false;
            }
            if known.announced {
                continue;
            }
            // Programs that make an empty file first and fill it later have not closed it for good.
            known.closed |= closed && arrival.bytes > 0;
            let rest = if known.closed {
                self.settle / 5
            } else {
                self.settle
            };
            let at_rest = known.since + rest;
            if at_rest > self.began {
                due = Some(due.map_or(at_rest, |due| due.min(at_rest)));
                continue;
            }
            known.announced = true;
            // Whoever listens may be busy for long; the next look sees what has changed meanwhile.
            if arrived.send(arrival).await.is_err() {
                return None;
            }
        }
        seen.retain(|_, known| known.look == self.number);
        due
    }
}
