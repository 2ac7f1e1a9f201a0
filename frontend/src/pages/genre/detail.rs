//! One genre: what its movies cost and brought by year, their part of each year, and the movies.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::api::fragment::MovieFilter;
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::copy::copy_graphql;
use crate::components::csv::{csv_link, parameters};
use crate::components::figure::{
    YearFigures, count_chart, money_chart, popularity_chart, share_chart, year_table,
};
use crate::components::layout::{heading, section, title};
use crate::components::list::ListState;
use crate::components::measure::{Together, tiles};
use crate::components::movie_table::{movies, rest_order};
use crate::components::past::{Past, picker};
use crate::components::state::{empty, loaded};
use crate::components::value::percentage;
use crate::pages::missing::missing;
use crate::year_figures_from;

#[derive(cynic::QueryVariables)]
struct Variables {
    id: cynic::Id,
    filter: Option<MovieFilter>,
    as_of: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct GenreYear {
    year: i32,
    movie_count: i32,
    budget: Option<i64>,
    revenue: Option<i64>,
    profit: Option<i64>,
    average_popularity: Option<f64>,
}

year_figures_from!(GenreYear);

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Genre {
    id: cynic::Id,
    name: String,
    movie_count: i32,
    years: Vec<GenreYear>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Totals {
    movies: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct YearTotals {
    year: i32,
    movie_count: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct GenreQuery {
    #[arguments(id: $id, asOf: $as_of)]
    genre: Option<Genre>,
    #[arguments(filter: $filter, asOf: $as_of)]
    movie_stats: Together,
    #[arguments(asOf: $as_of)]
    totals: Totals,
    #[arguments(asOf: $as_of)]
    years: Vec<YearTotals>,
}

/// The page of a genre.
#[component]
pub fn GenreDetail() -> impl IntoView {
    let params = use_params_map();
    let past = Past::here();
    let state = ListState::here();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let query = use_live_query(
        move || {
            GenreQuery::build(Variables {
                id: cynic::Id::new(id.get()),
                filter: Some(MovieFilter::of_genre(id.get())),
                as_of: past.version(),
            })
        },
        Change::Mart,
    );
    let name = Memo::new(move |_| {
        query
            .data
            .with(|data| Some(data.as_ref()?.genre.as_ref()?.name.clone()))
    });
    let shown = move || name.get().unwrap_or_else(|| "Genre".into());
    title(shown);
    let (versions, banner) = picker();
    let known = Memo::new(move |_| name.with(Option::is_some));
    view! {
        {banner}
        {heading(&[("/genres", "Genres")], shown, view! { {versions} {copy_graphql(query)} })}
        {loaded(query, 24, move |data: GenreQuery| match &data.genre {
            Some(found) => genre(found, &data, past),
            None if past.version().is_some() => missing("genre in this data version"),
            None => missing("genre"),
        })}
        {move || known.get().then(|| section("Movies", movies(filter, id.into(), Box::new(move || rest(state, &id.get(), past)))))}
    }
}

fn filter(_: ListState, id: &str) -> MovieFilter {
    MovieFilter::of_genre(id.to_owned())
}

fn rest(state: ListState, id: &str, past: Past) -> Option<String> {
    let order = rest_order(state)?;
    let version = past.version().map(|version| version.to_string());
    let parameters = parameters(&[("order", Some(order)), ("asOf", version)]);
    Some(format!("/api/v1/genres/{id}/movies.csv{parameters}"))
}

fn genre(genre: &Genre, data: &GenreQuery, past: Past) -> AnyView {
    let share = f64::from(genre.movie_count) / (data.totals.movies.max(1) as f64);
    let note = format!("{} of all movies", percentage(share));
    let years: Vec<YearFigures> = genre
        .years
        .iter()
        .map(|row| with_share(row, &data.years))
        .collect();
    let figures = if years.is_empty() {
        empty(
            "No years",
            "None of this genre's movies has a release date.",
        )
    } else {
        let path = format!("/api/v1/genres/{}/years.csv", genre.id.inner());
        let address = move || {
            let version = past.version().map(|version| version.to_string());
            format!("{path}{}", parameters(&[("asOf", version)]))
        };
        view! {
            <div class="charts">
                {money_chart(&years)}
                {count_chart(&years)}
                {share_chart(&years)}
                {popularity_chart(&years)}
            </div>
            {section("By year of release", view! {
                <div class="tools">{csv_link("CSV", address)}</div>
                {year_table("The genre's movies by year", &years)}
            })}
        }
        .into_any()
    };
    view! { {tiles(data.movie_stats.nodes.first(), note)} {figures} }.into_any()
}

fn with_share(row: &GenreYear, all: &[YearTotals]) -> YearFigures {
    let year = all.iter().find(|year| year.year == row.year);
    YearFigures {
        share: year.map(|year| f64::from(row.movie_count) / f64::from(year.movie_count.max(1))),
        ..YearFigures::from(row)
    }
}
