//! Records that are not movies.

use super::{
    finding::{RejectFilter, Severity, of_all, of_run},
    lineage,
    page::{Connection, PageArgs, cost},
    run::{Run, of_row},
    scalar::Long,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use entity::ingest::reject;
use etl::finding::{Filter, Noun};
use sea_orm::Condition;

/// A record that is not a movie, and why.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Reject {
    id: ID,
    /// 1-based line of the file on which the record begins.
    line: Long,
    byte_offset: Long,
    byte_length: Long,
    /// Stable reason code such as `invalid_id`.
    code: String,
    severity: Severity,
    /// The rule that refused it.
    rule: String,
    /// The file's column, where one is to blame.
    column: Option<String>,
    /// The offending value, shortened.
    value: Option<String>,
    /// What is wrong and what to do about it.
    message: String,
    #[graphql(skip)]
    run_id: i64,
}

impl From<reject::Model> for Reject {
    fn from(row: reject::Model) -> Self {
        Self {
            id: row.id.into(),
            line: row.line.into(),
            byte_offset: row.byte_offset.into(),
            byte_length: row.byte_length.into(),
            code: row.code,
            severity: row.severity.into(),
            rule: row.rule,
            column: row.column_name,
            value: row.value,
            message: row.message,
            run_id: row.run_id,
        }
    }
}

/// Most bytes of a rejected record that are shown: one that was never closed may be the rest of its file.
const MAX_SHOWN: i64 = 64 << 10;

#[ComplexObject]
impl Reject {
    /// The run that refused it.
    async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
        of_row(ctx, self.run_id).await
    }

    /// The record as received, at most 64 KiB of it, read back from the archive; bytes that are not UTF-8
    /// are shown as U+FFFD. Null where the file's bytes have been deleted.
    #[graphql(complexity = 50)]
    async fn raw(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let length = self.byte_length.0.min(MAX_SHOWN);
        let place = (self.line.0, self.byte_offset.0, length);
        lineage::raw(ctx, self.run_id, place).await
    }
}

fn condition(filter: Option<RejectFilter>) -> Condition {
    Filter::from(filter.unwrap_or_default()).condition(Noun::Reject)
}

/// A page of a run's rejects in the file's order.
pub async fn rejects(
    ctx: &Context<'_>,
    run_id: i64,
    filter: Option<RejectFilter>,
    args: PageArgs,
) -> Result<Connection<Reject>> {
    use reject::Column::{Id, Line, RunId};
    let columns = (RunId, Line, Id);
    of_run::<reject::Entity, _>(ctx, columns, run_id, condition(filter), args).await
}

/// Queries for rejects.
#[derive(Default)]
pub struct RejectQuery;

#[Object]
impl RejectQuery {
    /// Records of any run that are not movies, newest first: those of one run, or of the runs of the file
    /// with the SHA-256 `file`, where it is given.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the API's")]
    async fn rejects(
        &self,
        ctx: &Context<'_>,
        run_id: Option<ID>,
        file: Option<String>,
        filter: Option<RejectFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Reject>> {
        use reject::Column::{Id, RunId};
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let within = (run_id, file);
        of_all::<reject::Entity, _>(ctx, (RunId, Id), within, condition(filter), args).await
    }
}
