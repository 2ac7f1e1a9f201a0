//! Genres, their years, and the most popular one of each year.

use super::{
    asked::{All, Asked, One, check},
    list::{List, Page, Part, Size, Slice, answer},
    movie::{self, MovieQuery},
    problem::Problem,
    query::{self, Query, Whole, Year},
    table::{Row, cell},
    year::{self, YearsQuery},
};
use crate::{
    app::App,
    graphql::{
        genre::{PopularityMeasure, popular as most_popular},
        load::{At, Loaders},
        movie::of_genre,
        order::Sort,
        page::{Window, count, rows},
    },
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use entity::{
    aggregate::genre_year,
    mart::genre::{self, Column},
};
use etl::database::containing;
use futures::future::try_join_all;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, Select, sea_query::Expr};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::{IntoParams, ToSchema};

/// A genre.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Genre {
    /// The TMDB id.
    #[schema(example = 18)]
    id: i64,
    #[schema(example = "Drama")]
    name: String,
    /// Its movies, with or without a year.
    #[schema(minimum = 0)]
    movie_count: i32,
}

impl From<genre::Model> for Genre {
    fn from(row: genre::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            movie_count: row.movie_count,
        }
    }
}

impl Row for Genre {
    const COLUMNS: &'static [&'static str] = &["id", "name", "movie_count"];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![
            cell(Some(self.id)),
            self.name.as_str().into(),
            cell(Some(self.movie_count)),
        ]
    }
}

/// A genre's movies of a year; sums over the movies where the value is known, null where none is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GenreYear {
    genre_id: i64,
    /// The genre's name.
    genre: String,
    year: i32,
    #[schema(minimum = 1)]
    movie_count: i32,
    #[schema(required)]
    budget: Option<i64>,
    #[schema(required)]
    revenue: Option<i64>,
    /// Over movies whose budget and revenue are both known.
    #[schema(required)]
    profit: Option<i64>,
    #[schema(required)]
    average_popularity: Option<f64>,
    #[schema(required)]
    total_popularity: Option<f64>,
}

impl GenreYear {
    fn new(row: genre_year::Model, genre: String) -> Self {
        Self {
            genre_id: row.genre_id,
            genre,
            year: row.year,
            movie_count: row.movie_count,
            budget: row.budget,
            revenue: row.revenue,
            profit: row.profit,
            average_popularity: row.average_popularity,
            total_popularity: row.total_popularity,
        }
    }
}

impl Row for GenreYear {
    const COLUMNS: &'static [&'static str] = &[
        "genre_id",
        "genre",
        "year",
        "movie_count",
        "budget",
        "revenue",
        "profit",
        "average_popularity",
        "total_popularity",
    ];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![
            cell(Some(self.genre_id)),
            self.genre.as_str().into(),
            cell(Some(self.year)),
            cell(Some(self.movie_count)),
            cell(self.budget),
            cell(self.revenue),
            cell(self.profit),
            cell(self.average_popularity),
            cell(self.total_popularity),
        ]
    }
}

const ORDER: [(&str, Column); 3] = [
    ("id", Column::Id),
    ("name", Column::Name),
    ("movieCount", Column::MovieCount),
];

/// Which genres, and how many of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GenreQuery {
    /// Part of the name, without regard to case.
    search: Option<String>,
    /// Fields by which the list is ordered, by name unless given; `-` puts the largest first.
    #[param(
        pattern = "^-?(id|name|movieCount)(,-?(id|name|movieCount))*$",
        example = "-movieCount"
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
}

struct Genres {
    select: Select<genre::Entity>,
    order: Vec<Sort<genre::Entity>>,
}

impl List for Genres {
    type Row = Genre;
    const PAST: bool = false;

    async fn slice(
        &self,
        db: &DatabaseConnection,
        _: Option<i32>,
        after: Option<&str>,
        size: u64,
    ) -> Result<Slice<Genre>, Problem> {
        let window = Window {
            size,
            after,
            ..Default::default()
        };
        let found = rows(db, "", &self.select, self.order.clone(), Column::Id, window).await?;
        Ok(Slice::of(found, Genre::from))
    }

    async fn count(&self, db: &DatabaseConnection, _: Option<i32>) -> Result<i64, Problem> {
        super::list::total(db, count(db, "", self.select.clone())).await
    }
}

/// The genre in an address.
async fn found(db: &DatabaseConnection, id: &str) -> Result<genre::Model, Problem> {
    let missing = || Problem::not_found(format!("there is no genre {id}"));
    let key = query::id(id).ok_or_else(missing)?;
    let found = genre::Entity::find_by_id(key).one(db).await?;
    found.ok_or_else(missing)
}

