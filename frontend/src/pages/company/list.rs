//! All companies: search, sort, page by page.

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::fragment::{CompanyFilter, OrderDirection, PageInfo, StringFilter};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, PAGE, direction, pager, search};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::whole;

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum CompanyOrderField {
    Id,
    Name,
    MovieCount,
}

#[derive(cynic::InputObject, Clone)]
struct CompanyOrder {
    field: CompanyOrderField,
    direction: OrderDirection,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Option<CompanyFilter>,
    order_by: Option<Vec<CompanyOrder>>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Company")]
struct CompanyRow {
    id: cynic::Id,
    name: String,
    movie_count: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "CompanyConnection")]
struct CompanyPage {
    nodes: Vec<CompanyRow>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct CompaniesQuery {
    #[arguments(filter: $filter, orderBy: $order_by, first: $first, after: $after, last: $last, before: $before)]
    companies: CompanyPage,
}

fn order_field(name: &str) -> CompanyOrderField {
    match name {
        "ID" => CompanyOrderField::Id,
        "NAME" => CompanyOrderField::Name,
        _ => CompanyOrderField::MovieCount,
    }
}

/// The list of companies.
#[component]
pub fn CompanyList() -> impl IntoView {
    title(|| "Companies".into());
    let state = ListState::here();
    let query = use_query(
        move || {
            let page = state.page(PAGE);
            let (field, descending) = state.sort("MOVIE_COUNT", true);
            CompaniesQuery::build(Variables {
                filter: state.get("q").map(|name| CompanyFilter {
                    name: Some(StringFilter::containing(name)),
                    ..Default::default()
                }),
                order_by: Some(vec![CompanyOrder {
                    field: order_field(&field),
                    direction: direction(descending),
                }]),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        once,
    );
    view! {
        {heading(&[], "Companies", search("Search companies"))}
        {loaded(query, 12, move |data: CompaniesQuery| {
            let CompanyPage { nodes, page_info, total_count } = data.companies;
            if nodes.is_empty() {
                let advice = "Change the search, or load a file: drop movies_metadata.csv into the inbox folder.";
                return empty("No companies here", advice);
            }
            let options = TableOptions {
                caption: "Companies",
                mark: Some(("data-company-id", |row: &CompanyRow| row.id.inner().to_owned())),
                sorted: Some(state.sort("MOVIE_COUNT", true)),
            };
            view! {
                {table(options, columns(), &nodes)}
                {pager(page_info, total_count, "company", "companies")}
            }
            .into_any()
        })}
    }
}

fn columns() -> Vec<Column<CompanyRow>> {
    vec![
        Column::text("Name", "name", |row: &CompanyRow| {
            Cell::new(
                view! { <a href=format!("/companies/{}", row.id.inner())>{row.name.clone()}</a> },
            )
        })
        .sorted_by("NAME"),
        Column::number("Id", "id", |row: &CompanyRow| {
            Cell::new(row.id.inner().to_owned())
        })
        .sorted_by("ID"),
        Column::number("Movies", "movieCount", |row: &CompanyRow| {
            Cell::exact(whole(row.movie_count.into()), Some(row.movie_count))
        })
        .sorted_by("MOVIE_COUNT"),
    ]
}
