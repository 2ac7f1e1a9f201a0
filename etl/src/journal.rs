//! What a run tells about itself while it goes: status, phases, events.
//!
//! Each entry marks the run as changed in the same transaction, so that whoever follows the run finds the entry.

use crate::{Result, chain::Chain, database};
use chrono::{DateTime, Utc};
use entity::ingest::{EventLevel, RunStatus, run, run_event, run_phase};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait,
    DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, Iterable, QueryFilter,
    sea_query::Expr,
};
use std::sync::Arc;
use tokio::sync::Notify;

/// The journal of one run.
#[derive(Clone)]
pub struct Journal {
    db: DatabaseConnection,
    news: Arc<Notify>,
    /// The run it is kept for.
    pub run_id: i64,
    /// Whether the process's log is told as well.
    aloud: bool,
}

/// A phase that has begun.
pub struct Phase {
    id: i64,
}

impl Journal {
    /// The journal of `run_id`.
    pub fn new(chain: &Chain, run_id: i64) -> Self {
        Self {
            db: chain.db.clone(),
            news: chain.news.clone(),
            run_id,
            aloud: true,
        }
    }

    /// The journal of a run that is only rehearsed; the process's log hears nothing of it.
    pub fn silent(chain: &Chain, run_id: i64) -> Self {
        Self {
            aloud: false,
            ..Self::new(chain, run_id)
        }
    }

    /// Ends a transaction that has written something, and tells this process of it.
    async fn commit(&self, tx: DatabaseTransaction) -> Result<()> {
        tx.commit().await?;
        self.news.notify_one();
        Ok(())
    }

    /// Moves the run to `status` and begins the phase of the same name.
    pub async fn begin(&self, status: RunStatus) -> Result<Phase> {
        let tx = database::begin(&self.db).await?;
        self.move_to(&tx, status).await?;
        let id = insert_phase(&tx, self.run_id, &status.to_value(), Utc::now(), None, None).await?;
        self.commit(tx).await?;
        Ok(Phase { id })
    }

    /// Moves the run to `status`.
    ///
    /// # Errors
    /// [`crate::Error::LeaseLost`] when the run has come to its end meanwhile: somebody cancelled it.
    pub async fn status(&self, status: RunStatus) -> Result<()> {
        self.move_to(&self.db, status).await?;
        self.news.notify_one();
        Ok(())
    }

    async fn move_to<C: ConnectionTrait>(&self, db: &C, status: RunStatus) -> Result<()> {
        let ended = RunStatus::iter().filter(|status| status.is_final());
        let moved = run::Entity::update_many()
            .col_expr(run::Column::Status, Expr::value(status))
            .col_expr(run::Column::ChangedAt, Expr::value(Utc::now()))
            .filter(run::Column::Id.eq(self.run_id))
            .filter(run::Column::Status.is_not_in(ended))
            .exec(db)
            .await?;
        match moved.rows_affected {
            0 => Err(crate::Error::LeaseLost),
            _ => Ok(()),
        }
    }

    /// Begins a phase that runs beside the one the status names.
    pub async fn begin_phase(&self, name: &str) -> Result<Phase> {
        let tx = database::begin(&self.db).await?;
        touch(&tx, self.run_id).await?;
        let id = insert_phase(&tx, self.run_id, name, Utc::now(), None, None).await?;
        self.commit(tx).await?;
        Ok(Phase { id })
    }

    /// Ends a phase with what went through it.
    pub async fn end(&self, phase: Phase, rows: Option<i64>, bytes: Option<i64>) -> Result<()> {
        let tx = database::begin(&self.db).await?;
        touch(&tx, self.run_id).await?;
        run_phase::ActiveModel {
            id: Set(phase.id),
            finished_at: Set(Some(Utc::now())),
            row_count: Set(rows),
            byte_count: Set(bytes),
            ..Default::default()
        }
        .update(&tx)
        .await?;
        self.commit(tx).await
    }

    /// Adds a line to the run's log, and to the process's.
    pub async fn event(&self, level: EventLevel, message: impl Into<String>) -> Result<()> {
        let message = message.into();
        let run = self.run_id;
        match level {
            _ if !self.aloud => {}
            EventLevel::Info => tracing::info!(run, "{message}"),
            EventLevel::Warn => tracing::warn!(run, "{message}"),
            EventLevel::Error => tracing::error!(run, "{message}"),
        }
        let tx = database::begin(&self.db).await?;
        touch(&tx, self.run_id).await?;
        insert_event(&tx, self.run_id, level, message).await?;
        self.commit(tx).await
    }

    /// Forgets what an earlier attempt at the run has written, but for its log.
    pub async fn reset(&self) -> Result<()> {
        for table in ["reject", "issue", "run_phase"] {
            let sql = format!("DELETE FROM {table} WHERE run_id = ?");
            database::execute(&self.db, &sql, [self.run_id.into()]).await?;
        }
        run::ActiveModel {
            id: Set(self.run_id),
            bytes_read: Set(0),
            rows_read: Set(0),
            rows_inserted: Set(0),
            rows_updated: Set(0),
            rows_unchanged: Set(0),
            rows_superseded: Set(0),
            rows_rejected: Set(0),
            issue_count: Set(0),
            error: Set(None),
            started_at: Set(Some(Utc::now())),
            ..Default::default()
        }
        .update(&self.db)
        .await?;
        self.news.notify_one();
        Ok(())
    }

    /// The run as it stands.
    pub async fn run(&self) -> Result<run::Model> {
        run::Entity::find_by_id(self.run_id)
            .one(&self.db)
            .await?
            .ok_or_else(|| crate::Error::Internal(format!("run {} is gone", self.run_id)))
    }
}

/// Marks a run as changed. Before whatever else the transaction writes of it: entries of one run then become
/// visible in the order of their ids.
async fn touch<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    run::ActiveModel {
        id: Set(run_id),
        ..Default::default()
    }
    .update_without_returning(db)
    .await?;
    Ok(())
}

/// Adds a line to a run's log; inside a transaction that changes the run.
pub async fn insert_event<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    level: EventLevel,
    message: String,
) -> Result<(), DbErr> {
    run_event::ActiveModel {
        run_id: Set(run_id),
        at: Set(Utc::now()),
        level: Set(level),
        message: Set(message),
        ..Default::default()
    }
    .insert(db)
    .await?;
    Ok(())
}

/// Writes a phase, ended or not; inside a transaction that changes the run.
pub async fn insert_phase<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    name: &str,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    rows: Option<i64>,
) -> Result<i64, DbErr> {
    let phase = run_phase::ActiveModel {
        run_id: Set(run_id),
        name: Set(name.to_owned()),
        started_at: Set(started_at),
        finished_at: Set(finished_at),
        row_count: Set(rows),
        ..Default::default()
    }
    .insert(db)
    .await?;
    Ok(phase.id)
}
