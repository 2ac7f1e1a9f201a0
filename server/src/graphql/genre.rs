//! Genres, their years, and the most popular one of each year.

use super::{
    error::Failure,
    filter::{
        condition, filter,
        relation::{Link, ListFilter},
        value::{FloatFilter, IdFilter, IntFilter, LongFilter, StringFilter},
    },
    load::{At, Years},
    loaders,
    movie::{Movie, MovieFilter, MovieOrder, movies, of_genre},
    number,
    order::{Sort, order, sorts},
    page::{Connection, Direction, List, PageArgs, all, cost, one, years_cost},
    past::past,
    range,
    scalar::Long,
    services,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, Enum, ID, Object, Result, SimpleObject};
use entity::{
    aggregate::genre_year,
    mart::{genre, movie, movie_genre},
};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, FromQueryResult, QueryFilter};

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
    #[graphql(skip)]
    as_of: Option<i32>,
}

impl Genre {
    /// The genre as of a data version.
    pub(super) fn at(row: genre::Model, as_of: Option<i32>) -> Self {
        Self {
            as_of,
            ..row.into()
        }
    }
}

impl From<genre::Model> for Genre {
    fn from(row: genre::Model) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
            movie_count: row.movie_count,
            key: row.id,
            as_of: None,
        }
    }
}

#[ComplexObject]
impl Genre {
    /// Its years in order, those from `from` to `to` where given; of another data version than the genre's with
    /// `asOf`.
    #[graphql(complexity = "years_cost(from, to, child_complexity)")]
    async fn years(
        &self,
        ctx: &Context<'_>,
        from: Option<i32>,
        to: Option<i32>,
        as_of: Option<i32>,
    ) -> Result<Vec<GenreYear>> {
        let (from, to) = range(from, to);
        past(ctx, as_of).await?;
        let as_of = as_of.or(self.as_of);
        let years = Years {
            id: self.key,
            from,
            to,
            as_of,
        };
        let found = loaders(ctx).genre_years.load(years).await?;
        let year = |row| GenreYear::at(row, as_of);
        Ok(found.into_iter().flatten().map(year).collect())
    }

    /// Its movies, by id unless ordered otherwise; of another data version than the genre's with `asOf`.
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
        as_of: Option<i32>,
    ) -> Result<Connection<Movie>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        movies(ctx, of_genre(self.key), list, as_of.or(self.as_of)).await
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
    #[graphql(skip)]
    as_of: Option<i32>,
}

impl GenreYear {
    fn at(row: genre_year::Model, as_of: Option<i32>) -> Self {
        Self {
            as_of,
            ..row.into()
        }
    }
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
            as_of: None,
        }
    }
}

#[ComplexObject]
impl GenreYear {
    async fn genre(&self, ctx: &Context<'_>) -> Result<Genre> {
        load(ctx, self.genre_id, self.as_of).await
    }
}

/// How many movies are of a genre.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct GenreCount {
    pub(super) movie_count: i32,
    #[graphql(skip)]
    pub(super) genre_id: i64,
    #[graphql(skip)]
    pub(super) as_of: Option<i32>,
}

#[ComplexObject]
impl GenreCount {
    async fn genre(&self, ctx: &Context<'_>) -> Result<Genre> {
        load(ctx, self.genre_id, self.as_of).await
    }
}

async fn load(ctx: &Context<'_>, id: i64, as_of: Option<i32>) -> Result<Genre> {
    let found = loaders(ctx).genre.load(At { id, as_of }).await?;
    let genre =
        found.ok_or_else(|| Failure::Broken(format!("genre {id} has figures but no row")))?;
    Ok(Genre::at(genre, as_of))
}

filter! {
    /// Which genres.
    GenreFilter of genre {
        /// The TMDB id.
        id: IdFilter = Id,
        name: StringFilter = Name,
        /// Its movies, with or without a year.
        movie_count: IntFilter = MovieCount,
        movies: ListFilter<MovieFilter> = to_movies(),
        years: ListFilter<GenreYearFilter> = Link::to(Id, genre_year::Column::GenreId),
    }
}

fn to_movies() -> Link {
    use movie_genre::Column::{GenreId, MovieId};
    Link::through(genre::Column::Id, (GenreId, MovieId), movie::Column::Id)
}

filter! {
    /// Which years of genres.
    GenreYearFilter of genre_year {
        year: IntFilter = Year,
        movie_count: IntFilter = MovieCount,
        budget: LongFilter = Budget,
        revenue: LongFilter = Revenue,
        profit: LongFilter = Profit,
        average_popularity: FloatFilter = AveragePopularity,
        total_popularity: FloatFilter = TotalPopularity,
    }
}

order! {
    /// What genres can be ordered by.
    GenreOrderField GenreOrder of genre {
        Id = Id,
        Name = Name,
        MovieCount = MovieCount,
    }
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
    /// A genre, as it is or as it was in data version `asOf`.
    #[graphql(guard = "Permission::DataRead")]
    async fn genre(&self, ctx: &Context<'_>, id: ID, as_of: Option<i32>) -> Result<Option<Genre>> {
        let (db, with) = (&services(ctx).db, past(ctx, as_of).await?);
        let only = genre::Entity::find_by_id(number(&id)?);
        let found = one(db, &with, only).await?;
        Ok(found.map(|row| Genre::at(row, as_of)))
    }

    /// All genres, by name unless ordered otherwise, as they are or as they were in data version `asOf`.
    #[graphql(guard = "Permission::DataRead", complexity = "20 * child_complexity")]
    async fn genres(
        &self,
        ctx: &Context<'_>,
        filter: Option<GenreFilter>,
        order_by: Option<Vec<GenreOrder>>,
        as_of: Option<i32>,
    ) -> Result<Vec<Genre>> {
        let (db, with) = (&services(ctx).db, past(ctx, as_of).await?);
        let mut select = genre::Entity::find();
        if let Some(filter) = filter {
            select = select.filter(condition(&filter, db.get_database_backend())?);
        }
        let by_name = Sort::by(genre::Column::Name, Direction::Asc);
        let order = sorts(order_by, vec![by_name])?;
        let found = all(db, &with, select, order, genre::Column::Id).await?;
        let at = |row| Genre::at(row, as_of);
        Ok(found.into_iter().map(at).collect())
    }

    /// The most popular genre of each year, among those with at least `minMovies` movies in it, as they are or as
    /// they were in data version `asOf`; ties go to the lower genre id.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "years_cost(from, to, child_complexity)"
    )]
    async fn popular_genres(
        &self,
        ctx: &Context<'_>,
        from: Option<i32>,
        to: Option<i32>,
        #[graphql(default)] by: PopularityMeasure,
        #[graphql(default = 1)] min_movies: i32,
        as_of: Option<i32>,
    ) -> Result<Vec<GenreYear>> {
        let (db, with) = (&services(ctx).db, past(ctx, as_of).await?);
        let found = popular(db, &with, range(from, to), by, min_movies).await?;
        let at = |row| GenreYear::at(row, as_of);
        Ok(found.into_iter().map(at).collect())
    }
}

/// The most popular genre of each year of a range, with the words `with` before the statement; ties go to the lower
/// genre id.
///
/// # Errors
/// When the database does not answer.
pub async fn popular(
    db: &DatabaseConnection,
    with: &str,
    (from, to): (i32, i32),
    by: PopularityMeasure,
    min_movies: i32,
) -> Result<Vec<genre_year::Model>, DbErr> {
    let measure = match by {
        PopularityMeasure::Average => "average_popularity",
        PopularityMeasure::Total => "total_popularity",
    };
    let sql = format!(
        "{with}SELECT * FROM (
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
