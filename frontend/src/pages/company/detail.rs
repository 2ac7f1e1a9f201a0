//! One company: its years as charts and as a table, and its movies.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::api::fragment::{GenreLink, MovieFilter};
use crate::api::query::{SLOW, use_query};
use crate::api::schema;
use crate::chart_data::stack;
use crate::components::chart::YearChart;
use crate::components::figure::{YearFigures, money_chart, popularity_chart, year_table};
use crate::components::layout::{heading, section, title};
use crate::components::movie_table::movies;
use crate::components::state::{empty, loaded};
use crate::components::value::whole;
use crate::format::plural;
use crate::pages::missing::missing;
use crate::year_figures_from;

#[derive(cynic::QueryVariables)]
struct Variables {
    id: cynic::Id,
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
    movie_count: i32,
    years: Vec<CompanyYear>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct CompanyQuery {
    #[arguments(id: $id)]
    company: Option<Company>,
}

/// The page of a company.
#[component]
pub fn CompanyDetail() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let query = use_query(
        move || {
            CompanyQuery::build(Variables {
                id: cynic::Id::new(id.get()),
            })
        },
        |_: &CompanyQuery| Some(10 * SLOW),
    );
    let name = Memo::new(move |_| {
        query
            .data
            .with(|data| Some(data.as_ref()?.company.as_ref()?.name.clone()))
    });
    title(move || name.get().unwrap_or_else(|| "Company".into()));
    view! {
        {loaded(query, 16, |data: CompanyQuery| data.company.map_or_else(|| missing("company"), company))}
        {move || name.with(Option::is_some).then(|| {
            section("Movies", movies(move || MovieFilter::of_company(id.get())))
        })}
    }
}

fn company(company: Company) -> AnyView {
    let count = plural(
        company.movie_count.into(),
        &whole(company.movie_count.into()),
        "movie",
        "movies",
    );
    let years: Vec<YearFigures> = company.years.iter().map(YearFigures::from).collect();
    let figures = if years.is_empty() {
        empty(
            "No years",
            "None of this company's movies has a release date.",
        )
    } else {
        let genres: Vec<(i32, Vec<(String, i32)>)> = company
            .years
            .iter()
            .map(|year| {
                let counts = year.releases_by_genre.iter();
                (
                    year.year,
                    counts
                        .map(|count| (count.genre.name.clone(), count.movie_count))
                        .collect(),
                )
            })
            .collect();
        view! {
            <div class="charts">
                {money_chart(&years)}
                <YearChart chart=stack("Releases by genre", &genres, 5)/>
                {popularity_chart(&years)}
            </div>
            {year_table("The company's movies by year", &years)}
            {genre_table(&company.years)}
        }
        .into_any()
    };
    view! {
        {heading(&[("/companies", "Companies")], company.name, view! { <span class="quiet">{count}</span> })}
        {section("By year of release", figures)}
    }
    .into_any()
}

/// The releases by genre in numbers, beside their chart.
fn genre_table(years: &[CompanyYear]) -> AnyView {
    let rows = years
        .iter()
        .rev()
        .map(|year| {
            let genres = year
                .releases_by_genre
                .iter()
                .map(|count| {
                    view! {
                        <li>
                            <a href=format!("/genres/{}", count.genre.id.inner())>{count.genre.name.clone()}</a>
                            " "{count.movie_count}
                        </li>
                    }
                })
                .collect_view();
            view! { <tr><th scope="row">{year.year}</th><td><ul class="inline">{genres}</ul></td></tr> }
        })
        .collect_view();
    view! {
        <details class="more">
            <summary>"Releases by genre as a table"</summary>
            <div class="table" role="region" tabindex="0" aria-label="Releases by genre and year">
                <table>
                    <thead><tr><th scope="col">"Year"</th><th scope="col">"Genres"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}
