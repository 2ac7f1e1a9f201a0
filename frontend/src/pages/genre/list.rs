//! All genres: how much each is of the whole, by year too, and which was the most popular in each year.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::popular::popular;
use crate::api::fragment::{GenreLink, IntFilter, OrderDirection, StringFilter};
use crate::api::live::Change;
use crate::api::query::{Query, use_live_query};
use crate::api::schema;
use crate::chart_data::stack;
use crate::components::chart::YearChart;
use crate::components::copy::copy_graphql;
use crate::components::csv::csv_button;
use crate::components::field::{filter_text, filter_typed, filters};
use crate::components::figure::{dollar_cell, score_cell, share_cell};
use crate::components::layout::{heading, section, title};
use crate::components::list::{ListState, direction};
use crate::components::measure::{Mean, Sum};
use crate::components::past::{Past, linked, picker};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::whole;
use crate::csv::{cell, csv};

#[derive(cynic::InputObject, Clone)]
struct GenreFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    name: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    movie_count: Option<IntFilter>,
}

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "MovieStatsOrderField", non_exhaustive)]
enum OrderField {
    Genre,
    MovieCount,
    Budget,
    Revenue,
    Profit,
    Popularity,
    /// One that is no column.
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[cynic(graphql_type = "MovieStatistic", non_exhaustive)]
enum Statistic {
    Sum,
    Average,
    /// One that no column shows.
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::InputObject, Clone)]
#[cynic(graphql_type = "MovieStatsOrder")]
struct Order {
    field: OrderField,
    statistic: Statistic,
    direction: OrderDirection,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Option<GenreFilter>,
    order_by: Option<Vec<Order>>,
    as_of: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Genre")]
struct Wanted {
    id: cynic::Id,
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
    /// Which genres the filter lets through; their figures come in the order that is asked for.
    #[arguments(filter: $filter, asOf: $as_of)]
    genres: Vec<Wanted>,
    #[arguments(groupBy: [GENRE], knownOnly: true, orderBy: $order_by, first: 500, asOf: $as_of)]
    movie_stats: GenreRows,
    #[arguments(asOf: $as_of)]
    totals: Totals,
}

#[derive(cynic::QueryVariables)]
struct PastVariables {
    as_of: Option<i32>,
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
#[cynic(graphql_type = "Query", variables = "PastVariables")]
struct ReleasesQuery {
    #[arguments(asOf: $as_of)]
    genres: Vec<GenreReleases>,
}

/// A genre with its part of all movies.
struct Shared {
    row: GenreRow,
    share: f64,
}

const FILTERS: [&str; 2] = ["q", "least"];

/// The list of genres.
#[component]
pub fn GenreList() -> impl IntoView {
    title(|| "Genres".into());
    let past = Past::here();
    let state = ListState::here();
    let genres = use_live_query(
        move || {
            GenresQuery::build(Variables {
                filter: Some(filter(state)),
                order_by: Some(vec![order(state)]),
                as_of: past.version(),
            })
        },
        Change::Mart,
    );
    let releases = use_live_query(
        move || {
            ReleasesQuery::build(PastVariables {
                as_of: past.version(),
            })
        },
        Change::Mart,
    );
    let (versions, banner) = picker();
    let bar = vec![
        filter_text("Name", "q"),
        filter_typed("At least … movies", "least", "number"),
    ];
    view! {
        {banner}
        {heading(&[], "Genres", versions)}
        {filters(&FILTERS, bar)}
        <div class="tools">
            {csv_button("CSV", "genres.csv".into(), move || as_csv(genres))}
            {copy_graphql(genres)}
        </div>
        {loaded(genres, 20, move |data: GenresQuery| {
            let rows = shared(&data);
            if data.movie_stats.nodes.is_empty() {
                return empty("No genres yet", "They come with the first load: drop movies_metadata.csv into the inbox folder.");
            }
            if rows.is_empty() {
                return empty("No genres like that", "Change the filters.");
            }
            genre_table(&rows, sort(state))
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

fn filter(state: ListState) -> GenreFilter {
    let least = state.get("least").and_then(|text| text.parse().ok());
    GenreFilter {
        name: state.get("q").map(StringFilter::containing),
        movie_count: IntFilter::within(least, None),
    }
}

fn sort(state: ListState) -> (String, bool) {
    state.sort("MOVIE_COUNT", true)
}

fn order(state: ListState) -> Order {
    let (name, descending) = sort(state);
    let (field, statistic) = match name.as_str() {
        "NAME" => (OrderField::Genre, Statistic::Sum),
        "BUDGET" => (OrderField::Budget, Statistic::Sum),
        "REVENUE" => (OrderField::Revenue, Statistic::Sum),
        "PROFIT" => (OrderField::Profit, Statistic::Sum),
        "POPULARITY" => (OrderField::Popularity, Statistic::Average),
        _ => (OrderField::MovieCount, Statistic::Sum),
    };
    Order {
        field,
        statistic,
        direction: direction(descending),
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

/// The wanted genres in their order.
fn shared(data: &GenresQuery) -> Vec<Shared> {
    let all = data.totals.movies.max(1) as f64;
    let wanted = |row: &&GenreRow| {
        let genre = row.genre.as_ref();
        genre.is_some_and(|genre| data.genres.iter().any(|wanted| wanted.id == genre.id))
    };
    let rows = data.movie_stats.nodes.iter().filter(wanted);
    rows.map(|row| Shared {
        row: row.clone(),
        share: f64::from(row.movie_count) / all,
    })
    .collect()
}

fn genre_table(rows: &[Shared], sorted: (String, bool)) -> AnyView {
    let columns: Vec<Column<Shared>> =
        vec![
            Column::text("Name", "name", |shared: &Shared| {
                Cell::new(shared.row.genre.as_ref().map(|genre| {
                    linked(format!("/genres/{}", genre.id.inner()), genre.name.clone())
                }))
            })
            .sorted_by("NAME"),
            Column::number("Movies", "movieCount", |shared: &Shared| {
                Cell::exact(
                    whole(shared.row.movie_count.into()),
                    Some(shared.row.movie_count),
                )
            })
            .sorted_by("MOVIE_COUNT"),
            Column::number("Share", "share", |shared: &Shared| {
                share_cell(Some(shared.share))
            }),
            Column::number("Budget", "budget", |shared: &Shared| {
                dollar_cell(shared.row.budget.sum)
            })
            .sorted_by("BUDGET")
            .wide(),
            Column::number("Revenue", "revenue", |shared: &Shared| {
                dollar_cell(shared.row.revenue.sum)
            })
            .sorted_by("REVENUE")
            .wide(),
            Column::number("Profit", "profit", |shared: &Shared| {
                dollar_cell(shared.row.profit.sum)
            })
            .sorted_by("PROFIT")
            .wide(),
            Column::number("Avg. popularity", "averagePopularity", |shared: &Shared| {
                score_cell(shared.row.popularity.average)
            })
            .sorted_by("POPULARITY")
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
        sorted: Some(sorted),
    };
    table(options, columns, rows)
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
