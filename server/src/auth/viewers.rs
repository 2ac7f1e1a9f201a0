//! The one place that answers who is asking.
//!
//! A viewer is looked up by what the request shows, a session's cookie or a token, and remembered for half a
//! second, so that a busy client costs few statements and what is revoked still ends within a second everywhere.
//! On the instance that changes something it ends at once.

use super::{
    AccessError, Viewer, attempt,
    audit::{self, Outcome},
    client::{Client, Proxies},
    pace::{Pace, Who},
    session, token,
};
use crate::config;
use axum::http::{HeaderMap, HeaderValue};
use chrono::Utc;
use sea_orm::{DatabaseConnection, DbErr};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long a viewer is remembered.
const LIFETIME: Duration = Duration::from_millis(500);
/// How many things are remembered at most.
const CAPACITY: usize = 10_000;

/// Things that are remembered for a while, a bounded number of them.
struct Remembered<T>(Mutex<Memory<T>>);

struct Memory<T> {
    /// How often everything was forgotten.
    age: u64,
    /// Until when each thing is remembered.
    things: HashMap<String, (Instant, T)>,
}

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::new(Memory {
            age: 0,
            things: HashMap::new(),
        }))
    }
}

impl<T: Clone> Remembered<T> {
    fn lock(&self) -> MutexGuard<'_, Memory<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered, and how often everything was forgotten before.
    fn get(&self, key: &str) -> (u64, Option<T>) {
        let memory = self.lock();
        let found = memory.things.get(key);
        let found = found.filter(|(until, _)| Instant::now() < *until);
        (memory.age, found.map(|(_, value)| value.clone()))
    }

    /// Remembers, unless everything was forgotten since `age`: the value may be from before that.
    fn put(&self, age: u64, key: String, value: T, span: Duration) {
        let (mut memory, now) = (self.lock(), Instant::now());
        if memory.age != age {
            return;
        }
        if memory.things.len() >= CAPACITY {
            memory.things.retain(|_, (until, _)| now < *until);
        }
        if memory.things.len() >= CAPACITY {
            memory.things.clear();
        }
        memory.things.insert(key, (now + span, value));
    }

    fn forget(&self) {
        let mut memory = self.lock();
        memory.age += 1;
        memory.things.clear();
    }
}

/// Who may come in, and what an instance remembers of them.
pub struct Access {
    db: DatabaseConnection,
    viewers: Remembered<Arc<Viewer>>,
    /// What the audit trail need not be told again for now.
    told: Remembered<()>,
    /// Addresses that have to wait with tokens, and until when.
    waiting: Remembered<i64>,
    /// How often each may ask.
    pace: Pace,
    /// Whose word is taken for where requests come from.
    pub proxies: Proxies,
    /// The other sites whose pages may ask.
    pub origins: Vec<HeaderValue>,
}

impl Access {
    /// Access to the users of a database, each of whom may ask `rate` times a second.
    pub fn new(db: DatabaseConnection, config: &config::Access, rate: NonZeroU32) -> Self {
        Self {
            db,
            viewers: Remembered::default(),
            told: Remembered::default(),
            waiting: Remembered::default(),
            pace: Pace::new(rate),
            proxies: Proxies(config.trusted_proxies.clone()),
            origins: config.cors_origins.clone(),
        }
    }

    /// Forgets who was there, because what they may do has changed.
    pub fn forget(&self) {
        self.viewers.forget();
    }

    /// Whether something is worth telling: the first time in `span`. Keeps what strangers do without end from
    /// filling the audit trail.
    pub fn is_news(&self, key: String, span: Duration) -> bool {
        match self.told.get(&key) {
            (_, Some(())) => false,
            (age, None) => {
                self.told.put(age, key, (), span);
                true
            }
        }
    }

    /// Counts a token that is none.
    async fn unknown_token(&self, headers: &HeaderMap, client: Client) -> Result<(), AccessError> {
        let Some(address) = client.address else {
            return Ok(());
        };
        let now = Utc::now();
        let key = address.to_string();
        let (age, waiting) = self.waiting.get(&key);
        if let Some(until) = waiting {
            let seconds = (until - now.timestamp()).max(1);
            return Err(AccessError::TooSoon { seconds });
        }
        let counted = attempt::count(&self.db, &attempt::Subject::tokens(address), now).await;
        if let Err(AccessError::TooSoon { seconds }) = &counted {
            let (until, span) = (now.timestamp() + seconds, seconds.unsigned_abs());
            self.waiting.put(age, key, until, Duration::from_secs(span));
        }
        let owner = token::owner(&self.db, headers).await?;
        let subject = owner.unwrap_or_else(|| "token that nobody has".to_owned());
        let code = counted
            .as_ref()
            .err()
            .map_or("UNAUTHENTICATED", AccessError::code);
        let news = format!("{address} {subject} {code}");
        if self.is_news(news, Duration::from_secs(600)) {
            let event = audit::Event {
                actor: audit::STRANGER,
                action: "token.use",
                subject,
                address: client.address,
                outcome: Outcome::Refused,
                code: Some(code),
                ..Default::default()
            };
            audit::record(&self.db, event).await?;
        }
        counted
    }
}

