//! Rule sets as TOML: read, checked, and every fault told with its line and column.

use super::{
    Guards, Keep, Meaning, RuleSet,
    check::{Action, Check, Test, Variable, When},
    field::Field,
};
use crate::fault::{Faults, Problem};
use cel::Program;
use entity::ingest::Severity;
use regex::Regex;
use serde::Deserialize;
use std::sync::Arc;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    author: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    meaning: MeaningTable,
    #[serde(default)]
    guards: GuardTable,
    #[serde(default)]
    check: Vec<Spanned<CheckTable>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct MeaningTable {
    zero_budget: Zero,
    zero_revenue: Zero,
    minimum_budget: i64,
    minimum_revenue: i64,
    statuses: Vec<String>,
    adult: Option<bool>,
    keep: Keep,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Zero {
    #[default]
    Unknown,
    Zero,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct GuardTable {
    max_rejected: Option<Spanned<String>>,
    max_changed: Option<Spanned<String>>,
    min_rows: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckTable {
    rule: String,
    code: Option<String>,
    field: Option<Spanned<String>>,
    required: Option<bool>,
    min: Option<f64>,
    max: Option<f64>,
    one_of: Option<Vec<String>>,
    pattern: Option<Spanned<String>>,
    when: Option<Spanned<String>>,
    action: Spanned<String>,
    severity: Option<Spanned<String>>,
    value: Option<Spanned<toml::Value>>,
    message: Option<String>,
}

/// Reads a rule set, to be known as `version`.
///
/// # Errors
/// Everything that is wrong with it, in the text's order.
pub fn parse(text: &str, version: i32) -> Result<RuleSet, Vec<Problem>> {
    let mut faults = Faults::new(text);
    let document: Document = faults.read()?;
    let meaning = document.meaning;
    let guards = Guards {
        max_rejected: document
            .guards
            .max_rejected
            .and_then(|v| percent(&v, &mut faults)),
        max_changed: document
            .guards
            .max_changed
            .and_then(|v| percent(&v, &mut faults)),
        min_rows: document.guards.min_rows,
    };
    let mut checks: Vec<Check> = Vec::new();
    for table in document.check {
        let offset = table.span().start;
        if checks
            .iter()
            .any(|check| check.rule == table.get_ref().rule)
        {
            let rule = &table.get_ref().rule;
            faults.at(offset, format!("there is a rule {rule} already"));
            continue;
        }
        checks.extend(check(table.into_inner(), offset, &mut faults));
    }
    faults.or(RuleSet {
        version,
        author: document.author,
        note: document.note,
        meaning: Meaning {
            zero_budget_is_unknown: meaning.zero_budget == Zero::Unknown,
            zero_revenue_is_unknown: meaning.zero_revenue == Zero::Unknown,
            minimum_budget: meaning.minimum_budget,
            minimum_revenue: meaning.minimum_revenue,
            statuses: meaning.statuses,
            adult_counts: meaning.adult.unwrap_or(true),
            keep: meaning.keep,
        },
        guards,
        checks,
    })
}

/// A share such as `5%`.
fn percent(value: &Spanned<String>, faults: &mut Faults) -> Option<f64> {
    let number = value
        .get_ref()
        .strip_suffix('%')
        .and_then(|n| n.trim().parse::<f64>().ok());
    let share = number.filter(|number| (0.0..=100.0).contains(number));
    if share.is_none() {
        let message = format!("must be a share such as \"5%\", not {:?}", value.get_ref());
        faults.at(value.span().start, message);
    }
    share.map(|number| number / 100.0)
}

fn check(table: CheckTable, offset: usize, faults: &mut Faults) -> Option<Check> {
    let before = faults.found.len();
    let field = table.field.as_ref().and_then(|name| {
        let field = Field::parse(name.get_ref());
        if field.is_none() {
            let known: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
            let message = format!(
                "there is no field {}; there are {}",
                name.get_ref(),
                known.join(", ")
            );
            faults.at(name.span().start, message);
        }
        field
    });
    let action = action(&table, field, faults);
    let severity = table
        .severity
        .as_ref()
        .and_then(|name| severity(name, faults));
    let tests = [
        table.required.is_some(),
        table.min.is_some() || table.max.is_some(),
        table.one_of.is_some(),
        table.pattern.is_some(),
        table.when.is_some(),
    ];
    if tests.iter().filter(|given| **given).count() != 1 {
        faults.at(
            offset,
            "a check has one of required, min and max, one_of, pattern and when",
        );
        return None;
    }
    if table.when.is_none() && table.field.is_none() {
        faults.at(offset, "this check needs a field");
        return None;
    }
    let name = field.map_or("the record", Field::name);
    let (test, code, message) = if let Some(when) = &table.when {
        let code = table.rule.replace(['.', ' ', '-'], "_");
        (
            Test::When(Arc::new(expression(when, faults)?)),
            code,
            format!("{} holds", when.get_ref()),
        )
    } else if let Some(pattern) = &table.pattern {
        match Regex::new(pattern.get_ref()) {
            Ok(regex) => (
                Test::Pattern(regex),
                "pattern".to_owned(),
                format!("{name} does not match {}", pattern.get_ref()),
            ),
            Err(error) => {
                faults.at(pattern.span().start, format!("{error}"));
                return None;
            }
        }
    } else if let Some(list) = table.one_of {
        let message = format!("{name} is none of {}", list.join(", "));
        (Test::OneOf(list), "not_allowed".to_owned(), message)
    } else if table.required.is_some() {
        (
            Test::Required,
            "missing".to_owned(),
            format!("{name} is missing"),
        )
    } else {
        let range = Test::Range {
            min: table.min.unwrap_or(f64::NEG_INFINITY),
            max: table.max.unwrap_or(f64::INFINITY),
        };
        (
            range,
            "out_of_range".to_owned(),
            format!("{name} is out of range"),
        )
    };
    if faults.found.len() > before {
        return None;
    }
    let action = action?;
    Some(Check {
        rule: table.rule,
        code: table.code.unwrap_or(code),
        field,
        test,
        severity: severity.unwrap_or(action.severity()),
        action,
        message: table.message.unwrap_or(message),
    })
}

fn action(table: &CheckTable, field: Option<Field>, faults: &mut Faults) -> Option<Action> {
    let at = table.action.span().start;
    let name = table.action.get_ref().as_str();
    let action = match name {
        "accept" => Action::Accept,
        "warn" => Action::Warn,
        "clear" => Action::Clear,
        "reject" => Action::Reject,
        "set" => {
            let given = match (field, &table.value) {
                (Some(field), Some(value)) => field.given(value.get_ref()),
                _ => None,
            };
            let Some(given) = given else {
                if field.is_some() || table.field.is_none() {
                    let place = table.value.as_ref().map_or(at, |value| value.span().start);
                    faults.at(place, "set needs a field and a value of its kind");
                }
                return None;
            };
            Action::Set(given)
        }
        other => {
            let message = format!(
                "there is no action {other}; there are accept, warn, clear, set and reject"
            );
            faults.at(at, message);
            return None;
        }
    };
    // A field that is named wrongly has been told already.
    if action == Action::Clear && (field == Some(Field::Title) || table.field.is_none()) {
        faults.at(at, "clear needs a field other than title");
        return None;
    }
    Some(action)
}

fn severity(name: &Spanned<String>, faults: &mut Faults) -> Option<Severity> {
    let severity = Severity::parse(name.get_ref());
    if severity.is_none() {
        let message = format!(
            "there is no severity {}; there are info, warning and error",
            name.get_ref()
        );
        faults.at(name.span().start, message);
    }
    severity
}

fn expression(when: &Spanned<String>, faults: &mut Faults) -> Option<When> {
    let start = when.span().start;
    let program = match Program::compile(when.get_ref()) {
        Ok(program) => program,
        Err(errors) => {
            for error in &errors.errors {
                // Within the quotes; an expression of several lines is told by its beginning.
                let (line, column) = error.pos;
                let within = if line <= 1 {
                    usize::try_from(column).unwrap_or(0)
                } else {
                    0
                };
                faults.at(start + 1 + within, format!("when: {}", error.msg));
            }
            return None;
        }
    };
    let mut variables = Vec::new();
    for name in program.references().variables() {
        match Variable::parse(name) {
            Some(variable) => variables.push(variable),
            None => {
                faults.at(
                    start,
                    format!(
                        "when: there is no field {name}; besides the fields there are id and year"
                    ),
                );
                return None;
            }
        }
    }
    Some(When { program, variables })
}
