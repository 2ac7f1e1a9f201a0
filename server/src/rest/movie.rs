//! Movies.

use super::{
    asked::{Asked, One, check, words},
    list::{self, List, Page, Part, Size, Slice, answer},
    problem::Problem,
    query::{self, Amount, Id, Query, Version, Year},
    table::{Row, cell, text},
};
use crate::{
    app::App,
    graphql::{
        load::{At, Loaders},
        movie::{of_company, of_genre},
        order::Sort,
        page::{Window, count, rows},
    },
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use chrono::NaiveDate;
use entity::mart::{
    collection, company, country, genre, language,
    movie::{self, Column},
};
use etl::database::containing;
use futures::future::{try_join, try_join_all, try_join3};
use sea_orm::{
    ColumnTrait, Condition, DatabaseBackend, DatabaseConnection, EntityTrait, QueryFilter, Select,
    sea_query::{Expr, IntoCondition},
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::{IntoParams, ToSchema};

/// Something with a number and a name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Named {
    id: i64,
    name: String,
}

/// Something with a code and a name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Coded {
    /// ISO 3166-1 for countries, ISO 639-1 for languages.
    code: String,
    name: String,
}

/// A movie as the newest merge, or the data version that was asked for, left it; money in whole US dollars, null
/// where unknown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Movie {
    /// The TMDB id.
    #[schema(example = 862)]
    id: i64,
    #[schema(example = "Toy Story")]
    title: String,
    #[schema(required)]
    original_title: Option<String>,
    #[schema(required)]
    imdb_id: Option<String>,
    #[schema(required, value_type = Option<String>, format = Date)]
    release_date: Option<NaiveDate>,
    /// The year of the release date.
    #[schema(required)]
    year: Option<i32>,
    #[schema(required)]
    budget: Option<i64>,
    #[schema(required)]
    revenue: Option<i64>,
    /// `revenue − budget` where both are known.
    #[schema(required)]
    profit: Option<i64>,
    #[schema(required)]
    popularity: Option<f64>,
    /// Minutes.
    #[schema(required)]
    runtime: Option<f64>,
    #[schema(required)]
    status: Option<String>,
    #[schema(required)]
    adult: Option<bool>,
    #[schema(required)]
    video: Option<bool>,
    #[schema(required)]
    original_language: Option<String>,
    #[schema(required)]
    overview: Option<String>,
    #[schema(required)]
    tagline: Option<String>,
    #[schema(required)]
    homepage: Option<String>,
    #[schema(required)]
    poster_path: Option<String>,
    #[schema(required)]
    vote_average: Option<f64>,
    #[schema(required)]
    vote_count: Option<i64>,
    /// The series it belongs to.
    #[schema(required)]
    collection: Option<Named>,
    /// Production companies in the file's order.
    companies: Vec<Named>,
    /// Genres in the file's order.
    genres: Vec<Named>,
    /// Countries of production in the file's order.
    countries: Vec<Coded>,
    /// Spoken languages in the file's order.
    languages: Vec<Coded>,
}

/// What a movie is linked to.
struct Links {
    collection: Option<collection::Model>,
    companies: Vec<company::Model>,
    genres: Vec<genre::Model>,
    countries: Vec<country::Model>,
    languages: Vec<language::Model>,
}

impl Movie {
    fn new(row: movie::Model, links: Links) -> Self {
        let named = |(id, name)| Named { id, name };
        let coded = |(code, name)| Coded { code, name };
        let companies = links.companies.into_iter().map(|row| (row.id, row.name));
        let genres = links.genres.into_iter().map(|row| (row.id, row.name));
        let countries = links.countries.into_iter().map(|row| (row.code, row.name));
        let languages = links.languages.into_iter().map(|row| (row.code, row.name));
        Self {
            id: row.id,
            title: row.title,
            original_title: row.original_title,
            imdb_id: row.imdb_id,
            release_date: row.release_date,
            year: row.release_year,
            budget: row.budget,
            revenue: row.revenue,
            profit: row.revenue.zip(row.budget).map(|(r, b)| r - b),
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
            vote_count: row.vote_count,
            collection: links.collection.map(|row| named((row.id, row.name))),
            companies: companies.map(named).collect(),
            genres: genres.map(named).collect(),
            countries: countries.map(coded).collect(),
            languages: languages.map(coded).collect(),
        }
    }
}

/// Parts of a list in one cell.
fn joined<T, S: ToString>(list: &[T], part: impl Fn(&T) -> S) -> Cow<'static, str> {
    let parts: Vec<_> = list.iter().map(|item| part(item).to_string()).collect();
    parts.join("|").into()
}

