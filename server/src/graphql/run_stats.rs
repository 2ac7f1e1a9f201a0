//! What runs together took and became.
//!
//! Figures that come from one statement are read together, and only when one of them is asked for.

use super::{
    error::Failure,
    filter,
    page::READING,
    run::RunStatus,
    run_filter::RunFilter,
    scalar::{Date, Long},
    services,
};
use crate::auth::Permission;
use async_graphql::{Context, Object, Result, SimpleObject};
use chrono::{Days, NaiveDate, NaiveTime, Utc};
use entity::ingest::{self, run};
use etl::database::seconds_between;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter,
    QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use std::collections::BTreeMap;
use tokio::sync::OnceCell;

/// Most days that are told apart.
const MAX_DAYS: i32 = 366;

/// The day of a run: on which it began, or on which it was queued where it has not.
const BEGAN: &str = "COALESCE(started_at, created_at)";

/// How many runs have a status.
#[derive(Clone, Debug, SimpleObject)]
pub struct RunStatusCount {
    status: RunStatus,
    count: Long,
}

/// The runs of a day.
#[derive(Clone, Debug, SimpleObject)]
pub struct RunDay {
    date: Date,
    /// How many have each status; those without any are left out.
    by_status: Vec<RunStatusCount>,
    /// Seconds from start to end of all that began on it and have ended.
    seconds: f64,
}

/// How long runs took.
#[derive(Clone, Copy, Debug)]
struct Durations {
    median: Option<f64>,
    p95: Option<f64>,
}

/// What some runs together took and became.
pub struct RunStats {
    /// Which.
    which: Condition,
    statuses: OnceCell<Vec<RunStatusCount>>,
    durations: OnceCell<Durations>,
}

/// What runs together took and became.
#[Object]
impl RunStats {
    async fn count(&self, ctx: &Context<'_>) -> Result<Long> {
        let statuses = self.statuses(ctx).await?;
        Ok(Long(statuses.iter().map(|status| status.count.0).sum()))
    }

    /// How many have each status; those without any are left out.
    async fn by_status(&self, ctx: &Context<'_>) -> Result<&[RunStatusCount]> {
        Ok(self.statuses(ctx).await?)
    }

    /// Half of those that have ended took at most this many seconds from start to end; null where none has.
    async fn median_seconds(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        Ok(self.durations(ctx).await?.median)
    }

    /// 95 of 100 of those that have ended took at most this many seconds from start to end; null where none has.
    async fn p95_seconds(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        Ok(self.durations(ctx).await?.p95)
    }

    /// Each day (UTC) of the last `days`, today the last of them, oldest first, those without runs too. A run is
    /// of the day on which it began, or on which it was queued where it has not begun.
    #[graphql(complexity = "READING + days_cost(days) * child_complexity")]
    async fn days(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 14)] days: i32,
    ) -> Result<Vec<RunDay>> {
        if !(1..=MAX_DAYS).contains(&days) {
            let words = format!("days must be between 1 and {MAX_DAYS}, not {days}");
            return Err(Failure::Input(words).into());
        }
        let before = Days::new(u64::from(days.unsigned_abs()) - 1);
        let today = Utc::now().date_naive();
        let first = today.checked_sub_days(before).unwrap_or(NaiveDate::MIN);
        let mut all: BTreeMap<NaiveDate, RunDay> = first
            .iter_days()
            .take(days.unsigned_abs() as usize)
            .map(|day| (day, RunDay::empty(day)))
            .collect();
        for (day, status, seconds) in self.read_days(&services(ctx).db, first).await? {
            // What another clock has dated later than today is of no day.
            if let Some(found) = all.get_mut(&day) {
                found.seconds += seconds;
                found.by_status.push(status);
            }
        }
        Ok(all.into_values().collect())
    }
}

/// How many days a request asks for.
fn days_cost(days: i32) -> usize {
    days.clamp(1, MAX_DAYS).unsigned_abs() as usize
}

impl RunDay {
    fn empty(day: NaiveDate) -> Self {
        Self {
            date: Date(day),
            by_status: Vec::new(),
            seconds: 0.0,
        }
    }
}

impl RunStats {
    fn runs(&self) -> Select<run::Entity> {
        run::Entity::find().select_only().filter(self.which.clone())
    }

