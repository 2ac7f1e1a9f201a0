//! The sockets that are open: how many, whose they are, and whether their sessions still hold.

use super::{
    feed::{Feed, Presence},
    protocol::Closing,
};
use crate::auth::{Proof, Viewer};
use metrics::gauge;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Everybody who is there.
pub struct Audience {
    feed: Arc<Feed>,
    total: usize,
    per_user: usize,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    /// How many sockets are open, signed in or not.
    open: usize,
    last: u64,
    taken: HashMap<u64, Taken>,
    of_user: HashMap<i64, usize>,
}

/// A seat that somebody has who is signed in.
struct Taken {
    proof: Proof,
    viewer: Arc<Viewer>,
    closing: watch::Sender<Option<Closing>>,
}

impl Audience {
    /// Nobody, with room for `total` sockets, `per_user` of them of one person.
    pub fn new(feed: Arc<Feed>, total: usize, per_user: usize) -> Self {
        Self {
            feed,
            total,
            per_user,
            seats: Mutex::default(),
        }
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat for a socket that has just been opened.
    ///
    /// # Errors
    /// [`Closing::FULL`] when there are too many.
    pub fn enter(self: &Arc<Self>) -> Result<Seat, Closing> {
        let mut seats = self.seats();
        if seats.open >= self.total {
            return Err(Closing::FULL);
        }
        seats.open += 1;
        gauge!("marquee_sockets").set(seats.open as f64);
        Ok(Seat {
            audience: self.clone(),
            held: None,
        })
    }

    /// What those who are signed in have shown, each once.
    pub(super) fn proofs(&self) -> Vec<Proof> {
        let seats = self.seats();
        let known: HashSet<&Proof> = seats.taken.values().map(|taken| &taken.proof).collect();
        known.into_iter().cloned().collect()
    }

    /// Closes the sockets of those among `asked` who are no longer who they were.
    pub(super) fn judge(&self, asked: &[Proof], found: &HashMap<Proof, Viewer>) {
        let seats = self.seats();
        let asked: HashSet<&Proof> = asked.iter().collect();
        for taken in seats.taken.values() {
            let closing = match found.get(&taken.proof) {
                _ if !asked.contains(&taken.proof) => continue,
                None => Closing::ENDED,
                Some(viewer) if *viewer != *taken.viewer => Closing::CHANGED,
                Some(_) => continue,
            };
            taken.closing.send_replace(Some(closing));
        }
    }
}

/// The place of one socket; given back when dropped.
pub struct Seat {
    audience: Arc<Audience>,
    held: Option<Held>,
}

struct Held {
    number: u64,
    user_id: i64,
    closing: watch::Receiver<Option<Closing>>,
    _presence: Presence,
}

impl Seat {
    /// Notes whose socket it is.
    ///
    /// # Errors
    /// [`Closing::TOO_MANY`] when the person has too many.
    pub fn sign_in(&mut self, proof: Proof, viewer: Arc<Viewer>) -> Result<(), Closing> {
        let mut seats = self.audience.seats();
        let user_id = viewer.user_id;
        let count = seats.of_user.entry(user_id).or_default();
        if *count >= self.audience.per_user {
            return Err(Closing::TOO_MANY);
        }
        *count += 1;
        seats.last += 1;
        let number = seats.last;
        let (closing, closed) = watch::channel(None);
        let taken = Taken {
            proof,
            viewer,
            closing,
        };
        seats.taken.insert(number, taken);
        self.held = Some(Held {
            number,
            user_id,
            closing: closed,
            _presence: self.audience.feed.enter(),
        });
        Ok(())
    }

    /// Whether somebody has signed in.
    pub fn is_signed_in(&self) -> bool {
        self.held.is_some()
    }

    /// Returns when the socket is to be closed, and says why.
    pub async fn closing(&mut self) -> Closing {
        let Some(held) = &mut self.held else {
            return std::future::pending().await;
        };
        match held.closing.wait_for(Option::is_some).await {
            Ok(closing) => closing.unwrap_or(Closing::ENDED),
            // The sender goes with this seat only.
            Err(_) => Closing::ENDED,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.audience.seats();
        seats.open -= 1;
        gauge!("marquee_sockets").set(seats.open as f64);
        if let Some(held) = &self.held {
            seats.taken.remove(&held.number);
            if let Some(count) = seats.of_user.get_mut(&held.user_id) {
                *count -= 1;
                if *count == 0 {
                    seats.of_user.remove(&held.user_id);
                }
            }
        }
    }
}
