//! The rules a record passes after its source has read it, and what they mean.
//!
//! A rule set is a TOML document ([`definition`] reads it) with checks on fields and records, switches for
//! what values mean, and guards that hold a run. Published sets are immutable ([`store`]); a run records
//! which it was read under.

mod check;
pub mod definition;
mod field;
pub mod store;

use crate::{
    compare::Changes,
    record::{Issue, MovieRecord, Reject},
};
use check::Check;
use entity::ingest::Severity;
use serde::Deserialize;
use std::borrow::Cow;

/// The rules Marquee comes with, which are version 1.
pub const DEFAULT: &str = include_str!("default.toml");

/// A set of rules.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Counts up with every published set.
    pub version: i32,
    pub author: String,
    pub note: String,
    pub meaning: Meaning,
    pub guards: Guards,
    checks: Vec<Check>,
}

/// What values mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    pub zero_budget_is_unknown: bool,
    pub zero_revenue_is_unknown: bool,
    /// Known budgets below are implausible.
    pub minimum_budget: i64,
    pub minimum_revenue: i64,
    /// Movies of other statuses do not count in the figures; none: all count.
    pub statuses: Vec<String>,
    pub adult_counts: bool,
    pub keep: Keep,
}

/// Which row of an id counts within a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    First,
    #[default]
    Last,
}

impl Keep {
    /// The aggregate over lines that gives the one that counts.
    pub fn aggregate(self) -> &'static str {
        match self {
            Self::First => "MIN",
            Self::Last => "MAX",
        }
    }
}

/// What holds a run before it merges.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guards {
    /// Largest share of the rows that may be rejected.
    pub max_rejected: Option<f64>,
    /// Largest share of the mart's movies that may become others.
    pub max_changed: Option<f64>,
    /// Fewest rows.
    pub min_rows: Option<i64>,
}

impl Guards {
    /// Why a run of that many rows, rejects and changes is to be held, if it is; `movies` is how many the
    /// mart has.
    pub fn broken(
        &self,
        read: i64,
        rejected: i64,
        changes: &Changes,
        movies: i64,
    ) -> Option<String> {
        let share = |part: i64, whole: i64| part as f64 / (whole as f64).max(1.0);
        let mut why = Vec::new();
        if let Some(least) = self.min_rows.filter(|least| read < *least) {
            why.push(format!("it has {read} rows, fewer than min_rows = {least}"));
        }
        for (name, what, most, found) in [
            (
                "max_rejected",
                "rows were rejected",
                self.max_rejected,
                share(rejected, read),
            ),
            (
                "max_changed",
                "movies would change",
                self.max_changed,
                share(changes.updated + changes.deleted, movies),
            ),
        ] {
            if let Some(most) = most.filter(|most| found > *most) {
                let (found, most) = (100.0 * found, 100.0 * most);
                why.push(format!(
                    "{found:.1} % of the {what}, more than {name} = {most} %"
                ));
            }
        }
        (!why.is_empty()).then(|| why.join("; "))
    }
}

impl Default for RuleSet {
    fn default() -> Self {
        match definition::parse(DEFAULT, 1) {
            Ok(rules) => rules,
            Err(problems) => unreachable!("the built-in rules: {problems:?}"),
        }
    }
}

impl RuleSet {
    /// Checks and corrects a record; what is corrected is added to `issues`.
    ///
    /// # Errors
    /// A reject when the record is no movie under these rules.
    pub fn apply(&self, record: &mut MovieRecord, issues: &mut Vec<Issue>) -> Result<(), Reject> {
        for check in &self.checks {
            check.apply(record, issues)?;
        }
        let meaning = &self.meaning;
        for (value, zero_is_unknown, minimum, column) in [
            (
                &mut record.budget,
                meaning.zero_budget_is_unknown,
                meaning.minimum_budget,
                "budget",
            ),
            (
                &mut record.revenue,
                meaning.zero_revenue_is_unknown,
                meaning.minimum_revenue,
                "revenue",
            ),
        ] {
            *value = value.filter(|money| *money != 0 || !zero_is_unknown);
            if let Some(money) = value.filter(|money| *money != 0 && *money < minimum) {
                issues.push(Issue {
                    code: Cow::Borrowed("implausible_money"),
                    severity: Severity::Warning,
                    rule: Cow::Owned(format!("meaning.minimum_{column}")),
                    column: Some(Cow::Borrowed(column)),
                    old_value: Some(money.to_string()),
                    new_value: None,
                    message: format!("{column} is below the plausible {minimum}; cleared"),
                });
                *value = None;
            }
        }
        let status = record.status.as_deref().unwrap_or_default();
        let counts = (meaning.statuses.is_empty() || meaning.statuses.iter().any(|s| s == status))
            && (meaning.adult_counts || record.adult != Some(true));
        record.uncounted = !counts;
        Ok(())
    }
}
