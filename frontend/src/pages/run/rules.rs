//! The versions of the rules to choose from.

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::field::Choice;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct RuleSet {
    version: i32,
    note: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct RulesQuery {
    rule_sets: Vec<RuleSet>,
}

/// Letters of a note that fit into a choice.
const NOTE: usize = 48;

/// All versions, newest first, after a choice of none with these words.
pub fn rule_choices(none: &'static str) -> Signal<Vec<Choice>> {
    let query = use_query(|| RulesQuery::build(()), once::<RulesQuery>);
    Signal::derive(move || {
        let mut choices = vec![(String::new(), none.to_owned())];
        query.data.with(|data| {
            for rules in data.iter().flat_map(|data| &data.rule_sets) {
                let mut note: String = rules.note.chars().take(NOTE).collect();
                if note.len() < rules.note.len() {
                    note.push('…');
                }
                let version = rules.version.to_string();
                choices.push((version.clone(), format!("{version}: {note}")));
            }
        });
        choices
    })
}
