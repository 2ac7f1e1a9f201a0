//! One movie: its values, where each comes from, and what became of them.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::fact::facts;
use super::history::history;
use super::lineage::{Lineage, whence};
use super::people::people;
use crate::api::fragment::{CompanyLink, GenreLink};
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::copy::copy_graphql;
use crate::components::layout::{heading, title};
use crate::components::past::{Past, picker};
use crate::components::state::loaded;
use crate::pages::missing::missing;

/// Which movie, and in which data version.
#[derive(cynic::QueryVariables)]
pub struct Variables {
    pub id: cynic::Id,
    pub as_of: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct Collection {
    pub name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct Country {
    pub name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct Language {
    pub code: String,
    pub name: String,
}

/// A movie with all its values.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct Movie {
    pub id: cynic::Id,
    pub title: String,
    pub original_title: Option<String>,
    pub imdb_id: Option<String>,
    pub release_date: Option<String>,
    pub budget: Option<i64>,
    pub revenue: Option<i64>,
    pub profit: Option<i64>,
    pub popularity: Option<f64>,
    pub runtime: Option<f64>,
    pub status: Option<String>,
    pub adult: Option<bool>,
    pub video: Option<bool>,
    pub original_language: Option<String>,
    pub overview: Option<String>,
    pub tagline: Option<String>,
    pub homepage: Option<String>,
    pub vote_average: Option<f64>,
    pub vote_count: Option<i64>,
    pub collection: Option<Collection>,
    pub companies: Vec<CompanyLink>,
    pub genres: Vec<GenreLink>,
    pub countries: Vec<Country>,
    pub languages: Vec<Language>,
    pub lineage: Lineage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct MovieQuery {
    #[arguments(id: $id, asOf: $as_of)]
    movie: Option<Movie>,
}

/// The page of a movie.
#[component]
pub fn MovieDetail() -> impl IntoView {
    let params = use_params_map();
    let past = Past::here();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let query = use_live_query(
        move || {
            MovieQuery::build(Variables {
                id: cynic::Id::new(id.get()),
                as_of: past.version(),
            })
        },
        Change::Mart,
    );
    let name = Memo::new(move |_| {
        query
            .data
            .with(|data| Some(data.as_ref()?.movie.as_ref()?.title.clone()))
    });
    title(move || name.get().unwrap_or_else(|| "Movie".into()));
    let (versions, banner) = picker();
    let known = Memo::new(move |_| name.with(Option::is_some));
    view! {
        {banner}
        {heading(
            &[("/movies", "Movies")],
            move || name.get().unwrap_or_else(|| "Movie".into()),
            view! { {versions} {copy_graphql(query)} },
        )}
        {loaded(query, 16, move |data: MovieQuery| match data.movie {
            Some(movie) => values(movie),
            None if past.version().is_some() => missing("movie in this data version"),
            None => missing("movie"),
        })}
        {move || known.get().then(|| view! { {history(id)} {people(id)} })}
    }
}

fn values(movie: Movie) -> AnyView {
    view! {
        <div class="split">
            <div class="split-main">{facts(&movie)}</div>
            {whence(movie)}
        </div>
    }
    .into_any()
}
