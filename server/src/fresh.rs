//! Answers that are as new as the mart, and cheap when it has not changed.
//!
//! What says nothing but what the mart holds is a function of the data version, the question and the asker's
//! permissions. The hash of these is therefore its `ETag`, the address under which the finished bytes are kept,
//! and what makes many that ask the same at once wait for one. The version is asked for after every request has
//! come ([`Answers::newest`]), so that what another instance has merged is seen at once, and again when an answer is made, so that
//! none is older than its tag says.

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use etl::database::reading::{self, Spent, TimedOut};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use metrics::counter;
use newest::Newest;
use quick_cache::{Weighter, sync::Cache};
use sea_orm::{DatabaseConnection, DbErr};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

mod newest;

pub use newest::{Version, version};

/// The header that tells the data version of a read answer.
pub const VERSION: HeaderName = HeaderName::from_static("x-marquee-data-version");

/// How often an answer is made again when the mart changes meanwhile.
const TRIES: usize = 3;

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FreshError {
    /// The database does not tell the version.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// Making it takes longer than it may.
    #[error("{0}")]
    TimedOut(#[from] TimedOut),
}

/// A strong entity tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tag([u8; 32]);

/// The tag of what is said of a version in answer to a question: its `parts` are everything that it and who
/// asks it consist of.
pub fn etag(version: &Version, parts: &[&[u8]]) -> Tag {
    let merged_at = version.merged_at.map_or(0, |at| at.timestamp_micros());
    let mut hash = Sha256::new();
    hash.update(version.number.to_le_bytes());
    hash.update(merged_at.to_le_bytes());
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    Tag(hash.finalize().into())
}

impl Tag {
    /// The tag of an answer that is a function of nothing but its bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// As the header `ETag` has it.
    pub fn header(self) -> String {
        format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&self.0[..18]))
    }

    /// Whether the asker has this very answer, as `If-None-Match` says. That it has any, as `*` says, is no
    /// reason to believe that there is one without errors.
    pub fn is_had(self, headers: &HeaderMap) -> bool {
        is_named(headers, &self.header())
    }
}

/// Whether `If-None-Match` names a tag, spelled as the header `ETag` is.
pub fn is_named(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter();
    given
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|given| given.trim().trim_start_matches("W/"))
        .any(|given| given == tag || compressed(tag).is_some_and(|tag| tag == given))
}

/// The tag of the compressed form of what has this one.
pub fn compressed(tag: &str) -> Option<String> {
    // None of the letters of a tag is a dot.
    Some(format!("{}.gz\"", tag.strip_suffix('"')?))
}

/// An answer that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The HTTP status.
    pub status: StatusCode,
    /// The content's type.
    pub kind: &'static str,
    /// The content.
    pub bytes: Bytes,
    /// Whether it is a whole answer: one that tells of errors is never tagged nor kept.
    pub whole: bool,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Tag, Made> for Weight {
    fn weight(&self, _: &Tag, made: &Made) -> u64 {
        // What the entry itself takes is not to be forgotten for small ones.
        256 + made.bytes.len() as u64
    }
}

type Outcome = Result<(Made, Version, Spent), FreshError>;
type Flight = BoxFuture<'static, Outcome>;

/// Finished answers, and those that are being made; one for an instance, cheap to clone.
#[derive(Clone)]
pub struct Answers(Arc<Inner>);

struct Inner {
    ready: Option<Cache<Tag, Made, Weight>>,
    flights: Mutex<HashMap<Tag, WeakShared<Flight>>>,
    newest: Arc<Newest>,
    limit: Duration,
}

impl Answers {
    /// Keeps answers of so many bytes together, and lets making one take no longer than `limit`.
    pub fn new(bytes: u64, limit: Duration) -> Self {
        Self(Arc::new(Inner {
            ready: (bytes > 0).then(|| Cache::with_weighter(4096, bytes, Weight)),
            flights: Mutex::default(),
            newest: Arc::default(),
            limit,
        }))
    }

    /// The newest state of the mart, as of now or later.
    ///
    /// # Errors
    /// [`FreshError`].
    pub async fn newest(&self, db: &DatabaseConnection) -> Result<Version, FreshError> {
        self.0.newest.ask(db).await
    }

    /// Answers a question that is about nothing but the mart: with 304 where the asker has the answer, with
    /// the kept bytes where there are some, and else with what `make` makes of a version.
    ///
    /// `parts` are everything that the answer depends on besides the version.
    ///
    /// # Errors
    /// [`FreshError`].
    pub async fn answer_with<F, R>(
        &self,
        db: &DatabaseConnection,
        headers: &HeaderMap,
        parts: &[&[u8]],
        make: F,
    ) -> Result<Response, FreshError>
    where
        F: Fn(Version) -> R,
        R: Future<Output = Made> + Send + 'static,
    {
        let mut now = self.newest(db).await?;
        let mut tries = 0;
        loop {
            let tag = etag(&now, parts);
            if tag.is_had(headers) {
                counted("not_modified");
                return Ok(not_modified(&now, tag));
            }
            if let Some(made) = self.0.ready.as_ref().and_then(|ready| ready.get(&tag)) {
                counted("hit");
                return Ok(respond(made, &now, Some(tag)));
            }
            let (made, after) = self.make(db, tag, now, &make).await?;
            tries += 1;
            if !made.whole {
                return Ok(respond(made, &now, None));
            }
            if after == now {
                return Ok(respond(made, &now, Some(tag)));
            }
            if tries == TRIES {
                // It is at least as new as it says, but may be of several versions.
                return Ok(respond(made, &now, None));
            }
            now = after;
        }
    }

