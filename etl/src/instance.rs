//! The processes that serve, as each tells of itself now and again.
//!
//! A process that ends says nothing: that it is not heard of any more is all there is to know. Who tells of itself
//! forgets those that have been silent for long.

use crate::database::{self, on_conflict_update};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ingest::instance;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder,
    prelude::DateTimeUtc,
};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a process tells of itself.
const BEAT: Duration = Duration::from_secs(10);
/// How long a process may be silent and still be taken for alive: a beat may be late, and one may be lost.
const SILENCE: TimeDelta = TimeDelta::seconds(30);
/// How long a silent process is remembered.
const MEMORY: TimeDelta = TimeDelta::days(1);

/// A process that serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// By which its leases name it.
    pub name: String,
    /// The version of the program.
    pub version: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How many runs it works on at a time; 0 where it only answers.
    pub workers: i32,
}

impl Instance {
    /// Tells that it lives, and forgets who has been silent for long.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn beat(&self, db: &DatabaseConnection) -> Result<(), DbErr> {
        const COLUMNS: [&str; 4] = ["version", "started_at", "seen_at", "workers"];
        let now = Utc::now();
        let overwriting = on_conflict_update(db.get_database_backend(), "name", &COLUMNS);
        let sql = format!(
            "INSERT INTO instance (name, version, started_at, seen_at, workers)
             VALUES (?, ?, ?, ?, ?) {overwriting}"
        );
        let values = [
            self.name.clone().into(),
            self.version.clone().into(),
            self.started_at.into(),
            now.into(),
            self.workers.into(),
        ];
        database::execute(db, &sql, values).await?;
        instance::Entity::delete_many()
            .filter(instance::Column::SeenAt.lt(now - MEMORY))
            .exec(db)
            .await?;
        Ok(())
    }

    /// Tells that it lives until the process is told to stop; a database that is away is waited for.
    pub async fn keep(self, db: DatabaseConnection, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(BEAT) => {}
                () = shutdown.cancelled() => return,
            }
            if let Err(error) = self.beat(&db).await {
                tracing::warn!("telling that this instance lives: {error}");
            }
        }
    }
}

/// Whether a process that was last heard of then is taken for alive now.
pub fn is_alive(seen_at: DateTimeUtc, now: DateTimeUtc) -> bool {
    now - seen_at <= SILENCE
}

/// Every process that was heard of within the last day, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn all<C: ConnectionTrait>(db: &C) -> Result<Vec<instance::Model>, DbErr> {
    instance::Entity::find()
        .filter(instance::Column::SeenAt.gte(Utc::now() - MEMORY))
        .order_by_asc(instance::Column::Name)
        .all(db)
        .await
}
