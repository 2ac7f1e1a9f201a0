//! All genres, and which was the most popular in each year.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::api::fragment::GenreLink;
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::figure::score_cell;
use crate::components::layout::{heading, section, title};
use crate::components::list::ListState;
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::whole;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Genre")]
struct GenreRow {
    id: cynic::Id,
    name: String,
    movie_count: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct GenresQuery {
    genres: Vec<GenreRow>,
}

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum PopularityMeasure {
    Average,
    Total,
}

#[derive(cynic::QueryVariables)]
struct PopularVariables {
    by: PopularityMeasure,
    min_movies: i32,
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
    #[arguments(by: $by, minMovies: $min_movies)]
    popular_genres: Vec<PopularYear>,
}

/// The list of genres.
#[component]
pub fn GenreList() -> impl IntoView {
    title(|| "Genres".into());
    let genres = use_query(|| GenresQuery::build(()), once);
    view! {
        {heading(&[], "Genres", ())}
        <div class="columns">
            {section("All genres", loaded(genres, 20, |data: GenresQuery| {
                if data.genres.is_empty() {
                    return empty("No genres yet", "They come with the first load: drop movies_metadata.csv into the inbox folder.");
                }
                genre_table(data.genres)
            }))}
            {popular()}
        </div>
    }
}

fn genre_table(mut genres: Vec<GenreRow>) -> AnyView {
    genres.sort_by(|a, b| a.name.cmp(&b.name));
    let columns: Vec<Column<GenreRow>> = vec![
        Column::text("Name", "name", |row: &GenreRow| {
            Cell::new(
                view! { <a href=format!("/genres/{}", row.id.inner())>{row.name.clone()}</a> },
            )
        }),
        Column::number("Movies", "movieCount", |row: &GenreRow| {
            Cell::exact(whole(row.movie_count.into()), Some(row.movie_count))
        }),
    ];
    let options = TableOptions {
        caption: "Genres",
        mark: Some(("data-genre-id", |row: &GenreRow| row.id.inner().to_owned())),
        sorted: None,
    };
    table(options, columns, &genres)
}

/// The most popular genre of each year; what popular means is in the URL.
fn popular() -> AnyView {
    let state = ListState::here();
    let by_total = move || state.get("by").as_deref() == Some("total");
    let least = move || {
        state
            .get("min")
            .and_then(|min| min.parse().ok())
            .unwrap_or(1)
            .max(1)
    };
    let query = use_query(
        move || {
            PopularQuery::build(PopularVariables {
                by: if by_total() {
                    PopularityMeasure::Total
                } else {
                    PopularityMeasure::Average
                },
                min_movies: least(),
            })
        },
        once,
    );
    let navigate = use_navigate();
    let chosen = move |event| {
        let value = event_target_value(&event);
        let min = value
            .parse::<i32>()
            .ok()
            .filter(|min| *min > 1)
            .map(|min| min.to_string());
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..Default::default()
        };
        navigate(&untrack(|| state.link(&[("min", min)])), options);
    };
    let here = move |total: bool| (by_total() == total).then_some("true");
    let controls = view! {
        <div class="controls">
            <nav class="views" aria-label="Measure of popularity">
                <a href=move || state.link(&[("by", None)]) aria-current=move || here(false)>"Average"</a>
                <a href=move || state.link(&[("by", Some("total".into()))]) aria-current=move || here(true)>"Total"</a>
            </nav>
            <label>
                "At least "
                <input class="short" type="number" name="min" min="1" prop:value=move || least().to_string() on:change=chosen/>
                " movies"
            </label>
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

fn popular_columns() -> Vec<Column<PopularYear>> {
    vec![
        Column::text("Year", "year", |row: &PopularYear| {
            Cell::exact(row.year, Some(row.year))
        }),
        Column::text("Genre", "genre", |row: &PopularYear| {
            let id = row.genre.id.inner().to_owned();
            Cell::exact(
                view! { <a href=format!("/genres/{id}")>{row.genre.name.clone()}</a> },
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
