//! The rules a record passes after its source has read it, and what they mean.

use crate::record::{Issue, MovieRecord, Reject};
use chrono::Datelike;

/// Years a release date may have; the oldest film there is was shot in 1874.
const YEARS: std::ops::RangeInclusive<i32> = 1870..=2100;

/// A set of rules; a run records the version it was read under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// Counts up with every published set.
    pub version: i32,
}

impl Default for RuleSet {
    fn default() -> Self {
        Self { version: 1 }
    }
}

impl RuleSet {
    /// Checks and corrects a record; what is corrected is added to `issues`.
    ///
    /// # Errors
    /// A reject when the record is no movie under these rules.
    pub fn apply(&self, record: &mut MovieRecord, issues: &mut Vec<Issue>) -> Result<(), Reject> {
        if record.title.trim().is_empty() {
            return Err(Reject {
                code: "missing_title",
                rule: "title.required",
                column: Some("title"),
                value: None,
                message: "the title is empty; a movie needs one".to_owned(),
            });
        }
        let mut clear = |code, rule, column, old: String, why| {
            issues.push(Issue {
                code,
                rule,
                column: Some(column),
                old_value: Some(old),
                new_value: None,
                message: format!("{column} {why}; cleared"),
            });
        };
        for (value, column, rule) in [
            (&mut record.budget, "budget", "budget.range"),
            (&mut record.revenue, "revenue", "revenue.range"),
        ] {
            if let Some(money) = value.filter(|money| *money < 0) {
                clear(
                    "negative_money",
                    rule,
                    column,
                    money.to_string(),
                    "is below 0",
                );
                *value = None;
            }
            // In this data 0 means that nobody knows: `budget.zero_is_unknown`, `revenue.zero_is_unknown`.
            *value = value.filter(|money| *money != 0);
        }
        if let Some(count) = record.vote_count.filter(|count| *count < 0) {
            clear(
                "out_of_range",
                "vote_count.range",
                "vote_count",
                count.to_string(),
                "is out of range",
            );
            record.vote_count = None;
        }
        for (value, most, column, rule) in [
            (
                &mut record.popularity,
                f64::MAX,
                "popularity",
                "popularity.range",
            ),
            (&mut record.runtime, f64::MAX, "runtime", "runtime.range"),
            (
                &mut record.vote_average,
                10.0,
                "vote_average",
                "vote_average.range",
            ),
        ] {
            if let Some(number) = value.filter(|number| !(0.0..=most).contains(number)) {
                clear(
                    "out_of_range",
                    rule,
                    column,
                    number.to_string(),
                    "is out of range",
                );
                *value = None;
            }
        }
        if let Some(date) = record
            .release_date
            .filter(|date| !YEARS.contains(&date.year()))
        {
            let why = "has a year in which there are no films";
            clear(
                "implausible_year",
                "release_date.range",
                "release_date",
                date.to_string(),
                why,
            );
            record.release_date = None;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn apply(mut record: MovieRecord) -> Result<(MovieRecord, Vec<&'static str>), Reject> {
        if record.title.is_empty() {
            record.title = "T".to_owned();
        }
        let mut issues = Vec::new();
        RuleSet::default().apply(&mut record, &mut issues)?;
        Ok((record, issues.iter().map(|issue| issue.rule).collect()))
    }

    #[test]
    fn zero_money_is_unknown_and_no_issue() {
        let record = MovieRecord {
            budget: Some(0),
            revenue: Some(1),
            ..Default::default()
        };
        let (record, issues) = apply(record).unwrap();
        assert_eq!((record.budget, record.revenue), (None, Some(1)));
        assert!(issues.is_empty());
    }

    #[test]
    fn what_cannot_be_is_cleared() {
        let (record, issues) = apply(MovieRecord {
            budget: Some(-5),
            revenue: Some(-1),
            popularity: Some(-0.5),
            runtime: Some(-90.0),
            vote_count: Some(-1),
            vote_average: Some(11.0),
            release_date: NaiveDate::from_ymd_opt(1066, 10, 14),
            ..Default::default()
        })
        .unwrap();
        assert_eq!(
            issues,
            [
                "budget.range",
                "revenue.range",
                "vote_count.range",
                "popularity.range",
                "runtime.range",
                "vote_average.range",
                "release_date.range",
            ]
        );
        let cleared = MovieRecord {
            title: "T".to_owned(),
            ..Default::default()
        };
        assert_eq!(record, cleared);
    }

    #[test]
    fn what_lies_on_the_edge_stays() {
        for (year, vote) in [(1870, 0.0), (2100, 10.0)] {
            let record = MovieRecord {
                title: "T".to_owned(),
                popularity: Some(0.0),
                vote_average: Some(vote),
                release_date: NaiveDate::from_ymd_opt(year, 12, 31),
                ..Default::default()
            };
            assert_eq!(apply(record.clone()).unwrap(), (record, vec![]));
        }
    }

    #[test]
    fn a_title_is_required() {
        let blank = MovieRecord {
            title: " ".to_owned(),
            ..Default::default()
        };
        assert_eq!(apply(blank).unwrap_err().code, "missing_title");
    }
}
