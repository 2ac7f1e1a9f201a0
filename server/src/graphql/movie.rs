//! Movies.

use super::{
    change::{Revision, revisions},
    companion::{CastMember, CrewMember, Keyword, Ratings},
    company::Company,
    containing,
    genre::Genre,
    lineage::Lineage,
    load::MovieAt,
    loaders, number,
    page::{Connection, Direction, PageArgs, cost, page},
    scalar::{Date, Long},
    search, services, together,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use entity::mart::{collection, country, language, movie, movie_company, movie_genre};
use etl::{history, search::Noun};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::Expr,
};

/// A movie as the newest merge left it; money in whole US dollars, null where unknown.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct Movie {
    /// The TMDB id.
    id: ID,
    title: String,
    original_title: Option<String>,
    imdb_id: Option<String>,
    release_date: Option<Date>,
    /// The year of the release date.
    year: Option<i32>,
    budget: Option<Long>,
    revenue: Option<Long>,
    /// `revenue − budget` where both are known.
    profit: Option<Long>,
    popularity: Option<f64>,
    /// Minutes.
    runtime: Option<f64>,
    status: Option<String>,
    adult: Option<bool>,
    video: Option<bool>,
    original_language: Option<String>,
    overview: Option<String>,
    tagline: Option<String>,
    homepage: Option<String>,
    poster_path: Option<String>,
    vote_average: Option<f64>,
    vote_count: Option<Long>,
    /// Where these values come from.
    lineage: Lineage,
    #[graphql(skip)]
    key: i64,
    #[graphql(skip)]
    collection_id: Option<i64>,
    #[graphql(skip)]
    as_of: Option<i32>,
}

impl Movie {
    fn at(&self) -> MovieAt {
        MovieAt {
            id: self.key,
            as_of: self.as_of,
        }
    }
}

impl From<movie::Model> for Movie {
    fn from(row: movie::Model) -> Self {
        let profit = row.revenue.zip(row.budget).map(|(r, b)| Long(r - b));
        Self {
            id: row.id.into(),
            title: row.title,
            original_title: row.original_title,
            imdb_id: row.imdb_id,
            release_date: row.release_date.map(Date),
            year: row.release_year,
            budget: row.budget.map(Long),
            revenue: row.revenue.map(Long),
            profit,
            popularity: row.popularity,
            runtime: row.runtime,
            status: row.status,
            adult: row.adult,
            video: row.video,
            original_language: row.original_language,
            overview: row.overview,
            tagline: row.tagline,
            homepage: row.homepage,
            poster_path: row.poster_path,
            vote_average: row.vote_average,
            vote_count: row.vote_count.map(Long),
            lineage: Lineage {
                run_id: row.run_id,
                line: row.line,
                byte_offset: row.byte_offset,
                byte_length: row.byte_length,
            },
            key: row.id,
            collection_id: row.collection_id,
            as_of: None,
        }
    }
}

#[ComplexObject]
impl Movie {
    async fn collection(&self, ctx: &Context<'_>) -> Result<Option<Collection>> {
        let Some(id) = self.collection_id else {
            return Ok(None);
        };
        let found = loaders(ctx).collection.load(id).await?;
        Ok(found.map(Collection::from))
    }

    /// Production companies in the file's order.
    async fn companies(&self, ctx: &Context<'_>) -> Result<Vec<Company>> {
        let found = loaders(ctx).companies.load(self.at()).await?;
        Ok(found.into_iter().flatten().map(Company::from).collect())
    }

    /// Genres in the file's order.
    async fn genres(&self, ctx: &Context<'_>) -> Result<Vec<Genre>> {
        let found = loaders(ctx).genres.load(self.at()).await?;
        Ok(found.into_iter().flatten().map(Genre::from).collect())
    }

    async fn countries(&self, ctx: &Context<'_>) -> Result<Vec<Country>> {
        let found = loaders(ctx).countries.load(self.at()).await?;
        Ok(found.into_iter().flatten().map(Country::from).collect())
    }

