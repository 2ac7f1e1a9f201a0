//! Runs: what they did and how far they are.

use super::{
    backfill::Backfill,
    change::{
        Change, ChangeFilter, ChangeOrder, CompanionChange, CompanionChangeFilter,
        CompanionChangeOrder, changes, companion_changes,
    },
    error::Failure,
    event::{RunEvent, RunEventFilter, RunEventOrder},
    file::SourceFile,
    issue::{Issue, IssueFilter, IssueOrder, issues},
    load::Reason,
    loaders,
    mover::{self, Mover, MoverMeasure, MoverNoun},
    number,
    order::Sort,
    page::{Connection, Direction, List, PageArgs, cost},
    reject::{Reject, RejectFilter, RejectOrder, rejects},
    rules::RuleSet,
    run_filter::{RunFilter, RunOrder},
    scalar::{DateTime, Long},
    services, together,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use entity::ingest::{self, run, run_event, run_phase};
use etl::{movers, undo};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ingest::RunKind")]
pub enum RunKind {
    /// Loads a file that arrived.
    Ingest,
    /// Reads an archived file again.
    Reprocess,
    /// Takes back what another run merged.
    Undo,
}

/// What a run does with the differences it has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ingest::RunMode")]
pub enum RunMode {
    /// Merges them.
    Merge,
    /// Holds them until somebody approves or discards them.
    Hold,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ingest::RunStatus")]
pub enum RunStatus {
    /// Waits for a worker.
    Queued,
    /// The file is copied into the archive.
    Archiving,
    /// Records are read and staged.
    Reading,
    /// The transformed files are archived.
    Staging,
    /// What is staged is compared with the mart.
    Comparing,
    /// Waits for somebody's approval.
    Held,
    /// The changes go into the mart.
    Merging,
    /// The figures are brought up to date.
    Aggregating,
    /// The mart has the file's rows.
    Succeeded,
    /// The mart is as it was; `error` says why.
    Failed,
    Cancelled,
    Discarded,
    Undone,
    /// The same bytes were loaded before.
    Duplicate,
}

/// What started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ingest::Trigger")]
pub enum Trigger {
    Inbox,
    Command,
    Api,
}

/// One pass of the chain over one file.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Run {
    id: ID,
    kind: RunKind,
    status: RunStatus,
    trigger: Trigger,
    /// The user's name (with the token's where one was used), or `command line`, of who asked for it; null where
    /// nobody did, as where the file arrived in the inbox.
    requested_by: Option<String>,
    /// The name under which the file arrived.
    file_name: String,
    mode: RunMode,
    /// Why it waits for approval.
    held_because: Option<String>,
    rule_version: i32,
    /// The data version this run's merge made.
    data_version: Option<i32>,
    created_at: DateTime,
    started_at: Option<DateTime>,
    finished_at: Option<DateTime>,
    /// Share of the file's bytes read, 0 to 1; null before reading begins.
    progress: Option<f64>,
    counts: RunCounts,
    /// Why it failed, and what to do about it.
    error: Option<String>,
    #[graphql(skip)]
    key: i64,
    #[graphql(skip)]
    file_id: Option<i64>,
    #[graphql(skip)]
    first_id: Option<i64>,
    #[graphql(skip)]
    undoes_id: Option<i64>,
}

impl From<run::Model> for Run {
    fn from(row: run::Model) -> Self {
        Self {
            progress: progress(&row),
            id: row.id.into(),
            kind: row.kind.into(),
            status: row.status.into(),
            trigger: row.triggered_by.into(),
            requested_by: row.requested_by,
            file_name: row.file_name,
            mode: row.mode.into(),
            held_because: row.held_because,
            rule_version: row.rule_version,
            data_version: row.data_version,
            created_at: row.created_at.into(),
            started_at: row.started_at.map(DateTime),
            finished_at: row.finished_at.map(DateTime),
            counts: RunCounts {
                read: row.rows_read.into(),
                inserted: row.rows_inserted.into(),
                updated: row.rows_updated.into(),
                unchanged: row.rows_unchanged.into(),
                superseded: row.rows_superseded.into(),
                deleted: row.rows_deleted.into(),
                rejected: row.rows_rejected.into(),
                issues: row.issue_count.into(),
            },
            error: row.error,
            key: row.id,
            file_id: row.source_file_id,
            first_id: row.duplicate_of,
            undoes_id: row.undoes,
        }
    }
}

fn progress(row: &run::Model) -> Option<f64> {
    use ingest::RunStatus as Status;
    match row.status {
        Status::Queued | Status::Archiving | Status::Duplicate => None,
        Status::Succeeded => Some(1.0),
        _ => {
            let total = row.bytes_total.filter(|total| *total > 0)?;
            Some((row.bytes_read as f64 / total as f64).clamp(0.0, 1.0))
        }
    }
}

/// The run of a row that one has written.
pub async fn of_row(ctx: &Context<'_>, run_id: i64) -> Result<Run> {
    let run = loaders(ctx).run.load(run_id).await?;
    let run = run.ok_or_else(|| Failure::Broken(format!("run {run_id} has rows but is gone")))?;
    Ok(run.into())
}

#[ComplexObject]
impl Run {
    /// Null until the file is archived, or when it could not be.
    async fn file(&self, ctx: &Context<'_>) -> Result<Option<SourceFile>> {
        let Some(id) = self.file_id else {
            return Ok(None);
        };
        Ok(loaders(ctx).file.load(id).await?.map(SourceFile::from))
    }

    /// The instance that works on it; null while it waits and once it is held or has ended.
    async fn instance(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let found = loaders(ctx).lease.load(self.key).await?;
        Ok(found.map(|lease| lease.lease_owner))
    }

    /// The run that first loaded the same bytes.
    async fn duplicate_of(&self, ctx: &Context<'_>) -> Result<Option<Run>> {
        let Some(id) = self.first_id else {
            return Ok(None);
        };
        Ok(loaders(ctx).run.load(id).await?.map(Run::from))
    }

    /// The run whose merge this one takes back.
    async fn undoes(&self, ctx: &Context<'_>) -> Result<Option<Run>> {
        let Some(id) = self.undoes_id else {
            return Ok(None);
        };
        Ok(loaders(ctx).run.load(id).await?.map(Run::from))
    }

    /// The backfill that it is part of.
    async fn backfill(&self, ctx: &Context<'_>) -> Result<Option<Backfill>> {
        let found = loaders(ctx).run_backfill.load(self.key).await?;
        Ok(found.map(Backfill::from))
    }

    /// What it has changed, or would change while it is held, field by field, in the file's order
    /// unless ordered otherwise.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        filter: Option<ChangeFilter>,
        order_by: Option<Vec<ChangeOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Change>> {
        let run = loaders(ctx).run.load(self.key).await?;
        let run = run.ok_or_else(|| Failure::Broken(format!("run {} is gone", self.key)))?;
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        changes(ctx, &run, list).await
    }

    /// What it has changed, or would change while it is held, of what companion files say.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn companion_changes(
        &self,
        ctx: &Context<'_>,
        filter: Option<CompanionChangeFilter>,
        order_by: Option<Vec<CompanionChangeOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<CompanionChange>> {
        let run = loaders(ctx).run.load(self.key).await?;
        let run = run.ok_or_else(|| Failure::Broken(format!("run {} is gone", self.key)))?;
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        companion_changes(ctx, &run, list).await
    }

    /// The years of companies or genres whose figure it has changed most, or would change most while it is
    /// held, as it was compared then; none for a run that has neither merged nor is held.
    #[graphql(complexity = "mover::cost(first, child_complexity)")]
    async fn movers(
        &self,
        ctx: &Context<'_>,
        of: MoverNoun,
        #[graphql(default_with = "MoverMeasure::Revenue")] measure: MoverMeasure,
        #[graphql(default = 10)] first: i32,
    ) -> Result<Vec<Mover>> {
        let run = loaders(ctx).run.load(self.key).await?;
        let run = run.ok_or_else(|| Failure::Broken(format!("run {} is gone", self.key)))?;
        let (db, first) = (&*together(ctx), mover::first(first)? as u64);
        let found = movers::movers(db, &run, of.into(), measure.into(), first).await?;
        Ok(found.into_iter().map(Mover::from).collect())
    }

    /// What it did, in order.
    #[graphql(complexity = "8 * child_complexity")]
    async fn phases(&self, ctx: &Context<'_>) -> Result<Vec<Phase>> {
        let found = loaders(ctx).phases.load(self.key).await?;
        Ok(found.into_iter().flatten().map(Phase::from).collect())
    }

    /// The rules it read the file under.
    #[graphql(guard = "Permission::DataRead")]
    async fn rule_set(&self, ctx: &Context<'_>) -> Result<RuleSet> {
        RuleSet::of(ctx, self.rule_version).await
    }

    /// The later runs that stand in the way of undoing this one, and those that stand in theirs, newest first:
    /// `undoRun` with `cascade` undoes them before it. None where it cannot be undone in any case.
    #[graphql(complexity = "20 * child_complexity")]
    async fn undo_conflicts(&self, ctx: &Context<'_>) -> Result<Vec<Run>> {
        let run = loaders(ctx).run.load(self.key).await?;
        let run = run.ok_or_else(|| Failure::Broken(format!("run {} is gone", self.key)))?;
        if undo::check(&run).is_err() {
            return Ok(Vec::new());
        }
        let found = undo::all_conflicts(&*together(ctx), &run).await?;
        Ok(found.into_iter().map(Run::from).collect())
    }

    /// Why rows were rejected, most frequent first.
    #[graphql(complexity = "10 * child_complexity")]
    async fn reject_reasons(&self, ctx: &Context<'_>) -> Result<Vec<ReasonCount>> {
        let found = loaders(ctx).reject_reasons.load(self.key).await?;
        Ok(found.into_iter().flatten().map(ReasonCount::from).collect())
    }

    /// What was corrected or is doubtful in usable rows, most frequent first.
    #[graphql(complexity = "10 * child_complexity")]
    async fn issue_reasons(&self, ctx: &Context<'_>) -> Result<Vec<ReasonCount>> {
        let found = loaders(ctx).issue_reasons.load(self.key).await?;
        Ok(found.into_iter().flatten().map(ReasonCount::from).collect())
    }

    /// Records that are not movies, in the file's order unless ordered otherwise.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn rejects(
        &self,
        ctx: &Context<'_>,
        filter: Option<RejectFilter>,
        order_by: Option<Vec<RejectOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Reject>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        rejects(ctx, self.key, list).await
    }

    /// What was corrected or is doubtful in usable rows, in the file's order unless ordered otherwise.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn issues(
        &self,
        ctx: &Context<'_>,
        filter: Option<IssueFilter>,
        order_by: Option<Vec<IssueOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Issue>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        issues(ctx, self.key, list).await
    }

    /// The run's log, oldest first unless ordered otherwise.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        filter: Option<RunEventFilter>,
        order_by: Option<Vec<RunEventOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<RunEvent>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        let select = run_event::Entity::find().filter(run_event::Column::RunId.eq(self.key));
        let id = run_event::Column::Id;
        let usual = vec![Sort::by(id, Direction::Asc)];
        list.of(&*together(ctx), "", select, usual, id).await
    }
}