/// Genres, by name unless ordered otherwise.
#[utoipa::path(get, path = "/genres", operation_id = "genres", tag = "genre", params(GenreQuery), responses(
    (status = 200, description = "A page of genres; in CSV all of them", content(
        (Page<Genre> = "application/json"), (String = "text/csv", example = "id,name,movie_count\r\n18,Drama,20265\r\n")
    )),
))]
pub async fn list(
    State(app): State<App>,
    asked: Asked,
    Query(query): Query<GenreQuery>,
) -> Result<Response, Problem> {
    let mut select = genre::Entity::find();
    if let Some(part) = query.search.filter(|part| !part.is_empty()) {
        let backend = app.services.db.get_database_backend();
        let name = Expr::col(Column::Name.as_column_ref());
        select = select.filter(containing(backend, name, &part));
    }
    let list = Genres {
        select,
        order: query::order(query.order.as_deref().or(Some("name")), &ORDER)?,
    };
    let part = Part {
        first: query.first,
        after: query.after,
        count: query.count,
        as_of: None,
    };
    answer(&app, asked, list, part).await
}

/// A genre.
#[utoipa::path(get, path = "/genres/{id}", operation_id = "genre", tag = "genre", params(
    ("id" = i64, Path, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 18),
), responses(
    (status = 200, description = "The genre", content(
        (One<Genre> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn one(
    State(app): State<App>,
    mut asked: Asked,
    Path(id): Path<String>,
    Query(query::Nothing {}): Query<query::Nothing>,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    let genre = asked.steady(&app, || found(db, &id)).await?;
    asked.one(Genre::from(genre))
}

/// A genre's years in order.
#[utoipa::path(get, path = "/genres/{id}/years", operation_id = "genreYears", tag = "genre", params(
    ("id" = i64, Path, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 18), YearsQuery,
), responses(
    (status = 200, description = "Its years", content(
        (All<GenreYear> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn years(
    State(app): State<App>,
    mut asked: Asked,
    Path(id): Path<String>,
    Query(query): Query<YearsQuery>,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    check(db, query.as_of()).await?;
    let read = || async {
        let genre = found(db, &id).await?;
        let loaders = Loaders::new(db);
        let years = loaders
            .genre_years
            .load(year::key(genre.id, &query))
            .await?;
        let years = years.into_iter().flatten();
        let years = years.map(|row| GenreYear::new(row, genre.name.clone()));
        Ok(years.collect())
    };
    let years = asked.steady(&app, read).await?;
    asked.all::<GenreYear>(years)
}

/// A genre's movies, by id unless ordered otherwise.
#[utoipa::path(get, path = "/genres/{id}/movies", operation_id = "genreMovies", tag = "genre", params(
    ("id" = i64, Path, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 18), MovieQuery,
), responses(
    (status = 200, description = "A page of its movies; in CSV all of them", content(
        (Page<movie::Movie> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn movies(
    State(app): State<App>,
    asked: Asked,
    Path(id): Path<String>,
    Query(query): Query<MovieQuery>,
) -> Result<Response, Problem> {
    let genre = found(&app.services.db, &id).await?;
    movie::within(&app, asked, of_genre(genre.id), query).await
}

/// What makes a genre the most popular of a year.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Measure {
    /// The mean over its movies that have a popularity.
    #[default]
    Average,
    /// The sum over its movies.
    Total,
}

/// Which years, and what makes a genre popular.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PopularQuery {
    /// The first year.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 9999, example = 1990)]
    from: Option<Year>,
    /// The last year.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 9999, example = 1999)]
    to: Option<Year>,
    #[serde(default)]
    #[param(inline, nullable = false)]
    by: Measure,
    /// Genres with fewer movies in a year are left out; 1 unless given.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 2147483647, example = 10)]
    min_movies: Option<Whole<0, { i32::MAX as i64 }>>,
}

/// The most popular genre of each year; ties go to the lower genre id.
#[utoipa::path(get, path = "/genres/popular", operation_id = "popularGenres", tag = "genre", params(PopularQuery), responses(
    (status = 200, description = "Years in order, each with its most popular genre", content(
        (All<GenreYear> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn popular(
    State(app): State<App>,
    mut asked: Asked,
    Query(query): Query<PopularQuery>,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    let by = match query.by {
        Measure::Average => PopularityMeasure::Average,
        Measure::Total => PopularityMeasure::Total,
    };
    let range = query::years(query.from, query.to);
    let least = query.min_movies.map_or(1, |least| least.0 as i32);
    let read = || async {
        let rows = most_popular(db, "", range, by, least).await?;
        let loaders = Loaders::new(db);
        let named = rows.into_iter().map(|row| {
            let genre = &loaders.genre;
            async move {
                let found = genre
                    .load(At {
                        id: row.genre_id,
                        as_of: None,
                    })
                    .await?;
                let name = found.map(|genre| genre.name).unwrap_or_default();
                Ok::<_, Problem>(GenreYear::new(row, name))
            }
        });
        try_join_all(named).await
    };
    let years = asked.steady(&app, read).await?;
    asked.all(years)
}
