//! All movies: searched, filtered and sorted by the URL.

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::fragment::{
    CountryListFilter, GenreLink, GenreListFilter, IntFilter, KnownFilter, MovieFilter,
    StringFilter,
};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::csv::parameters;
use crate::components::field::{
    Choice, choices, filter_select, filter_text, filter_typed, filters,
};
use crate::components::layout::{heading, title};
use crate::components::list::ListState;
use crate::components::movie_table::{movies, rest_order};
use crate::components::past::{Past, picker};
use crate::components::value::whole;

#[derive(cynic::QueryVariables)]
struct Variables {
    as_of: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Country {
    code: String,
    name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStats")]
struct OfCountry {
    country: Option<Country>,
    movie_count: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStatsConnection")]
struct Countries {
    nodes: Vec<OfCountry>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Language {
    code: String,
    name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStats")]
struct OfLanguage {
    language: Option<Language>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStatsConnection")]
struct Languages {
    nodes: Vec<OfLanguage>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct ChoicesQuery {
    #[arguments(asOf: $as_of)]
    genres: Vec<GenreLink>,
    #[cynic(rename = "movieStats", alias)]
    #[arguments(groupBy: [COUNTRY], knownOnly: true, first: 500, asOf: $as_of)]
    countries: Countries,
    #[cynic(rename = "movieStats", alias)]
    #[arguments(groupBy: [LANGUAGE], knownOnly: true, first: 500, asOf: $as_of)]
    languages: Languages,
}

const FILTERS: [&str; 7] = ["q", "from", "to", "genre", "language", "country", "known"];

/// The list of movies.
#[component]
pub fn MovieList() -> impl IntoView {
    title(|| "Movies".into());
    let past = Past::here();
    let state = ListState::here();
    let query = use_query(
        move || {
            ChoicesQuery::build(Variables {
                as_of: past.version(),
            })
        },
        once,
    );
    let listed = move |of: fn(&ChoicesQuery) -> Vec<Choice>| {
        move || {
            let mut all = choices(&[("", "Any")]);
            query.data.with(|data| all.extend(data.iter().flat_map(of)));
            all
        }
    };
    let (versions, banner) = picker();
    let bar = vec![
        filter_text("Title", "q"),
        filter_typed("From year", "from", "number"),
        filter_typed("To year", "to", "number"),
        filter_select("Genre", "genre", listed(genres)),
        filter_select("Original language", "language", listed(languages)),
        filter_select("Country", "country", listed(countries)),
        filter_select("Known", "known", || {
            choices(&[
                ("", "Any"),
                ("budget", "Budget"),
                ("revenue", "Revenue"),
                ("both", "Budget and revenue"),
            ])
        }),
    ];
    let rest = move || rest(state, past);
    view! {
        {banner}
        {heading(&[], "Movies", versions)}
        {filters(&FILTERS, bar)}
        {movies(filter, Signal::stored(String::new()), Box::new(rest))}
    }
}

fn genres(data: &ChoicesQuery) -> Vec<Choice> {
    let genres = data.genres.iter();
    genres
        .map(|genre| (genre.id.inner().to_owned(), genre.name.clone()))
        .collect()
}

fn languages(data: &ChoicesQuery) -> Vec<Choice> {
    let known = data
        .languages
        .nodes
        .iter()
        .filter_map(|group| group.language.as_ref());
    let mut all: Vec<Choice> = known
        .map(|language| {
            (
                language.code.clone(),
                format!("{} {}", language.code, language.name),
            )
        })
        .collect();
    all.sort();
    all
}

fn countries(data: &ChoicesQuery) -> Vec<Choice> {
    let known = data.countries.nodes.iter();
    let mut all: Vec<Choice> = known
        .filter_map(|group| {
            let country = group.country.as_ref()?;
            let count = whole(group.movie_count.into());
            Some((country.code.clone(), format!("{} ({count})", country.name)))
        })
        .collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

fn year(state: ListState, key: &str) -> Option<i32> {
    state.get(key)?.parse().ok()
}

/// Which amounts must be known: the budget, the revenue.
fn known(state: ListState) -> (bool, bool) {
    match state.get("known").as_deref() {
        Some("budget") => (true, false),
        Some("revenue") => (false, true),
        Some("both") => (true, true),
        _ => (false, false),
    }
}

fn filter(state: ListState, _: &str) -> MovieFilter {
    let (budget, revenue) = known(state);
    let there = |wanted: bool| {
        wanted.then_some(KnownFilter {
            is_null: Some(false),
        })
    };
    let mut filter = MovieFilter {
        year: IntFilter::within(year(state, "from"), year(state, "to")),
        budget: there(budget),
        revenue: there(revenue),
        original_language: state.get("language").map(StringFilter::being),
        genres: state.get("genre").map(GenreListFilter::having),
        countries: state.get("country").map(CountryListFilter::having),
        ..MovieFilter::default()
    };
    // The index of words is of the present; the past is searched by the titles it had.
    match state.get("asOf") {
        Some(_) => filter.title = state.get("q").map(StringFilter::containing),
        None => filter.search = state.get("q"),
    }
    filter
}

/// The list in REST, which knows no countries, searches titles otherwise and has no order by profit. There an
/// amount that is known is one of at least a dollar: none is 0.
fn rest(state: ListState, past: Past) -> Option<String> {
    let version = past.version();
    if state.get("country").is_some() || (state.get("q").is_some() && version.is_none()) {
        return None;
    }
    let (budget, revenue) = known(state);
    let least = |wanted: bool| wanted.then(|| "1".to_owned());
    let text = |year: i32| year.to_string();
    let parameters = parameters(&[
        ("search", state.get("q")),
        ("yearFrom", year(state, "from").map(text)),
        ("yearTo", year(state, "to").map(text)),
        ("genre", state.get("genre")),
        ("language", state.get("language")),
        ("minBudget", least(budget)),
        ("minRevenue", least(revenue)),
        ("order", Some(rest_order(state)?)),
        ("asOf", version.map(text)),
    ]);
    Some(format!("/api/v1/movies.csv{parameters}"))
}
