//! Records that are not movies.

use super::{
    lineage,
    page::{Connection, Direction, PageArgs, page},
    scalar::Long,
    services,
};
use async_graphql::{ComplexObject, Context, ID, InputObject, Result, SimpleObject};
use entity::ingest::reject;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

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
    /// The record as received, at most 64 KiB of it, read back from the archive; bytes that are not UTF-8
    /// are shown as U+FFFD.
    #[graphql(complexity = 50)]
    async fn raw(&self, ctx: &Context<'_>) -> Result<String> {
        let length = self.byte_length.0.min(MAX_SHOWN);
        lineage::raw(ctx, self.run_id, self.line.0, self.byte_offset.0, length).await
    }
}

/// Which rejects to list.
#[derive(Clone, Debug, Default, InputObject)]
pub struct RejectFilter {
    /// Only those with this reason code.
    code: Option<String>,
}

/// A page of a run's rejects in the file's order.
pub async fn rejects(
    ctx: &Context<'_>,
    run_id: i64,
    filter: Option<RejectFilter>,
    args: PageArgs,
) -> Result<Connection<Reject>> {
    let mut select = reject::Entity::find().filter(reject::Column::RunId.eq(run_id));
    if let Some(code) = filter.and_then(|filter| filter.code) {
        select = select.filter(reject::Column::Code.eq(code));
    }
    let order = [(reject::Column::Line, Direction::Asc)];
    page(
        &services(ctx).db,
        "",
        select,
        &order,
        reject::Column::Id,
        &args,
    )
    .await
}
