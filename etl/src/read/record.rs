//! What becomes of one CSV record, and of two that belong together.

use super::reject;
use crate::{
    csv::Record,
    record::{Issue, Outcome, Position, Reject},
    rules::RuleSet,
    source::{Entry, Layout, field_count, shown},
};
use entity::ingest::Severity;
use std::borrow::Cow;

/// What becomes of a record by itself.
pub fn outcome(record: &Record, source: &Layout, rules: &RuleSet) -> Outcome {
    if record.too_long {
        return Outcome::Reject(reject(
            "record_too_long",
            "record.length",
            format!(
                "the record has {} bytes, more than are taken; look for a quote that is never closed",
                record.position.byte_length
            ),
        ));
    }
    let short = record.at_end && record.len() < source.width();
    if record.open_quote || short {
        return Outcome::Reject(reject(
            "truncated_record",
            "record.complete",
            "the file ends in the middle of this record; send the whole file again".to_owned(),
        ));
    }
    match texts(record, source) {
        Ok(fields) => under_rules(&fields, source, rules, Vec::new()),
        Err(reject) => Outcome::Reject(reject),
    }
}

/// Whether a record has so few fields that the next may be its other part.
pub fn may_be_stub(record: &Record, source: &Layout) -> bool {
    record.len() < source.width() && !record.too_long && !record.at_end
}

/// A short record that waits for the next.
pub struct Held {
    pub position: Position,
    fields: Vec<Vec<u8>>,
}

impl Held {
    pub fn new(record: &Record) -> Self {
        Self {
            position: record.position,
            fields: record.fields().map(<[u8]>::to_vec).collect(),
        }
    }

    /// What becomes of it when the next record is not its other part.
    pub fn alone(&self, source: &Layout) -> Outcome {
        Outcome::Reject(field_count(self.fields.len(), source.width()))
    }

    /// The record that the held one and its tail make when they are joined at the line ending that stood
    /// between them; none when they make no whole record.
    pub fn rejoin(
        &self,
        tail: &Record,
        source: &Layout,
        rules: &RuleSet,
    ) -> Option<(Position, Outcome)> {
        if self.fields.len() + tail.len() != source.width() + 1 || tail.open_quote {
            return None;
        }
        let (last, head) = self.fields.split_last()?;
        let tail_fields: Vec<&[u8]> = tail.fields().collect();
        let (first, rest) = tail_fields.split_first()?;
        let joined = [last.as_slice(), b"\n", first].concat();
        let head = head.iter().map(Vec::as_slice);
        let mut fields = Vec::with_capacity(source.width());
        for field in head.chain([joined.as_slice()]).chain(rest.iter().copied()) {
            fields.push(source.text(field).ok()?);
        }
        source.parse(&fields).ok()?;
        let end = tail.position.byte_offset + tail.position.byte_length;
        let position = Position {
            byte_length: end - self.position.byte_offset,
            ..self.position
        };
        let issue = Issue {
            code: "rejoined".into(),
            severity: Severity::Warning,
            rule: "record.rejoin".into(),
            column: owned(source.column(self.fields.len() - 1)),
            old_value: None,
            new_value: None,
            message: format!(
                "the record was broken in two by an unquoted line ending; \
                 it was joined again with line {}",
                tail.position.line
            ),
        };
        Some((position, under_rules(&fields, source, rules, vec![issue])))
    }
}

fn under_rules(
    fields: &[Cow<str>],
    source: &Layout,
    rules: &RuleSet,
    mut issues: Vec<Issue>,
) -> Outcome {
    let (entry, found) = match source.parse(fields) {
        Ok(parsed) => parsed,
        Err(reject) => return Outcome::Reject(reject),
    };
    issues.extend(found);
    match entry {
        Entry::Companion(companion) => Outcome::Companion(companion, issues),
        Entry::Movie(mut movie) => match rules.apply(&mut movie, &mut issues) {
            Ok(()) => Outcome::Movie(movie, issues),
            Err(reject) => Outcome::Reject(reject),
        },
    }
}

fn owned(column: Option<&str>) -> Option<Cow<'static, str>> {
    column.map(|name| Cow::Owned(name.to_owned()))
}

/// A record's fields as text; the one that is not in the source's encoding is named.
fn texts<'a>(record: &Record<'a>, source: &Layout) -> Result<Vec<Cow<'a, str>>, Reject> {
    let encoding = source.definition().format.encoding.name();
    record
        .fields()
        .enumerate()
        .map(|(place, field)| {
            source.text(field).map_err(|valid| Reject {
                column: owned(source.column(place)),
                value: Some(shown(&String::from_utf8_lossy(field))),
                ..reject(
                    "invalid_utf8",
                    "record.encoding",
                    format!(
                        "byte {} of this field is not {encoding}; save the file as {encoding}",
                        valid + 1
                    ),
                )
            })
        })
        .collect()
}
