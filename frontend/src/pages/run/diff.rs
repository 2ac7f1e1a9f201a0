//! Old and new values side by side.

use leptos::prelude::*;

use crate::api::schema;
use crate::components::value::{dollars, unknown};

/// What becomes of a row.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Inserted,
    Updated,
    Deleted,
}

/// The kinds as they stand in the URL, and in words.
pub const KINDS: [(&str, &str, ChangeKind); 3] = [
    ("inserted", "new", ChangeKind::Inserted),
    ("updated", "changed", ChangeKind::Updated),
    ("deleted", "gone", ChangeKind::Deleted),
];

/// Which kind of change.
#[derive(cynic::InputObject, Clone, Debug)]
pub struct ChangeKindFilter {
    pub eq: Option<ChangeKind>,
}

impl ChangeKindFilter {
    /// The kind that stands in the URL as `key`.
    pub fn of(key: &str) -> Option<Self> {
        let (_, _, kind) = KINDS.into_iter().find(|(name, _, _)| *name == key)?;
        Some(Self { eq: Some(kind) })
    }
}

/// A field that gets another value.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct FieldChange {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// What becomes of the row, as a chip.
pub fn kind_chip(kind: ChangeKind) -> AnyView {
    let (name, tone) = match kind {
        ChangeKind::Inserted => ("new", "chip good"),
        ChangeKind::Updated => ("changed", "chip still"),
        ChangeKind::Deleted => ("gone", "chip bad"),
    };
    view! { <span class=tone>{name}</span> }.into_any()
}

/// Fields with their old and new values; those after the first `most` unfold.
pub fn diff(fields: &[FieldChange], most: usize) -> AnyView {
    let lines = |part: &[FieldChange]| part.iter().map(line).collect_view();
    let (first, rest) = fields.split_at(most.min(fields.len()));
    let rest = (!rest.is_empty()).then(|| {
        let label = match first.is_empty() {
            true => format!("{} fields", rest.len()),
            false => format!("{} more", rest.len()),
        };
        view! { <details><summary>{label}</summary><dl class="diff">{lines(rest)}</dl></details> }
    });
    let first = (!first.is_empty()).then(|| view! { <dl class="diff">{lines(first)}</dl> });
    view! { <div class="prose diffs">{first}{rest}</div> }.into_any()
}

fn line(change: &FieldChange) -> AnyView {
    let money = matches!(change.field.as_str(), "budget" | "revenue" | "profit");
    let shown = |value: &str| match value.parse() {
        Ok(amount) if money => dollars(amount),
        _ => value.to_owned(),
    };
    let before = match &change.before {
        Some(value) => view! { <del>{shown(value)}</del> }.into_any(),
        None => unknown(),
    };
    let after = match &change.after {
        Some(value) => view! { <ins>{shown(value)}</ins> }.into_any(),
        None => unknown(),
    };
    view! {
        <dt>{change.field.clone()}</dt>
        <dd>{before}<span class="quiet" aria-hidden="true">" → "</span><span class="sr">" becomes "</span>{after}</dd>
    }
    .into_any()
}
