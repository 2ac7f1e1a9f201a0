//! Movies of a company, of a genre, or all of them: the same list everywhere, however long.

use cynic::{Operation, QueryBuilder};
use leptos::prelude::*;

use super::export::{Rest, tools};
use super::feed::{Slice, window_table};
use super::figure::{dollar_cell, score_cell};
use super::list::{ListState, PageArguments, direction};
use super::past::{Past, linked};
use super::state::empty;
use super::table::{Cell, Column, TableOptions};
use super::time::day_or_unknown;
use crate::api::fragment::{MovieFilter, MovieOrder, MovieOrderField, MoviePage, MovieRow, Newest};
use crate::api::schema;
use crate::csv::cell;

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Option<MovieFilter>,
    order_by: Option<Vec<MovieOrder>>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
    as_of: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct MoviesQuery {
    #[arguments(filter: $filter, orderBy: $order_by, first: $first, after: $after, last: $last, before: $before, asOf: $as_of)]
    movies: MoviePage,
    data_version: Newest,
}

/// The movies a filter lets through, sorted by the URL, in the data version of the page. `rest` gives the address
/// of the same list in the REST API, which gives it as CSV; nothing where REST does not have it.
pub fn movies(
    filter: fn(ListState, &str) -> MovieFilter,
    id: Signal<String>,
    rest: Rest,
) -> AnyView {
    let state = ListState::here();
    let past = expect_context::<Past>();
    let ask = move |page: PageArguments| -> Operation<MoviesQuery, Variables> {
        let (field, descending) = state.sort("POPULARITY", true);
        MoviesQuery::build(Variables {
            filter: Some(filter(state, &id.get())),
            order_by: Some(vec![MovieOrder {
                field: order_field(&field),
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
        caption: "Movies",
        mark: Some(("data-movie-id", |row: &MovieRow| row.id.inner().to_owned())),
        sorted: Some(state.sort("POPULARITY", true)),
    };
    let nothing = || {
        let advice =
            "Change the filters, or load a file: drop movies_metadata.csv into the inbox folder.";
        empty("No movies here", advice)
    };
    let (moved_on, table) = window_table(options, columns(), ask, take, nothing);
    view! {
        {tools("movies.csv", rest, &HEAD, ask, take, cells, moved_on)}
        {table}
    }
    .into_any()
}

fn take(data: MoviesQuery) -> Slice<MovieRow> {
    Slice {
        nodes: data.movies.nodes,
        page_info: data.movies.page_info,
        total: data.movies.total_count,
        version: data.data_version.version,
    }
}

/// The columns of the CSV, where the UI makes it.
const HEAD: [&str; 7] = [
    "id",
    "title",
    "release_date",
    "budget",
    "revenue",
    "profit",
    "popularity",
];

fn cells(row: &MovieRow) -> Vec<String> {
    vec![
        row.id.inner().to_owned(),
        row.title.clone(),
        cell(row.release_date.clone()),
        cell(row.budget),
        cell(row.revenue),
        cell(row.profit),
        cell(row.popularity),
    ]
}

fn order_field(name: &str) -> MovieOrderField {
    match name {
        "ID" => MovieOrderField::Id,
        "TITLE" => MovieOrderField::Title,
        "RELEASE_DATE" => MovieOrderField::ReleaseDate,
        "BUDGET" => MovieOrderField::Budget,
        "REVENUE" => MovieOrderField::Revenue,
        "PROFIT" => MovieOrderField::Profit,
        _ => MovieOrderField::Popularity,
    }
}

/// The URL's sort as REST's `order`; nothing where REST has none such.
pub fn rest_order(state: ListState) -> Option<String> {
    let (field, descending) = state.sort("POPULARITY", true);
    let name = match order_field(&field) {
        MovieOrderField::Id => "id",
        MovieOrderField::Title => "title",
        MovieOrderField::ReleaseDate => "releaseDate",
        MovieOrderField::Budget => "budget",
        MovieOrderField::Revenue => "revenue",
        MovieOrderField::Popularity => "popularity",
        _ => return None,
    };
    let sign = if descending { "-" } else { "" };
    Some(format!("{sign}{name}"))
}

fn columns() -> Vec<Column<MovieRow>> {
    vec![
        Column::text("Title", "title", |row: &MovieRow| {
            Cell::new(linked(
                format!("/movies/{}", row.id.inner()),
                row.title.clone(),
            ))
        })
        .sorted_by("TITLE"),
        Column::text("Released", "releaseDate", |row: &MovieRow| {
            Cell::exact(
                day_or_unknown(row.release_date.clone()),
                row.release_date.clone(),
            )
        })
        .sorted_by("RELEASE_DATE"),
        Column::number("Budget", "budget", |row: &MovieRow| dollar_cell(row.budget))
            .sorted_by("BUDGET")
            .wide(),
        Column::number("Revenue", "revenue", |row: &MovieRow| {
            dollar_cell(row.revenue)
        })
        .sorted_by("REVENUE")
        .wide(),
        Column::number("Profit", "profit", |row: &MovieRow| dollar_cell(row.profit))
            .sorted_by("PROFIT")
            .wide(),
        Column::number("Popularity", "popularity", |row: &MovieRow| {
            score_cell(row.popularity)
        })
        .sorted_by("POPULARITY"),
    ]
}
