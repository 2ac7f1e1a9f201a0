//! Which state of the mart is the newest.

use super::FreshError;
use etl::database::{
    self,
    reading::{self, Spent},
};
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, prelude::DateTimeUtc};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A state of the mart. The moment of its merge is part of it, so that the versions of a database that was
/// made anew are not taken for those of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// 0 before the first merge.
    pub number: i32,
    pub(super) merged_at: Option<DateTimeUtc>,
}

/// The newest state of the mart.
///
/// # Errors
/// When the database does not answer.
pub async fn version<C: ConnectionTrait>(db: &C) -> Result<Version, DbErr> {
    const SQL: &str = "SELECT s.version, v.merged_at
        FROM mart_state s LEFT JOIN data_version v ON v.version = s.version WHERE s.id = 1";
    let rows = database::query(db, SQL, []).await?;
    let row = rows
        .first()
        .ok_or_else(|| DbErr::RecordNotFound("table mart_state is empty".to_owned()))?;
    Ok(Version {
        number: row.try_get("", "version")?,
        merged_at: row.try_get("", "merged_at")?,
    })
}

type Flight = Shared<BoxFuture<'static, Result<(Version, Spent), FreshError>>>;

/// Asks for the newest state, one statement after the other: all who come while one is under way share the next, so
/// that whoever asks is told of every merge that was there before.
pub struct Newest {
    limit: Duration,
    /// Held by the statement that is under way.
    turn: tokio::sync::Mutex<()>,
    /// The statement after that, which can still be joined.
    next: Mutex<Option<Flight>>,
}

impl Newest {
    /// Lets a statement take no longer than `limit`.
    pub fn new(limit: Duration) -> Arc<Self> {
        Arc::new(Self {
            limit,
            turn: tokio::sync::Mutex::default(),
            next: Mutex::default(),
        })
    }

    /// The newest state.
    ///
    /// # Errors
    /// [`FreshError`].
    pub async fn ask(self: &Arc<Self>, db: &DatabaseConnection) -> Result<Version, FreshError> {
        let (flight, own) = self.flight(db);
        let (version, spent) = flight.await?;
        if own {
            spent.charge();
        }
        Ok(version)
    }

    /// The next statement, and whether it is the caller's own.
    fn flight(self: &Arc<Self>, db: &DatabaseConnection) -> (Flight, bool) {
        let mut next = self.next();
        if let Some(flight) = &*next {
            return (flight.clone(), false);
        }
        let (newest, db) = (self.clone(), db.clone());
        let flight = async move {
            let _turn = newest.turn.lock().await;
            // Who comes from now on is too late for this one.
            *newest.next() = None;
            // It is nobody's in particular, and so does not end with the request that began it.
            let (done, spent) = reading::within(newest.limit, version(&db)).await;
            Ok((done??, spent))
        };
        let flight = flight.boxed().shared();
        *next = Some(flight.clone());
        (flight, true)
    }

    fn next(&self) -> MutexGuard<'_, Option<Flight>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use sea_orm::{ConnectOptions, Database};
    use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn whoever_asks_is_told_of_what_was_there_before_in_fewer_statements() {
        const ASKERS: usize = 8;
        const TIMES: usize = 200;
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1);
        let mut db = Database::connect(options).await.unwrap();
        for sql in [
            "CREATE TABLE mart_state (id INTEGER, version INTEGER)",
            "CREATE TABLE data_version (version INTEGER, merged_at TEXT)",
            "INSERT INTO mart_state VALUES (1, 0)",
        ] {
            db.execute_unprepared(sql).await.unwrap();
        }
        let statements = Arc::new(AtomicUsize::new(0));
        let counter = statements.clone();
        db.set_metric_callback(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let newest = Newest::new(Duration::from_secs(60));
        let merged = Arc::new(AtomicI32::new(0));
        let askers: Vec<_> = (0..ASKERS)
            .map(|_| {
                let (db, newest, merged) = (db.clone(), newest.clone(), merged.clone());
                tokio::spawn(async move {
                    for _ in 0..TIMES {
                        let before = merged.load(Ordering::SeqCst);
                        let found = newest.ask(&db).await.unwrap();
                        assert!(found.number >= before, "{found:?} after {before}");
                    }
                })
            })
            .collect();
        const MERGES: i32 = 100;
        for number in 1..=MERGES {
            let sql = format!("UPDATE mart_state SET version = {number}");
            db.execute_unprepared(&sql).await.unwrap();
            merged.store(number, Ordering::SeqCst);
            // Who has asked and does not wait any more keeps nobody from being told.
            drop(newest.ask(&db).now_or_never());
        }
        for asker in askers {
            asker.await.unwrap();
        }
        let asked = statements.load(Ordering::Relaxed) - MERGES as usize;
        assert!(asked < ASKERS * TIMES, "{asked} statements");
        assert_eq!(newest.ask(&db).await.unwrap().number, MERGES);
    }
}
