//! Production companies and their years.

use super::{
    asked::{All, Asked, One, check},
    list::{List, Page, Part, Size, Slice, answer},
    movie::{self, MovieQuery},
    problem::Problem,
    query::{self, Query},
    table::{Row, cell},
    year::{self, YearsQuery},
};
use crate::{
    app::App,
    graphql::{
        load::Loaders,
        movie::of_company,
        order::Sort,
        page::{Window, count, rows},
    },
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use entity::{
    aggregate::company_year,
    mart::company::{self, Column},
};
use etl::database::containing;
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, Select, sea_query::Expr};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::{IntoParams, ToSchema};

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

const ORDER: [(&str, Column); 3] = [
    ("id", Column::Id),
    ("name", Column::Name),
    ("movieCount", Column::MovieCount),
];

/// Which companies, and how many of them.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompanyQuery {
    /// Part of the name, without regard to case.
    search: Option<String>,
    /// Fields by which the list is ordered, such as `-movieCount,name`; `-` puts the largest first.
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

struct Companies {
    select: Select<company::Entity>,
    order: Vec<Sort<company::Entity>>,
}

impl List for Companies {
    type Row = Company;
    const PAST: bool = false;

    async fn slice(
        &self,
        db: &DatabaseConnection,
        _: Option<i32>,
        after: Option<&str>,
        size: u64,
    ) -> Result<Slice<Company>, Problem> {
        let window = Window {
            size,
            after,
            ..Default::default()
        };
        let found = rows(db, "", &self.select, self.order.clone(), Column::Id, window).await?;
        Ok(Slice::of(found, Company::from))
    }

    async fn count(&self, db: &DatabaseConnection, _: Option<i32>) -> Result<i64, Problem> {
        super::list::total(db, count(db, "", self.select.clone())).await
    }
}

/// The company in an address.
async fn found(db: &DatabaseConnection, id: &str) -> Result<company::Model, Problem> {
    let missing = || Problem::not_found(format!("there is no company {id}"));
    let key = query::id(id).ok_or_else(missing)?;
    let found = company::Entity::find_by_id(key).one(db).await?;
    found.ok_or_else(missing)
}

/// Companies, by id unless ordered otherwise.
#[utoipa::path(get, path = "/companies", operation_id = "companies", tag = "company", params(CompanyQuery), responses(
    (status = 200, description = "A page of companies; in CSV all of them", content(
        (Page<Company> = "application/json"), (String = "text/csv", example = "id,name,movie_count\r\n3,Pixar Animation Studios,46\r\n")
    )),
))]
pub async fn list(
    State(app): State<App>,
    asked: Asked,
    Query(query): Query<CompanyQuery>,
) -> Result<Response, Problem> {
    let mut select = company::Entity::find();
    if let Some(part) = query.search.filter(|part| !part.is_empty()) {
        let backend = app.services.db.get_database_backend();
        let name = Expr::col(Column::Name.as_column_ref());
        select = select.filter(containing(backend, name, &part));
    }
    let list = Companies {
        select,
        order: query::order(query.order.as_deref(), &ORDER)?,
    };
    let part = Part {
        first: query.first,
        after: query.after,
        count: query.count,
        as_of: None,
    };
    answer(&app, asked, list, part).await
}

/// A company.
#[utoipa::path(get, path = "/companies/{id}", operation_id = "company", tag = "company", params(
    ("id" = i64, Path, minimum = -9223372036854775808i64, maximum = 9223372036854775807i64, example = 3),
), responses(
    (status = 200, description = "The company", content(
        (One<Company> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn one(
    State(app): State<App>,
    mut asked: Asked,
    Path(id): Path<String>,
    Query(query::Nothing {}): Query<query::Nothing>,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    let company = asked.steady(&app, || found(db, &id)).await?;
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
    check(db, query.as_of()).await?;
    let read = || async {
        let key = year::key(found(db, &id).await?.id, &query);
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
    let company = found(&app.services.db, &id).await?;
    movie::within(&app, asked, of_company(company.id), query).await
}
