//! Is everything well? What the mart holds, the latest runs, and profit by year.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::run::list::run_table;
use crate::api::fragment::{RunLink, RunRow};
use crate::api::query::{FAST, SLOW, once, use_query};
use crate::api::schema;
use crate::components::figure::{YearFigures, profit_chart, year_table};
use crate::components::layout::{heading, section, title};
use crate::components::state::{empty, loaded};
use crate::components::time::since;
use crate::components::value::whole;
use crate::year_figures_from;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct DataVersion {
    version: i32,
    merged_at: Option<String>,
    run: Option<RunLink>,
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
#[cynic(graphql_type = "RunConnection")]
struct LatestRuns {
    nodes: Vec<RunRow>,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct StateQuery {
    data_version: DataVersion,
    totals: Totals,
    #[arguments(first: 8)]
    runs: LatestRuns,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct YearTotals {
    year: i32,
    movie_count: i32,
    budget: Option<i64>,
    revenue: Option<i64>,
    profit: Option<i64>,
    average_popularity: Option<f64>,
}

year_figures_from!(YearTotals);

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct YearsQuery {
    years: Vec<YearTotals>,
}

/// The first page.
#[component]
pub fn Dashboard() -> impl IntoView {
    title(|| "Dashboard".into());
    let state = use_query(
        || StateQuery::build(()),
        |data: &StateQuery| {
            let active = data.runs.nodes.iter().any(|run| run.status.active());
            Some(if active { FAST } else { SLOW })
        },
    );
    // The years change with the data version only.
    let version = Memo::new(move |_| {
        state
            .data
            .with(|data| data.as_ref().map(|d| d.data_version.version))
    });
    let years = use_query(
        move || {
            version.track();
            YearsQuery::build(())
        },
        once,
    );
    view! {
        {heading(&[], "Dashboard", ())}
        {loaded(state, 14, |data: StateQuery| {
            view! {
                {tiles(&data)}
                {section("Latest runs", runs(data.runs))}
            }
        })}
        {section("By year", loaded(years, 9, |data: YearsQuery| {
            let rows: Vec<YearFigures> = data.years.iter().map(YearFigures::from).collect();
            if rows.is_empty() {
                return empty("No years yet", "A chart of profit by year appears with the first load.");
            }
            view! {
                {profit_chart(&rows)}
                <details class="more">
                    <summary>"All years as a table"</summary>
                    {year_table("All movies by year", &rows)}
                </details>
            }
            .into_any()
        }))}
    }
}

fn tiles(data: &StateQuery) -> AnyView {
    let totals = &data.totals;
    let span = match (totals.first_year, totals.last_year) {
        (Some(first), Some(last)) => format!("{first} – {last}"),
        _ => "no years yet".into(),
    };
    let version = &data.data_version;
    let merged = match (&version.merged_at, &version.run) {
        (Some(at), Some(run)) => view! {
            "merged " {since(at.clone())} " by "
            <a href=format!("/runs/{}", run.id.inner())>{format!("run {}", run.id.inner())}</a>
        }
        .into_any(),
        (Some(at), None) => view! { "merged " {since(at.clone())} }.into_any(),
        _ => "nothing merged yet".into_any(),
    };
    let tile = |label: &'static str, id: &'static str, value: i64, note: AnyView| {
        view! {
            <div class="tile">
                <dt>{label}</dt>
                <dd class="tile-value" data-testid=id data-value=value>{whole(value)}</dd>
                <dd class="quiet">{note}</dd>
            </div>
        }
    };
    let dated = format!("{} with a year", whole(totals.movies_with_year));
    view! {
        <dl class="tiles">
            {tile("Data version", "data-version", version.version.into(), merged)}
            {tile("Movies", "total-movies", totals.movies, dated.into_any())}
            {tile("Companies", "total-companies", totals.companies, view! { <a href="/companies">"browse"</a> }.into_any())}
            {tile("Genres", "total-genres", totals.genres, span.into_any())}
        </dl>
    }
    .into_any()
}

fn runs(runs: LatestRuns) -> AnyView {
    if runs.nodes.is_empty() {
        let advice = view! {
            "Drop " <code>"movies_metadata.csv"</code> " into the inbox folder, or run " <code>"make sample"</code> "."
        };
        return empty("No runs yet", advice);
    }
    view! {
        {run_table(&runs.nodes)}
        {(runs.total_count > runs.nodes.len() as i64).then(|| view! {
            <p class="more-link"><a href="/runs">{format!("All {} runs", whole(runs.total_count))}</a></p>
        })}
    }
    .into_any()
}
