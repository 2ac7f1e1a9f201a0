//! A pool for requests: what a request has asked the database ends with the request.
//!
//! SQLite goes on with a statement when nobody waits for it any more, so connections are told, whenever they
//! are handed out, whom they work for, and look now and then whether that request is over. MariaDB and MySQL
//! end a statement by themselves when it has taken as long as a request may take.

use super::{pool, prepared_folder, sqlite};
use crate::Result;
use futures::future::BoxFuture;
use sea_orm::{
    Database, DatabaseConnection, DbErr, RuntimeErr,
    sqlx::{AssertSqlSafe, Error, Executor, SqliteConnection, mysql::MySqlDatabaseError},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Steps of SQLite's machine, a fraction of a millisecond, between two looks at whether the request is over.
const STEPS: i32 = 10_000;
/// A connection that was idle for longer is tried before it is used: its server may have closed it.
const IDLE: Duration = Duration::from_secs(1);

tokio::task_local! {
    static ASKING: Arc<Asking>;
}

/// What is known of the statements of one request.
#[derive(Debug, Default)]
struct Asking {
    over: AtomicBool,
    statements: AtomicU64,
    nanoseconds: AtomicU64,
}

/// Ends what the request has begun, however the request itself ends.
struct Over(Arc<Asking>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
    }
}

/// What a request has asked of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// How many statements.
    pub statements: u64,
    /// How long they took together.
    pub time: Duration,
}

impl Spent {
    /// Counts what was done on behalf of the request that is going on here.
    pub fn charge(self) {
        let _ = ASKING.try_with(|asking| asking.add(self));
    }
}

impl Asking {
    fn add(&self, spent: Spent) {
        let nanoseconds = u64::try_from(spent.time.as_nanos()).unwrap_or(u64::MAX);
        self.statements
            .fetch_add(spent.statements, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    fn spent(&self) -> Spent {
        Spent {
            statements: self.statements.load(Ordering::Relaxed),
            time: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

/// A request has taken as long as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it took longer than it may")]
pub struct TimedOut;

/// Does the work of one request, for as long as it may take, and tells what it asked of the database. Its
/// statements end with it, be it done, out of time or dropped.
pub async fn within<F: Future>(limit: Duration, work: F) -> (Result<F::Output, TimedOut>, Spent) {
    let asking = Arc::new(Asking::default());
    let over = Over(asking.clone());
    let done = tokio::time::timeout(limit, ASKING.scope(asking.clone(), work)).await;
    drop(over);
    (done.map_err(|_| TimedOut), asking.spent())
}

/// Opens a pool whose statements end after `limit`, and with the request that [`within`] does.
///
/// # Errors
/// Those of [`super::connect`].
pub async fn connect(url: &str, limit: Duration) -> Result<DatabaseConnection> {
    prepared_folder(url)?;
    let mut options = pool(url);
    options
        .test_before_acquire_if_idle_for(IDLE)
        .map_sqlx_sqlite_opts(sqlite)
        .map_sqlx_sqlite_pool_opts(|pool| pool.after_connect(|connection, _| watched(connection)))
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            let watched = watched(connection);
            Box::pin(async move { watched.await.map(|()| true) })
        })
        .map_sqlx_mysql_pool_opts(move |pool| {
            pool.after_connect(move |connection, _| {
                // MariaDB takes the first comment's inside, MySQL the second's.
                let sql = format!(
                    "SET SESSION /*M!100101 max_statement_time = {} */ /*!50708 max_execution_time = {} */",
                    limit.as_secs_f64(),
                    limit.as_millis()
                );
                Box::pin(async move { connection.execute(AssertSqlSafe(sql)).await.map(|_| ()) })
            })
        });
    let mut db = Database::connect(options).await?;
    db.set_metric_callback(|statement| {
        Spent {
            statements: 1,
            time: statement.elapsed,
        }
        .charge();
    });
    Ok(db)
}

/// Tells a connection for whom it works now.
fn watched(connection: &mut SqliteConnection) -> BoxFuture<'_, Result<(), Error>> {
    let asking = ASKING.try_with(Arc::clone);
    Box::pin(async move {
        let mut handle = connection.lock_handle().await?;
        match asking {
            Ok(asking) => {
                handle.set_progress_handler(STEPS, move || !asking.over.load(Ordering::Relaxed));
            }
            Err(_) => handle.remove_progress_handler(),
        }
        Ok(())
    })
}

/// Whether an error says that a statement was ended before it was done.
pub fn is_interrupted(error: &DbErr) -> bool {
    /// SQLite's `SQLITE_INTERRUPT`.
    const INTERRUPTED: &str = "9";
    /// MariaDB's `max_statement_time`, MySQL's `max_execution_time`, and `KILL QUERY`.
    const ENDED: [u16; 3] = [1969, 3024, 1317];
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) =
        error
    else {
        return false;
    };
    let Some(error) = inner.as_database_error() else {
        return false;
    };
    match error.try_downcast_ref::<MySqlDatabaseError>() {
        Some(error) => ENDED.contains(&error.number()),
        None => error.code().is_some_and(|code| code == INTERRUPTED),
    }
}
