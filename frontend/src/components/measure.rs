//! What a company's or genre's movies amount to together.

use leptos::prelude::*;

use super::value::{decimal, money, unknown, whole};
use crate::api::schema;

/// A sum of dollars, and of how many movies.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "LongStats")]
pub struct Sum {
    pub sum: Option<i64>,
    pub count: i32,
}

/// An average, and of how many movies.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "FloatStats")]
pub struct Mean {
    pub average: Option<f64>,
    pub count: i32,
}

/// The measures of all movies of something.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStats")]
pub struct Measures {
    pub movie_count: i32,
    pub budget: Sum,
    pub revenue: Sum,
    pub profit: Sum,
    pub popularity: Mean,
}

/// The one group of a statistic that is not grouped.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "MovieStatsConnection")]
pub struct Together {
    pub nodes: Vec<Measures>,
}

/// Four tiles: the movies with a note, what they cost, brought and left, and how popular they are.
pub fn tiles(measures: Option<&Measures>, note: String) -> AnyView {
    let Some(measures) = measures else {
        return ().into_any();
    };
    let known = |count: i32| format!("known of {} movies", whole(count.into()));
    let amount = |label: &'static str, sum: &Sum| {
        let raw = sum.sum.map(|sum| sum.to_string()).unwrap_or_default();
        let tile = view! { <span data-testid=format!("total-{}", label.to_lowercase()) data-value=raw>{money(sum.sum)}</span> };
        tile_of(label, tile.into_any(), known(sum.count))
    };
    let count = i64::from(measures.movie_count);
    let movies = view! { <span data-testid="total-movies" data-value=count>{whole(count)}</span> };
    let popularity = measures
        .popularity
        .average
        .map_or_else(unknown, |average| decimal(average).into_any());
    view! {
        <dl class="tiles five">
            {tile_of("Movies", movies.into_any(), note)}
            {amount("Budget", &measures.budget)}
            {amount("Revenue", &measures.revenue)}
            {amount("Profit", &measures.profit)}
            {tile_of("Avg. popularity", popularity, known(measures.popularity.count))}
        </dl>
    }
    .into_any()
}

fn tile_of(label: &'static str, value: AnyView, note: String) -> AnyView {
    view! {
        <div class="tile">
            <dt>{label}</dt>
            <dd class="tile-value">{value}</dd>
            <dd class="quiet">{note}</dd>
        </div>
    }
    .into_any()
}
