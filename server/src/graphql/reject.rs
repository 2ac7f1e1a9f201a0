//! Records that are not movies.

use super::{
    filter::{
        self, filter,
        relation::Link,
        value::{Among, IdFilter, LongFilter, StringFilter},
    },
    finding::Severity,
    lineage,
    load::Reason,
    mover,
    order::{Sort, order},
    page::{Connection, Direction, List, PageArgs, READING, cost},
    run::{ReasonCount, Run, of_row},
    run_filter::RunFilter,
    scalar::Long,
    services, together,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use entity::ingest::{reject, run};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

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

filter! {
    /// Which rejects.
    RejectFilter of reject {
        id: IdFilter = Id,
        /// 1-based line of the file on which the record begins.
        line: LongFilter = Line,
        /// Stable reason code.
        code: StringFilter = Code,
        severity: Among<Severity> = Severity,
        rule: StringFilter = Rule,
        /// The file's column.
        column: StringFilter = ColumnName,
        /// The offending value, shortened.
        value: StringFilter = Value,
        message: StringFilter = Message,
        run_id: IdFilter = RunId,
        run: Box<RunFilter> = Link::to(RunId, run::Column::Id),
    }
}

order! {
    /// What rejects can be ordered by.
    RejectOrderField RejectOrder of reject {
        Id = Id,
        RunId = RunId,
        Line = Line,
        Code = Code,
        Severity = Severity,
        Rule = Rule,
        Column = ColumnName,
    }
}

/// What is asked of a list of rejects.
pub type RejectList = List<RejectFilter, RejectOrder>;

/// A page of a run's rejects, in the file's order unless ordered otherwise.
pub async fn rejects(
    ctx: &Context<'_>,
    run_id: i64,
    list: RejectList,
) -> Result<Connection<Reject>> {
    use reject::Column::{Id, Line, RunId};
    let select = reject::Entity::find().filter(RunId.eq(run_id));
    let usual = vec![Sort::by(Line, Direction::Asc)];
    list.of(&*together(ctx), "", select, usual, Id).await
}

/// Queries for rejects.
#[derive(Default)]
pub struct RejectQuery;

#[Object]
impl RejectQuery {
    /// Records of any run that are not movies, newest first unless ordered otherwise.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the API's")]
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
        let usual = vec![Sort::by(reject::Column::Id, Direction::Desc)];
        let (db, select) = (&services(ctx).db, reject::Entity::find());
        list.of(db, "", select, usual, reject::Column::Id).await
    }

    /// Why rows were rejected, in all runs or in those of `filter`, most frequent first.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "READING + mover::cost(first, child_complexity)"
    )]
    async fn reject_reasons(
        &self,
        ctx: &Context<'_>,
        filter: Option<RejectFilter>,
        #[graphql(default = 10)] first: i32,
    ) -> Result<Vec<ReasonCount>> {
        use reject::Column::{Code, Id};
        let (db, first) = (&services(ctx).db, mover::first(first)? as u64);
        let mut select = reject::Entity::find()
            .select_only()
            .column(Code)
            .column_as(Id.count(), "total")
            .group_by(Code);
        if let Some(filter) = &filter {
            select = select.filter(filter::condition(filter, db.get_database_backend())?);
        }
        let found = select
            .order_by_desc(Id.count())
            .order_by_asc(Code)
            .limit(first)
            .into_model::<Reason>()
            .all(db)
            .await?;
        Ok(found.into_iter().map(ReasonCount::from).collect())
    }
}
