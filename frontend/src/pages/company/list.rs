//! All companies: searched, filtered and sorted by the URL.

use cynic::{Operation, QueryBuilder};
use leptos::prelude::*;

use crate::api::fragment::{
    GenreLink, GenreListFilter, IntFilter, Newest, OrderDirection, PageInfo, StringFilter,
};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::csv::parameters;
use crate::components::export::tools;
use crate::components::feed::{Slice, window_table};
use crate::components::field::{choices, filter_select, filter_text, filter_typed, filters};
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, PageArguments, direction};
use crate::components::past::{Past, linked, picker};
use crate::components::state::empty;
use crate::components::table::{Cell, Column, TableOptions};
use crate::components::value::whole;
use crate::csv::cell;

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

/// What at least one of a company's movies must be.
#[derive(cynic::InputObject, Clone)]
#[cynic(graphql_type = "MovieFilter")]
struct SomeMovie {
    #[cynic(skip_serializing_if = "Option::is_none")]
    genres: Option<GenreListFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    year: Option<IntFilter>,
}

#[derive(cynic::InputObject, Clone)]
struct MovieListFilter {
    some: Option<SomeMovie>,
}

#[derive(cynic::InputObject, Clone)]
struct CompanyFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    name: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    movie_count: Option<IntFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    movies: Option<MovieListFilter>,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Option<CompanyFilter>,
    order_by: Option<Vec<CompanyOrder>>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
    as_of: Option<i32>,
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
    #[arguments(filter: $filter, orderBy: $order_by, first: $first, after: $after, last: $last, before: $before, asOf: $as_of)]
    companies: CompanyPage,
    data_version: Newest,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct GenresQuery {
    genres: Vec<GenreLink>,
}

const FILTERS: [&str; 5] = ["q", "least", "genre", "from", "to"];

/// The list of companies.
#[component]
pub fn CompanyList() -> impl IntoView {
    title(|| "Companies".into());
    let past = Past::here();
    let state = ListState::here();
    let genres = use_query(|| GenresQuery::build(()), once);
    let genres = move || {
        let mut all = choices(&[("", "Any")]);
        genres.data.with(|data| {
            let known = data.iter().flat_map(|data| &data.genres);
            all.extend(known.map(|genre| (genre.id.inner().to_owned(), genre.name.clone())));
        });
        all
    };
    let (versions, banner) = picker();
    let bar = vec![
        filter_text("Name", "q"),
        filter_typed("At least … movies", "least", "number"),
        filter_select("With a movie of genre", "genre", genres),
        filter_typed("Released from", "from", "number"),
        filter_typed("Released to", "to", "number"),
    ];
    let ask = move |page: PageArguments| -> Operation<CompaniesQuery, Variables> {
        let (field, descending) = state.sort("MOVIE_COUNT", true);
        CompaniesQuery::build(Variables {
            filter: Some(filter(state)),
            order_by: Some(vec![CompanyOrder {
                field: order_field(&field).0,
                direction: direction(descending),
            }]),
            first: page.first,
            after: page.after,
            last: page.last,
            before: page.before,
            as_of: past.version(),
        })
    };
    let options = move || TableOptions {
        caption: "Companies",
        mark: Some(("data-company-id", |row: &CompanyRow| {
            row.id.inner().to_owned()
        })),
        sorted: Some(state.sort("MOVIE_COUNT", true)),
    };
    let nothing = || {
        let advice =
            "Change the filters, or load a file: drop movies_metadata.csv into the inbox folder.";
        empty("No companies here", advice)
    };
    let head = &["id", "name", "movie_count"];
    let (moved_on, table) = window_table(options, columns(), ask, take, nothing);
    view! {
        {banner}
        {heading(&[], "Companies", versions)}
        {filters(&FILTERS, bar)}
        {tools("companies.csv", Box::new(move || rest(state)), head, ask, take, cells, moved_on)}
        {table}
    }
}

fn filter(state: ListState) -> CompanyFilter {
    let number = |key: &str| state.get(key).and_then(|text| text.parse().ok());
    let some = SomeMovie {
        genres: state.get("genre").map(GenreListFilter::having),
        year: IntFilter::within(number("from"), number("to")),
    };
    let wanted = some.genres.is_some() || some.year.is_some();
    // The index of words is of the present; the past is searched by the names it had.
    let (name, search) = match state.get("asOf") {
        Some(_) => (state.get("q").map(StringFilter::containing), None),
        None => (None, state.get("q")),
    };
    CompanyFilter {
        name,
        search,
        movie_count: IntFilter::within(number("least"), None),
        movies: wanted.then_some(MovieListFilter { some: Some(some) }),
    }
}

/// The order and its name in REST.
fn order_field(name: &str) -> (CompanyOrderField, &'static str) {
    match name {
        "ID" => (CompanyOrderField::Id, "id"),
        "NAME" => (CompanyOrderField::Name, "name"),
        _ => (CompanyOrderField::MovieCount, "movieCount"),
    }
}

/// The list in REST, which has no such filters and is of the present.
fn rest(state: ListState) -> Option<String> {
    if state.get("asOf").is_some() || FILTERS.iter().any(|key| state.get(key).is_some()) {
        return None;
    }
    let (field, descending) = state.sort("MOVIE_COUNT", true);
    let sign = if descending { "-" } else { "" };
    let order = format!("{sign}{}", order_field(&field).1);
    Some(format!(
        "/api/v1/companies.csv{}",
        parameters(&[("order", Some(order))])
    ))
}

fn take(data: CompaniesQuery) -> Slice<CompanyRow> {
    Slice {
        nodes: data.companies.nodes,
        page_info: data.companies.page_info,
        total: data.companies.total_count,
        version: data.data_version.version,
    }
}

fn cells(row: &CompanyRow) -> Vec<String> {
    let id = row.id.inner().to_owned();
    vec![id, row.name.clone(), cell(Some(row.movie_count))]
}

fn columns() -> Vec<Column<CompanyRow>> {
    vec![
        Column::text("Name", "name", |row: &CompanyRow| {
            Cell::new(linked(
                format!("/companies/{}", row.id.inner()),
                row.name.clone(),
            ))
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
