//! Genres, their years, and the most popular one of each year.

use super::{
    asked::{All, Asked, One, check, words},
    list::Page,
    movie::{self, AsOfQuery, MovieQuery},
    noun::{self, NounQuery, found},
    problem::Problem,
    query::{self, Query, Version, Whole, Year},
    table::{Row, cell},
    year::{self, YearsQuery},
};
use crate::{
    app::App,
    graphql::{
        genre::{PopularityMeasure, popular as most_popular},
        load::{At, Loaders},
        movie::of_genre,
    },
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use entity::{aggregate::genre_year, mart::genre};
use futures::future::try_join_all;
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

/// Genres, by name unless ordered otherwise.
#[utoipa::path(get, path = "/genres", operation_id = "genres", tag = "genre", params(NounQuery), responses(
    (status = 200, description = "A page of genres; in CSV all of them", content(
        (Page<Genre> = "application/json"), (String = "text/csv", example = "id,name,movie_count\r\n18,Drama,20265\r\n")
    )),
))]
pub async fn list(
    State(app): State<App>,
    asked: Asked,
    Query(query): Query<NounQuery>,
) -> Result<Response, Problem> {
    noun::list::<genre::Entity, Genre>(&app, asked, query, "name").await
}

/// A genre.
#[utoipa::path(get, path = "/genres/{id}", operation_id = "genre", tag = "genre", params(
    ("id" = i64, Path, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 18), AsOfQuery,
), responses(
    (status = 200, description = "The genre", content(
        (One<Genre> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn one(
    State(app): State<App>,
    mut asked: Asked,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    let genre = asked
        .steady(&app, || found::<genre::Entity>(db, &id, query.as_of()))
        .await?;
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
    let read = || async {
        let genre = found::<genre::Entity>(db, &id, query.as_of()).await?;
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
    let genre = found::<genre::Entity>(&app.services.db, &id, query.as_of()).await?;
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
    /// As they were in this data version.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 2147483647)]
    as_of: Option<Version>,
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
    let as_of = query.as_of.map(|version| version.0 as i32);
    check(db, as_of).await?;
    let with = words(db, as_of);
    let read = || async {
        let rows = most_popular(db, &with, range, by, least).await?;
        let loaders = Loaders::new(db);
        let named = rows.into_iter().map(|row| {
            let genre = &loaders.genre;
            async move {
                let found = genre
                    .load(At {
                        id: row.genre_id,
                        as_of,
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
