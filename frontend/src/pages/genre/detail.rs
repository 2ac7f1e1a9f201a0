//! One genre: its years as charts and as a table, and its movies.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::api::fragment::MovieFilter;
use crate::api::query::{SLOW, use_query};
use crate::api::schema;
use crate::components::figure::{
    YearFigures, count_chart, money_chart, popularity_chart, year_table,
};
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
#[cynic(graphql_type = "Query", variables = "Variables")]
struct GenreQuery {
    #[arguments(id: $id)]
    genre: Option<Genre>,
}

/// The page of a genre.
#[component]
pub fn GenreDetail() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let query = use_query(
        move || {
            GenreQuery::build(Variables {
                id: cynic::Id::new(id.get()),
            })
        },
        |_: &GenreQuery| Some(10 * SLOW),
    );
    let name = Memo::new(move |_| {
        query
            .data
            .with(|data| Some(data.as_ref()?.genre.as_ref()?.name.clone()))
    });
    title(move || name.get().unwrap_or_else(|| "Genre".into()));
    view! {
        {loaded(query, 16, |data: GenreQuery| data.genre.map_or_else(|| missing("genre"), genre))}
        {move || name.with(Option::is_some).then(|| {
            section("Movies", movies(move || MovieFilter::of_genre(id.get())))
        })}
    }
}

fn genre(genre: Genre) -> AnyView {
    let count = plural(
        genre.movie_count.into(),
        &whole(genre.movie_count.into()),
        "movie",
        "movies",
    );
    let years: Vec<YearFigures> = genre.years.iter().map(YearFigures::from).collect();
    let figures = if years.is_empty() {
        empty(
            "No years",
            "None of this genre's movies has a release date.",
        )
    } else {
        view! {
            <div class="charts">
                {money_chart(&years)}
                {count_chart(&years)}
                {popularity_chart(&years)}
            </div>
            {year_table("The genre's movies by year", &years)}
        }
        .into_any()
    };
    view! {
        {heading(&[("/genres", "Genres")], genre.name, view! { <span class="quiet">{count}</span> })}
        {section("By year of release", figures)}
    }
    .into_any()
}
