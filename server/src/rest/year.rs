//! All movies of a year, and the parameters of lists of years.

use super::{
    asked::{All, Asked, check, words},
    problem::Problem,
    query::{self, Query, Version, Year},
    table::{Row, cell},
};
use crate::{
    app::App,
    graphql::{load::Years, page},
};
use axum::{extract::State, response::Response};
use entity::aggregate::year_total::{self, Column};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::{IntoParams, ToSchema};

/// All movies of one year, each counted once; sums over the movies where the value is known, null where none is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct YearTotals {
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

impl From<year_total::Model> for YearTotals {
    fn from(row: year_total::Model) -> Self {
        Self {
            year: row.year,
            movie_count: row.movie_count,
            budget: row.budget,
            revenue: row.revenue,
            profit: row.profit,
            average_popularity: row.average_popularity,
        }
    }
}

impl Row for YearTotals {
    const COLUMNS: &'static [&'static str] = &[
        "year",
        "movie_count",
        "budget",
        "revenue",
        "profit",
        "average_popularity",
    ];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![
            cell(Some(self.year)),
            cell(Some(self.movie_count)),
            cell(self.budget),
            cell(self.revenue),
            cell(self.profit),
            cell(self.average_popularity),
        ]
    }
}

/// Which years, of which state of the mart.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct YearsQuery {
    /// The first year.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 9999, example = 1990)]
    from: Option<Year>,
    /// The last year.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 9999, example = 1999)]
    to: Option<Year>,
    /// As they were in this data version.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 2147483647)]
    as_of: Option<Version>,
}

impl YearsQuery {
    /// The data version that is asked for.
    pub fn as_of(&self) -> Option<i32> {
        self.as_of.map(|version| version.0 as i32)
    }
}

/// What the loaders know the years of a company or genre by.
pub fn key(id: i64, query: &YearsQuery) -> Years {
    let (from, to) = query::years(query.from, query.to);
    Years {
        id,
        from,
        to,
        as_of: query.as_of(),
    }
}

/// Years in order, each with all its movies.
#[utoipa::path(get, path = "/years", operation_id = "years", tag = "year", params(YearsQuery), responses(
    (status = 200, description = "The years", content(
        (All<YearTotals> = "application/json"), (String = "text/csv")
    )),
))]
pub async fn list(
    State(app): State<App>,
    mut asked: Asked,
    Query(query): Query<YearsQuery>,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    check(db, query.as_of()).await?;
    let (from, to) = query::years(query.from, query.to);
    let read = || async {
        let with = words(db, query.as_of());
        let years = year_total::Entity::find().filter(Column::Year.between(from, to));
        Ok(page::all(db, &with, years, Vec::new(), Column::Year).await?)
    };
    let years = asked.steady(&app, read).await?;
    asked.all(years.into_iter().map(YearTotals::from).collect())
}