/// A phase of a run.
#[derive(Clone, Debug, SimpleObject)]
pub struct Phase {
    name: String,
    started_at: DateTime,
    finished_at: Option<DateTime>,
    rows: Option<Long>,
    bytes: Option<Long>,
    /// How long it took; null while it goes on.
    seconds: Option<f64>,
    rows_per_second: Option<f64>,
}

impl From<run_phase::Model> for Phase {
    fn from(row: run_phase::Model) -> Self {
        let seconds = row
            .finished_at
            .map(|end| (end - row.started_at).as_seconds_f64());
        let rate = row.row_count.zip(seconds.filter(|seconds| *seconds > 0.0));
        Self {
            name: row.name,
            started_at: row.started_at.into(),
            finished_at: row.finished_at.map(DateTime),
            rows: row.row_count.map(Long),
            bytes: row.byte_count.map(Long),
            seconds,
            rows_per_second: rate.map(|(rows, seconds)| rows as f64 / seconds),
        }
    }
}

/// `read = inserted + updated + unchanged + superseded + rejected` once the run has succeeded.
#[derive(Clone, Debug, SimpleObject)]
pub struct RunCounts {
    read: Long,
    inserted: Long,
    updated: Long,
    unchanged: Long,
    /// Rows of an id that a later line of the same file, or a file that arrived later, gives again.
    superseded: Long,
    /// Movies taken out of the mart; no rows that were read.
    deleted: Long,
    rejected: Long,
    issues: Long,
}

/// How often a reason was given.
#[derive(Clone, Debug, SimpleObject)]
pub struct ReasonCount {
    code: String,
    count: Long,
}

impl From<Reason> for ReasonCount {
    fn from(reason: Reason) -> Self {
        Self {
            code: reason.code,
            count: reason.total.into(),
        }
    }
}

/// Queries for runs.
#[derive(Default)]
pub struct RunQuery;

#[Object]
impl RunQuery {
    #[graphql(guard = "Permission::DataRead")]
    async fn run(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Run>> {
        let found = run::Entity::find_by_id(number(&id)?)
            .one(&services(ctx).db)
            .await?;
        Ok(found.map(Run::from))
    }

    /// Runs, newest first unless ordered otherwise.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn runs(
        &self,
        ctx: &Context<'_>,
        filter: Option<RunFilter>,
        order_by: Option<Vec<RunOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Run>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        let usual = vec![Sort::by(run::Column::Id, Direction::Desc)];
        let (db, select) = (&services(ctx).db, run::Entity::find());
        list.of(db, "", select, usual, run::Column::Id).await
    }
}