    /// Makes an answer, or waits for the one that is being made; answers the version after that as well.
    async fn make<F, R>(
        &self,
        db: &DatabaseConnection,
        tag: Tag,
        now: Version,
        make: &F,
    ) -> Result<(Made, Version), FreshError>
    where
        F: Fn(Version) -> R,
        R: Future<Output = Made> + Send + 'static,
    {
        let (flight, own) = self.flight(tag, || {
            let (inner, db, making) = (self.0.clone(), db.clone(), make(now));
            async move {
                let work = async {
                    let made = making.await;
                    let after = inner.newest.ask(&db).await?;
                    Ok::<_, FreshError>((made, after))
                };
                let (done, spent) = reading::within(inner.limit, work).await;
                let (made, after) = done??;
                if let Some(ready) = &inner.ready
                    && made.whole
                    && after == now
                {
                    ready.insert(tag, made.clone());
                }
                Ok((made, after, spent))
            }
            .boxed()
        });
        counted(if own { "miss" } else { "joined" });
        let outcome = flight.await;
        self.flights().remove(&tag);
        let (made, after, spent) = outcome?;
        if own {
            spent.charge();
        }
        Ok((made, after))
    }

    /// The flight to a tag, and whether it begins here. It ends when nobody waits for it any more.
    fn flight(&self, tag: Tag, begin: impl FnOnce() -> Flight) -> (Shared<Flight>, bool) {
        let mut flights = self.flights();
        if let Some(flight) = flights.get(&tag).and_then(WeakShared::upgrade) {
            return (flight, false);
        }
        flights.retain(|_, flight| flight.upgrade().is_some());
        let flight = begin().shared();
        if let Some(weak) = flight.downgrade() {
            flights.insert(tag, weak);
        }
        (flight, true)
    }

    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<Tag, WeakShared<Flight>>> {
        self.0
            .flights
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn counted(result: &'static str) {
    counter!("marquee_answers_total", "result" => result).increment(1);
}

/// Answers with something that depends on more than the mart: tagged by its bytes, and so correct, if not
/// cheap. `version` is the one that it is at least as new as.
pub fn whole(headers: &HeaderMap, version: &Version, made: Made) -> Response {
    let tag = made.whole.then(|| Tag::of(&made.bytes));
    match tag {
        Some(tag) if tag.is_had(headers) => not_modified(version, tag),
        _ => respond(made, version, tag),
    }
}

fn not_modified(version: &Version, tag: Tag) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    describe(response.headers_mut(), version, Some(tag));
    response
}

fn respond(made: Made, version: &Version, tag: Option<Tag>) -> Response {
    let mut response = (made.status, made.bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(made.kind));
    describe(headers, version, tag);
    response
}

/// What is said of an answer besides its content. What has no tag is not to be kept.
fn describe(headers: &mut HeaderMap, version: &Version, tag: Option<Tag>) {
    headers.insert(VERSION, version.number.into());
    let vary = HeaderValue::from_static("Cookie, Authorization");
    headers.insert(header::VARY, vary);
    let tag = tag.and_then(|tag| HeaderValue::from_str(&tag.header()).ok());
    let keep = match tag.is_some() {
        true => "private, no-cache",
        false => "no-store",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Some(tag) = tag {
        headers.insert(header::ETAG, tag);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(number: i32) -> Version {
        Version {
            number,
            merged_at: None,
        }
    }

    #[test]
    fn tags_differ_by_version_and_by_every_part() {
        let tag = etag(&of(1), &[b"ab", b"c"]);
        assert_eq!(tag, etag(&of(1), &[b"ab", b"c"]));
        assert_ne!(tag, etag(&of(2), &[b"ab", b"c"]));
        assert_ne!(tag, etag(&of(1), &[b"a", b"bc"]));
        let merged_at = sea_orm::prelude::DateTimeUtc::from_timestamp_micros(1);
        assert_ne!(
            tag,
            etag(
                &Version {
                    number: 1,
                    merged_at
                },
                &[b"ab", b"c"]
            )
        );
    }

    #[test]
    fn a_tag_is_found_in_what_the_asker_has() {
        let tag = Tag::of(b"answer");
        let own = tag.header();
        let check = |given: &str, had: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, given.parse().unwrap());
            assert_eq!(tag.is_had(&headers), had, "{given}");
        };
        check(&own, true);
        check(&format!("\"x\", W/{own}"), true);
        check("*", false);
        check("\"x\"", false);
        check(own.trim_matches('"'), false);
        assert!(!tag.is_had(&HeaderMap::new()));
    }
}
