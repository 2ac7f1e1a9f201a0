//! Writes down what was tried and not done: each mutation that came to nothing, and each field that a person or
//! token was refused. What was done is written down by whatever does it, in the same transaction where it has one.

use super::{
    Services,
    error::{INTERNAL_MESSAGE, code},
};
use crate::auth::{
    Client, Viewer,
    audit::{self, Outcome, STRANGER},
};
use async_graphql::{
    PathSegment, Request, Response, ServerError, Value, Variables,
    parser::types::{Field, OperationType, Selection},
};
use std::{collections::BTreeSet, time::Duration};

/// How often a stranger's attempts of one kind, from one address, are written down.
const STRANGERS: Duration = Duration::from_secs(60);

/// What each field of a mutation would do.
#[derive(Default)]
pub struct Attempts(Vec<Attempt>);

struct Attempt {
    /// The field's name in the answer.
    key: String,
    action: String,
    subject: String,
}

impl Attempts {
    /// What a request attempts; nothing, where it only asks.
    pub fn of(request: &mut Request) -> Self {
        let (name, variables) = (request.operation_name.clone(), request.variables.clone());
        let Ok(document) = request.parsed_query() else {
            return Self::default();
        };
        let mut attempts = Vec::new();
        for (found, operation) in document.operations.iter() {
            let chosen = name.is_none() || name.as_deref() == found.map(|found| found.as_str());
            if !chosen || operation.node.ty != OperationType::Mutation {
                continue;
            }
            for selection in &operation.node.selection_set.node.items {
                if let Selection::Field(field) = &selection.node {
                    attempts.push(attempt(&field.node, &variables));
                }
            }
        }
        Self(attempts)
    }

    /// The attempt that an error is of; one within a fragment is known by its key alone.
    fn find(&self, key: &str) -> (String, String) {
        let found = self.0.iter().find(|attempt| attempt.key == key);
        found.map_or_else(
            || (action(key).0, String::new()),
            |found| (found.action.clone(), found.subject.clone()),
        )
    }
}

/// The action of a mutation, such as `run.retry` of `retryRun`, and its noun.
fn action(field: &str) -> (String, String) {
    let named = match field {
        "login" | "logout" => return (field.to_owned(), "user".to_owned()),
        "reprocess" => ("run", "reprocess"),
        "reprocessAll" => ("backfill", "begin"),
        _ => {
            let noun = field.find(char::is_uppercase).unwrap_or(field.len());
            let (verb, noun) = field.split_at(noun);
            (noun.trim_end_matches('s'), verb)
        }
    };
    let noun = named.0.to_lowercase();
    match noun.is_empty() {
        true => (field.to_owned(), String::new()),
        false => (format!("{noun}.{}", named.1), noun),
    }
}

