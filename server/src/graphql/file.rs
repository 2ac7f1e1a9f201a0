//! Files by their content, and what the archive holds of them.

use super::{
    filter::{
        filter,
        relation::{Link, ListFilter},
        value::{Among, DateTimeFilter, LongFilter, StringFilter, stored},
    },
    loaders,
    order::{Sort, order},
    page::{Connection, Direction, List, PageArgs, cost},
    run::Run,
    run_filter::RunFilter,
    scalar::{DateTime, Long},
    services,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, Enum, Object, Result, SimpleObject};
use entity::ingest::{self, archive_object, run, source_file};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, QueryFilter};

/// Where the archive keeps a file's raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ingest::FileArea")]
pub enum FileArea {
    /// Where files arrive.
    Raw,
    /// Put by: below `cold/`, which a store may keep for less.
    Cold,
}

/// Who keeps a file from being deleted.
#[derive(Clone, Debug, SimpleObject)]
pub struct FileHold {
    by: String,
    at: DateTime,
    reason: String,
}

/// Who has deleted a file's bytes.
#[derive(Clone, Debug, SimpleObject)]
pub struct FileDeletion {
    by: String,
    at: DateTime,
    reason: String,
}

/// A file that arrived, known by its bytes.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct SourceFile {
    sha256: String,
    /// The name it first arrived under.
    name: String,
    bytes: Long,
    /// The format it was recognised as, such as `movies-dataset`; null when it was not.
    source: Option<String>,
    arrived_at: DateTime,
    /// Where its raw bytes lie, or lay until they were deleted.
    area: FileArea,
    /// Why it cannot be deleted, where somebody holds it.
    hold: Option<FileHold>,
    /// Who has deleted its bytes, where somebody has.
    deleted: Option<FileDeletion>,
    #[graphql(skip)]
    key: i64,
}

impl From<source_file::Model> for SourceFile {
    fn from(row: source_file::Model) -> Self {
        Self {
            sha256: row.sha256,
            name: row.name,
            bytes: row.bytes.into(),
            source: row.source,
            arrived_at: row.arrived_at.into(),
            area: row.area.into(),
            hold: row.held_at.map(|at| FileHold {
                by: row.held_by.unwrap_or_default(),
                at: at.into(),
                reason: row.hold_reason.unwrap_or_default(),
            }),
            deleted: row.deleted_at.map(|at| FileDeletion {
                by: row.deleted_by.unwrap_or_default(),
                at: at.into(),
                reason: row.delete_reason.unwrap_or_default(),
            }),
            key: row.id,
        }
    }
}

#[ComplexObject]
impl SourceFile {
    /// The runs that read it, oldest first.
    #[graphql(complexity = "cost(None, None, child_complexity)")]
    async fn runs(&self, ctx: &Context<'_>) -> Result<Vec<Run>> {
        let found = loaders(ctx).file_runs.load(self.key).await?;
        Ok(found.into_iter().flatten().map(Run::from).collect())
    }

    /// How many rows of the mart come from it, movies and what companion files say of them: those that one of
    /// its runs was the last to change.
    async fn references(&self, ctx: &Context<'_>) -> Result<Long> {
        let found = loaders(ctx).file_references.load(self.key).await?;
        Ok(Long(found.map_or(0, |found| found.total)))
    }

    /// What the archive holds of this file: the raw bytes and what each run wrote.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "cost(None, None, child_complexity)"
    )]
    async fn objects(&self, ctx: &Context<'_>) -> Result<Vec<ArchiveObject>> {
        let found = loaders(ctx).file_objects.load(self.key).await?;
        Ok(found
            .into_iter()
            .flatten()
            .map(ArchiveObject::from)
            .collect())
    }
}

/// What an archived object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ingest::ArchiveKind")]
pub enum ArchiveKind {
    /// The bytes as received.
    Raw,
    /// Movies under the rules, as Parquet.
    Transformed,
    /// What companion files say of movies, as Parquet.
    Companions,
    /// Rejects, as Parquet.
    Rejects,
}

/// An object in the archive.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct ArchiveObject {
    sha256: String,
    kind: ArchiveKind,
    /// Its path in the archive.
    path: String,
    bytes: Long,
    created_at: DateTime,
    #[graphql(skip)]
    run_id: Option<i64>,
}

impl From<archive_object::Model> for ArchiveObject {
    fn from(row: archive_object::Model) -> Self {
        Self {
            sha256: row.sha256,
            kind: row.kind.into(),
            path: row.path,
            bytes: row.bytes.into(),
            created_at: row.created_at.into(),
            run_id: row.run_id,
        }
    }
}

#[ComplexObject]
impl ArchiveObject {
    /// The run that wrote it; null for raw bytes.
    async fn run(&self, ctx: &Context<'_>) -> Result<Option<Run>> {
        let Some(id) = self.run_id else {
            return Ok(None);
        };
        Ok(loaders(ctx).run.load(id).await?.map(Run::from))
    }
}

stored! {
    FileArea: |area| ingest::FileArea::from(*area).to_value(),
}

filter! {
    /// Which files.
    FileFilter of source_file {
        /// In lower case.
        sha256: StringFilter = Sha256,
        /// The name it first arrived under.
        name: StringFilter = Name,
        bytes: LongFilter = Bytes,
        /// The format it was recognised as; none when it was not.
        source: StringFilter = Source,
        arrived_at: DateTimeFilter = ArrivedAt,
        area: Among<FileArea> = Area,
        /// Since when somebody holds it.
        held_at: DateTimeFilter = HeldAt,
        held_by: StringFilter = HeldBy,
        /// When somebody has deleted its bytes.
        deleted_at: DateTimeFilter = DeletedAt,
        deleted_by: StringFilter = DeletedBy,
        /// The runs that read it.
        runs: ListFilter<RunFilter> = Link::to(Id, run::Column::SourceFileId),
    }
}

order! {
    /// What files can be ordered by.
    FileOrderField FileOrder of source_file {
        Sha256 = Sha256,
        Name = Name,
        Bytes = Bytes,
        Source = Source,
        ArrivedAt = ArrivedAt,
        Area = Area,
        HeldAt = HeldAt,
        DeletedAt = DeletedAt,
    }
}

/// Queries for files.
#[derive(Default)]
pub struct FileQuery;

#[Object]
impl FileQuery {
    #[graphql(guard = "Permission::FileRead")]
    async fn file(&self, ctx: &Context<'_>, sha256: String) -> Result<Option<SourceFile>> {
        let found = source_file::Entity::find()
            .filter(source_file::Column::Sha256.eq(sha256.to_ascii_lowercase()))
            .one(&services(ctx).db)
            .await?;
        Ok(found.map(SourceFile::from))
    }

    /// Files, newest first unless ordered otherwise.
    #[graphql(
        guard = "Permission::FileRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn files(
        &self,
        ctx: &Context<'_>,
        filter: Option<FileFilter>,
        order_by: Option<Vec<FileOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<SourceFile>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        let id = source_file::Column::Id;
        let usual = vec![Sort::by(id, Direction::Desc)];
        let (db, select) = (&services(ctx).db, source_file::Entity::find());
        list.of(db, "", select, usual, id).await
    }
}
