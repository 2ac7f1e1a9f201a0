//! The values of a movie; the name of each asks where it comes from.

use leptos::prelude::*;

use super::detail::Movie;
use super::value::ask_for;
use crate::components::past::linked;
use crate::components::time::day_or_unknown;
use crate::components::value::{decimal, money, text, unknown, whole};
use crate::format::runtime;

/// All values of a movie.
pub fn facts(movie: &Movie) -> AnyView {
    let original = movie
        .original_title
        .clone()
        .filter(|original| *original != movie.title);
    let tagline = movie.tagline.clone();
    view! {
        {original.map(|original| view! { <p class="quiet" lang=movie.original_language.clone()>{original}</p> })}
        {tagline.map(|tagline| view! { <p class="tagline">{tagline}</p> })}
        <dl class="tiles">
            {tile("budget", movie.budget)}
            {tile("revenue", movie.revenue)}
            {tile("profit", movie.profit)}
            <div class="tile">
                <dt>{ask_for("popularity")}</dt>
                <dd class="tile-value" data-testid="popularity">{score(movie.popularity)}</dd>
            </div>
        </dl>
        {list(movie)}
        {movie.overview.clone().map(|overview| view! {
            <div class="overview"><h2>{ask_for("overview")}</h2><p class="prose">{overview}</p></div>
        })}
    }
    .into_any()
}

fn tile(key: &'static str, value: Option<i64>) -> AnyView {
    let raw = value.map(|value| value.to_string()).unwrap_or_default();
    view! {
        <div class="tile">
            <dt>{ask_for(key)}</dt>
            <dd class="tile-value" data-testid=key data-value=raw>{money(value)}</dd>
        </div>
    }
    .into_any()
}

fn score(value: Option<f64>) -> AnyView {
    value.map_or_else(unknown, |value| {
        view! { <span class="num" title=value.to_string()>{decimal(value)}</span> }.into_any()
    })
}

fn fact(key: &'static str, value: AnyView) -> AnyView {
    view! { <div><dt>{ask_for(key)}</dt><dd>{value}</dd></div> }.into_any()
}

fn list(movie: &Movie) -> AnyView {
    let companies = movie.companies.iter().map(|company| {
        let path = format!("/companies/{}", company.id.inner());
        linked(path, company.name.clone())
    });
    let genres = movie
        .genres
        .iter()
        .map(|genre| linked(format!("/genres/{}", genre.id.inner()), genre.name.clone()));
    let names = |names: Vec<String>| text(Some(names.join(", ")));
    let countries = movie.countries.iter().map(|country| country.name.clone());
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
    let collection = movie.collection.as_ref();
    let collection = text(collection.map(|collection| collection.name.clone()));
    view! {
        <dl class="facts">
            {fact("companies", inline(companies.collect()))}
            {fact("genres", inline(genres.collect()))}
            {fact("release_date", day_or_unknown(movie.release_date.clone()))}
            {fact("status", text(movie.status.clone()))}
            {fact("runtime", length)}
            {fact("vote_average", votes)}
            {fact("countries", names(countries.collect()))}
            {fact("original_language", text(movie.original_language.clone()))}
            {fact("languages", names(languages.collect()))}
            {fact("collection", collection)}
            {fact("adult", truth(movie.adult))}
            {fact("video", truth(movie.video))}
            {fact("id", movie.id.inner().to_owned().into_any())}
            {fact("imdb_id", text(movie.imdb_id.clone()))}
            {fact("homepage", homepage(movie.homepage.clone()))}
            {fact("title", movie.title.clone().into_any())}
        </dl>
    }
    .into_any()
}

fn truth(value: Option<bool>) -> AnyView {
    text(value.map(|value| if value { "yes" } else { "no" }.to_owned()))
}

fn inline(links: Vec<AnyView>) -> AnyView {
    if links.is_empty() {
        return unknown();
    }
    let items: Vec<_> = links
        .into_iter()
        .map(|link| view! { <li>{link}</li> })
        .collect();
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