impl Row for Movie {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "title",
        "original_title",
        "imdb_id",
        "release_date",
        "year",
        "budget",
        "revenue",
        "profit",
        "popularity",
        "runtime",
        "status",
        "adult",
        "video",
        "original_language",
        "overview",
        "tagline",
        "homepage",
        "poster_path",
        "vote_average",
        "vote_count",
        "collection_id",
        "collection",
        "company_ids",
        "companies",
        "genre_ids",
        "genres",
        "countries",
        "languages",
    ];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let collection = self.collection.as_ref();
        vec![
            cell(Some(self.id)),
            self.title.as_str().into(),
            text(&self.original_title),
            text(&self.imdb_id),
            cell(self.release_date),
            cell(self.year),
            cell(self.budget),
            cell(self.revenue),
            cell(self.profit),
            cell(self.popularity),
            cell(self.runtime),
            text(&self.status),
            cell(self.adult),
            cell(self.video),
            text(&self.original_language),
            text(&self.overview),
            text(&self.tagline),
            text(&self.homepage),
            text(&self.poster_path),
            cell(self.vote_average),
            cell(self.vote_count),
            cell(collection.map(|series| series.id)),
            collection.map_or(Cow::Borrowed(""), |series| series.name.as_str().into()),
            joined(&self.companies, |company| company.id),
            joined(&self.companies, |company| company.name.clone()),
            joined(&self.genres, |genre| genre.id),
            joined(&self.genres, |genre| genre.name.clone()),
            joined(&self.countries, |country| country.code.clone()),
            joined(&self.languages, |language| language.code.clone()),
        ]
    }
}

const ORDER: [(&str, Column); 7] = [
    ("id", Column::Id),
    ("title", Column::Title),
    ("releaseDate", Column::ReleaseDate),
    ("year", Column::ReleaseYear),
    ("budget", Column::Budget),
    ("revenue", Column::Revenue),
    ("popularity", Column::Popularity),
];

/// Which movies, and how many of them; conditions that are given must all hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MovieQuery {
    /// Part of the title, without regard to case.
    search: Option<String>,
    /// The first year of release.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 9999, example = 1990)]
    year_from: Option<Year>,
    /// The last year of release.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 9999, example = 1999)]
    year_to: Option<Year>,
    /// Movies of this company.
    #[param(value_type = Option<i64>, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64)]
    company: Option<Id>,
    /// Movies of this genre.
    #[param(value_type = Option<i64>, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 18)]
    genre: Option<Id>,
    /// Movies of this series.
    #[param(value_type = Option<i64>, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64)]
    collection: Option<Id>,
    /// Movies of this status, such as `Released`.
    #[param(example = "Released")]
    status: Option<String>,
    /// Movies of this original language (ISO 639-1).
    #[param(example = "en")]
    language: Option<String>,
    /// Movies whose budget is known and at least this.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9007199254740991i64)]
    min_budget: Option<Amount>,
    /// Movies whose budget is known and at most this.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9007199254740991i64)]
    max_budget: Option<Amount>,
    /// Movies whose revenue is known and at least this.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9007199254740991i64)]
    min_revenue: Option<Amount>,
    /// Movies whose revenue is known and at most this.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9007199254740991i64)]
    max_revenue: Option<Amount>,
    /// Movies with at least so many votes.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 9007199254740991i64)]
    min_votes: Option<Amount>,
    /// Fields by which the list is ordered, such as `-revenue,title`; `-` puts the largest first, and movies without
    /// the value come last either way.
    #[param(
        pattern = "^-?(id|title|releaseDate|year|budget|revenue|popularity)(,-?(id|title|releaseDate|year|budget|revenue|popularity))*$",
        example = "-revenue,title"
    )]
    order: Option<String>,
    /// Rows of a page in JSON, 50 unless given; in CSV only so many in all.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 500, example = 10)]
    first: Option<Size>,
    /// Only rows after the one of this cursor, which is `page.next` of the page before in the same order.
    #[param(pattern = "^[A-Za-z0-9_-]+$")]
    after: Option<String>,
    /// Whether to count all rows of the list, as `page.total`.
    #[serde(default)]
    #[param(nullable = false)]
    count: bool,
    /// Movies as they were in this data version.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 2147483647)]
    as_of: Option<Version>,
}

impl MovieQuery {
    /// The data version that is asked for.
    pub fn as_of(&self) -> Option<i32> {
        self.as_of.map(|version| version.0 as i32)
    }

    fn condition(&self, backend: DatabaseBackend) -> Condition {
        let mut all = Condition::all();
        if let Some(part) = self.search.as_ref().filter(|part| !part.is_empty()) {
            let title = Expr::col(Column::Title.as_column_ref());
            all = all.add(containing(backend, title, part));
        }
        let numbers = [
            (self.year_from.map(|n| n.0), Column::ReleaseYear, true),
            (self.year_to.map(|n| n.0), Column::ReleaseYear, false),
            (self.min_budget.map(|n| n.0), Column::Budget, true),
            (self.max_budget.map(|n| n.0), Column::Budget, false),
            (self.min_revenue.map(|n| n.0), Column::Revenue, true),
            (self.max_revenue.map(|n| n.0), Column::Revenue, false),
            (self.min_votes.map(|n| n.0), Column::VoteCount, true),
        ];
        for (number, column, least) in numbers {
            if let Some(number) = number {
                all = all.add(match least {
                    true => column.gte(number),
                    false => column.lte(number),
                });
            }
        }
        if let Some(id) = self.collection {
            all = all.add(Column::CollectionId.eq(id.0));
        }
        if let Some(status) = &self.status {
            all = all.add(Column::Status.eq(status));
        }
        if let Some(language) = &self.language {
            all = all.add(Column::OriginalLanguage.eq(language));
        }
        if let Some(id) = self.company {
            all = all.add(of_company(id.0));
        }
        if let Some(id) = self.genre {
            all = all.add(of_genre(id.0));
        }
        all
    }
}

