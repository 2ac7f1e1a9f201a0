//! Movies.

use super::{
    change::{Revision, revisions},
    collection::{Collection, CollectionFilter},
    companion::{CastMember, CrewMember, Keyword, Ratings},
    company::{Company, CompanyFilter},
    country::{Country, CountryFilter},
    error::Failure,
    filter::{
        self, filter,
        relation::{Link, ListFilter},
        value::{
            BooleanFilter, DateFilter, FloatFilter, IdFilter, IntFilter, LongFilter, Operand,
            StringFilter,
        },
    },
    genre::{Genre, GenreFilter},
    language::{Language, LanguageFilter},
    lineage::Lineage,
    load::At,
    loaders, number,
    order::{Sort, order},
    page::{Connection, Direction, List, PageArgs, cost, one},
    past::{only_now, past},
    scalar::{Date, Long},
    search::Words,
    services, together,
};
use crate::auth::Permission;
use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use entity::mart::{
    collection, company, country, genre, language, movie, movie_company, movie_country,
    movie_genre, movie_language,
};
use etl::search::Noun;
use sea_orm::{
    ColumnTrait, ColumnType, Condition, DatabaseBackend, EntityTrait, QueryFilter, QuerySelect,
    QueryTrait,
    sea_query::{Expr, ExprTrait, IntoCondition},
};
use std::sync::Arc;

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
    fn at(&self) -> At {
        At {
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
        let as_of = self.as_of;
        let found = loaders(ctx).collection.load(At { id, as_of }).await?;
        Ok(found.map(Collection::from))
    }

    /// Production companies in the file's order.
    #[graphql(complexity = "4 * child_complexity")]
    async fn companies(&self, ctx: &Context<'_>) -> Result<Vec<Company>> {
        let found = loaders(ctx).companies.load(self.at()).await?;
        let at = |row| Company::at(row, self.as_of);
        Ok(found.into_iter().flatten().map(at).collect())
    }

    /// Genres in the file's order.
    #[graphql(complexity = "3 * child_complexity")]
    async fn genres(&self, ctx: &Context<'_>) -> Result<Vec<Genre>> {
        let found = loaders(ctx).genres.load(self.at()).await?;
        let at = |row| Genre::at(row, self.as_of);
        Ok(found.into_iter().flatten().map(at).collect())
    }

    #[graphql(complexity = "2 * child_complexity")]
    async fn countries(&self, ctx: &Context<'_>) -> Result<Vec<Country>> {
        let found = loaders(ctx).countries.load(self.at()).await?;
        Ok(found.into_iter().flatten().map(Country::from).collect())
    }

    /// Every change of it up to the data version that is read, oldest first.
    #[graphql(complexity = "20 + 10 * child_complexity")]
    async fn revisions(&self, ctx: &Context<'_>) -> Result<Vec<Revision>> {
        revisions(ctx, self.key, self.as_of).await
    }

    /// Spoken languages in the file's order.
    #[graphql(complexity = "2 * child_complexity")]
    async fn languages(&self, ctx: &Context<'_>) -> Result<Vec<Language>> {
        let found = loaders(ctx).languages.load(self.at()).await?;
        Ok(found.into_iter().flatten().map(Language::from).collect())
    }

    /// Keywords in the file's order, as they are now; not kept as of a data version.
    #[graphql(complexity = "10 * child_complexity")]
    async fn keywords(&self, ctx: &Context<'_>) -> Result<Vec<Keyword>> {
        only_now(self.as_of, "keywords")?;
        let found = loaders(ctx).keywords.load(self.key).await?;
        Ok(found.into_iter().flatten().map(Keyword::from).collect())
    }

    /// Who plays in it, in the file's order, as it is now; not kept as of a data version.
    #[graphql(complexity = "20 * child_complexity")]
    async fn cast(&self, ctx: &Context<'_>) -> Result<Vec<CastMember>> {
        only_now(self.as_of, "cast")?;
        let found = loaders(ctx).cast.load(self.key).await?;
        Ok(found.into_iter().flatten().map(CastMember::from).collect())
    }

    /// Who made it, in the file's order, as it is now; not kept as of a data version.
    #[graphql(complexity = "20 * child_complexity")]
    async fn crew(&self, ctx: &Context<'_>) -> Result<Vec<CrewMember>> {
        only_now(self.as_of, "crew")?;
        let found = loaders(ctx).crew.load(self.key).await?;
        Ok(found.into_iter().flatten().map(CrewMember::from).collect())
    }

    /// How MovieLens' users rate it now, null where nobody has; not kept as of a data version.
    async fn ratings(&self, ctx: &Context<'_>) -> Result<Option<Ratings>> {
        only_now(self.as_of, "ratings")?;
        let found = loaders(ctx).ratings.load(self.key).await?;
        Ok(found.map(Ratings::from))
    }
}

