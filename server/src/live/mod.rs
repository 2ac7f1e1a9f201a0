//! What is pushed: subscriptions over WebSockets at `/graphql/ws`.
//!
//! One [`watch`] for each instance finds out what has changed in the database, whoever has changed it, and tells
//! the [`feed`]; it goes on only while somebody is there to hear. Subscriptions follow the feed, each at its own
//! place in it, so that a slow one costs no more memory than a fast one and gets the latest state of a run, not
//! every one it has missed. A [`socket`] speaks the protocol `graphql-transport-ws` ([`protocol`]); the
//! [`audience`] knows all of them, and closes those whose session ends.

pub mod audience;
pub mod feed;
pub mod protocol;
pub mod socket;
pub mod watch;

use crate::config::Sockets;
use audience::Audience;
use feed::Feed;
use std::sync::Arc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What all sockets of an instance share; cheap to clone.
#[derive(Clone)]
pub struct Live {
    /// What has changed.
    pub feed: Arc<Feed>,
    /// Who is there.
    pub audience: Arc<Audience>,
    /// How many there may be, and how patient the server is with them.
    pub limits: Arc<Sockets>,
    /// Cancelled when the instance stops: sockets are closed then.
    pub shutdown: CancellationToken,
    /// The sockets' tasks.
    pub tasks: TaskTracker,
}

impl Live {
    /// Nobody is there yet.
    pub fn new(feed: Arc<Feed>, limits: Sockets, shutdown: CancellationToken) -> Self {
        Self {
            audience: Arc::new(Audience::new(feed.clone(), limits.total, limits.per_user)),
            feed,
            limits: Arc::new(limits),
            shutdown,
            tasks: TaskTracker::new(),
        }
    }

    /// Returns when the instance stops and the last socket is closed.
    pub async fn ended(&self) {
        self.shutdown.cancelled().await;
        self.tasks.close();
        self.tasks.wait().await;
    }
}