struct Movies {
    select: Select<movie::Entity>,
    order: Vec<Sort<movie::Entity>>,
}

impl List for Movies {
    type Row = Movie;
    const PAST: bool = true;

    async fn slice(
        &self,
        db: &DatabaseConnection,
        as_of: Option<i32>,
        after: Option<&str>,
        size: u64,
    ) -> Result<Slice<Movie>, Problem> {
        let window = Window {
            size,
            after,
            ..Default::default()
        };
        let with = words(db, as_of);
        let found = rows(
            db,
            &with,
            &self.select,
            self.order.clone(),
            Column::Id,
            window,
        )
        .await?;
        let Slice { rows, next } = Slice::of(found, |row| row);
        let rows = linked(db, rows, as_of).await?;
        Ok(Slice { rows, next })
    }

    async fn count(&self, db: &DatabaseConnection, as_of: Option<i32>) -> Result<i64, Problem> {
        list::total(db, count(db, &words(db, as_of), self.select.clone())).await
    }
}

/// Movies with what they are linked to: a statement for each relation, however many movies there are.
async fn linked(
    db: &DatabaseConnection,
    rows: Vec<movie::Model>,
    as_of: Option<i32>,
) -> Result<Vec<Movie>, Problem> {
    let loaders = &Loaders::new(db);
    let movies = rows.into_iter().map(|row| async move {
        let at = At { id: row.id, as_of };
        let series = async {
            match row.collection_id {
                Some(id) => loaders.collection.load(At { id, as_of }).await,
                None => Ok(None),
            }
        };
        let ((companies, genres, countries), (languages, collection)) = try_join(
            try_join3(
                loaders.companies.load(at),
                loaders.genres.load(at),
                loaders.countries.load(at),
            ),
            try_join(loaders.languages.load(at), series),
        )
        .await?;
        let links = Links {
            collection,
            companies: companies.unwrap_or_default(),
            genres: genres.unwrap_or_default(),
            countries: countries.unwrap_or_default(),
            languages: languages.unwrap_or_default(),
        };
        Ok::<_, Problem>(Movie::new(row, links))
    });
    try_join_all(movies).await
}

/// Answers with the movies that meet a condition and the parameters.
///
/// # Errors
/// 400 for parameters that cannot be used, 404 for a data version that there is not.
pub async fn within(
    app: &App,
    asked: Asked,
    condition: impl IntoCondition,
    query: MovieQuery,
) -> Result<Response, Problem> {
    let as_of = query.as_of();
    check(&app.services.db, as_of).await?;
    let condition = query
        .condition(app.services.db.get_database_backend())
        .add(condition.into_condition());
    let list = Movies {
        select: movie::Entity::find().filter(condition),
        order: query::order(query.order.as_deref(), &ORDER)?,
    };
    let part = Part {
        first: query.first,
        after: query.after,
        count: query.count,
        as_of,
    };
    answer(app, asked, list, part).await
}

/// Movies, by id unless ordered otherwise.
#[utoipa::path(get, path = "/movies", operation_id = "movies", tag = "movie", params(MovieQuery), responses(
    (status = 200, description = "A page of movies; in CSV all of them", content(
        (Page<Movie> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn list(
    State(app): State<App>,
    asked: Asked,
    Query(query): Query<MovieQuery>,
) -> Result<Response, Problem> {
    within(&app, asked, Condition::all(), query).await
}

/// Of which state of the mart.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// As it was in this data version.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 2147483647)]
    as_of: Option<Version>,
}

impl AsOfQuery {
    /// The data version that is asked for.
    pub fn as_of(&self) -> Option<i32> {
        self.as_of.map(|version| version.0 as i32)
    }
}

/// A movie.
#[utoipa::path(get, path = "/movies/{id}", operation_id = "movie", tag = "movie", params(
    ("id" = i64, Path, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 862), AsOfQuery,
), responses(
    (status = 200, description = "The movie", content(
        (One<Movie> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn one(
    State(app): State<App>,
    mut asked: Asked,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    let as_of = query.as_of();
    check(db, as_of).await?;
    let missing = || Problem::not_found(format!("there is no movie {id}"));
    let key = query::id(&id).ok_or_else(missing)?;
    let only = &Movies {
        select: movie::Entity::find().filter(Column::Id.eq(key)),
        order: Vec::new(),
    };
    let read = || async move { only.slice(db, as_of, None, 1).await };
    let found = asked.steady(&app, read).await?;
    asked.one(found.rows.into_iter().next().ok_or_else(missing)?)
}
