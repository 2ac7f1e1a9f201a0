//! How Marquee itself is: its instances and what they work on, its queue and its stores.

use super::{
    loaders,
    page::READING,
    run::{Run, of_row},
    scalar::{DateTime, Long},
    services,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use chrono::Utc;
use etl::{custody, database, instance, queue};

/// How Marquee itself is.
pub struct System;

/// How Marquee itself is, as the instance that answers sees it.
#[Object]
impl System {
    /// The version of the instance that answers.
    async fn version<'a>(&self, ctx: &Context<'a>) -> &'a str {
        &services(ctx).instance.version
    }

    /// When the instance that answers began.
    async fn started_at(&self, ctx: &Context<'_>) -> DateTime {
        services(ctx).instance.started_at.into()
    }

    /// The name of the instance that answers.
    async fn instance<'a>(&self, ctx: &Context<'a>) -> &'a str {
        &services(ctx).instance.name
    }

    /// Every instance that was heard of within the last day, this one among them, by name.
    #[graphql(complexity = "5 * child_complexity")]
    async fn instances(&self, ctx: &Context<'_>) -> Result<Vec<Instance>> {
        let (found, now) = (instance::all(&services(ctx).db).await?, Utc::now());
        let shown = found.into_iter().map(|row| Instance {
            alive: instance::is_alive(row.seen_at, now),
            name: row.name,
            version: row.version,
            started_at: row.started_at.into(),
            seen_at: row.seen_at.into(),
            workers: row.workers,
        });
        Ok(shown.collect())
    }

    async fn queue(&self, ctx: &Context<'_>) -> Result<Queue> {
        Ok(queue::load(&services(ctx).db).await?.into())
    }

    async fn database(&self, ctx: &Context<'_>) -> Result<DatabaseState> {
        Ok(database::state(&services(ctx).db).await?.into())
    }

    async fn archive(&self, ctx: &Context<'_>) -> Result<ArchiveState> {
        let services = services(ctx);
        let held = custody::holdings(&services.db).await?;
        Ok(ArchiveState {
            kind: services.archive.kind().to_owned(),
            files: held.files.into(),
            bytes: held.bytes.into(),
            deleted: held.deleted.into(),
        })
    }

    /// The folder that the instance that answers watches; null where it watches none.
    async fn inbox(&self, ctx: &Context<'_>) -> Option<String> {
        let inbox = services(ctx).inbox.as_ref();
        inbox.map(|path| path.display().to_string())
    }
}

/// A process that serves.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Instance {
    name: String,
    version: String,
    started_at: DateTime,
    /// When it last told that it lives.
    seen_at: DateTime,
    /// Whether it was heard of in time.
    alive: bool,
    /// How many runs it works on at a time; 0 where it only answers.
    workers: i32,
}

#[ComplexObject]
impl Instance {
    /// What it works on.
    #[graphql(complexity = "5 * child_complexity")]
    async fn leases(&self, ctx: &Context<'_>) -> Result<Vec<Lease>> {
        let found = loaders(ctx).instance_leases.load(self.name.clone()).await?;
        let shown = found.into_iter().flatten().map(|lease| Lease {
            until: lease.lease_until.into(),
            run_id: lease.run_id,
        });
        Ok(shown.collect())
    }
}

/// A run that an instance works on.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Lease {
    /// Until when the run is kept for the instance, unless that renews it; then another may take the run over.
    until: DateTime,
    #[graphql(skip)]
    run_id: i64,
}

#[ComplexObject]
impl Lease {
    #[graphql(guard = "Permission::DataRead")]
    async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
        of_row(ctx, self.run_id).await
    }
}

/// What there is to do.
#[derive(Clone, Debug, SimpleObject)]
pub struct Queue {
    /// Runs that wait for a worker.
    waiting: Long,
    /// Runs that are under way.
    running: Long,
    /// Runs that wait for somebody's approval.
    held: Long,
    /// Since when the oldest waits for a worker; null where none does.
    oldest_at: Option<DateTime>,
}

impl From<queue::Load> for Queue {
    fn from(load: queue::Load) -> Self {
        Self {
            waiting: load.waiting.into(),
            running: load.running.into(),
            held: load.held.into(),
            oldest_at: load.oldest_at.map(DateTime),
        }
    }
}

/// The database.
#[derive(Clone, Debug, SimpleObject)]
pub struct DatabaseState {
    /// `SQLite`, `MariaDB` or `MySQL`.
    engine: String,
    version: String,
    /// The newest migration that was applied.
    migration: String,
    /// Bytes that it takes; null where that can't be told.
    bytes: Option<Long>,
}

impl From<database::State> for DatabaseState {
    fn from(state: database::State) -> Self {
        Self {
            engine: state.engine.to_owned(),
            version: state.version,
            migration: state.migration,
            bytes: state.bytes.map(Long),
        }
    }
}

/// The archive, as the records say.
#[derive(Clone, Debug, SimpleObject)]
pub struct ArchiveState {
    /// The scheme of its URL: `file`, `s3`, `gs` or `az`.
    kind: String,
    /// Files whose bytes it has.
    files: Long,
    /// Bytes of these files, and of what runs have written of them.
    bytes: Long,
    /// Files whose bytes were deleted.
    deleted: Long,
}

/// Queries for Marquee itself.
#[derive(Default)]
pub struct SystemQuery;

#[Object]
impl SystemQuery {
    /// How Marquee itself is: its instances, their work, its stores.
    #[graphql(
        guard = "Permission::SystemRead",
        complexity = "READING + child_complexity"
    )]
    async fn system(&self) -> System {
        System
    }
}
