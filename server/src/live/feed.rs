//! What has changed, for everybody who follows it.
//!
//! The feed is a list of runs in the order in which they have changed, each once and as it was last. Whoever
//! follows it remembers a place in the list and nothing else.

use crate::graphql::load::Moment;
use chrono::{DateTime, Utc};
use entity::ingest::run;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{Notify, oneshot, watch};

/// Most runs that are kept for those who are slow; about 1 kB each.
const MAX_KEPT: usize = 16_384;
/// How long a change is kept. A socket that is not read for much less is closed.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// A run that has changed.
#[derive(Clone)]
pub struct Change {
    /// As it is since.
    pub run: Arc<run::Model>,
    /// The backfill that it is part of.
    pub backfill_id: Option<i64>,
    /// What is loaded for it, shared by all who follow it.
    pub moment: Arc<Moment>,
    at: Instant,
}

impl Change {
    /// A run as it was found just now.
    pub fn new(run: run::Model, backfill_id: Option<i64>, moment: Arc<Moment>) -> Self {
        Self {
            run: Arc::new(run),
            backfill_id,
            moment,
            at: Instant::now(),
        }
    }
}

/// A state of the mart.
#[derive(Clone)]
pub struct Version {
    /// Its number; 0 before the first merge.
    pub number: i32,
    /// The run whose merge made it.
    pub run_id: Option<i64>,
    /// When.
    pub merged_at: Option<DateTime<Utc>>,
    /// What is loaded for it, shared by all who follow it.
    pub moment: Arc<Moment>,
}

/// More runs have changed than are kept for somebody who is that slow.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("more has changed than is kept for a slow reader; subscribe again")]
pub struct Lagged;

/// The feed of an instance.
pub struct Feed {
    state: Mutex<State>,
    /// The number of the newest change: wakes those who follow.
    newest: watch::Sender<u64>,
    /// None until the watcher has had its first look.
    version: watch::Sender<Option<Version>>,
    /// How many are there: sockets and those who follow.
    present: watch::Sender<usize>,
    /// Wakes the watcher.
    look: Arc<Notify>,
}

#[derive(Default)]
struct State {
    /// By number.
    log: BTreeMap<u64, Change>,
    /// The number of each run's change in the log.
    of_run: HashMap<i64, u64>,
    /// The number of the newest change there has been.
    newest: u64,
    /// The number of the newest change that was dropped because the log was full or it was old.
    dropped: u64,
    asks: Vec<Ask>,
}

/// Somebody wants to know how a run is now.
struct Ask {
    run_id: i64,
    reply: oneshot::Sender<Option<(Change, u64)>>,
}

impl Feed {
    /// An empty feed whose watcher is woken by `look`.
    pub fn new(look: Arc<Notify>) -> Self {
        Self {
            state: Mutex::default(),
            newest: watch::Sender::new(0),
            version: watch::Sender::new(None),
            present: watch::Sender::new(0),
            look,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts somebody as present until the answer is dropped.
    pub fn enter(self: &Arc<Self>) -> Presence {
        let _state = self.state();
        self.present.send_modify(|count| *count += 1);
        Presence(self.clone())
    }

    /// Follows the feed from here on; returns when the watcher is at work, so that what changes from now on is
    /// found.
    pub async fn follow(self: &Arc<Self>) -> Follower {
        let follower = Follower {
            presence: self.enter(),
            wake: self.newest.subscribe(),
            place: self.state().newest,
        };
        // The sender lives as long as the feed.
        let _ = self.version.subscribe().wait_for(Option::is_some).await;
        follower
    }

    /// How a run is, and the feed from there on; none where there is no such run.
    pub async fn follow_run(self: &Arc<Self>, run_id: i64) -> Option<(Change, Follower)> {
        let presence = self.enter();
        let (reply, answer) = oneshot::channel();
        self.state().asks.push(Ask { run_id, reply });
        self.look.notify_one();
        let (change, place) = answer.await.ok()??;
        let follower = Follower {
            wake: self.newest.subscribe(),
            place,
            presence,
        };
        Some((change, follower))
    }

    /// The state of the mart, and each later one; a reader who is late gets the last only.
    pub fn versions(self: &Arc<Self>) -> Versions {
        Versions {
            newest: self.version.subscribe(),
            last: None,
            _presence: self.enter(),
        }
    }

    /// Returns when somebody is present.
    pub(super) async fn awaited(&self) {
        let _ = self.present.subscribe().wait_for(|count| *count > 0).await;
    }

    /// Whether nobody is present; everything is forgotten then, and whoever comes waits for the watcher.
    pub(super) fn is_deserted(&self) -> bool {
        let mut state = self.state();
        let deserted = *self.present.borrow() == 0;
        if deserted {
            state.log = BTreeMap::new();
            state.of_run = HashMap::new();
            state.asks = Vec::new();
            self.version.send_replace(None);
        }
        deserted
    }

    /// The runs that somebody wants to know of.
    pub(super) fn asked(&self) -> Vec<i64> {
        self.state().asks.iter().map(|ask| ask.run_id).collect()
    }

    /// Tells those who have asked for these runs how they are; what is not among `found` is not there.
    pub(super) fn answer(&self, asked: &[i64], found: &HashMap<i64, Change>) {
        let mut state = self.state();
        let newest = state.newest;
        let (answered, rest) = std::mem::take(&mut state.asks)
            .into_iter()
            .partition::<Vec<_>, _>(|ask| asked.contains(&ask.run_id));
        state.asks = rest;
        for ask in answered {
            let change = found.get(&ask.run_id).cloned();
            // Who has asked may have gone.
            let _ = ask.reply.send(change.map(|change| (change, newest)));
        }
    }

    /// Tells what has changed, in this order.
    pub(super) fn publish(&self, changes: impl IntoIterator<Item = Change>) {
        let mut state = self.state();
        for change in changes {
            state.newest += 1;
            let number = state.newest;
            if let Some(before) = state.of_run.insert(change.run.id, number) {
                state.log.remove(&before);
            }
            state.log.insert(number, change);
        }
        while let Some(oldest) = state.log.first_entry() {
            let (number, old) = (*oldest.key(), oldest.get().at.elapsed() > KEPT_FOR);
            if !old && state.log.len() <= MAX_KEPT {
                break;
            }
            if let Some(change) = state.log.remove(&number) {
                state.of_run.remove(&change.run.id);
            }
            state.dropped = number;
        }
        self.newest.send_replace(state.newest);
    }

    /// Tells the state of the mart, where it is a newer one.
    pub(super) fn publish_version(&self, version: Version) {
        self.version.send_if_modified(|known| {
            let newer = known
                .as_ref()
                .is_none_or(|known| known.number < version.number);
            if newer {
                *known = Some(version);
            }
            newer
        });
    }
}

/// Somebody who is there.
pub struct Presence(Arc<Feed>);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.present.send_modify(|count| *count -= 1);
    }
}

