//! The companies whose movies took most.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::follow;
use crate::api::fragment::CompanyLink;
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table as table_of};
use crate::components::value::{money, unknown, whole};

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "LongStats")]
struct Sum {
    sum: Option<i64>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStats")]
struct Top {
    company: Option<CompanyLink>,
    movie_count: i32,
    revenue: Sum,
    profit: Sum,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStatsConnection")]
struct Tops {
    nodes: Vec<Top>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct TopQuery {
    #[arguments(groupBy: [COMPANY], orderBy: [{field: REVENUE, direction: DESC}], knownOnly: true, first: 8)]
    movie_stats: Tops,
}

/// The table; asked anew for each `version`.
pub fn table(version: Memo<Option<i32>>) -> AnyView {
    let query = use_query(|| TopQuery::build(()), once);
    follow(version, query);
    loaded(query, 9, |data: TopQuery| {
        let rows = data.movie_stats.nodes;
        if rows.is_empty() {
            return empty("No companies yet", "They appear with the first load.");
        }
        let options = TableOptions {
            caption: "Companies by the revenue of their movies",
            mark: Some(("data-company", |row: &Top| {
                let company = row.company.as_ref();
                company
                    .map(|company| company.id.inner().to_owned())
                    .unwrap_or_default()
            })),
            sorted: None,
        };
        table_of(options, columns(), &rows)
    })
}

fn columns() -> Vec<Column<Top>> {
    vec![
        Column::text("Company", "name", |row: &Top| match &row.company {
            Some(company) => {
                let href = format!("/companies/{}", company.id.inner());
                Cell::new(view! { <a href=href>{company.name.clone()}</a> })
            }
            None => Cell::new(unknown()),
        }),
        Column::number("Movies", "movieCount", |row: &Top| {
            Cell::exact(whole(row.movie_count.into()), Some(row.movie_count))
        }),
        Column::number("Revenue", "revenue", |row: &Top| {
            Cell::exact(money(row.revenue.sum), row.revenue.sum)
        }),
        Column::number("Profit", "profit", |row: &Top| {
            Cell::exact(money(row.profit.sum), row.profit.sum)
        }),
    ]
}
