//! All movies: search, sort, page by page.

use leptos::prelude::*;

use crate::api::fragment::{IntFilter, MovieFilter, StringFilter};
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, search};
use crate::components::movie_table::movies;

/// The list of movies.
#[component]
pub fn MovieList() -> impl IntoView {
    title(|| "Movies".into());
    let state = ListState::here();
    view! {
        {heading(&[], "Movies", search("Search titles"))}
        {movies(move || {
            let year = |key: &str| state.get(key).and_then(|year| year.parse().ok());
            MovieFilter {
                title: state.get("q").map(StringFilter::containing),
                year: Some(IntFilter {
                    gte: year("from"),
                    lte: year("to"),
                }),
                ..Default::default()
            }
        })}
    }
}