/// A place in the feed.
pub struct Follower {
    presence: Presence,
    wake: watch::Receiver<u64>,
    /// The number of the last change that was looked at.
    place: u64,
}

impl Follower {
    /// The next change that is wanted. Runs that have changed several times since are told of once.
    ///
    /// # Errors
    /// [`Lagged`] when changes were dropped before they were looked at.
    pub async fn next(&mut self, wanted: impl Fn(&Change) -> bool) -> Result<Change, Lagged> {
        loop {
            self.wake.borrow_and_update();
            {
                let state = self.presence.0.state();
                if self.place < state.dropped {
                    return Err(Lagged);
                }
                let mut later = state.log.range(self.place + 1..);
                if let Some((number, change)) = later.find(|(_, change)| wanted(change)) {
                    self.place = *number;
                    return Ok(change.clone());
                }
                self.place = state.newest;
            }
            // The sender lives as long as the feed, which the presence keeps.
            if self.wake.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

/// The states of the mart.
pub struct Versions {
    newest: watch::Receiver<Option<Version>>,
    last: Option<i32>,
    _presence: Presence,
}

impl Versions {
    /// The first state, or the next one.
    pub async fn next(&mut self) -> Version {
        loop {
            let newest = self.newest.borrow_and_update().clone();
            if let Some(version) = newest.filter(|found| Some(found.number) != self.last) {
                self.last = Some(version.number);
                return version;
            }
            if self.newest.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ingest::{RunKind, RunMode, RunStatus, Trigger};

    fn change(id: i64, rows: i64) -> Change {
        let run = run::Model {
            id,
            kind: RunKind::Ingest,
            status: RunStatus::Reading,
            triggered_by: Trigger::Inbox,
            requested_by: None,
            file_name: String::new(),
            source_file_id: None,
            mode: RunMode::Merge,
            rule_version: 1,
            duplicate_of: None,
            undoes: None,
            held_because: None,
            approved_at: None,
            data_version: None,
            bytes_total: None,
            bytes_read: 0,
            rows_read: rows,
            rows_inserted: 0,
            rows_updated: 0,
            rows_unchanged: 0,
            rows_superseded: 0,
            rows_deleted: 0,
            rows_rejected: 0,
            issue_count: 0,
            error: None,
            created_at: Utc::now(),
            started_at: None,
            finished_at: None,
            changed_at: Utc::now(),
        };
        Change::new(run, None, Arc::default())
    }

    async fn begun() -> (Arc<Feed>, Follower) {
        let feed = Arc::new(Feed::new(Arc::default()));
        feed.publish_version(Version {
            number: 0,
            run_id: None,
            merged_at: None,
            moment: Arc::default(),
        });
        let follower = feed.follow().await;
        (feed, follower)
    }

    #[tokio::test]
    async fn whoever_is_late_gets_each_run_once_and_as_it_was_last() {
        let (feed, mut follower) = begun().await;
        let told = [(1, 10), (2, 20), (1, 11), (3, 30), (2, 21)];
        feed.publish(told.map(|(id, rows)| change(id, rows)));
        let mut heard = Vec::new();
        for _ in 0..3 {
            let change = follower.next(|_| true).await.unwrap();
            heard.push((change.run.id, change.run.rows_read));
        }
        assert_eq!(heard, [(1, 11), (3, 30), (2, 21)]);
        feed.publish([change(4, 40), change(5, 50)]);
        assert_eq!(
            follower
                .next(|change| change.run.id == 5)
                .await
                .unwrap()
                .run
                .id,
            5
        );
        assert_eq!(feed.state().log.len(), 5);
    }

    #[tokio::test]
    async fn whoever_is_too_late_is_told_so_and_nothing_grows() {
        let (feed, mut follower) = begun().await;
        let mut watching = feed.follow().await;
        let many = MAX_KEPT as i64 + 1;
        feed.publish((0..many).map(|id| change(id, 0)));
        assert_eq!(feed.state().log.len(), MAX_KEPT);
        assert!(follower.next(|_| true).await.is_err());
        assert!(watching.next(|_| true).await.is_err());
        drop((follower, watching));
        assert!(feed.is_deserted());
        assert!(feed.state().log.is_empty() && feed.state().of_run.is_empty());
    }
}
