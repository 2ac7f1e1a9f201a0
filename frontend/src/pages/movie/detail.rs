//! One movie: its facts, and the line of the file they came from.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::api::fragment::{CompanyLink, GenreLink, RunLink};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::layout::{heading, section, title};
use crate::components::state::loaded;
use crate::components::status::chip;
use crate::components::time::day_or_unknown;
use crate::components::value::{decimal, money, text, unknown, whole};
use crate::format::runtime;
use crate::pages::missing::missing;

#[derive(cynic::QueryVariables)]
struct Variables {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Collection {
    name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Country {
    name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Language {
    code: String,
    name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
struct LineageFile {
    sha256: String,
    name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Lineage {
    run: RunLink,
    file: LineageFile,
    line: i64,
    byte_offset: i64,
    byte_length: i64,
    raw: Option<String>,
    missing: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Movie {
    id: cynic::Id,
    title: String,
    original_title: Option<String>,
    imdb_id: Option<String>,
    release_date: Option<String>,
    budget: Option<i64>,
    revenue: Option<i64>,
    profit: Option<i64>,
    popularity: Option<f64>,
    runtime: Option<f64>,
    status: Option<String>,
    adult: Option<bool>,
    original_language: Option<String>,
    overview: Option<String>,
    tagline: Option<String>,
    homepage: Option<String>,
    vote_average: Option<f64>,
    vote_count: Option<i64>,
    collection: Option<Collection>,
    companies: Vec<CompanyLink>,
    genres: Vec<GenreLink>,
    countries: Vec<Country>,
    languages: Vec<Language>,
    lineage: Lineage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct MovieQuery {
    #[arguments(id: $id)]
    movie: Option<Movie>,
}

/// The page of a movie.
#[component]
pub fn MovieDetail() -> impl IntoView {
    let params = use_params_map();
    let query = use_query(
        move || {
            MovieQuery::build(Variables {
                id: cynic::Id::new(params.with(|params| params.get("id")).unwrap_or_default()),
            })
        },
        once,
    );
    let name = Memo::new(move |_| {
        query
            .data
            .with(|data| Some(data.as_ref()?.movie.as_ref()?.title.clone()))
    });
    title(move || name.get().unwrap_or_else(|| "Movie".into()));
    loaded(query, 16, |data: MovieQuery| {
        data.movie.map_or_else(|| missing("movie"), movie)
    })
}

fn movie(movie: Movie) -> AnyView {
    let original = movie
        .original_title
        .clone()
        .filter(|original| *original != movie.title);
    view! {
        {heading(&[("/movies", "Movies")], movie.title.clone(), ())}
        {original.map(|original| view! { <p class="quiet" lang=movie.original_language.clone()>{original}</p> })}
        {movie.tagline.clone().map(|tagline| view! { <p class="tagline">{tagline}</p> })}
        <dl class="tiles">
            <div class="tile"><dt>"Budget"</dt><dd class="tile-value" data-testid="budget" data-value=raw(movie.budget)>{money(movie.budget)}</dd></div>
            <div class="tile"><dt>"Revenue"</dt><dd class="tile-value" data-testid="revenue" data-value=raw(movie.revenue)>{money(movie.revenue)}</dd></div>
            <div class="tile"><dt>"Profit"</dt><dd class="tile-value" data-testid="profit" data-value=raw(movie.profit)>{money(movie.profit)}</dd></div>
            <div class="tile"><dt>"Popularity"</dt><dd class="tile-value">{number(movie.popularity)}</dd></div>
        </dl>
        {facts(&movie)}
        {movie.overview.clone().map(|overview| section("Overview", view! { <p class="prose">{overview}</p> }))}
        {lineage(movie.lineage)}
    }
    .into_any()
}

/// The exact value for `data-value`; empty when unknown.
fn raw(value: Option<i64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn number(value: Option<f64>) -> AnyView {
    value.map_or_else(unknown, |value| {
        view! { <span class="num" title=value.to_string()>{decimal(value)}</span> }.into_any()
    })
}

fn facts(movie: &Movie) -> AnyView {
    let companies = movie.companies.iter().map(|company| {
        (
            format!("/companies/{}", company.id.inner()),
            company.name.clone(),
        )
    });
    let genres = movie
        .genres
        .iter()
        .map(|genre| (format!("/genres/{}", genre.id.inner()), genre.name.clone()));
    let names = |names: Vec<String>| text(Some(names.join(", ")));
    let languages = movie.languages.iter().map(|language| {
        if language.name.is_empty() {
            language.code.clone()
        } else {
            language.name.clone()
        }
    });
    let votes = match (movie.vote_average, movie.vote_count) {
        (Some(average), Some(count)) => {
            format!("{} of 10 from {} votes", decimal(average), whole(count)).into_any()
        }
        (Some(average), None) => format!("{} of 10", decimal(average)).into_any(),
        _ => unknown(),
    };
    let length = movie
        .runtime
        .map_or_else(unknown, |minutes| runtime(minutes).into_any());
    let adult = movie
        .adult
        .map_or_else(unknown, |adult| if adult { "yes" } else { "no" }.into_any());
    let imdb = movie.imdb_id.clone();
    view! {
        <dl class="facts">
            <div class="span"><dt>"Companies"</dt><dd>{links(companies)}</dd></div>
            <div class="span"><dt>"Genres"</dt><dd>{links(genres)}</dd></div>
            <div><dt>"Released"</dt><dd>{day_or_unknown(movie.release_date.clone())}</dd></div>
            <div><dt>"Status"</dt><dd>{text(movie.status.clone())}</dd></div>
            <div><dt>"Running time"</dt><dd>{length}</dd></div>
            <div><dt>"Votes"</dt><dd>{votes}</dd></div>
            <div><dt>"Countries"</dt><dd>{names(movie.countries.iter().map(|country| country.name.clone()).collect())}</dd></div>
            <div><dt>"Languages"</dt><dd>{names(languages.collect())}</dd></div>
            <div><dt>"Collection"</dt><dd>{text(movie.collection.as_ref().map(|collection| collection.name.clone()))}</dd></div>
            <div><dt>"Adult"</dt><dd>{adult}</dd></div>
            <div><dt>"TMDB id"</dt><dd>{movie.id.inner().to_owned()}</dd></div>
            <div><dt>"IMDb id"</dt><dd>{text(imdb)}</dd></div>
            <div class="span"><dt>"Homepage"</dt><dd>{homepage(movie.homepage.clone())}</dd></div>
        </dl>
    }
    .into_any()
}

fn links(items: impl Iterator<Item = (String, String)>) -> AnyView {
    let items: Vec<_> = items
        .map(|(href, name)| view! { <li><a href=href>{name}</a></li> })
        .collect();
    if items.is_empty() {
        return unknown();
    }
    view! { <ul class="inline">{items}</ul> }.into_any()
}

/// The homepage as a link. It comes from the data, so only web addresses become one.
fn homepage(address: Option<String>) -> AnyView {
    match address {
        Some(address) if address.starts_with("https://") || address.starts_with("http://") => {
            let link = address.clone();
            view! { <a href=link rel="external noreferrer noopener" target="_blank">{address}</a> }
                .into_any()
        }
        other => text(other),
    }
}

fn lineage(lineage: Lineage) -> AnyView {
    section(
        "Where this comes from",
        view! {
            <dl class="facts">
                <div><dt>"Run"</dt><dd class="linked">
                    <a href=format!("/runs/{}", lineage.run.id.inner())>{lineage.run.id.inner().to_owned()}</a>
                    " " {chip(lineage.run.status)}
                </dd></div>
                <div><dt>"File"</dt><dd>
                    <a class="file-name" href=format!("/files/{}", lineage.file.sha256)>{lineage.file.name}</a>
                </dd></div>
                <div><dt>"Line"</dt><dd data-testid="lineage-line" data-value=lineage.line>{whole(lineage.line)}</dd></div>
                <div><dt>"Bytes"</dt><dd>
                    {format!("{} from byte {}", whole(lineage.byte_length), whole(lineage.byte_offset))}
                </dd></div>
            </dl>
            <h3>"The record as received"</h3>
            <pre class="raw" tabindex="0" data-testid="lineage-raw">{lineage.raw.or(lineage.missing)}</pre>
        },
    )
}