filter! {
    /// Which movies.
    MovieFilter of movie {
        /// The TMDB id.
        id: IdFilter = Id,
        title: StringFilter = Title,
        original_title: StringFilter = OriginalTitle,
        imdb_id: StringFilter = ImdbId,
        release_date: DateFilter = ReleaseDate,
        /// The year of the release date.
        year: IntFilter = ReleaseYear,
        budget: LongFilter = Budget,
        revenue: LongFilter = Revenue,
        /// `revenue − budget` where both are known.
        profit: LongFilter = Operand::computed(profit()),
        popularity: FloatFilter = Popularity,
        /// Minutes.
        runtime: FloatFilter = Runtime,
        status: StringFilter = Status,
        adult: BooleanFilter = Adult,
        video: BooleanFilter = Video,
        original_language: StringFilter = OriginalLanguage,
        overview: StringFilter = Overview,
        tagline: StringFilter = Tagline,
        homepage: StringFilter = Homepage,
        vote_average: FloatFilter = VoteAverage,
        vote_count: LongFilter = VoteCount,
        /// Each word begins a word of the title or original title, as they are now.
        search: Words = Noun::Movie,
        companies: ListFilter<CompanyFilter> = to_companies(),
        genres: ListFilter<GenreFilter> = to_genres(),
        countries: ListFilter<CountryFilter> = to_countries(),
        languages: ListFilter<LanguageFilter> = to_languages(),
        collection: Box<CollectionFilter> = Link::to(CollectionId, collection::Column::Id),
        /// The run that last changed it.
        run_id: IdFilter = RunId,
    }
}

fn profit() -> Expr {
    let column = |column: movie::Column| Expr::col(column.as_column_ref());
    column(movie::Column::Revenue).sub(column(movie::Column::Budget))
}

fn to_companies() -> Link {
    use movie_company::Column::{CompanyId, MovieId};
    Link::through(movie::Column::Id, (MovieId, CompanyId), company::Column::Id)
}

fn to_genres() -> Link {
    use movie_genre::Column::{GenreId, MovieId};
    Link::through(movie::Column::Id, (MovieId, GenreId), genre::Column::Id)
}

fn to_countries() -> Link {
    use movie_country::Column::{CountryCode, MovieId};
    Link::through(
        movie::Column::Id,
        (MovieId, CountryCode),
        country::Column::Code,
    )
}

fn to_languages() -> Link {
    use movie_language::Column::{LanguageCode, MovieId};
    Link::through(
        movie::Column::Id,
        (MovieId, LanguageCode),
        language::Column::Code,
    )
}

/// The condition of the movies that meet a filter, for a statement that reads the table `movie` under its own name
/// (with [`past`]'s words before it, as of a data version).
///
/// # Errors
/// [`Failure::Input`] for a filter that is too large and for values that cannot be compared.
pub fn condition(filter: &MovieFilter, backend: DatabaseBackend) -> Result<Condition, Failure> {
    filter::condition(filter, backend)
}

order! {
    /// What movies can be ordered by.
    MovieOrderField MovieOrder of movie {
        Id = Id,
        Title = Title,
        OriginalTitle = OriginalTitle,
        ReleaseDate = ReleaseDate,
        Year = ReleaseYear,
        Budget = Budget,
        Revenue = Revenue,
        Popularity = Popularity,
        Runtime = Runtime,
        Status = Status,
        OriginalLanguage = OriginalLanguage,
        VoteAverage = VoteAverage,
        VoteCount = VoteCount,
        ;
        /// `revenue − budget` where both are known.
        Profit = by_profit,
    }
}

fn by_profit(direction: Direction) -> Sort<movie::Entity> {
    let value = |row: &movie::Model| row.revenue.zip(row.budget).map(|(r, b)| r - b).into();
    Sort {
        name: "profit".to_owned(),
        expression: profit(),
        kind: ColumnType::BigInteger,
        nullable: true,
        descending: direction == Direction::Desc,
        value: Arc::new(value),
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

/// What is asked of a list of movies.
pub type MovieList = List<MovieFilter, MovieOrder>;

/// A page of the movies that meet a condition and a filter, now or as of a data version.
pub async fn movies(
    ctx: &Context<'_>,
    within: impl IntoCondition,
    list: MovieList,
    as_of: Option<i32>,
) -> Result<Connection<Movie>> {
    let (db, with) = (together(ctx), past(ctx, as_of).await?);
    let select = movie::Entity::find().filter(within.into_condition());
    let found = list.of(&*db, &with, select, Vec::new(), movie::Column::Id);
    let mut found: Connection<Movie> = found.await?;
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
        let (db, with) = (&services(ctx).db, past(ctx, as_of).await?);
        let only = movie::Entity::find_by_id(number(&id)?);
        let found = one(db, &with, only).await?;
        Ok(found.map(|row| Movie {
            as_of,
            ..Movie::from(row)
        }))
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
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        movies(ctx, Condition::all(), list, as_of).await
    }
}
