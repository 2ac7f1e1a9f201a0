//! The rules by which files are read: their versions, what differs between them, and drafts of new ones.

mod code;
pub mod compare;
pub mod detail;
mod diff;
mod difference;
pub mod draft;
mod editor;
mod fault;
pub mod list;
mod preview;
mod publish;
mod sandbox;

use crate::api::schema;

/// A rule set without its body.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "RuleSet")]
struct RuleHead {
    version: i32,
    hash: String,
    author: String,
    note: String,
    published_at: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct RuleHeadsQuery {
    rule_sets: Vec<RuleHead>,
}

/// A rule set with its body.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
struct RuleSet {
    version: i32,
    hash: String,
    author: String,
    note: String,
    published_at: Option<String>,
    body: String,
}

#[derive(cynic::QueryVariables)]
struct VersionVariables {
    version: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "VersionVariables")]
struct RuleSetQuery {
    #[arguments(version: $version)]
    rule_set: RuleSet,
    #[cynic(rename = "ruleSet", alias)]
    newest: RuleVersion,
}

/// A rule set's version.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RuleSet")]
struct RuleVersion {
    version: i32,
}