/// What a request shows of who asks, as its hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Proof {
    /// A session's cookie.
    Session(String),
    /// A bearer token.
    Token(String),
}

impl Proof {
    /// A token decides alone where one is sent: who sends one means it, and a browser sends cookies unasked.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        if let Some(token) = token::sent(headers) {
            return Some(Self::Token(token::hash(token)));
        }
        let session = session::Token::of(headers)?;
        Some(Self::Session(session.hash()))
    }
}

/// Who is asking: the person or token that a request's headers show; nobody where they show none, or one that is
/// forged, has ended, or whose user is disabled. Of a bearer token and a cookie only the token counts.
///
/// # Errors
/// [`AccessError::TooFast`] when they ask too often, [`AccessError::TooSoon`] for a wrong token after too many from the
/// same address, [`AccessError::Database`] when the database does not answer.
pub async fn viewer_of(
    access: &Access,
    headers: &HeaderMap,
    client: Client,
) -> Result<Option<Arc<Viewer>>, AccessError> {
    let stranger = Who::From(client.address);
    let Some(shown) = Proof::of(headers) else {
        access.pace.count(stranger)?;
        return Ok(None);
    };
    let (Proof::Session(hash) | Proof::Token(hash)) = &shown;
    let (age, known) = access.viewers.get(hash);
    if known.is_some() {
        access.pace.count(Who::Known(hash.clone()))?;
        return Ok(known);
    }
    // Until it has been looked up, what is shown may be made up.
    access.pace.count(stranger)?;
    let proofs = std::slice::from_ref(&shown);
    let found = viewers(access, proofs).await?.remove(&shown);
    match (found, shown) {
        (Some(viewer), Proof::Session(hash) | Proof::Token(hash)) => {
            let viewer = Arc::new(viewer);
            access.viewers.put(age, hash, viewer.clone(), LIFETIME);
            Ok(Some(viewer))
        }
        (None, Proof::Session(_)) => Ok(None),
        (None, Proof::Token(_)) => access.unknown_token(headers, client).await.map(|()| None),
    }
}

/// Who these are now, as the database has it: what no longer holds is left out.
///
/// # Errors
/// When the database does not answer.
pub async fn viewers(access: &Access, proofs: &[Proof]) -> Result<HashMap<Proof, Viewer>, DbErr> {
    let (mut sessions, mut tokens) = (Vec::new(), Vec::new());
    for proof in proofs {
        match proof {
            Proof::Session(hash) => sessions.push(hash.as_str()),
            Proof::Token(hash) => tokens.push(hash.as_str()),
        }
    }
    let mut found = HashMap::new();
    if !sessions.is_empty() {
        let of_session = session::viewers(&access.db, &sessions).await?;
        found.extend(
            of_session
                .into_iter()
                .map(|(hash, viewer)| (Proof::Session(hash), viewer)),
        );
    }
    if !tokens.is_empty() {
        let of_token = token::viewers(&access.db, &tokens).await?;
        found.extend(
            of_token
                .into_iter()
                .map(|(hash, viewer)| (Proof::Token(hash), viewer)),
        );
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_remembered_from_before_all_was_forgotten() {
        let (remembered, long) = (Remembered::default(), Duration::from_secs(60));
        let (age, _) = remembered.get("a");
        remembered.put(age, "a".to_owned(), 1, long);
        assert_eq!(remembered.get("a"), (0, Some(1)));
        remembered.forget();
        assert_eq!(remembered.get("a"), (1, None));
        remembered.put(age, "a".to_owned(), 1, long);
        assert_eq!(remembered.get("a"), (1, None));
        remembered.put(1, "a".to_owned(), 2, Duration::ZERO);
        assert_eq!(remembered.get("a"), (1, None));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let remembered = Remembered::default();
        for number in 0..CAPACITY + 10 {
            remembered.put(0, number.to_string(), (), Duration::from_secs(60));
        }
        assert!(remembered.lock().things.len() <= CAPACITY);
    }
}
