//! The queue in the database: runs wait in it, a worker takes one under a lease.
//!
//! Every taking raises the job's fence. Whatever a worker writes at the end, it writes in a transaction
//! that finds its own fence still there; one that was cut off finds another's and writes nothing.

use crate::{
    Error, Result, asker::Asker, chain::Chain, database, inbox::Arrival, outcome, run as pass,
};
use chrono::{DateTime, TimeDelta, Utc};
use entity::ingest::{RunKind, RunMode, RunStatus, Trigger, arrival, job, run, source_file};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait,
    DatabaseConnection, DbErr, EntityTrait, Iterable, QueryFilter, QueryOrder, SqlErr,
};
use sha2::{Digest, Sha256};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How long a worker may go without renewing its lease before another takes the run over.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often a lease is renewed.
const RENEWAL: Duration = Duration::from_secs(15);
/// How often an idle worker looks for jobs it was not told of.
const IDLE: Duration = Duration::from_secs(2);
/// A run that has been taken this often and never ended is given up.
const MAX_ATTEMPTS: i32 = 5;

/// A job held by this worker.
#[derive(Clone)]
pub struct Lease {
    pub job_id: i64,
    pub run_id: i64,
    /// This taking's number; see the module.
    pub fence: i64,
    /// Cancelled when the lease is lost or the process shuts down.
    pub lost: CancellationToken,
    /// Cancelled once the merging transaction has locked the job: nobody else can take it then, and
    /// renewing would only wait for that transaction.
    pub locked: CancellationToken,
}

impl Lease {
    /// Renews the lease; inside a transaction this also proves that it is still held.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] when another worker has taken the job.
    pub async fn renew<C: ConnectionTrait>(&self, db: &C) -> Result<()> {
        let held = database::execute(
            db,
            "UPDATE job SET lease_until = ? WHERE id = ? AND fence = ? AND done_at IS NULL",
            [
                (Utc::now() + LEASE).into(),
                self.job_id.into(),
                self.fence.into(),
            ],
        )
        .await?;
        if held == 1 {
            Ok(())
        } else {
            Err(Error::LeaseLost)
        }
    }

    /// Marks the job as done; in the same transaction as the run's end.
    pub async fn finish<C: ConnectionTrait>(&self, db: &C) -> Result<()> {
        self.renew(db).await?;
        database::execute(
            db,
            "UPDATE job SET done_at = ?, lease_owner = NULL, lease_until = NULL WHERE id = ?",
            [Utc::now().into(), self.job_id.into()],
        )
        .await?;
        Ok(())
    }

    /// Gives the job back, to be taken again at once.
    async fn release(&self, db: &DatabaseConnection) -> Result<()> {
        database::execute(
            db,
            "UPDATE job SET lease_owner = NULL, lease_until = NULL WHERE id = ? AND fence = ?",
            [self.job_id.into(), self.fence.into()],
        )
        .await?;
        Ok(())
    }
}

/// Queues a run of the file at `path`; answers the run's id.
pub async fn enqueue(
    db: &DatabaseConnection,
    path: &Path,
    asker: impl Into<Asker<'_>>,
    rule_version: i32,
    mode: RunMode,
) -> Result<i64> {
    let asker = asker.into();
    let tx = database::begin(db).await?;
    let run_id = insert(&tx, path, asker, rule_version, mode).await?;
    let subject = format!("file {}", path.display());
    asker.queued(&tx, "run.ingest", subject, &[run_id]).await?;
    tx.commit().await?;
    Ok(run_id)
}

