//! The values of a movie: what each is called here, in files and in revisions.

use leptos::prelude::*;

use super::detail::Movie;
use crate::components::list::ListState;
use crate::components::value::dollars;

/// A value of a movie by its key in the URL (`?value=`), which is the field that a source's column fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    pub key: &'static str,
    pub label: &'static str,
}

const fn value(key: &'static str, label: &'static str) -> Value {
    Value { key, label }
}

/// All of them.
pub const VALUES: [Value; 24] = [
    value("title", "Title"),
    value("original_title", "Original title"),
    value("budget", "Budget"),
    value("revenue", "Revenue"),
    value("profit", "Profit"),
    value("popularity", "Popularity"),
    value("release_date", "Released"),
    value("status", "Status"),
    value("runtime", "Running time"),
    value("vote_average", "Votes"),
    value("vote_count", "Number of votes"),
    value("original_language", "Original language"),
    value("companies", "Companies"),
    value("genres", "Genres"),
    value("countries", "Countries"),
    value("languages", "Spoken languages"),
    value("collection", "Collection"),
    value("adult", "Adult"),
    value("video", "Video"),
    value("id", "TMDB id"),
    value("imdb_id", "IMDb id"),
    value("homepage", "Homepage"),
    value("overview", "Overview"),
    value("tagline", "Tagline"),
];

impl Value {
    /// The value of a key.
    pub fn of(key: &str) -> Option<Self> {
        VALUES.into_iter().find(|value| value.key == key)
    }

    /// The one that the URL asks about. Reactive.
    pub fn chosen(state: ListState) -> Option<Self> {
        state.get("value").and_then(|key| Self::of(&key))
    }

    /// What a file's columns fill to make it: itself, or what it is reckoned from.
    pub fn parts(self) -> Vec<Self> {
        let keys: &[&str] = match self.key {
            "profit" => &["revenue", "budget"],
            "vote_average" => &["vote_average", "vote_count"],
            _ => &[self.key],
        };
        keys.iter().filter_map(|key| Self::of(key)).collect()
    }

    /// Whether a field of a revision is it.
    pub fn is_field(self, field: &str) -> bool {
        let field = if field == "collection_id" {
            "collection"
        } else {
            field
        };
        self.parts().iter().any(|part| part.key == field)
    }

    /// What the mart has of it, as a file would have it; nothing for lists, which no file has as the mart has them.
    pub fn text(self, movie: &Movie) -> Option<String> {
        match self.key {
            "title" => Some(movie.title.clone()),
            "original_title" => movie.original_title.clone(),
            "budget" => movie.budget.map(|value| value.to_string()),
            "revenue" => movie.revenue.map(|value| value.to_string()),
            "popularity" => movie.popularity.map(|value| value.to_string()),
            "release_date" => movie.release_date.clone(),
            "status" => movie.status.clone(),
            "runtime" => movie.runtime.map(|value| value.to_string()),
            "vote_average" => movie.vote_average.map(|value| value.to_string()),
            "vote_count" => movie.vote_count.map(|value| value.to_string()),
            "original_language" => movie.original_language.clone(),
            "id" => Some(movie.id.inner().to_owned()),
            "imdb_id" => movie.imdb_id.clone(),
            "homepage" => movie.homepage.clone(),
            "overview" => movie.overview.clone(),
            "tagline" => movie.tagline.clone(),
            _ => None,
        }
    }
}

/// The name of a revision's field.
pub fn label_of(field: &str) -> String {
    let known = VALUES
        .into_iter()
        .find(|value| value.is_field(field) && value.parts().len() == 1);
    known.map_or_else(
        || crate::format::words(field),
        |value| value.label.to_owned(),
    )
}

/// A revision's value for people: money as money.
pub fn written(field: &str, text: &str) -> String {
    match (field, text.parse()) {
        ("budget" | "revenue", Ok(amount)) => dollars(amount),
        _ => text.to_owned(),
    }
}

/// The name of a value as a link that asks where it comes from.
pub fn ask(value: Value) -> AnyView {
    let state = ListState::here();
    let here = Memo::new(move |_| Value::chosen(state) == Some(value));
    let link = move || state.link(&[("value", Some(value.key.to_owned()))]);
    view! {
        <a class="ask" data-noscroll="" href=link aria-current=move || here.get().then_some("true")
            title="Where does this come from?">{value.label}</a>
    }
    .into_any()
}

/// [`ask`] by key.
pub fn ask_for(key: &str) -> AnyView {
    Value::of(key).map_or_else(|| ().into_any(), ask)
}
