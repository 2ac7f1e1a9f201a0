//! The most popular genre of each year.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::api::fragment::GenreLink;
use crate::api::live::Change;
use crate::api::query::{Query, use_live_query};
use crate::api::schema;
use crate::components::copy::copy_graphql;
use crate::components::csv::{csv_button, csv_link, parameters};
use crate::components::figure::score_cell;
use crate::components::layout::section;
use crate::components::list::{ListState, in_place};
use crate::components::past::{Past, linked};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::whole;
use crate::csv::{cell, csv};

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum PopularityMeasure {
    Average,
    Total,
}

#[derive(cynic::QueryVariables)]
struct PopularVariables {
    by: PopularityMeasure,
    min_movies: i32,
    as_of: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "GenreYear")]
struct PopularYear {
    year: i32,
    genre: GenreLink,
    movie_count: i32,
    average_popularity: Option<f64>,
    total_popularity: Option<f64>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "PopularVariables")]
struct PopularQuery {
    #[arguments(by: $by, minMovies: $min_movies, asOf: $as_of)]
    popular_genres: Vec<PopularYear>,
}

/// The list; what popular means is in the URL.
pub fn popular(past: Past) -> AnyView {
    let state = ListState::here();
    let by_total = move || state.get("by").as_deref() == Some("total");
    let least = move || {
        state
            .get("min")
            .and_then(|min| min.parse().ok())
            .unwrap_or(1)
            .max(1)
    };
    let query = use_live_query(
        move || {
            PopularQuery::build(PopularVariables {
                by: if by_total() {
                    PopularityMeasure::Total
                } else {
                    PopularityMeasure::Average
                },
                min_movies: least(),
                as_of: past.version(),
            })
        },
        Change::Mart,
    );
    let navigate = use_navigate();
    let chosen = move |event| {
        let least = event_target_value(&event).parse::<i32>().ok();
        let least = least.filter(|least| *least > 1);
        let link = untrack(|| state.link(&[("min", least.map(|least| least.to_string()))]));
        navigate(&link, in_place());
    };
    let here = move |total: bool| (by_total() == total).then_some("true");
    let export = move || {
        if past.version().is_some() {
            // REST has no such list of the past.
            return csv_button("CSV", "popular-genres.csv".into(), move || {
                popular_csv(query)
            });
        }
        let by = if by_total() { "total" } else { "average" };
        let least = least().to_string();
        let parameters = parameters(&[("by", Some(by.into())), ("minMovies", Some(least))]);
        csv_link("CSV", move || {
            format!("/api/v1/genres/popular.csv{parameters}")
        })
    };
    let controls = view! {
        <div class="controls">
            <nav class="views" aria-label="Measure of popularity">
                <a data-noscroll="" href=move || state.link(&[("by", None)]) aria-current=move || here(false)>"Average"</a>
                <a data-noscroll="" href=move || state.link(&[("by", Some("total".into()))]) aria-current=move || here(true)>"Total"</a>
            </nav>
            <label>
                "At least "
                <input class="short" type="number" name="min" min="1" prop:value=move || least().to_string() on:change=chosen/>
                " movies"
            </label>
            <span class="tools">{export} {copy_graphql(query)}</span>
        </div>
    };
    let years = loaded(query, 20, |data: PopularQuery| {
        let mut years = data.popular_genres;
        if years.is_empty() {
            return empty(
                "No years",
                "No genre has that many movies with a popularity in any year.",
            );
        }
        years.sort_by_key(|row| std::cmp::Reverse(row.year));
        let options = TableOptions {
            caption: "Most popular genre by year",
            mark: Some(("data-year", |row: &PopularYear| row.year.to_string())),
            sorted: None,
        };
        table(options, popular_columns(), &years)
    });
    section("Most popular by year", view! { {controls} {years} })
}

fn popular_csv(query: Query<PopularQuery>) -> String {
    let rows = query
        .data
        .with_untracked(|data| data.as_ref().map(|data| data.popular_genres.clone()));
    let rows = rows.unwrap_or_default().into_iter().map(|row| {
        vec![
            row.year.to_string(),
            row.genre.id.inner().to_owned(),
            row.genre.name,
            row.movie_count.to_string(),
            cell(row.average_popularity),
            cell(row.total_popularity),
        ]
    });
    let head = [
        "year",
        "genre_id",
        "genre",
        "movie_count",
        "average_popularity",
        "total_popularity",
    ];
    csv(&head, rows)
}

fn popular_columns() -> Vec<Column<PopularYear>> {
    vec![
        Column::text("Year", "year", |row: &PopularYear| {
            Cell::exact(row.year, Some(row.year))
        }),
        Column::text("Genre", "genre", |row: &PopularYear| {
            let id = row.genre.id.inner().to_owned();
            Cell::exact(
                linked(format!("/genres/{id}"), row.genre.name.clone()),
                Some(id),
            )
        }),
        Column::number("Movies", "movieCount", |row: &PopularYear| {
            Cell::exact(whole(row.movie_count.into()), Some(row.movie_count))
        }),
        Column::number("Average", "averagePopularity", |row: &PopularYear| {
            score_cell(row.average_popularity)
        }),
        Column::number("Total", "totalPopularity", |row: &PopularYear| {
            score_cell(row.total_popularity)
        }),
    ]
}
