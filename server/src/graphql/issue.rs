//! What was corrected or is doubtful in usable rows.

use super::{
    filter::{
        filter,
        relation::Link,
        value::{Among, IdFilter, LongFilter, StringFilter},
    },
    finding::Severity,
    order::{Sort, order},
    page::{Connection, Direction, List, PageArgs, cost},
    run::{Run, of_row},
    run_filter::RunFilter,
    scalar::Long,
    services, together,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use entity::ingest::{issue, run};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

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

filter! {
    /// Which issues.
    IssueFilter of issue {
        id: IdFilter = Id,
        /// 1-based line of the file on which the record begins.
        line: LongFilter = Line,
        movie_id: IdFilter = MovieId,
        /// Stable reason code.
        code: StringFilter = Code,
        severity: Among<Severity> = Severity,
        rule: StringFilter = Rule,
        /// The file's column.
        column: StringFilter = ColumnName,
        old_value: StringFilter = OldValue,
        new_value: StringFilter = NewValue,
        message: StringFilter = Message,
        run_id: IdFilter = RunId,
        run: Box<RunFilter> = Link::to(RunId, run::Column::Id),
    }
}

order! {
    /// What issues can be ordered by.
    IssueOrderField IssueOrder of issue {
        Id = Id,
        RunId = RunId,
        Line = Line,
        MovieId = MovieId,
        Code = Code,
        Severity = Severity,
        Rule = Rule,
        Column = ColumnName,
    }
}

/// What is asked of a list of issues.
pub type IssueList = List<IssueFilter, IssueOrder>;

/// A page of a run's issues, in the file's order unless ordered otherwise.
pub async fn issues(ctx: &Context<'_>, run_id: i64, list: IssueList) -> Result<Connection<Issue>> {
    use issue::Column::{Id, Line, RunId};
    let select = issue::Entity::find().filter(RunId.eq(run_id));
    let usual = vec![Sort::by(Line, Direction::Asc)];
    list.of(&*together(ctx), "", select, usual, Id).await
}

/// Queries for issues.
#[derive(Default)]
pub struct IssueQuery;

#[Object]
impl IssueQuery {
    /// What any run has corrected or finds doubtful in usable rows, newest first unless ordered otherwise.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the API's")]
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
        let usual = vec![Sort::by(issue::Column::Id, Direction::Desc)];
        let (db, select) = (&services(ctx).db, issue::Entity::find());
        list.of(db, "", select, usual, issue::Column::Id).await
    }
}