/// What a field would do, and to what; of its arguments only those are looked at that name a thing.
fn attempt(field: &Field, variables: &Variables) -> Attempt {
    const NAMES: [&str; 6] = ["id", "sha256", "name", "file", "run", "user"];
    let (action, noun) = action(field.name.node.as_str());
    let mut subject = noun.clone();
    for (name, value) in &field.arguments {
        let name = name.node.as_str();
        let given = |name| variables.get(&name).cloned().ok_or(());
        let value = match value.node.clone().into_const_with(given) {
            Ok(Value::String(text)) => text,
            Ok(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        if NAMES.contains(&name) {
            let noun = match name {
                "file" | "run" | "user" => name,
                _ => &noun,
            };
            subject = format!("{noun} {value}");
            break;
        }
    }
    Attempt {
        key: field.response_key().node.to_string(),
        action,
        subject,
    }
}

/// Writes down which of the attempts came to nothing, and what else was refused to somebody who is known.
///
/// Sign-ins are written down where they are refused. What strangers try is written down once a minute of each kind and
/// address, so that they cannot fill the trail.
pub async fn refusals(
    services: &Services,
    viewer: Option<&Viewer>,
    client: Client,
    attempts: &Attempts,
    response: &Response,
) {
    let mut seen = BTreeSet::new();
    for error in &response.errors {
        let Some(PathSegment::Field(key)) = error.path.first() else {
            continue;
        };
        let (outcome, code) = (outcome(error), code(error));
        let (action, subject) = match attempts.0.is_empty() {
            true if outcome == Outcome::Refused && viewer.is_some() => {
                ("read".to_owned(), path(error))
            }
            true => continue,
            false => attempts.find(key),
        };
        if action == "login" || !seen.insert((action.clone(), subject.clone())) {
            continue;
        }
        let address = client.address.map(|address| address.to_string());
        let news = format!("{} {action}", address.unwrap_or_default());
        if viewer.is_none() && !services.access.is_news(news, STRANGERS) {
            continue;
        }
        let reason = match code {
            "INTERNAL" => INTERNAL_MESSAGE.to_owned(),
            _ => error.message.clone(),
        };
        let event = audit::Event {
            actor: viewer.map_or(STRANGER, |viewer| &viewer.name),
            action: &action,
            subject,
            address: client.address,
            outcome,
            code: Some(code),
            reason: Some(reason),
            ..Default::default()
        };
        if let Err(error) = audit::record(&services.db, event).await {
            tracing::error!(action, "a refusal could not be written down: {error}");
        }
    }
}

/// Writes down that somebody who is known was refused an operation that is not among those that are allowed.
pub async fn not_allowed(
    services: &Services,
    viewer: Option<&Viewer>,
    client: Client,
    request: &Request,
) {
    let Some(viewer) = viewer else { return };
    let name = request.operation_name.as_deref();
    let event = audit::Event {
        actor: &viewer.name,
        action: "read",
        subject: name.map_or_else(String::new, |name| format!("operation {name}")),
        address: client.address,
        outcome: Outcome::Refused,
        code: Some("OPERATION_NOT_ALLOWED"),
        ..Default::default()
    };
    if let Err(error) = audit::record(&services.db, event).await {
        tracing::error!("a refusal could not be written down: {error}");
    }
}

fn outcome(error: &ServerError) -> Outcome {
    match code(error) {
        "UNAUTHENTICATED" | "FORBIDDEN" | "TOO_MANY_REQUESTS" => Outcome::Refused,
        _ => Outcome::Failed,
    }
}

/// Where in the answer an error is, without places in lists.
fn path(error: &ServerError) -> String {
    let fields = error.path.iter().filter_map(|segment| match segment {
        PathSegment::Field(name) => Some(name.as_str()),
        PathSegment::Index(_) => None,
    });
    fields.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutation_is_called_as_what_it_does() {
        for (field, expected) in [
            ("retryRun", "run.retry"),
            ("publishRules", "rule.publish"),
            ("reprocessAll", "backfill.begin"),
            ("changePassword", "password.change"),
            ("login", "login"),
            ("upload", "upload"),
        ] {
            assert_eq!(action(field).0, expected);
        }
    }

    #[test]
    fn what_it_would_be_done_to_is_told_and_no_secret() {
        let check = |query: &str, variables: serde_json::Value, subject: &str| {
            let mut request = Request::new(query).variables(Variables::from_json(variables));
            let attempts = Attempts::of(&mut request);
            assert_eq!(attempts.0[0].subject, subject, "{query}");
        };
        let none = serde_json::json!({});
        check(
            "mutation { x: retryRun(id: 7) { id } }",
            none.clone(),
            "run 7",
        );
        check(
            "mutation { reprocess(file: \"ab\") { id } }",
            none.clone(),
            "file ab",
        );
        let variables = serde_json::json!({"n": "ada", "p": "secret"});
        let query =
            "mutation ($n: String!, $p: String!) { setPassword(password: $p, user: $n) { name } }";
        check(query, variables, "user ada");
        check(
            "mutation { changePassword(old: \"a\", new: \"b\") }",
            none,
            "password",
        );
    }
}
