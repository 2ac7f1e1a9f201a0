//! Releases by year and genre.

use std::collections::BTreeMap;

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::follow;
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::chart_data::stack;
use crate::components::chart::YearChart;
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::whole;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct GenreYear {
    year: i32,
    movie_count: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Genre {
    id: cynic::Id,
    name: String,
    movie_count: i32,
    years: Vec<GenreYear>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct GenresQuery {
    genres: Vec<Genre>,
}

/// The chart, with the genres as a table; asked anew for each `version`.
pub fn chart(version: Memo<Option<i32>>) -> AnyView {
    let query = use_query(|| GenresQuery::build(()), once);
    follow(version, query);
    loaded(query, 9, |data: GenresQuery| {
        let mut genres = data.genres;
        if genres.is_empty() {
            return empty(
                "No genres yet",
                "Releases by genre appear with the first load.",
            );
        }
        let mut years: BTreeMap<i32, Vec<(String, i32)>> = BTreeMap::new();
        for genre in &genres {
            for year in &genre.years {
                let counts = years.entry(year.year).or_default();
                counts.push((genre.name.clone(), year.movie_count));
            }
        }
        let rows: Vec<_> = years.into_iter().collect();
        let chart = stack("Movies by year, once for each genre", &rows, 5);
        genres.sort_by_key(|genre| std::cmp::Reverse(genre.movie_count));
        view! {
            <YearChart chart/>
            <details class="more">
                <summary>"All genres as a table"</summary>
                {counts(&genres)}
            </details>
        }
        .into_any()
    })
}

fn counts(genres: &[Genre]) -> AnyView {
    let columns = vec![
        Column::text("Genre", "name", |row: &Genre| {
            let href = format!("/genres/{}", row.id.inner());
            Cell::new(view! { <a href=href>{row.name.clone()}</a> })
        }),
        Column::number("Movies", "movieCount", |row: &Genre| {
            Cell::exact(whole(row.movie_count.into()), Some(row.movie_count))
        }),
    ];
    let options = TableOptions {
        caption: "Movies by genre",
        mark: None,
        sorted: None,
    };
    table(options, columns, genres)
}