    /// Every change of it, oldest first.
    #[graphql(complexity = "20 + 10 * child_complexity")]
    async fn revisions(&self, ctx: &Context<'_>) -> Result<Vec<Revision>> {
        revisions(ctx, self.key).await
    }

    /// Spoken languages in the file's order.
    async fn languages(&self, ctx: &Context<'_>) -> Result<Vec<Language>> {
        let found = loaders(ctx).languages.load(self.at()).await?;
        Ok(found.into_iter().flatten().map(Language::from).collect())
    }

    /// Keywords in the file's order, as they are now.
    #[graphql(complexity = "10 * child_complexity")]
    async fn keywords(&self, ctx: &Context<'_>) -> Result<Vec<Keyword>> {
        let found = loaders(ctx).keywords.load(self.key).await?;
        Ok(found.into_iter().flatten().map(Keyword::from).collect())
    }

    /// Who plays in it, in the file's order, as it is now.
    #[graphql(complexity = "20 * child_complexity")]
    async fn cast(&self, ctx: &Context<'_>) -> Result<Vec<CastMember>> {
        let found = loaders(ctx).cast.load(self.key).await?;
        Ok(found.into_iter().flatten().map(CastMember::from).collect())
    }

    /// Who made it, in the file's order, as it is now.
    #[graphql(complexity = "20 * child_complexity")]
    async fn crew(&self, ctx: &Context<'_>) -> Result<Vec<CrewMember>> {
        let found = loaders(ctx).crew.load(self.key).await?;
        Ok(found.into_iter().flatten().map(CrewMember::from).collect())
    }

    /// How MovieLens' users rate it now; null where nobody has.
    async fn ratings(&self, ctx: &Context<'_>) -> Result<Option<Ratings>> {
        let found = loaders(ctx).ratings.load(self.key).await?;
        Ok(found.map(Ratings::from))
    }
}

/// A series of movies.
#[derive(Clone, Debug, SimpleObject)]
pub struct Collection {
    id: ID,
    name: String,
}

impl From<collection::Model> for Collection {
    fn from(row: collection::Model) -> Self {
        Self {
            id: row.id.into(),
            name: row.name,
        }
    }
}

/// A country of production.
#[derive(Clone, Debug, SimpleObject)]
pub struct Country {
    /// ISO 3166-1.
    code: String,
    name: String,
}

impl From<country::Model> for Country {
    fn from(row: country::Model) -> Self {
        Self {
            code: row.code,
            name: row.name,
        }
    }
}

/// A spoken language.
#[derive(Clone, Debug, SimpleObject)]
pub struct Language {
    /// ISO 639-1.
    code: String,
    name: String,
}

impl From<language::Model> for Language {
    fn from(row: language::Model) -> Self {
        Self {
            code: row.code,
            name: row.name,
        }
    }
}

/// Which movies to list; conditions that are given must all hold.
#[derive(Clone, Debug, Default, InputObject)]
pub struct MovieFilter {
    /// Part of the title, without regard to case.
    title: Option<String>,
    /// First year of release.
    year_from: Option<i32>,
    /// Last year of release.
    year_to: Option<i32>,
    company_id: Option<ID>,
    genre_id: Option<ID>,
    /// Each word begins a word of the title or original title, as they are now.
    search: Option<String>,
}

impl MovieFilter {
    pub(super) fn condition(self) -> Result<Condition> {
        let mut all = Condition::all();
        if let Some(part) = self.title.filter(|part| !part.is_empty()) {
            all = all.add(containing(movie::Column::Title, &part));
        }
        if let Some(year) = self.year_from {
            all = all.add(movie::Column::ReleaseYear.gte(year));
        }
        if let Some(year) = self.year_to {
            all = all.add(movie::Column::ReleaseYear.lte(year));
        }
        if let Some(id) = self.company_id {
            all = all.add(of_company(number(&id)?));
        }
        if let Some(id) = self.genre_id {
            all = all.add(of_genre(number(&id)?));
        }
        if let Some(text) = self.search {
            all = all.add(search::condition(movie::Column::Id, Noun::Movie, &text)?);
        }
        Ok(all)
    }
}

