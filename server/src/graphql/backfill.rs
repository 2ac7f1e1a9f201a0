//! Files read again together.

use super::{
    asker, by,
    error::Failure,
    filter::{
        filter,
        relation::{Link, ListFilter},
        value::{Among, DateTimeFilter, IdFilter, IntFilter, LongFilter, StringFilter},
    },
    loaders, number,
    order::{Sort, order},
    page::{Connection, Direction, List, PageArgs, cost},
    run::{Run, RunMode},
    run_filter::{RunFilter, RunOrder},
    scalar::{DateTime, Long},
    services, together,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use entity::ingest::{backfill, backfill_run, run};
use etl::{backfill as backfills, control, rules};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

/// A group of runs that read archived files again, oldest first. When the last of them has ended and one has
/// deleted what an older file may give, a second round of runs reads the files once more.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Backfill {
    id: ID,
    /// The user's name, or `command line`.
    created_by: String,
    created_at: DateTime,
    rule_version: i32,
    /// Whether its runs merge, or are held.
    mode: RunMode,
    /// How many files; those of a second round count again.
    total: Long,
    bytes_total: Long,
    cancelled_at: Option<DateTime>,
    #[graphql(skip)]
    key: i64,
}

impl From<backfill::Model> for Backfill {
    fn from(row: backfill::Model) -> Self {
        Self {
            id: row.id.into(),
            created_by: row.created_by,
            created_at: row.created_at.into(),
            rule_version: row.rule_version,
            mode: row.mode.into(),
            total: row.total.into(),
            bytes_total: row.bytes_total.into(),
            cancelled_at: row.cancelled_at.map(DateTime),
            key: row.id,
        }
    }
}

/// How far a backfill is; `total = done + failed + cancelled + remaining`.
#[derive(Clone, Debug, SimpleObject)]
pub struct BackfillProgress {
    /// Files that have been read again, be the run merged or held.
    done: Long,
    failed: Long,
    cancelled: Long,
    /// Files whose run waits or is under way.
    remaining: Long,
    /// Bytes that have been read.
    bytes: Long,
    /// 1, or 2 once a second round has been queued.
    rounds: i32,
    /// Null before the first run begins.
    started_at: Option<DateTime>,
    /// Null while files remain.
    finished_at: Option<DateTime>,
    /// When the rest will be read at the pace so far; null before there is one and when nothing remains.
    estimated_end: Option<DateTime>,
}

impl From<backfills::Progress> for BackfillProgress {
    fn from(progress: backfills::Progress) -> Self {
        Self {
            done: progress.done.into(),
            failed: progress.failed.into(),
            cancelled: progress.cancelled.into(),
            remaining: progress.remaining.into(),
            bytes: progress.bytes_done.into(),
            rounds: progress.rounds,
            started_at: progress.started_at.map(DateTime),
            finished_at: progress.finished_at.map(DateTime),
            estimated_end: progress.estimated_end.map(DateTime),
        }
    }
}

#[ComplexObject]
impl Backfill {
    async fn progress(&self, ctx: &Context<'_>) -> Result<BackfillProgress> {
        let found = loaders(ctx).backfill_progress.load(self.key).await?;
        Ok(found.unwrap_or_default().into())
    }

    /// Its runs, oldest file first unless ordered otherwise.
    #[graphql(complexity = "cost(first, last, child_complexity)")]
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
        let own = backfill_run::Entity::find()
            .select_only()
            .column(backfill_run::Column::RunId)
            .filter(backfill_run::Column::BackfillId.eq(self.key))
            .into_query();
        let select = run::Entity::find().filter(run::Column::Id.in_subquery(own));
        let usual = vec![Sort::by(run::Column::Id, Direction::Asc)];
        list.of(&*together(ctx), "", select, usual, run::Column::Id)
            .await
    }
}

filter! {
    /// Which backfills.
    BackfillFilter of backfill {
        id: IdFilter = Id,
        /// The user's name, or `command line`.
        created_by: StringFilter = CreatedBy,
        created_at: DateTimeFilter = CreatedAt,
        rule_version: IntFilter = RuleVersion,
        mode: Among<RunMode> = Mode,
        /// How many files; those of a second round count again.
        total: LongFilter = Total,
        bytes_total: LongFilter = BytesTotal,
        cancelled_at: DateTimeFilter = CancelledAt,
        runs: ListFilter<RunFilter> = to_runs(),
    }
}

fn to_runs() -> Link {
    use backfill_run::Column::{BackfillId, RunId};
    Link::through(backfill::Column::Id, (BackfillId, RunId), run::Column::Id)
}

order! {
    /// What backfills can be ordered by.
    BackfillOrderField BackfillOrder of backfill {
        Id = Id,
        CreatedAt = CreatedAt,
        RuleVersion = RuleVersion,
        Total = Total,
        BytesTotal = BytesTotal,
        CancelledAt = CancelledAt,
    }
}

/// Queries for backfills.
#[derive(Default)]
pub struct BackfillQuery;

#[Object]
impl BackfillQuery {
    #[graphql(guard = "Permission::DataRead")]
    async fn backfill(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Backfill>> {
        let found = backfill::Entity::find_by_id(number(&id)?)
            .one(&services(ctx).db)
            .await?;
        Ok(found.map(Backfill::from))
    }

    /// Backfills, newest first unless ordered otherwise.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn backfills(
        &self,
        ctx: &Context<'_>,
        filter: Option<BackfillFilter>,
        order_by: Option<Vec<BackfillOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Backfill>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        let (select, key) = (backfill::Entity::find(), backfill::Column::Id);
        let usual = vec![Sort::by(key, Direction::Desc)];
        list.of(&services(ctx).db, "", select, usual, key).await
    }
}

/// Mutations of backfills.
#[derive(Default)]
pub struct BackfillMutation;

#[Object]
impl BackfillMutation {
    /// Reads every archived file that the mart has loaded again, oldest first, under the newest rules or those of
    /// version `rules`. With `preview` each run is held before merging, so that its changes can be looked at. With
    /// `files` only these, by their SHA-256, whatever became of their runs.
    #[graphql(guard = "Permission::RunTrigger")]
    async fn reprocess_all(
        &self,
        ctx: &Context<'_>,
        rules: Option<i32>,
        #[graphql(default)] preview: bool,
        files: Option<Vec<String>>,
    ) -> Result<Backfill> {
        let services = services(ctx);
        let db = &services.db;
        let version = rules::store::chosen(db, rules).await?;
        let mode = if preview {
            RunMode::Hold
        } else {
            RunMode::Merge
        };
        let by = by(ctx)?.actor;
        let begun =
            control::reprocess_all(db, by, asker(ctx)?, version, mode.into(), files.as_deref())
                .await?;
        services.told();
        Ok(begun.into())
    }

    /// Ends what is left of a backfill: the runs that wait, are under way or are held, unless one is merging
    /// already. What has been merged stays.
    #[graphql(guard = "Permission::RunTrigger")]
    async fn cancel_backfill(&self, ctx: &Context<'_>, id: ID) -> Result<Backfill> {
        let (db, id) = (&services(ctx).db, number(&id)?);
        if backfill::Entity::find_by_id(id).one(db).await?.is_none() {
            return Err(Failure::NotFound(format!("there is no backfill {id}")).into());
        }
        backfills::cancel(db, id, asker(ctx)?).await?;
        services(ctx).told();
        Ok(backfills::find(db, id).await?.into())
    }
}
