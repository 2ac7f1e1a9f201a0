//! One version of the rules.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::code::code;
use super::list::{in_use, published};
use super::{RuleSet, RuleSetQuery, VersionVariables};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::components::copy::copy_button;
use crate::components::icon::Icon;
use crate::components::layout::{heading, section, title};
use crate::components::list::ListState;
use crate::components::state::loaded;
use crate::components::value::whole;
use crate::format::plural;
use crate::pages::missing::missing;

#[derive(cynic::InputObject)]
#[cynic(graphql_type = "IntFilter")]
struct VersionFilter {
    eq: Option<i32>,
}

#[derive(cynic::InputObject)]
#[cynic(graphql_type = "RunFilter")]
struct RulesFilter {
    rule_version: Option<VersionFilter>,
}

#[derive(cynic::QueryVariables)]
struct RunsVariables {
    filter: Option<RulesFilter>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct LastRun {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RunConnection")]
struct RunCount {
    nodes: Vec<LastRun>,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "RunsVariables")]
struct RunsQuery {
    #[arguments(filter: $filter, first: 1)]
    runs: RunCount,
}

/// The page of a version.
#[component]
pub fn RuleDetail() -> impl IntoView {
    let params = use_params_map();
    let wanted = Memo::new(move |_| {
        let version = params.with(|params| params.get("version"));
        version.and_then(|version| version.parse::<i32>().ok())
    });
    title(move || {
        wanted
            .get()
            .map_or("Rules".into(), |version| format!("Rules {version}"))
    });
    (move || match wanted.get() {
        Some(version) => page(version),
        None => missing("version"),
    })
    .into_any()
}

fn page(version: i32) -> AnyView {
    let query = use_query(
        move || {
            RuleSetQuery::build(VersionVariables {
                version: Some(version),
            })
        },
        once,
    );
    let runs = use_query(
        move || {
            let rule_version = Some(VersionFilter { eq: Some(version) });
            RunsQuery::build(RunsVariables {
                filter: Some(RulesFilter { rule_version }),
            })
        },
        once,
    );
    let counted = move || {
        let data = runs.data.get()?;
        let words = plural(
            data.runs.total_count,
            &whole(data.runs.total_count),
            "run",
            "runs",
        );
        let last = data.runs.nodes.into_iter().next();
        let last = last.map(|run| {
            let id = run.id.inner().to_owned();
            view! { ", the last " <a href=format!("/runs/{id}")>{id.clone()}</a> }
        });
        Some(view! { {words} {last} })
    };
    let current = move || {
        let newest = query.data.with(|data| Some(data.as_ref()?.newest.version));
        (newest == Some(version)).then(in_use)
    };
    view! {
        {heading(&[("/rules", "Rules")], view! { {format!("Version {version}")} " " {current} }, buttons(version))}
        {just_published(version)}
        {loaded(query, 24, move |data: RuleSetQuery| rules(data.rule_set, counted.into_any()))}
    }
    .into_any()
}

fn buttons(version: i32) -> AnyView {
    let session = expect_context::<Session>();
    let compare = match version {
        1 => "/rules/compare?from=1".to_owned(),
        version => format!("/rules/compare?from={}&to={version}", version - 1),
    };
    let edit = move || {
        session.may("rule.write").then(|| {
            view! { <a class="button primary" href=format!("/rules/new?from={version}")>{Icon::Edit.draw()} "New version from this"</a> }
        })
    };
    let reprocess = move || {
        session.may("run.trigger").then(
            || view! { <a class="button" href=reprocess_link(version)>"Reprocess under it"</a> },
        )
    };
    view! {
        <a class="button" href=compare>{Icon::Compare.draw()} "Compare"</a>
        {reprocess}
        {edit}
    }
    .into_any()
}

fn reprocess_link(version: i32) -> String {
    format!("/runs?reprocess=all&under={version}")
}

/// What comes next for somebody who has just published this version.
fn just_published(version: i32) -> AnyView {
    let state = ListState::here();
    let session = expect_context::<Session>();
    let note = move || {
        state.get("published").map(|_| {
            let offer = session.may("run.trigger").then(|| {
                view! { <a class="button primary" href=reprocess_link(version)>"Reprocess everything under it"</a> }
            });
            view! {
                <div class="alert alert-good" role="status" data-testid="just-published">
                    <p>
                        <strong>{format!("Version {version} is published.")}</strong>
                        " New files are read under it from now on. What is loaded stays as it is until its files are reprocessed."
                    </p>
                    {offer}
                </div>
            }
        })
    };
    note.into_any()
}

fn rules(set: RuleSet, runs: AnyView) -> AnyView {
    let (hash, body) = (set.hash.clone(), set.body.clone());
    let lines = set.body.lines().count() as i64;
    let title = view! { "Rules" <span class="panel-side">{copy_button("Copy", move || body.clone())}</span> };
    view! {
        <p class="prose">{set.note}</p>
        <dl class="facts">
            <div><dt>"Author"</dt><dd>{set.author}</dd></div>
            <div><dt>"Published"</dt><dd>{published(set.published_at)}</dd></div>
            <div><dt>"Runs under it"</dt><dd class="linked" data-testid="rule-runs">{runs}</dd></div>
            <div><dt>"Length"</dt><dd>{plural(lines, &whole(lines), "line", "lines")}</dd></div>
            <div class="span"><dt>"SHA-256"</dt><dd class="copied"><code class="hash">{set.hash}</code> {copy_button("Copy", move || hash.clone())}</dd></div>
        </dl>
        {section(title, code(&set.body, "The rules as TOML"))}
    }
    .into_any()
}
