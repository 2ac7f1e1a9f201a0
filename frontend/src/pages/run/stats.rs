//! How the listed runs went together: how many, how long.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::filter::{RunFilter, VIEWS, asked};
use crate::api::fragment::RunStatusCount;
use crate::api::live::Change;
use crate::api::query::{Query, use_live_query};
use crate::api::schema;
use crate::components::list::ListState;
use crate::components::value::whole;
use crate::format::{duration, plural};

#[derive(cynic::QueryVariables)]
pub struct StatsVariables {
    filter: Option<RunFilter>,
    all: Option<RunFilter>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunStats")]
struct Times {
    count: i64,
    median_seconds: Option<f64>,
    p95_seconds: Option<f64>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunStats")]
struct Statuses {
    count: i64,
    by_status: Vec<RunStatusCount>,
}

/// Of the runs that are listed, and of those that would be under any status.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "StatsVariables")]
pub struct StatsQuery {
    #[arguments(filter: $filter)]
    #[cynic(rename = "runStats", alias)]
    listed: Times,
    #[arguments(filter: $all)]
    #[cynic(rename = "runStats", alias)]
    all: Statuses,
}

/// Asks for the figures of what the URL lists.
pub fn stats(state: ListState) -> Query<StatsQuery> {
    use_live_query(
        move || {
            StatsQuery::build(StatsVariables {
                filter: asked(state, true),
                all: asked(state, false),
            })
        },
        Change::Runs,
    )
}

/// The statuses to narrow the list to, each with how many runs have it.
pub fn views(state: ListState, query: Query<StatsQuery>) -> AnyView {
    let links = VIEWS.map(|(key, label, of)| {
        let link = move || {
            let status = Some(key.to_owned()).filter(|key| !key.is_empty());
            state.link(&[("status", status), ("after", None), ("before", None)])
        };
        let here = move || (state.get("status").unwrap_or_default() == key).then_some("true");
        let count = move || {
            query.data.with(|data| {
                let statuses = &data.as_ref()?.all;
                let found = statuses.by_status.iter().filter(|found| of(found.status));
                let count = match key {
                    "" => statuses.count,
                    _ => found.map(|found| found.count).sum(),
                };
                (count > 0).then(|| view! { <span class="tab-count">{whole(count)}</span> })
            })
        };
        view! { <a href=link aria-current=here data-view=key>{label}" "{count}</a> }
    });
    view! { <nav class="views" aria-label="Status">{links.collect_view()}</nav> }.into_any()
}

/// How long the listed runs took. Its line is there before its words are.
pub fn times(query: Query<StatsQuery>) -> AnyView {
    let words = move || {
        if let Some(error) = query.error.get() {
            return view! { <span><code>{error.code}</code>" "{error.message}</span> }.into_any();
        }
        query.data.with(|data| {
            let Some(StatsQuery { listed, .. }) = data else {
                return ().into_any();
            };
            let time = |name: &'static str, id: &'static str, seconds: Option<f64>| {
                seconds.map(|seconds| {
                    view! { <span>{name}" "<b data-testid=id data-value=seconds>{duration(seconds)}</b></span> }
                })
            };
            view! {
                <span data-testid="run-count" data-value=listed.count>
                    {plural(listed.count, &whole(listed.count), "run", "runs")}
                </span>
                {time("median duration", "run-median", listed.median_seconds)}
                {time("95 of 100 within", "run-p95", listed.p95_seconds)}
            }
            .into_any()
        })
    };
    view! { <p class="run-times quiet">{words}</p> }.into_any()
}
