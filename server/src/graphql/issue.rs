//! What was corrected or is doubtful in usable rows.

use super::{
    finding::{IssueFilter, Severity, of_all, of_run},
    page::{Connection, PageArgs, cost},
    run::{Run, of_row},
    scalar::Long,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use entity::ingest::issue;
use etl::finding::{Filter, Noun};
use sea_orm::Condition;

/// A usable row's field that was corrected, cleared or is doubtful.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Issue {
    id: ID,
    /// 1-based line of the file on which the record begins.
    line: Long,
    /// Null, as the length is, where the issue was found before places were kept.
    byte_offset: Option<Long>,
    byte_length: Option<Long>,
    movie_id: Option<ID>,
    /// Stable reason code such as `rejoined`.
    code: String,
    severity: Severity,
    /// The rule that found it.
    rule: String,
    /// The file's column, where it is about one.
    column: Option<String>,
    old_value: Option<String>,
    new_value: Option<String>,
    message: String,
    #[graphql(skip)]
    run_id: i64,
}

impl From<issue::Model> for Issue {
    fn from(row: issue::Model) -> Self {
        Self {
            id: row.id.into(),
            line: row.line.into(),
            byte_offset: row.byte_offset.map(Long),
            byte_length: row.byte_length.map(Long),
            movie_id: row.movie_id.map(ID::from),
            code: row.code,
            severity: row.severity.into(),
            rule: row.rule,
            column: row.column_name,
            old_value: row.old_value,
            new_value: row.new_value,
            message: row.message,
            run_id: row.run_id,
        }
    }
}

#[ComplexObject]
impl Issue {
    /// The run that found it.
    async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
        of_row(ctx, self.run_id).await
    }
}

fn condition(filter: Option<IssueFilter>) -> Condition {
    Filter::from(filter.unwrap_or_default()).condition(Noun::Issue)
}

/// A page of a run's issues in the file's order.
pub async fn issues(
    ctx: &Context<'_>,
    run_id: i64,
    filter: Option<IssueFilter>,
    args: PageArgs,
) -> Result<Connection<Issue>> {
    use issue::Column::{Id, Line, RunId};
    let columns = (RunId, Line, Id);
    of_run::<issue::Entity, _>(ctx, columns, run_id, condition(filter), args).await
}

/// Queries for issues.
#[derive(Default)]
pub struct IssueQuery;

#[Object]
impl IssueQuery {
    /// What any run has corrected or finds doubtful in usable rows, newest first: of one run, or of the runs
    /// of the file with the SHA-256 `file`, where it is given.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the API's")]
    async fn issues(
        &self,
        ctx: &Context<'_>,
        run_id: Option<ID>,
        file: Option<String>,
        filter: Option<IssueFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Issue>> {
        use issue::Column::{Id, RunId};
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let within = (run_id, file);
        of_all::<issue::Entity, _>(ctx, (RunId, Id), within, condition(filter), args).await
    }
}