/// The condition of a company's movies.
pub fn of_company(id: i64) -> Expr {
    let links = movie_company::Entity::find()
        .select_only()
        .column(movie_company::Column::MovieId)
        .filter(movie_company::Column::CompanyId.eq(id));
    movie::Column::Id.in_subquery(links.into_query())
}

/// The condition of a genre's movies.
pub fn of_genre(id: i64) -> Expr {
    let links = movie_genre::Entity::find()
        .select_only()
        .column(movie_genre::Column::MovieId)
        .filter(movie_genre::Column::GenreId.eq(id));
    movie::Column::Id.in_subquery(links.into_query())
}

/// What movies can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MovieOrderField {
    Id,
    Title,
    ReleaseDate,
    Budget,
    Revenue,
    Popularity,
}

/// One order of movies; movies without the value come last either way.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct MovieOrder {
    field: MovieOrderField,
    #[graphql(default_with = "Direction::Asc")]
    direction: Direction,
}

impl MovieOrder {
    fn key(self) -> (movie::Column, Direction) {
        let column = match self.field {
            MovieOrderField::Id => movie::Column::Id,
            MovieOrderField::Title => movie::Column::Title,
            MovieOrderField::ReleaseDate => movie::Column::ReleaseDate,
            MovieOrderField::Budget => movie::Column::Budget,
            MovieOrderField::Revenue => movie::Column::Revenue,
            MovieOrderField::Popularity => movie::Column::Popularity,
        };
        (column, self.direction)
    }
}

/// The words before a statement that reads a data version, which must be one there is.
pub async fn past(ctx: &Context<'_>, as_of: Option<i32>) -> Result<String> {
    let Some(version) = as_of else {
        return Ok(String::new());
    };
    let db = together(ctx);
    history::check_version(db, version).await?;
    Ok(history::as_of(db.get_database_backend(), version))
}

/// A page of the movies that meet a condition and a filter, now or as of a data version.
pub async fn movies(
    ctx: &Context<'_>,
    within: Condition,
    filter: Option<MovieFilter>,
    order_by: Option<Vec<MovieOrder>>,
    args: PageArgs,
    as_of: Option<i32>,
) -> Result<Connection<Movie>> {
    let db = together(ctx);
    let with = past(ctx, as_of).await?;
    let filter = filter.unwrap_or_default().condition()?;
    let select = movie::Entity::find().filter(within.add(filter));
    let order: Vec<_> = order_by
        .into_iter()
        .flatten()
        .map(MovieOrder::key)
        .collect();
    let mut found: Connection<Movie> =
        page(db, &with, select, &order, movie::Column::Id, &args).await?;
    found.nodes_mut().for_each(|movie| movie.as_of = as_of);
    Ok(found)
}

/// Queries for movies.
#[derive(Default)]
pub struct MovieQuery;

#[Object]
impl MovieQuery {
    /// A movie, as it is or as it was in data version `asOf`.
    #[graphql(guard = "Permission::DataRead")]
    async fn movie(&self, ctx: &Context<'_>, id: ID, as_of: Option<i32>) -> Result<Option<Movie>> {
        let only = Condition::all().add(movie::Column::Id.eq(number(&id)?));
        let args = PageArgs {
            first: Some(1),
            ..Default::default()
        };
        let found = movies(ctx, only, None, None, args, as_of).await?;
        Ok(found.into_nodes().next())
    }

    /// Movies, by id unless ordered otherwise, as they are or as they were in data version `asOf`.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "cost(first, last, child_complexity)"
    )]
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
        let args = PageArgs {
            first,
            after,
            last,
            before,
        };
        movies(ctx, Condition::all(), filter, order_by, args, as_of).await
    }
}
