//! Movies of a company, of a genre, or all of them: the same list everywhere.

use cynic::{Operation, QueryBuilder};
use leptos::prelude::*;

use super::figure::{dollar_cell, score_cell};
use super::list::{ListState, PAGE, direction, pager};
use super::state::{empty, loaded};
use super::table::{Cell, Column, TableOptions, table};
use super::time::day_or_unknown;
use crate::api::fragment::{MovieFilter, MovieOrder, MovieOrderField, MoviePage, MovieRow};
use crate::api::query::{once, use_query};
use crate::api::schema;

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Option<MovieFilter>,
    order_by: Option<Vec<MovieOrder>>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct MoviesQuery {
    #[arguments(filter: $filter, orderBy: $order_by, first: $first, after: $after, last: $last, before: $before)]
    movies: MoviePage,
}

/// The movies a filter lets through, sorted and paged by the URL.
pub fn movies(filter: impl Fn() -> MovieFilter + 'static) -> AnyView {
    let state = ListState::here();
    let query = use_query(
        move || -> Operation<MoviesQuery, Variables> {
            let page = state.page(PAGE);
            let (field, descending) = state.sort("POPULARITY", true);
            MoviesQuery::build(Variables {
                filter: Some(filter()),
                order_by: Some(vec![MovieOrder {
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
    loaded(query, 12, move |data: MoviesQuery| {
        let MoviePage {
            nodes,
            page_info,
            total_count,
        } = data.movies;
        if nodes.is_empty() {
            let advice = view! {
                "Change the search, or load a file: drop movies_metadata.csv into the inbox folder."
            };
            return empty("No movies here", advice);
        }
        let options = TableOptions {
            caption: "Movies",
            mark: Some(("data-movie-id", |row: &MovieRow| row.id.inner().to_owned())),
            sorted: Some(state.sort("POPULARITY", true)),
        };
        view! {
            {table(options, columns(), &nodes)}
            {pager(page_info, total_count, "movie", "movies")}
        }
        .into_any()
    })
}

fn order_field(name: &str) -> MovieOrderField {
    match name {
        "ID" => MovieOrderField::Id,
        "TITLE" => MovieOrderField::Title,
        "RELEASE_DATE" => MovieOrderField::ReleaseDate,
        "BUDGET" => MovieOrderField::Budget,
        "REVENUE" => MovieOrderField::Revenue,
        _ => MovieOrderField::Popularity,
    }
}

fn columns() -> Vec<Column<MovieRow>> {
    vec![
        Column::text("Title", "title", |row: &MovieRow| {
            Cell::new(
                view! { <a href=format!("/movies/{}", row.id.inner())>{row.title.clone()}</a> },
            )
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
        Column::number("Profit", "profit", |row: &MovieRow| dollar_cell(row.profit)).wide(),
        Column::number("Popularity", "popularity", |row: &MovieRow| {
            score_cell(row.popularity)
        })
        .sorted_by("POPULARITY"),
    ]
}
