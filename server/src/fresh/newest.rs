//! Which state of the mart is the newest.

use super::FreshError;
use etl::database::{
    self,
    reading::{self, Spent},
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, prelude::DateTimeUtc};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

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

/// What a statement has told; none before it has.
type Told = watch::Receiver<Option<Result<(Version, Spent), FreshError>>>;

/// How long a statement may take: it reads two rows, and all who come meanwhile wait for it.
const LIMIT: Duration = Duration::from_secs(5);

/// Asks for the newest state, one statement after the other: all who come while one is under way share the next, so
/// that whoever asks is told of every merge that was there before.
#[derive(Default)]
pub struct Newest {
    /// Held by the statement that is under way.
    turn: tokio::sync::Mutex<()>,
    /// The statement after that, which can still be joined.
    next: Mutex<Option<Told>>,
}

impl Newest {
    /// The newest state.
    ///
    /// # Errors
    /// [`FreshError`].
    pub async fn ask(self: &Arc<Self>, db: &DatabaseConnection) -> Result<Version, FreshError> {
        let (mut told, own) = self.told(db);
        let told = match told.wait_for(Option::is_some).await {
            Ok(told) => told.clone(),
            Err(_) => None,
        };
        let stopped = || DbErr::Custom("asking for the data version has stopped".to_owned());
        let (version, spent) = told.ok_or_else(stopped)??;
        if own {
            spent.charge();
        }
        Ok(version)
    }

    /// What the next statement will tell, and whether it is the caller's own.
    fn told(self: &Arc<Self>, db: &DatabaseConnection) -> (Told, bool) {
        let mut next = self.next();
        if let Some(told) = &*next {
            return (told.clone(), false);
        }
        let (sender, told) = watch::channel(None);
        *next = Some(told.clone());
        let (newest, db) = (self.clone(), db.clone());
        // It is nobody's in particular, and so goes on whoever leaves.
        tokio::spawn(async move {
            let _turn = newest.turn.lock().await;
            // Who comes from now on is too late for this one.
            *newest.next() = None;
            let (done, spent) = reading::within(LIMIT, version(&db)).await;
            let done = done.map_err(FreshError::from);
            let done = done.and_then(|done| Ok((done?, spent)));
            sender.send_replace(Some(done));
        });
        (told, true)
    }

    fn next(&self) -> MutexGuard<'_, Option<Told>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use futures::FutureExt;
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
        let newest = Arc::new(Newest::default());
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
