//! Any two versions of the rules and what differs between them; which ones, and how, is in the URL.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::difference::{difference, view_switch};
use super::{RuleHeadsQuery, RuleSet};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::field::filter_select;
use crate::components::icon::Icon;
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, in_place};
use crate::components::state::{empty, loaded};

#[derive(cynic::QueryVariables)]
struct Variables {
    from: Option<i32>,
    to: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct PairQuery {
    #[cynic(rename = "ruleSet", alias)]
    #[arguments(version: $from)]
    from: RuleSet,
    #[cynic(rename = "ruleSet", alias)]
    #[arguments(version: $to)]
    to: RuleSet,
}

/// The page that compares.
#[component]
pub fn RuleCompare() -> impl IntoView {
    title(|| "Compare rules".into());
    let state = ListState::here();
    let heads = use_query(|| RuleHeadsQuery::build(()), once);
    let version = move |key| {
        state
            .get(key)
            .and_then(|version| version.parse::<i32>().ok())
    };
    let query = use_query(
        move || {
            PairQuery::build(Variables {
                from: version("from").or(Some(1)),
                to: version("to"),
            })
        },
        once,
    );
    let choices = move |first: &'static str| {
        let sets = heads.data.get().map(|data| data.rule_sets);
        let sets = sets.into_iter().flatten();
        let named = sets.map(|set| {
            let note = set.note.chars().take(40).collect::<String>();
            (set.version.to_string(), format!("{}: {note}", set.version))
        });
        [(String::new(), first.to_owned())]
            .into_iter()
            .chain(named)
            .collect()
    };
    let navigate = use_navigate();
    let navigate = StoredValue::new_local(navigate);
    let beside = Signal::derive(move || state.get("view").as_deref() == Some("side"));
    let choose = move |beside: bool| {
        let view = if beside { "side" } else { "" };
        let link = untrack(|| state.with("view", view.to_owned()));
        navigate.with_value(|navigate| navigate(&link, in_place()));
    };
    let swap = move || {
        let (from, to) = (state.get("from"), state.get("to"));
        let newest = heads
            .data
            .with(|data| Some(data.as_ref()?.rule_sets.first()?.version.to_string()));
        let from = from.unwrap_or_else(|| "1".to_owned());
        state.link(&[("from", to.or(newest)), ("to", Some(from))])
    };
    view! {
        {heading(&[("/rules", "Rules")], "Compare versions", ())}
        <div class="filters">
            {filter_select("Old", "from", move || choices("1, which comes with Marquee"))}
            {filter_select("New", "to", move || choices("The newest"))}
            <a class="button" href=swap>{Icon::Compare.draw()} "Swap"</a>
            {view_switch(beside, choose)}
        </div>
        {loaded(query, 16, move |data: PairQuery| {
            let PairQuery { from, to } = data;
            if from.version == to.version {
                let advice = "Choose another version on either side.";
                return empty("Both are the same version", advice);
            }
            let words = |set: &RuleSet| view! {
                <a href=format!("/rules/{}", set.version)>{format!("Version {}", set.version)}</a>
                {format!(" by {}: {}", set.author, set.note)}
            };
            let (old, new) = (words(&from), words(&to));
            view! {
                <dl class="facts compared linked">
                    <div class="span"><dt>"Old"</dt><dd>{old}</dd></div>
                    <div class="span"><dt>"New"</dt><dd>{new}</dd></div>
                </dl>
                {move || difference(&from.body, &to.body, beside.get())}
            }
            .into_any()
        })}
    }
}
