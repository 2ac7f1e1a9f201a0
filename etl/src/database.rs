//! Connecting and asking. Every statement is written once for both engines, with `?` for its values; what they spell
//! differently is in one place, and used from here.

mod dialect;
pub mod reading;

pub use dialect::{
    JsonRows, beginning, cases, comparable, containing, delete_among, differ, exact, exactly,
    integer_sum, json_rows, json_value, on_conflict_update, ordered_join, seconds_between,
    where_not_among,
};

use crate::{Error, Result};
use sea_orm::{
    AccessMode, ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection,
    DatabaseTransaction, DbErr, IsolationLevel, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, Value,
    sqlx::{Executor, sqlite::SqliteConnectOptions},
};
use std::{path::Path, time::Duration};

/// How long a statement waits for another writer of an SQLite database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// How many statements a connection to MySQL keeps prepared: more than the chain has. To forget one for another costs
/// 40 ms, for the driver sends that on its own, and the next packet waits for its acknowledgement.
const PREPARED: usize = 256;

/// How often a transaction is begun that others lock out.
const MAX_DEADLOCKS: usize = 5;

/// Opens a pool on `sqlite://path` (file and folder are made) or `mysql://user:password@host/name`.
///
/// # Errors
/// [`Error::Input`] for a URL of another kind, [`Error::Database`] when the database does not answer,
/// [`Error::Io`] when the SQLite file's folder cannot be made.
pub async fn connect(url: &str) -> Result<DatabaseConnection> {
    prepared_folder(url)?;
    let mut options = pool(url);
    options.map_sqlx_sqlite_opts(sqlite);
    options.map_sqlx_mysql_pool_opts(|pool| {
        // Statements outside a transaction lock what they write, and no gaps beside it, as those of `begin` do.
        const SQL: &str = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
        pool.after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SQL).await.map(drop) })
        })
    });
    Ok(Database::connect(options).await?)
}

/// Makes the folder of an SQLite database's file.
fn prepared_folder(url: &str) -> Result<()> {
    if let Some(rest) = url.strip_prefix("sqlite:") {
        let file = rest
            .trim_start_matches("//")
            .split('?')
            .next()
            .unwrap_or("");
        if let Some(folder) = Path::new(file).parent() {
            std::fs::create_dir_all(folder).map_err(|source| Error::Io {
                path: folder.to_owned(),
                source,
            })?;
        }
    } else if !url.starts_with("mysql:") && !url.starts_with("mariadb:") {
        return Err(Error::Input(
            "MARQUEE_DATABASE_URL: the URL must begin with sqlite:// or mysql://".into(),
        ));
    }
    Ok(())
}

/// How connections use an SQLite database that is to last.
fn sqlite(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("journal_mode", "WAL")
        .pragma("synchronous", "NORMAL")
        .pragma("temp_store", "FILE")
        .pragma("cache_size", "-8192")
}

/// Makes an SQLite database that nobody will miss: what is written to it need not outlive the process.
///
/// # Errors
/// [`Error::Database`] when the file cannot be made.
pub async fn connect_scratch(file: &Path) -> Result<DatabaseConnection> {
    let mut options = pool(&format!("sqlite://{}", file.display()));
    options.map_sqlx_sqlite_opts(|sqlite| {
        sqlite
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", "OFF")
            .pragma("cache_size", "-8192")
    });
    Ok(Database::connect(options).await?)
}

/// What every pool has in common.
fn pool(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .max_connections(16)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(15))
        .connect_timeout(Duration::from_secs(15));
    if !url.contains("statement-cache-capacity") {
        options.map_sqlx_mysql_opts(|mysql| mysql.statement_cache_capacity(PREPARED));
    }
    options
}

/// Begins a transaction that reads one state of the database throughout: that of its first statement.
pub async fn snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = match db.get_database_backend() {
        DatabaseBackend::Sqlite => TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
            ..Default::default()
        },
        _ => TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..Default::default()
        },
    };
    db.begin_with_options(options).await
}

/// Begins a transaction that writes: SQLite takes the write lock at once, so that it never has to
/// give up half-way; MariaDB reads what is committed, without gap locks.
pub async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let options = match db.get_database_backend() {
        DatabaseBackend::Sqlite => TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        },
        _ => TransactionOptions {
            isolation_level: Some(IsolationLevel::ReadCommitted),
            ..Default::default()
        },
    };
    db.begin_with_options(options).await
}

/// Does something in a transaction of its own; again where MariaDB ended that one so that others could go on.
pub async fn retried<T, W: Future<Output = Result<T>>>(work: impl Fn() -> W) -> Result<T> {
    for _ in 1..MAX_DEADLOCKS {
        match work().await {
            Err(Error::Database(error)) if is_deadlock(&error) => tracing::debug!("{error}"),
            done => return done,
        }
    }
    work().await
}

