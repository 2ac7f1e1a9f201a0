//! What the mart holds, and how much that is more or less than before the last merge.

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::state::{loaded, skeleton};
use crate::components::value::whole;

#[derive(cynic::QueryVariables)]
struct Variables {
    before: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct DataVersion {
    version: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Totals {
    movies: i64,
    companies: i64,
    genres: i64,
    movies_with_year: i64,
    first_year: Option<i32>,
    last_year: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct TotalsQuery {
    data_version: DataVersion,
    totals: Totals,
    #[arguments(asOf: $before)]
    #[cynic(rename = "totals", alias)]
    before: Totals,
}

/// Four figures, each with its change since the data version before; asked anew for each `version`.
pub fn tiles(version: Memo<Option<i32>>) -> AnyView {
    let known = Memo::new(move |_| version.with(Option::is_some));
    (move || match known.get() {
        true => compared(version),
        false => skeleton(3),
    })
    .into_any()
}

fn compared(version: Memo<Option<i32>>) -> AnyView {
    let operation = move || {
        let before = version.get().map(|version| (version - 1).max(0));
        TotalsQuery::build(Variables { before })
    };
    loaded(use_query(operation, once), 3, move |data: TotalsQuery| {
        let previous = data.data_version.version - 1;
        let (now, before) = (data.totals, data.before);
        let span = match (now.first_year, now.last_year) {
            (Some(first), Some(last)) => format!("{first} – {last}"),
            _ => "no years yet".into(),
        };
        view! {
            <dl class="tiles">
                {tile(("Movies", "total-movies", Some("/movies")), now.movies, before.movies, previous, None)}
                {tile(("Companies", "total-companies", Some("/companies")), now.companies, before.companies, previous, None)}
                {tile(("Genres", "total-genres", Some("/genres")), now.genres, before.genres, previous, None)}
                {tile(("Movies with a year", "total-dated", None), now.movies_with_year, before.movies_with_year, previous, Some(span))}
            </dl>
        }
    })
}

fn tile(
    (label, id, link): (&'static str, &'static str, Option<&'static str>),
    now: i64,
    before: i64,
    previous: i32,
    note: Option<String>,
) -> AnyView {
    let name = match link {
        Some(href) => view! { <a href=href>{label}</a> }.into_any(),
        None => label.into_any(),
    };
    let change = (previous >= 0).then(|| change(now - before, previous, id));
    let note = note.map(|note| view! { <span>{note}</span> });
    view! {
        <div class="tile">
            <dt>{name}</dt>
            <dd class="tile-value" data-testid=id data-value=now>{whole(now)}</dd>
            <dd class="quiet inline">{change}{note}</dd>
        </div>
    }
    .into_any()
}

fn change(change: i64, previous: i32, id: &'static str) -> AnyView {
    let text = match change {
        0 => format!("as in version {previous}"),
        more if more > 0 => format!("+{} since version {previous}", whole(more)),
        less => format!("−{} since version {previous}", whole(-less)),
    };
    view! { <span data-testid=format!("{id}-change") data-value=change>{text}</span> }.into_any()
}
