//! One check, ready to run.

use super::field::{Field, Given, Value};
use crate::record::{Issue, MovieRecord, Named, Reject};
use cel::{Context, Program};
use entity::ingest::Severity;
use regex::Regex;
use std::{borrow::Cow, sync::Arc};

/// A check of a rule set.
#[derive(Clone, Debug)]
pub struct Check {
    pub(super) rule: String,
    pub(super) code: String,
    /// The field to blame, and to clear or set.
    pub(super) field: Option<Field>,
    pub(super) test: Test,
    pub(super) action: Action,
    pub(super) severity: Severity,
    /// What is wrong, in a sentence.
    pub(super) message: String,
}

/// What a record is asked.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// Fails where the field has no value.
    Required,
    /// Fails where the field has a value outside.
    Range { min: f64, max: f64 },
    /// Fails where the field has another value.
    OneOf(Vec<String>),
    /// Fails where the field's text does not match.
    Pattern(Regex),
    /// Fails where the expression is true.
    When(Arc<When>),
}

/// A CEL expression over the record.
#[derive(Debug)]
pub(super) struct When {
    pub(super) program: Program,
    /// What of the record it is about.
    pub(super) variables: Vec<Variable>,
}

/// Something that expressions may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Id,
    /// Of the release date.
    Year,
    Field(Field),
}

impl Variable {
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "id" => Some(Self::Id),
            "year" => Some(Self::Year),
            name => Field::parse(name).map(Self::Field),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Year => "year",
            Self::Field(field) => field.name(),
        }
    }

    fn of(self, record: &MovieRecord) -> cel::Value {
        let field = match self {
            Self::Id => return record.id.into(),
            Self::Year => {
                let year = Field::ReleaseDate.of(record).number();
                return year.map_or(cel::Value::Null, |year| (year as i64).into());
            }
            Self::Field(field) => field,
        };
        match field.of(record) {
            Value::Text(text) => text.into(),
            Value::Whole(number) => number.into(),
            Value::Real(number) => number.into(),
            Value::Truth(truth) => truth.into(),
            Value::Date(date) => date.to_string().into(),
            Value::List(_) | Value::Unknown => match field {
                Field::Genres => names(&record.genres),
                Field::Companies => names(&record.companies),
                Field::Countries => names(&record.countries),
                Field::Languages => names(&record.languages),
                _ => cel::Value::Null,
            },
        }
    }
}

fn names<K>(list: &[Named<K>]) -> cel::Value {
    let names = list.iter().map(|named| named.name.as_str().into());
    cel::Value::List(Arc::new(names.collect()))
}

/// What becomes of a record that fails.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Accept,
    Warn,
    Clear,
    Set(Given),
    Reject,
}

impl Action {
    /// How much a record that fails matters where the check does not say.
    pub(super) fn severity(&self) -> Severity {
        match self {
            Self::Accept => Severity::Info,
            Self::Warn | Self::Clear | Self::Set(_) => Severity::Warning,
            Self::Reject => Severity::Error,
        }
    }
}

impl Check {
    /// Runs the check; what is found is added to `issues`.
    pub(super) fn apply(
        &self,
        record: &mut MovieRecord,
        issues: &mut Vec<Issue>,
    ) -> Result<(), Reject> {
        if self.action == Action::Accept || !self.fails(record) {
            return Ok(());
        }
        let column = self.field.map(|field| Cow::Borrowed(field.column()));
        let old_value = self.field.and_then(|field| field.of(record).shown());
        let (new_value, done) = match (&self.action, self.field) {
            (Action::Reject, _) => {
                return Err(Reject {
                    code: Cow::Owned(self.code.clone()),
                    severity: self.severity,
                    rule: Cow::Owned(self.rule.clone()),
                    column,
                    value: old_value,
                    message: self.message.as_str().into(),
                });
            }
            (Action::Clear, Some(field)) => {
                field.clear(record);
                (None, "; cleared")
            }
            (Action::Set(value), Some(field)) => {
                field.set(record, value);
                (field.of(record).shown(), "; set")
            }
            _ => (old_value.clone(), ""),
        };
        issues.push(Issue {
            code: Cow::Owned(self.code.clone()),
            severity: self.severity,
            rule: Cow::Owned(self.rule.clone()),
            column,
            old_value,
            new_value,
            message: format!("{}{done}", self.message),
        });
        Ok(())
    }

    fn fails(&self, record: &MovieRecord) -> bool {
        let value = self.field.map_or(Value::Unknown, |field| field.of(record));
        match &self.test {
            Test::Required => value == Value::Unknown,
            Test::Range { min, max } => value
                .number()
                .is_some_and(|number| !(*min..=*max).contains(&number)),
            Test::OneOf(list) => value.shown().is_some_and(|value| !list.contains(&value)),
            Test::Pattern(pattern) => match value {
                Value::Text(text) => !pattern.is_match(text),
                _ => false,
            },
            Test::When(when) => when.holds(record),
        }
    }
}

impl When {
    /// Whether the expression is true of a record. What it cannot be computed for, such as a sum with
    /// something unknown, is not true.
    fn holds(&self, record: &MovieRecord) -> bool {
        let mut context = Context::default();
        for variable in &self.variables {
            context.add_variable_from_value(variable.name(), variable.of(record));
        }
        matches!(self.program.execute(&context), Ok(cel::Value::Bool(true)))
    }
}
