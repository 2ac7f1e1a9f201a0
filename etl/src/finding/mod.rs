//! What runs found wrong, rejects and issues: chosen by a filter, and exported for other programs.

mod encode;
mod export;
pub mod spreadsheet;

pub use encode::{Format, stream};
pub use export::{Cell, Export};

use crate::database::containing;
use entity::ingest::{Severity, issue, reject};
use sea_orm::{ColumnTrait, Condition};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    /// Records that are not movies.
    Reject,
    /// Fields of usable rows that were corrected, cleared or are doubtful.
    Issue,
}

/// Which rejects or issues; what is none leaves none out.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Any of these reason codes.
    pub codes: Option<Vec<String>>,
    /// Of any of these severities.
    pub severities: Option<Vec<Severity>>,
    /// Found by any of these rules.
    pub rules: Option<Vec<String>>,
    /// About any of these columns of the file.
    pub columns: Option<Vec<String>>,
    /// A text that a value or the message contains, without regard to case.
    pub contains: Option<String>,
    /// Records that begin on this line or after it.
    pub from_line: Option<i64>,
    /// Records that begin on this line or before it.
    pub to_line: Option<i64>,
}

impl Filter {
    /// The condition that chooses them.
    pub fn condition(&self, noun: Noun) -> Condition {
        match noun {
            Noun::Reject => {
                use reject::Column::{Code, ColumnName, Line, Message, Rule, Severity, Value};
                let names = [Code, Rule, ColumnName];
                self.on(names, Severity, Line, &[Value, Message])
            }
            Noun::Issue => {
                use issue::Column::{
                    Code, ColumnName, Line, Message, NewValue, OldValue, Rule, Severity,
                };
                let names = [Code, Rule, ColumnName];
                self.on(names, Severity, Line, &[OldValue, NewValue, Message])
            }
        }
    }

    fn on<C: ColumnTrait>(&self, names: [C; 3], severity: C, line: C, texts: &[C]) -> Condition {
        let wanted = [&self.codes, &self.rules, &self.columns];
        let mut condition = Condition::all();
        for (column, wanted) in names.into_iter().zip(wanted) {
            if let Some(wanted) = wanted {
                condition = condition.add(column.is_in(wanted));
            }
        }
        if let Some(wanted) = &self.severities {
            condition = condition.add(severity.is_in(wanted.iter().copied()));
        }
        if let Some(part) = &self.contains {
            let any = texts.iter().fold(Condition::any(), |any, text| {
                any.add(containing(*text, part))
            });
            condition = condition.add(any);
        }
        if let Some(from) = self.from_line {
            condition = condition.add(line.gte(from));
        }
        if let Some(to) = self.to_line {
            condition = condition.add(line.lte(to));
        }
        condition
    }
}