    async fn statuses(&self, ctx: &Context<'_>) -> Result<&[RunStatusCount], DbErr> {
        let read = || async {
            let db = &services(ctx).db;
            let select = self.runs().column(run::Column::Status);
            let select = select
                .column_as(run::Column::Id.count(), "total")
                .group_by(run::Column::Status);
            let rows: Vec<(ingest::RunStatus, i64)> = select.into_tuple().all(db).await?;
            let mut counts: Vec<_> = rows.into_iter().map(RunStatusCount::from).collect();
            counts.sort_by_key(|count| count.status as u8);
            Ok(counts)
        };
        self.statuses.get_or_try_init(read).await.map(Vec::as_slice)
    }

    async fn durations(&self, ctx: &Context<'_>) -> Result<Durations, DbErr> {
        let read = || async {
            let db = &services(ctx).db;
            let backend = db.get_database_backend();
            let seconds = seconds_between(backend, "started_at", "finished_at");
            let ended = self
                .runs()
                .expr_as(Expr::cust(seconds), "seconds")
                .filter(run::Column::StartedAt.is_not_null())
                .filter(run::Column::FinishedAt.is_not_null());
            let mut statement = ended.build(backend);
            // The median of an even number is between the two in the middle. The other is the first that 95 of
            // 100 are not above.
            statement.sql = format!(
                "SELECT AVG(CASE WHEN place * 2 BETWEEN total AND total + 2 THEN seconds END) AS median,
                        MIN(CASE WHEN place * 100 >= total * 95 THEN seconds END) AS p95
                 FROM (SELECT seconds, ROW_NUMBER() OVER (ORDER BY seconds) AS place,
                              COUNT(*) OVER () AS total
                       FROM ({}) ended) ranked",
                statement.sql
            );
            let row = db.query_one_raw(statement).await?;
            let row = row.ok_or_else(|| DbErr::RecordNotFound("durations of runs".to_owned()))?;
            Ok(Durations {
                median: row.try_get("", "median")?,
                p95: row.try_get("", "p95")?,
            })
        };
        self.durations.get_or_try_init(read).await.copied()
    }

    /// For each day since the first and each status of its runs, how many there are and how many seconds they took.
    async fn read_days(
        &self,
        db: &DatabaseConnection,
        first: NaiveDate,
    ) -> Result<Vec<(NaiveDate, RunStatusCount, f64)>, DbErr> {
        let seconds = seconds_between(db.get_database_backend(), "started_at", "finished_at");
        let day = format!("SUBSTR({BEGAN}, 1, 10)");
        let rows: Vec<(String, ingest::RunStatus, i64, Option<f64>)> = self
            .runs()
            .filter(Expr::cust(BEGAN).gte(first.and_time(NaiveTime::MIN).and_utc()))
            .expr_as(Expr::cust(day.clone()), "day")
            .column(run::Column::Status)
            .column_as(run::Column::Id.count(), "total")
            .expr_as(Expr::cust(format!("SUM({seconds})")), "seconds")
            .group_by(Expr::cust(day))
            .group_by(run::Column::Status)
            .into_tuple()
            .all(db)
            .await?;
        let mut found = Vec::with_capacity(rows.len());
        for (day, status, total, seconds) in rows {
            let day: NaiveDate = day
                .parse()
                .map_err(|_| DbErr::Type(format!("{day} is no day")))?;
            found.push((day, (status, total).into(), seconds.unwrap_or_default()));
        }
        found.sort_by_key(|(_, count, _): &(_, RunStatusCount, _)| count.status as u8);
        Ok(found)
    }
}

impl From<(ingest::RunStatus, i64)> for RunStatusCount {
    fn from((status, count): (ingest::RunStatus, i64)) -> Self {
        Self {
            status: status.into(),
            count: count.into(),
        }
    }
}

/// Queries for runs together.
#[derive(Default)]
pub struct RunStatsQuery;

#[Object]
impl RunStatsQuery {
    /// What all runs, or those of `filter`, together took and became.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "READING + child_complexity"
    )]
    async fn run_stats(&self, ctx: &Context<'_>, filter: Option<RunFilter>) -> Result<RunStats> {
        let backend = services(ctx).db.get_database_backend();
        let which = filter.map(|filter| filter::condition(&filter, backend));
        Ok(RunStats {
            which: which.transpose()?.unwrap_or_else(Condition::all),
            statuses: OnceCell::new(),
            durations: OnceCell::new(),
        })
    }
}
