//! All genres: how much each is of the whole, by year too, and which was the most popular in each year.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::api::fragment::GenreLink;
use crate::api::live::Change;
use crate::api::query::{Query, use_live_query};
use crate::api::schema;
use crate::chart_data::stack;
use crate::components::chart::YearChart;
use crate::components::copy::copy_graphql;
use crate::components::csv::{csv_button, csv_link, parameters};
use crate::components::figure::{dollar_cell, score_cell, share_cell};
use crate::components::layout::{heading, section, title};
use crate::components::list::{ListState, in_place};
use crate::components::measure::{Mean, Sum};
use crate::components::past::{Past, linked, picker};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::whole;
use crate::csv::{cell, csv};

#[derive(cynic::QueryVariables)]
struct Variables {
    as_of: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStats")]
struct GenreRow {
    genre: Option<GenreLink>,
    movie_count: i32,
    budget: Sum,
    revenue: Sum,
    profit: Sum,
    popularity: Mean,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStatsConnection")]
struct GenreRows {
    nodes: Vec<GenreRow>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Totals {
    movies: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct GenresQuery {
    #[arguments(groupBy: [GENRE], knownOnly: true, first: 500, asOf: $as_of)]
    movie_stats: GenreRows,
    #[arguments(asOf: $as_of)]
    totals: Totals,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "GenreYear")]
struct Releases {
    year: i32,
    movie_count: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Genre")]
struct GenreReleases {
    name: String,
    years: Vec<Releases>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct ReleasesQuery {
    #[arguments(asOf: $as_of)]
    genres: Vec<GenreReleases>,
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

/// A genre with its part of all movies.
struct Shared {
    row: GenreRow,
    share: f64,
}

/// The list of genres.
#[component]
pub fn GenreList() -> impl IntoView {
    title(|| "Genres".into());
    let past = Past::here();
    let variables = move || Variables {
        as_of: past.version(),
    };
    let genres = use_live_query(move || GenresQuery::build(variables()), Change::Mart);
    let releases = use_live_query(move || ReleasesQuery::build(variables()), Change::Mart);
    let (versions, banner) = picker();
    view! {
        {banner}
        {heading(&[], "Genres", versions)}
        <div class="tools">
            {csv_button("CSV", "genres.csv".into(), move || as_csv(genres))}
            {copy_graphql(genres)}
        </div>
        {loaded(genres, 20, |data: GenresQuery| {
            if data.movie_stats.nodes.is_empty() {
                return empty("No genres yet", "They come with the first load: drop movies_metadata.csv into the inbox folder.");
            }
            genre_table(&data)
        })}
        {section("By year of release", loaded(releases, 9, |data: ReleasesQuery| {
            view! {
                <YearChart chart=stack("Releases by genre", &by_year(&data.genres), 5)/>
                <p class="quiet small">"A movie of two genres counts in both."</p>
            }
        }))}
        {popular(past)}
    }
}

/// Turns the years of genres into the genres of years.
fn by_year(genres: &[GenreReleases]) -> Vec<(i32, Vec<(String, i32)>)> {
    let mut years = std::collections::BTreeMap::<i32, Vec<(String, i32)>>::new();
    for genre in genres {
        for year in &genre.years {
            let counts = years.entry(year.year).or_default();
            counts.push((genre.name.clone(), year.movie_count));
        }
    }
    years.into_iter().collect()
}

fn shared(data: &GenresQuery) -> Vec<Shared> {
    let all = data.totals.movies.max(1) as f64;
    let rows = data.movie_stats.nodes.iter();
    let mut rows: Vec<Shared> = rows
        .map(|row| Shared {
            row: row.clone(),
            share: f64::from(row.movie_count) / all,
        })
        .collect();
    rows.sort_by_key(|shared| std::cmp::Reverse(shared.row.movie_count));
    rows
}

fn genre_table(data: &GenresQuery) -> AnyView {
    let columns: Vec<Column<Shared>> =
        vec![
            Column::text("Name", "name", |shared: &Shared| {
                Cell::new(shared.row.genre.as_ref().map(|genre| {
                    linked(format!("/genres/{}", genre.id.inner()), genre.name.clone())
                }))
            }),
            Column::number("Movies", "movieCount", |shared: &Shared| {
                Cell::exact(
                    whole(shared.row.movie_count.into()),
                    Some(shared.row.movie_count),
                )
            }),
            Column::number("Share", "share", |shared: &Shared| {
                share_cell(Some(shared.share))
            }),
            Column::number("Budget", "budget", |shared: &Shared| {
                dollar_cell(shared.row.budget.sum)
            })
            .wide(),
            Column::number("Revenue", "revenue", |shared: &Shared| {
                dollar_cell(shared.row.revenue.sum)
            })
            .wide(),
            Column::number("Profit", "profit", |shared: &Shared| {
                dollar_cell(shared.row.profit.sum)
            })
            .wide(),
            Column::number("Avg. popularity", "averagePopularity", |shared: &Shared| {
                score_cell(shared.row.popularity.average)
            })
            .wide(),
        ];
    let options = TableOptions {
        caption: "Genres",
        mark: Some(("data-genre-id", |shared: &Shared| {
            let genre = shared.row.genre.as_ref();
            genre
                .map(|genre| genre.id.inner().to_owned())
                .unwrap_or_default()
        })),
        sorted: None,
    };
    table(options, columns, &shared(data))
}

fn as_csv(query: Query<GenresQuery>) -> String {
    let rows = query.data.with_untracked(|data| data.as_ref().map(shared));
    let rows = rows
        .unwrap_or_default()
        .into_iter()
        .map(|Shared { row, share }| {
            vec![
                cell(row.genre.as_ref().map(|genre| genre.id.inner())),
                cell(row.genre.as_ref().map(|genre| &genre.name)),
                row.movie_count.to_string(),
                share.to_string(),
                cell(row.budget.sum),
                cell(row.revenue.sum),
                cell(row.profit.sum),
                cell(row.popularity.average),
            ]
        });
    let head = [
        "id",
        "name",
        "movie_count",
        "share",
        "budget",
        "revenue",
        "profit",
        "average_popularity",
    ];
    csv(&head, rows)
}

/// The most popular genre of each year; what popular means is in the URL.
fn popular(past: Past) -> AnyView {
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
