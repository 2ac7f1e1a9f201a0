//! Which state of the mart is read, and how much it holds.

use super::{
    error::Failure,
    filter::{
        filter,
        value::{DateTimeFilter, IntFilter},
    },
    loaders,
    order::{Sort, order},
    page::{Connection, Direction, List, PageArgs, cost},
    past::past,
    run::Run,
    scalar::{DateTime, Long},
    services,
};
use crate::{auth::Permission, live::feed::Version};
use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use entity::ingest::{data_version, mart_state};
use sea_orm::{EntityTrait, QueryResult};

/// A state of the mart; each merge makes the next one.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct DataVersion {
    /// 0 before the first merge.
    version: i32,
    merged_at: Option<DateTime>,
    #[graphql(skip)]
    run_id: Option<i64>,
}

impl From<Version> for DataVersion {
    fn from(version: Version) -> Self {
        Self {
            version: version.number,
            merged_at: version.merged_at.map(DateTime),
            run_id: version.run_id,
        }
    }
}

#[ComplexObject]
impl DataVersion {
    /// The run whose merge made it.
    async fn run(&self, ctx: &Context<'_>) -> Result<Option<Run>> {
        let Some(id) = self.run_id else {
            return Ok(None);
        };
        Ok(loaders(ctx).run.load(id).await?.map(Run::from))
    }
}

impl From<data_version::Model> for DataVersion {
    fn from(row: data_version::Model) -> Self {
        Self {
            version: row.version,
            merged_at: Some(row.merged_at.into()),
            run_id: Some(row.run_id),
        }
    }
}

filter! {
    /// Which states of the mart; of what changes without it, such as runs, nothing is asked here.
    DataVersionFilter of data_version {
        version: IntFilter = Version,
        merged_at: DateTimeFilter = MergedAt,
    }
}

order! {
    /// What states of the mart can be ordered by.
    DataVersionOrderField DataVersionOrder of data_version {
        Version = Version,
        MergedAt = MergedAt,
    }
}

/// How much the mart holds.
#[derive(Clone, Debug, SimpleObject)]
pub struct Totals {
    movies: Long,
    companies: Long,
    genres: Long,
    /// Movies with a release date.
    movies_with_year: Long,
    first_year: Option<i32>,
    last_year: Option<i32>,
}

impl Totals {
    fn read(row: &QueryResult) -> Result<Self, sea_orm::DbErr> {
        let count = |name| row.try_get::<i64>("", name).map(Long);
        Ok(Self {
            movies: count("movies")?,
            companies: count("companies")?,
            genres: count("genres")?,
            movies_with_year: count("dated")?,
            first_year: row.try_get("", "first_year")?,
            last_year: row.try_get("", "last_year")?,
        })
    }
}

/// Queries for the mart as a whole.
#[derive(Default)]
pub struct VersionQuery;

#[Object]
impl VersionQuery {
    /// The newest state of the mart.
    #[graphql(guard = "Permission::DataRead")]
    async fn data_version(&self, ctx: &Context<'_>) -> Result<DataVersion> {
        let db = &services(ctx).db;
        let state = mart_state::Entity::find_by_id(1).one(db).await?;
        let state = state.ok_or_else(|| Failure::Broken("table mart_state is empty".to_owned()))?;
        let merge = data_version::Entity::find_by_id(state.version)
            .one(db)
            .await?;
        Ok(merge.map(DataVersion::from).unwrap_or(DataVersion {
            version: state.version,
            merged_at: None,
            run_id: None,
        }))
    }

    /// Every state that the mart has had since the first merge, newest first unless ordered otherwise.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn data_versions(
        &self,
        ctx: &Context<'_>,
        filter: Option<DataVersionFilter>,
        order_by: Option<Vec<DataVersionOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<DataVersion>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        let (select, key) = (data_version::Entity::find(), data_version::Column::Version);
        let usual = vec![Sort::by(key, Direction::Desc)];
        list.of(&services(ctx).db, "", select, usual, key).await
    }

    /// How much the mart holds, or held in data version `asOf`.
    #[graphql(guard = "Permission::DataRead")]
    async fn totals(&self, ctx: &Context<'_>, as_of: Option<i32>) -> Result<Totals> {
        // Each count is that of an index or of a small table.
        const SQL: &str = "SELECT
            (SELECT COUNT(*) FROM movie) AS movies,
            (SELECT COUNT(*) FROM company) AS companies,
            (SELECT COUNT(*) FROM genre) AS genres,
            (SELECT COUNT(*) FROM movie WHERE release_year IS NOT NULL) AS dated,
            (SELECT MIN(year) FROM year_total) AS first_year,
            (SELECT MAX(year) FROM year_total) AS last_year";
        let sql = past(ctx, as_of).await? + SQL;
        let rows = etl::database::query(&services(ctx).db, &sql, []).await?;
        let row = rows
            .first()
            .ok_or_else(|| Failure::Broken("no totals".to_owned()))?;
        Ok(Totals::read(row)?)
    }
}