/// Stops, or resumes, checking each inserted row's references in this connection.
///
/// For set-based statements that give every row its parents by themselves; on MySQL the check would take
/// half of their time. Whoever stops it resumes it before the connection goes back to its pool. SQLite
/// goes on checking, which costs it little.
pub async fn check_references<C: ConnectionTrait>(db: &C, check: bool) -> Result<(), DbErr> {
    if db.get_database_backend() != DatabaseBackend::Sqlite {
        let sql = format!("SET SESSION foreign_key_checks = {}", i32::from(check));
        db.execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Runs one statement; answers how many rows it touched.
pub async fn execute<C: ConnectionTrait>(
    db: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Reads rows of one statement.
pub async fn query<C: ConnectionTrait>(
    db: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.query_all_raw(statement).await
}

/// Most values of one statement (SQLite takes 32,766).
const MAX_KEYS: usize = 16_384;

/// Rows of a statement in which `{keys}` stands for the list of keys; `rest` are the values after it.
///
/// The list is filled up to a power of two with its last key, so that few statements have to be prepared.
pub async fn query_keys<K: Into<Value> + Clone>(
    db: &DatabaseConnection,
    sql: &str,
    keys: &[K],
    rest: &[Value],
) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
    let mut rows = Vec::new();
    for chunk in keys.chunks(MAX_KEYS) {
        let Some(last) = chunk.last() else { continue };
        let size = chunk.len().next_power_of_two();
        let marks = vec!["?"; size].join(", ");
        let filling = std::iter::repeat_n(last, size - chunk.len());
        let values = chunk.iter().chain(filling).cloned().map(Into::into);
        let values = values.chain(rest.iter().cloned());
        rows.extend(query(db, &sql.replace("{keys}", &marks), values).await?);
    }
    Ok(rows)
}

/// Which database it is, and how much of it there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// `SQLite`, `MariaDB` or `MySQL`.
    pub engine: &'static str,
    /// The engine's version.
    pub version: String,
    /// The newest step of the schema.
    pub migration: String,
    /// Bytes that tables and indexes take; none where it is not told.
    pub bytes: Option<i64>,
}

/// Asks a migrated database what it is, in one statement.
///
/// # Errors
/// When it does not answer.
pub async fn state<C: ConnectionTrait>(db: &C) -> Result<State, DbErr> {
    let sqlite = db.get_database_backend() == DatabaseBackend::Sqlite;
    let (version, bytes) = match sqlite {
        true => (
            "sqlite_version()",
            "SELECT c.page_count * s.page_size FROM pragma_page_count() c, pragma_page_size() s",
        ),
        false => (
            "VERSION()",
            "SELECT CAST(SUM(data_length + index_length) AS SIGNED) FROM information_schema.tables
             WHERE table_schema = DATABASE()",
        ),
    };
    let sql = format!(
        "SELECT {version} AS version, ({bytes}) AS bytes,
                (SELECT MAX(version) FROM seaql_migrations) AS migration"
    );
    let rows = query(db, &sql, []).await?;
    let row = rows
        .first()
        .ok_or_else(|| DbErr::RecordNotFound("the database says nothing of itself".to_owned()))?;
    // Such as `11.4.2-MariaDB-ubu2404`.
    let version: String = row.try_get("", "version")?;
    let engine = match sqlite {
        true => "SQLite",
        false if version.contains("MariaDB") => "MariaDB",
        false => "MySQL",
    };
    Ok(State {
        engine,
        version: version.split('-').next().unwrap_or_default().to_owned(),
        migration: row.try_get("", "migration")?,
        bytes: row.try_get("", "bytes")?,
    })
}

/// Whether an error says that the database is away, so that trying again later may help.
pub fn is_away(error: &DbErr) -> bool {
    matches!(error, DbErr::Conn(_) | DbErr::ConnectionAcquire(_))
        || match error {
            DbErr::Exec(sea_orm::RuntimeErr::SqlxError(inner))
            | DbErr::Query(sea_orm::RuntimeErr::SqlxError(inner)) => matches!(
                inner.as_ref(),
                sea_orm::sqlx::Error::Io(_)
                    | sea_orm::sqlx::Error::PoolTimedOut
                    | sea_orm::sqlx::Error::PoolClosed
                    | sea_orm::sqlx::Error::WorkerCrashed
                    | sea_orm::sqlx::Error::Protocol(_)
            ),
            _ => false,
        }
}

/// Whether the database took a transaction back so that others could go on: it may simply be done again.
pub fn is_deadlock(error: &DbErr) -> bool {
    const SQLSTATE: &str = "40001";
    let (DbErr::Exec(error) | DbErr::Query(error)) = error else {
        return false;
    };
    let sea_orm::RuntimeErr::SqlxError(error) = error else {
        return false;
    };
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == SQLSTATE)
}
