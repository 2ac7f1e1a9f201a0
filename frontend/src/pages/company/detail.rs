//! One company: what its movies cost and brought by year, of which genres they are, and the movies.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::api::fragment::{GenreLink, MovieFilter};
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::chart_data::stack;
use crate::components::chart::YearChart;
use crate::components::copy::copy_graphql;
use crate::components::csv::{csv_button, csv_link, parameters};
use crate::components::figure::{YearFigures, money_chart, popularity_chart, year_table};
use crate::components::layout::{heading, section, title};
use crate::components::list::ListState;
use crate::components::measure::{Together, tiles};
use crate::components::movie_table::{movies, rest_order};
use crate::components::past::{Past, linked, picker};
use crate::components::state::{empty, loaded};
use crate::csv::csv;
use crate::pages::missing::missing;
use crate::year_figures_from;

#[derive(cynic::QueryVariables)]
struct Variables {
    id: cynic::Id,
    filter: Option<MovieFilter>,
    as_of: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct GenreCount {
    genre: GenreLink,
    movie_count: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct CompanyYear {
    year: i32,
    movie_count: i32,
    budget: Option<i64>,
    revenue: Option<i64>,
    profit: Option<i64>,
    average_popularity: Option<f64>,
    releases_by_genre: Vec<GenreCount>,
}

year_figures_from!(CompanyYear);

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Company {
    id: cynic::Id,
    name: String,
    years: Vec<CompanyYear>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct CompanyQuery {
    #[arguments(id: $id, asOf: $as_of)]
    company: Option<Company>,
    #[arguments(filter: $filter, asOf: $as_of)]
    movie_stats: Together,
}

/// The page of a company.
#[component]
pub fn CompanyDetail() -> impl IntoView {
    let params = use_params_map();
    let past = Past::here();
    let state = ListState::here();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let query = use_live_query(
        move || {
            CompanyQuery::build(Variables {
                id: cynic::Id::new(id.get()),
                filter: Some(MovieFilter::of_company(id.get())),
                as_of: past.version(),
            })
        },
        Change::Mart,
    );
    let name = Memo::new(move |_| {
        query
            .data
            .with(|data| Some(data.as_ref()?.company.as_ref()?.name.clone()))
    });
    let shown = move || name.get().unwrap_or_else(|| "Company".into());
    title(shown);
    let (versions, banner) = picker();
    let known = Memo::new(move |_| name.with(Option::is_some));
    view! {
        {banner}
        {heading(&[("/companies", "Companies")], shown, view! { {versions} {copy_graphql(query)} })}
        {loaded(query, 24, move |data: CompanyQuery| match &data.company {
            Some(found) => view! { {tiles(data.movie_stats.nodes.first(), span(&found.years))} {company(found, past)} }.into_any(),
            None if past.version().is_some() => missing("company in this data version"),
            None => missing("company"),
        })}
        {move || known.get().then(|| section("Movies", movies(filter, id.into(), Box::new(move || rest(state, &id.get(), past)))))}
    }
}

fn filter(_: ListState, id: &str) -> MovieFilter {
    MovieFilter::of_company(id.to_owned())
}

fn rest(state: ListState, id: &str, past: Past) -> Option<String> {
    let order = rest_order(state)?;
    let version = past.version().map(|version| version.to_string());
    let parameters = parameters(&[("order", Some(order)), ("asOf", version)]);
    Some(format!("/api/v1/companies/{id}/movies.csv{parameters}"))
}

fn span(years: &[CompanyYear]) -> String {
    match (years.first(), years.last()) {
        (Some(first), Some(last)) if first.year == last.year => format!("of {}", first.year),
        (Some(first), Some(last)) => format!("{} to {}", first.year, last.year),
        _ => "none with a year".to_owned(),
    }
}

fn company(company: &Company, past: Past) -> AnyView {
    let years: Vec<YearFigures> = company.years.iter().map(YearFigures::from).collect();
    if years.is_empty() {
        return empty(
            "No years",
            "None of this company's movies has a release date.",
        );
    }
    let genres: Vec<(i32, Vec<(String, i32)>)> = company
        .years
        .iter()
        .map(|year| {
            let counts = year.releases_by_genre.iter();
            let counts = counts.map(|count| (count.genre.name.clone(), count.movie_count));
            (year.year, counts.collect())
        })
        .collect();
    let path = format!("/api/v1/companies/{}/years.csv", company.id.inner());
    let address = move || {
        let version = past.version().map(|version| version.to_string());
        format!("{path}{}", parameters(&[("asOf", version)]))
    };
    view! {
        <div class="charts">
            {money_chart(&years)}
            <YearChart chart=stack("Releases by genre", &genres, 5)/>
            {popularity_chart(&years)}
        </div>
        {section("By year of release", view! {
            <div class="tools">{csv_link("CSV", address)}</div>
            {year_table("The company's movies by year", &years)}
        })}
        {genre_table(company)}
    }
    .into_any()
}

/// The releases by genre in numbers, all genres of each year.
fn genre_table(company: &Company) -> AnyView {
    let rows = company
        .years
        .iter()
        .rev()
        .map(|year| {
            let genres = year
                .releases_by_genre
                .iter()
                .map(|count| {
                    let path = format!("/genres/{}", count.genre.id.inner());
                    view! { <li>{linked(path, count.genre.name.clone())} " " {count.movie_count}</li> }
                })
                .collect_view();
            view! { <tr><th scope="row">{year.year}</th><td><ul class="inline">{genres}</ul></td></tr> }
        })
        .collect_view();
    let name = format!("company-{}-releases-by-genre.csv", company.id.inner());
    let years = company.years.clone();
    view! {
        <details class="more">
            <summary>"Releases by genre, all genres as a table"</summary>
            <div class="tools">{csv_button("CSV", name, move || as_csv(&years))}</div>
            <div class="table scrolls" role="region" tabindex="0" aria-label="Releases by genre and year">
                <table>
                    <thead><tr><th scope="col">"Year"</th><th scope="col">"Genres"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}

fn as_csv(years: &[CompanyYear]) -> String {
    let rows = years.iter().flat_map(|year| {
        let counts = year.releases_by_genre.iter();
        counts.map(|count| {
            vec![
                year.year.to_string(),
                count.genre.id.inner().to_owned(),
                count.genre.name.clone(),
                count.movie_count.to_string(),
            ]
        })
    });
    csv(&["year", "genre_id", "genre", "movie_count"], rows)
}
