//! Production companies and their years.

use super::{
    asked::{All, Asked, One},
    list::Page,
    movie::{self, AsOfQuery, MovieQuery},
    noun::{self, NounQuery, found},
    problem::Problem,
    query::Query,
    table::{Row, cell},
    year::{self, YearsQuery},
};
use crate::{
    app::App,
    graphql::{load::Loaders, movie::of_company},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use entity::{aggregate::company_year, mart::company};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// A production company.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// The TMDB id.
    #[schema(example = 3)]
    id: i64,
    #[schema(example = "Pixar Animation Studios")]
    name: String,
    /// Its movies, with or without a year.
    #[schema(minimum = 0)]
    movie_count: i32,
}

impl From<company::Model> for Company {
    fn from(row: company::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            movie_count: row.movie_count,
        }
    }
}

impl Row for Company {
    const COLUMNS: &'static [&'static str] = &["id", "name", "movie_count"];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![
            cell(Some(self.id)),
            self.name.as_str().into(),
            cell(Some(self.movie_count)),
        ]
    }
}

/// A company's movies of a year; sums over the movies where the value is known, null where none is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompanyYear {
    company_id: i64,
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
}

impl From<company_year::Model> for CompanyYear {
    fn from(row: company_year::Model) -> Self {
        Self {
            company_id: row.company_id,
            year: row.year,
            movie_count: row.movie_count,
            budget: row.budget,
            revenue: row.revenue,
            profit: row.profit,
            average_popularity: row.average_popularity,
        }
    }
}

impl Row for CompanyYear {
    const COLUMNS: &'static [&'static str] = &[
        "company_id",
        "year",
        "movie_count",
        "budget",
        "revenue",
        "profit",
        "average_popularity",
    ];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![
            cell(Some(self.company_id)),
            cell(Some(self.year)),
            cell(Some(self.movie_count)),
            cell(self.budget),
            cell(self.revenue),
            cell(self.profit),
            cell(self.average_popularity),
        ]
    }
}

/// Companies, by id unless ordered otherwise.
#[utoipa::path(get, path = "/companies", operation_id = "companies", tag = "company", params(NounQuery), responses(
    (status = 200, description = "A page of companies; in CSV all of them", content(
        (Page<Company> = "application/json"), (String = "text/csv", example = "id,name,movie_count\r\n3,Pixar Animation Studios,46\r\n")
    )),
))]
pub async fn list(
    State(app): State<App>,
    asked: Asked,
    Query(query): Query<NounQuery>,
) -> Result<Response, Problem> {
    noun::list::<company::Entity, Company>(&app, asked, query, "id").await
}

/// A company.
#[utoipa::path(get, path = "/companies/{id}", operation_id = "company", tag = "company", params(
    ("id" = i64, Path, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 3), AsOfQuery,
), responses(
    (status = 200, description = "The company", content(
        (One<Company> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn one(
    State(app): State<App>,
    mut asked: Asked,
    Path(id): Path<String>,
    Query(query): Query<AsOfQuery>,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    let company = asked
        .steady(&app, || found::<company::Entity>(db, &id, query.as_of()))
        .await?;
    asked.one(Company::from(company))
}

/// A company's years in order.
#[utoipa::path(get, path = "/companies/{id}/years", operation_id = "companyYears", tag = "company", params(
    ("id" = i64, Path, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 3), YearsQuery,
), responses(
    (status = 200, description = "Its years", content(
        (All<CompanyYear> = "application/json"), (String = "text/csv")
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
        let key = year::key(
            found::<company::Entity>(db, &id, query.as_of()).await?.id,
            &query,
        );
        Ok(Loaders::new(db).company_years.load(key).await?)
    };
    let years = asked.steady(&app, read).await?;
    asked.all(years.into_iter().flatten().map(CompanyYear::from).collect())
}

/// A company's movies, by id unless ordered otherwise.
#[utoipa::path(get, path = "/companies/{id}/movies", operation_id = "companyMovies", tag = "company", params(
    ("id" = i64, Path, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 3), MovieQuery,
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
    let company = found::<company::Entity>(&app.services.db, &id, query.as_of()).await?;
    movie::within(&app, asked, of_company(company.id), query).await
}