/// Queues a run of a file that has arrived in the inbox, unless that very file (same path, size and
/// time of change) was taken before, by this instance or another.
pub async fn enqueue_arrival(
    db: &DatabaseConnection,
    arrived: &Arrival,
    rule_version: i32,
) -> Result<Option<i64>> {
    let fingerprint = fingerprint(arrived);
    let known = arrival::Entity::find_by_id(&fingerprint).one(db).await?;
    if known.is_some() {
        return Ok(None);
    }
    let tx = database::begin(db).await?;
    let run_id = insert(
        &tx,
        &arrived.path,
        Trigger::Inbox.into(),
        rule_version,
        RunMode::Merge,
    )
    .await?;
    let inserted = arrival::ActiveModel {
        fingerprint: Set(fingerprint),
        path: Set(arrived.path.display().to_string()),
        run_id: Set(run_id),
        seen_at: Set(Utc::now()),
    }
    .insert(&tx)
    .await;
    match inserted {
        Ok(_) => {
            tx.commit().await?;
            Ok(Some(run_id))
        }
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            tx.rollback().await?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn fingerprint(arrived: &Arrival) -> String {
    let mut hasher = Sha256::new();
    hasher.update(arrived.path.as_os_str().as_encoded_bytes());
    hasher.update([0]);
    hasher.update(arrived.bytes.to_le_bytes());
    let since_epoch = arrived
        .modified
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    hasher.update(since_epoch.as_nanos().to_le_bytes());
    hex::encode(hasher.finalize())
}

async fn insert<C: ConnectionTrait>(
    db: &C,
    path: &Path,
    asker: Asker<'_>,
    rule_version: i32,
    mode: RunMode,
) -> Result<i64, DbErr> {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let name = name.to_string_lossy().into_owned();
    let run = run::ActiveModel {
        mode: Set(mode),
        ..new_run(name, asker, rule_version)
    };
    let run = run.insert(db).await?;
    insert_job(db, run.id, Some(path.display().to_string()), 0).await?;
    Ok(run.id)
}

pub(crate) fn new_run(file_name: String, asker: Asker<'_>, rule_version: i32) -> run::ActiveModel {
    run::ActiveModel {
        kind: Set(RunKind::Ingest),
        mode: Set(RunMode::Merge),
        status: Set(RunStatus::Queued),
        file_name: Set(file_name),
        rule_version: Set(rule_version),
        bytes_read: Set(0),
        rows_read: Set(0),
        rows_inserted: Set(0),
        rows_updated: Set(0),
        rows_unchanged: Set(0),
        rows_superseded: Set(0),
        rows_deleted: Set(0),
        rows_rejected: Set(0),
        issue_count: Set(0),
        created_at: Set(Utc::now()),
        ..asker.columns()
    }
}

pub(crate) async fn insert_job<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    path: Option<String>,
    priority: i32,
) -> Result<(), DbErr> {
    job::ActiveModel {
        run_id: Set(run_id),
        path: Set(path),
        priority: Set(priority),
        attempts: Set(0),
        fence: Set(0),
        ..Default::default()
    }
    .insert(db)
    .await?;
    Ok(())
}

/// Takes the next job that nobody holds: the given run's, or any.
async fn take(chain: &Chain, run_id: Option<i64>) -> Result<Option<(Lease, job::Model)>> {
    let now = Utc::now();
    let free = Condition::any()
        .add(job::Column::LeaseUntil.is_null())
        .add(job::Column::LeaseUntil.lt(now));
    let mut open = job::Entity::find()
        .filter(job::Column::DoneAt.is_null())
        .filter(free)
        .order_by_desc(job::Column::Priority)
        .order_by_asc(job::Column::Id);
    if let Some(run_id) = run_id {
        open = open.filter(job::Column::RunId.eq(run_id));
    }
    let Some(job) = open.one(&chain.db).await? else {
        return Ok(None);
    };
    let taken = database::execute(
        &chain.db,
        "UPDATE job SET fence = fence + 1, attempts = attempts + 1, lease_owner = ?, lease_until = ?
         WHERE id = ? AND fence = ? AND done_at IS NULL",
        [
            chain.worker.clone().into(),
            (now + LEASE).into(),
            job.id.into(),
            job.fence.into(),
        ],
    )
    .await?;
    if taken == 0 {
        return Ok(None);
    }
    let lease = Lease {
        job_id: job.id,
        run_id: job.run_id,
        fence: job.fence + 1,
        lost: CancellationToken::new(),
        locked: CancellationToken::new(),
    };
    Ok(Some((lease, job)))
}

/// Takes jobs and runs them until `shutdown`; `wake` tells of new ones before the next look.
///
/// A database that goes away is waited for; the job it interrupted is taken again.
pub async fn work(chain: Chain, wake: Arc<Notify>, shutdown: CancellationToken) -> Result<()> {
    let mut pause = IDLE;
    while !shutdown.is_cancelled() {
        match take(&chain, None).await {
            Ok(Some((lease, job))) => {
                pause = IDLE;
                execute(&chain, lease, job, &shutdown).await;
                continue;
            }
            Ok(None) => pause = IDLE,
            Err(error) => {
                tracing::error!("looking for work: {error}");
                pause = (pause * 2).min(Duration::from_secs(30));
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

/// Runs one queued run to its end, or until it is held, here; when another worker has it, waits for that one.
pub async fn run_now(chain: &Chain, run_id: i64) -> Result<run::Model> {
    run_until(chain, run_id, &CancellationToken::new()).await
}

/// As [`run_now`], but gives the run back to the queue when told to stop.
///
/// # Errors
/// [`Error::Cancelled`] when it was told to.
pub async fn run_until(
    chain: &Chain,
    run_id: i64,
    shutdown: &CancellationToken,
) -> Result<run::Model> {
    loop {
        if let Some((lease, job)) = take(chain, Some(run_id)).await? {
            execute(chain, lease, job, shutdown).await;
        }
        let run = run::Entity::find_by_id(run_id)
            .one(&chain.db)
            .await?
            .ok_or_else(|| Error::Input(format!("there is no run {run_id}")))?;
        if run.status.is_final() || run.status == RunStatus::Held {
            return Ok(run);
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
            () = shutdown.cancelled() => return Err(Error::Cancelled),
        }
    }
}

/// Runs a taken job while renewing its lease, and writes down how it ended.
async fn execute(chain: &Chain, lease: Lease, job: job::Model, shutdown: &CancellationToken) {
    let renewal = tokio::spawn(keep(chain.db.clone(), lease.clone(), shutdown.clone()));
    let result = if job.attempts >= MAX_ATTEMPTS {
        Err(Error::Internal(format!(
            "given up after {MAX_ATTEMPTS} attempts, none of which came to an end"
        )))
    } else {
        pass::execute(chain, &lease, job.path.as_deref().map(Path::new)).await
    };
    renewal.abort();
    let ended = match result {
        Ok(()) => Ok(()),
        Err(Error::LeaseLost) => Err(Error::LeaseLost),
        Err(_) if shutdown.is_cancelled() => lease.release(&chain.db).await,
        Err(Error::Database(error))
            if database::is_away(&error) || database::is_deadlock(&error) =>
        {
            Err(error.into())
        }
        Err(error) => outcome::fail(chain, &lease, &error.to_string()).await,
    };
    if let Err(error) = ended {
        tracing::error!(run = lease.run_id, "{error}");
        give_back(chain, &lease, shutdown).await;
    }
}

/// Gives a job back whose run could not be ended, as soon as the database takes it; the run then starts
/// again from the archived file. When that takes longer than the lease, the lease has run out by itself.
async fn give_back(chain: &Chain, lease: &Lease, shutdown: &CancellationToken) {
    let until = Utc::now() + LEASE;
    while let Err(error) = lease.release(&chain.db).await {
        if Utc::now() > until || shutdown.is_cancelled() {
            return;
        }
        tracing::warn!(run = lease.run_id, "giving the run back: {error}");
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(IDLE) => {}
        }
    }
}

/// Renews a lease until it is lost or no longer needed; a shutdown ends the run as well.
async fn keep(db: DatabaseConnection, lease: Lease, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(RENEWAL) => {}
            () = shutdown.cancelled() => return lease.lost.cancel(),
            () = lease.locked.cancelled() => return,
        }
        match lease.renew(&db).await {
            Ok(()) => {}
            Err(Error::LeaseLost) => return lease.lost.cancel(),
            Err(error) => tracing::warn!(run = lease.run_id, "renewing the lease: {error}"),
        }
    }
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Runs that wait for a worker.
    pub waiting: i64,
    /// Runs that are under way.
    pub running: i64,
    /// Runs that wait for somebody's approval.
    pub held: i64,
    /// Since when the oldest of those waits that wait for a worker: since it was queued, or approved.
    pub oldest_at: Option<DateTime<Utc>>,
}

/// Counts what there is to do, in one statement.
///
/// # Errors
/// When the database does not answer.
pub async fn load<C: ConnectionTrait>(db: &C) -> Result<Load, DbErr> {
    let open: Vec<String> = RunStatus::iter()
        .filter(|status| !status.is_final())
        .map(|status| format!("'{}'", status.to_value()))
        .collect();
    let sql = format!(
        "SELECT status, COUNT(*) AS total, MIN(COALESCE(approved_at, created_at)) AS oldest_at
         FROM run WHERE status IN ({}) GROUP BY status",
        open.join(", ")
    );
    let mut load = Load::default();
    for row in database::query(db, &sql, []).await? {
        let total: i64 = row.try_get("", "total")?;
        match row.try_get("", "status")? {
            RunStatus::Queued => {
                load.waiting = total;
                load.oldest_at = row.try_get("", "oldest_at")?;
            }
            RunStatus::Held => load.held = total,
            _ => load.running += total,
        }
    }
    Ok(load)
}

/// The file of a run, once it is archived.
pub async fn file_of<C: ConnectionTrait>(
    db: &C,
    run: &run::Model,
) -> Result<Option<source_file::Model>, DbErr> {
    match run.source_file_id {
        Some(id) => source_file::Entity::find_by_id(id).one(db).await,
        None => Ok(None),
    }
}
