//! Budget, revenue and profit of all movies by year.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::follow;
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::figure::{YearFigures, money_chart, year_table};
use crate::components::state::{empty, loaded};
use crate::year_figures_from;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct YearTotals {
    year: i32,
    movie_count: i32,
    budget: Option<i64>,
    revenue: Option<i64>,
    profit: Option<i64>,
    average_popularity: Option<f64>,
}

year_figures_from!(YearTotals);

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct YearsQuery {
    years: Vec<YearTotals>,
}

/// The chart, with its figures as a table; asked anew for each `version`.
pub fn chart(version: Memo<Option<i32>>) -> AnyView {
    let query = use_query(|| YearsQuery::build(()), once);
    follow(version, query);
    loaded(query, 9, |data: YearsQuery| {
        let rows: Vec<YearFigures> = data.years.iter().map(YearFigures::from).collect();
        if rows.is_empty() {
            return empty(
                "No years yet",
                "Budget, revenue and profit by year appear with the first load.",
            );
        }
        view! {
            {money_chart(&rows)}
            <details class="more">
                <summary>"All years as a table"</summary>
                {year_table("All movies by year", &rows)}
            </details>
        }
        .into_any()
    })
}
