//! All movies of a year.

use super::{
    page::{all, years_cost},
    past::past,
    range,
    scalar::Long,
    services,
};
use crate::auth::Permission;
use async_graphql::{Context, Object, Result, SimpleObject};
use entity::aggregate::year_total;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// All movies of one year, each counted once; sums over the movies where the value is known, null where
/// none is.
#[derive(Clone, Debug, SimpleObject)]
pub struct YearTotals {
    year: i32,
    movie_count: i32,
    budget: Option<Long>,
    revenue: Option<Long>,
    /// Over movies whose budget and revenue are both known.
    profit: Option<Long>,
    average_popularity: Option<f64>,
}

impl From<year_total::Model> for YearTotals {
    fn from(row: year_total::Model) -> Self {
        Self {
            year: row.year,
            movie_count: row.movie_count,
            budget: row.budget.map(Long),
            revenue: row.revenue.map(Long),
            profit: row.profit.map(Long),
            average_popularity: row.average_popularity,
        }
    }
}

/// Queries for years.
#[derive(Default)]
pub struct YearQuery;

#[Object]
impl YearQuery {
    /// Years in order, those from `from` to `to` where given, as they are or as they were in data version `asOf`.
    #[graphql(
        guard = "Permission::DataRead",
        complexity = "years_cost(from, to, child_complexity)"
    )]
    async fn years(
        &self,
        ctx: &Context<'_>,
        from: Option<i32>,
        to: Option<i32>,
        as_of: Option<i32>,
    ) -> Result<Vec<YearTotals>> {
        let (from, to) = range(from, to);
        let (db, with) = (&services(ctx).db, past(ctx, as_of).await?);
        let year = year_total::Column::Year;
        let select = year_total::Entity::find().filter(year.between(from, to));
        let found = all(db, &with, select, Vec::new(), year).await?;
        Ok(found.into_iter().map(YearTotals::from).collect())
    }
}
