//! Where a movie's values come from.

use super::{
    error::Failure, file::SourceFile, issue::Issue, loaders, rules::RuleSet, run::Run,
    scalar::Long, services, together,
};
use async_graphql::{Context, Object, Result};
use entity::ingest::{issue, run, source_file};
use etl::{custody, record::Position};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

/// Where a movie's present values come from.
#[derive(Clone, Debug)]
pub struct Lineage {
    pub(super) run_id: i64,
    pub(super) line: i64,
    pub(super) byte_offset: i64,
    pub(super) byte_length: i64,
}

#[Object]
impl Lineage {
    /// The run that last changed the movie.
    async fn run(&self, ctx: &Context<'_>) -> Result<Run> {
        Ok(source(ctx, self.run_id).await?.0.into())
    }

    async fn file(&self, ctx: &Context<'_>) -> Result<SourceFile> {
        Ok(source(ctx, self.run_id).await?.1.into())
    }

    /// 1-based line of the file on which the record begins.
    async fn line(&self) -> Long {
        Long(self.line)
    }

    /// Bytes of the (unpacked) file before the record.
    async fn byte_offset(&self) -> Long {
        Long(self.byte_offset)
    }

    async fn byte_length(&self) -> Long {
        Long(self.byte_length)
    }

    /// The record as received, read back from the archive; bytes that are not UTF-8 are shown as U+FFFD. Null
    /// where the file's bytes have been deleted.
    #[graphql(complexity = 50)]
    async fn raw(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let place = (self.line, self.byte_offset, self.byte_length);
        raw(ctx, self.run_id, place).await
    }

    /// The rules under which the record was read.
    async fn rule_set(&self, ctx: &Context<'_>) -> Result<RuleSet> {
        RuleSet::of(ctx, source(ctx, self.run_id).await?.0.rule_version).await
    }

    /// What these corrected in the record, or found doubtful.
    #[graphql(complexity = "5 * child_complexity")]
    async fn issues(&self, ctx: &Context<'_>) -> Result<Vec<Issue>> {
        let found = issue::Entity::find()
            .filter(issue::Column::RunId.eq(self.run_id))
            .filter(issue::Column::Line.eq(self.line))
            .order_by_asc(issue::Column::Id);
        let found = found.all(&*together(ctx)).await?;
        Ok(found.into_iter().map(Issue::from).collect())
    }

    /// Why there is no `raw`: which bytes were deleted, by whom, when and why.
    async fn missing(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(custody::missing(&source(ctx, self.run_id).await?.1))
    }
}

/// A run and the file it read.
async fn source(ctx: &Context<'_>, run_id: i64) -> Result<(run::Model, source_file::Model)> {
    let missing = |what: &str| Failure::Broken(format!("run {run_id} has rows but no {what}"));
    let run = loaders(ctx).run.load(run_id).await?;
    let run = run.ok_or_else(|| missing("row"))?;
    let file_id = run.source_file_id.ok_or_else(|| missing("file"))?;
    let file = loaders(ctx).file.load(file_id).await?;
    Ok((run, file.ok_or_else(|| missing("file"))?))
}

/// A record of a run's file as received, by its line, its offset and its length in bytes; none where the
/// file's bytes have been deleted.
pub async fn raw(
    ctx: &Context<'_>,
    run_id: i64,
    (line, byte_offset, byte_length): (i64, i64, i64),
) -> Result<Option<String>> {
    let (run, file) = source(ctx, run_id).await?;
    if file.deleted_at.is_some() {
        return Ok(None);
    }
    let place = |number: i64| {
        u64::try_from(number)
            .map_err(|_| Failure::Broken(format!("run {run_id} has rows at {number}")))
    };
    let position = Position {
        line: place(line)?,
        byte_offset: place(byte_offset)?,
        byte_length: place(byte_length)?,
    };
    let services = services(ctx);
    let (db, archive) = (&services.db, &services.archive);
    let raw = etl::lineage::raw(db, archive, &run.file_name, &file, &position).await?;
    Ok(Some(raw))
}
