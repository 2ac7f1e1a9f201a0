//! Genres, their years, and the most popular one of each year.

use super::{
    error::Failure,
    load::Years,
    loaders,
    movie::{Movie, MovieFilter, MovieOrder, movies, of_genre, past},
    number,
    page::{Connection, PageArgs, cost},
    range,
    scalar::Long,
    services,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use entity::{aggregate::genre_year, mart::genre};
use sea_orm::{Condition, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, QueryOrder};

/// A genre.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Genre {
    /// The TMDB id.
    id: ID,
    name: String,
    /// Its movies, with or without a year.
    movie_count: i32,
    #[graphql(skip)]
    key: i64,
}

impl From<genre::Model> for Genre {
    fn from(row: genre::Model) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            movie_count: row.movie_count,
            key: row.id,
        }
    }
}

#[ComplexObject]
impl Genre {
    /// Its years in order, those from `from` to `to` where given, as they are or as they were in data
    /// version `asOf`.
    async fn years(
        &self,
        ctx: &Context<'_>,
        from: Option<i32>,
        to: Option<i32>,
        as_of: Option<i32>,
    ) -> Result<Vec<GenreYear>> {
        let (from, to) = range(from, to);
        past(ctx, as_of).await?;
        let years = Years {
            id: self.key,
            from,
            to,
            as_of,
        };
        let found = loaders(ctx).genre_years.load(years).await?;
        Ok(found.into_iter().flatten().map(GenreYear::from).collect())
    }

    #[graphql(complexity = "cost(first, last, child_complexity)")]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn movies(
        &self,
        ctx: &Context<'_>,
        filter: Option<MovieFilter>,
        order_by: Option<Vec<MovieOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Movie>> {
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        let within = Condition::all().add(of_genre(self.key));
        movies(ctx, within, filter, order_by, args, None).await
    }
}

/// A genre's movies of a year; sums over the movies where the value is known, null where none is.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct GenreYear {
    year: i32,
    movie_count: i32,
    budget: Option<Long>,
    revenue: Option<Long>,
    /// Over movies whose budget and revenue are both known.
    profit: Option<Long>,
    average_popularity: Option<f64>,
    total_popularity: Option<f64>,
    #[graphql(skip)]
    genre_id: i64,
}

impl From<genre_year::Model> for GenreYear {
    fn from(row: genre_year::Model) -> Self {
        Self {
            year: row.year,
            movie_count: row.movie_count,
            budget: row.budget.map(Long),
            revenue: row.revenue.map(Long),
            profit: row.profit.map(Long),
            average_popularity: row.average_popularity,
            total_popularity: row.total_popularity,
            genre_id: row.genre_id,
        }
    }
}

#[ComplexObject]
impl GenreYear {
    async fn genre(&self, ctx: &Context<'_>) -> Result<Genre> {
        load(ctx, self.genre_id).await
    }
}

/// How many movies are of a genre.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct GenreCount {
    pub(super) movie_count: i32,
    #[graphql(skip)]
    pub(super) genre_id: i64,
}

#[ComplexObject]
impl GenreCount {
    async fn genre(&self, ctx: &Context<'_>) -> Result<Genre> {
        load(ctx, self.genre_id).await
    }
}

async fn load(ctx: &Context<'_>, id: i64) -> Result<Genre> {
    let found = loaders(ctx).genre.load(id).await?;
    let genre =
        found.ok_or_else(|| Failure::Broken(format!("genre {id} has figures but no row")))?;
    Ok(genre.into())
}

/// What makes a genre the most popular of a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum PopularityMeasure {
    /// The mean over its movies that have a popularity.
    #[default]
    Average,
    /// The sum over its movies.
    Total,
}

/// Queries for genres.
#[derive(Default)]
pub struct GenreQuery;

#[Object]
impl GenreQuery {
    #[graphql(guard = "Permission::DataRead")]
    async fn genre(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Genre>> {
        let found = genre::Entity::find_by_id(number(&id)?)
            .one(&services(ctx).db)
            .await?;
        Ok(found.map(Genre::from))
    }

    /// All genres by name.
    #[graphql(guard = "Permission::DataRead", complexity = "20 * child_complexity")]
    async fn genres(&self, ctx: &Context<'_>) -> Result<Vec<Genre>> {
        let found = genre::Entity::find()
            .order_by_asc(genre::Column::Name)
            .order_by_asc(genre::Column::Id)
            .all(&services(ctx).db)
            .await?;
        Ok(found.into_iter().map(Genre::from).collect())
    }

    /// The most popular genre of each year, among those with at least `minMovies` movies in it; ties go
    /// to the lower genre id.
    #[graphql(guard = "Permission::DataRead")]
    async fn popular_genres(
        &self,
        ctx: &Context<'_>,
        from: Option<i32>,
        to: Option<i32>,
        #[graphql(default)] by: PopularityMeasure,
        #[graphql(default = 1)] min_movies: i32,
    ) -> Result<Vec<GenreYear>> {
        let found = popular(&services(ctx).db, range(from, to), by, min_movies).await?;
        Ok(found.into_iter().map(GenreYear::from).collect())
    }
}

/// The most popular genre of each year of a range; ties go to the lower genre id.
///
/// # Errors
/// When the database does not answer.
pub async fn popular(
    db: &DatabaseConnection,
    (from, to): (i32, i32),
    by: PopularityMeasure,
    min_movies: i32,
) -> Result<Vec<genre_year::Model>, DbErr> {
    let measure = match by {
        PopularityMeasure::Average => "average_popularity",
        PopularityMeasure::Total => "total_popularity",
    };
    let sql = format!(
        "SELECT * FROM (
             SELECT g.*, ROW_NUMBER() OVER (
                 PARTITION BY year ORDER BY {measure} DESC, genre_id) AS place
             FROM genre_year g
             WHERE year BETWEEN ? AND ? AND movie_count >= ? AND {measure} IS NOT NULL
         ) ranked WHERE place = 1 ORDER BY year"
    );
    let values = [from.into(), to.into(), min_movies.into()];
    let rows = etl::database::query(db, &sql, values).await?;
    let models = rows
        .iter()
        .map(|row| genre_year::Model::from_query_result(row, ""));
    models.collect()
}
