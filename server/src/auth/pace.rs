//! How many requests a second are answered to each who asks.

use super::AccessError;
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    state::keyed::HashMapStateStore,
};
use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
};

/// Who may come at once after a while of silence as often as in so many seconds.
const BURST: u32 = 5;
/// How many requests later it is looked for those who are gone.
const ROUND: u64 = 4096;

/// Who asks, as far as that is known before anything is looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// Whoever shows a session or a token of this hash, which holds.
    Known(String),
    /// Anybody else from an address.
    From(Option<IpAddr>),
}

/// Counts the requests that this instance answers.
pub struct Pace {
    most: NonZeroU32,
    limiter: RateLimiter<Who, HashMapStateStore<Who>, DefaultClock>,
    counted: AtomicU64,
}

impl Pace {
    /// Lets each ask so many times a second.
    pub fn new(most: NonZeroU32) -> Self {
        let burst = most.saturating_mul(NonZeroU32::MIN.saturating_add(BURST - 1));
        Self {
            most,
            limiter: RateLimiter::hashmap(Quota::per_second(most).allow_burst(burst)),
            counted: AtomicU64::new(0),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// [`AccessError::TooFast`] when it is one too many.
    pub fn count(&self, who: Who) -> Result<(), AccessError> {
        if self.counted.fetch_add(1, Ordering::Relaxed) % ROUND == ROUND - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&who).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            AccessError::TooFast {
                most: self.most.get(),
                seconds: wait.as_secs().max(1).cast_signed(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_may_ask_so_often() {
        let pace = Pace::new(NonZeroU32::new(2).unwrap());
        let from = |last| Who::From(Some([127, 0, 0, last].into()));
        for _ in 0..10 {
            pace.count(from(1)).unwrap();
        }
        let refused = pace.count(from(1)).unwrap_err();
        assert_eq!(refused.code(), "TOO_MANY_REQUESTS");
        assert!(
            refused
                .to_string()
                .contains("more than 2 requests a second")
        );
        pace.count(from(2)).unwrap();
        pace.count(Who::Known("x".to_owned())).unwrap();
    }
}
