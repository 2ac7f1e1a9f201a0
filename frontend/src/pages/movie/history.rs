//! What became of a movie: every change of it, field by field, with the run that made it.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::detail::{Variables, VariablesFields};
use super::value::{Value, label_of, written};
use crate::api::fragment::RunStatus;
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::copy::copy_graphql;
use crate::components::csv::csv_button;
use crate::components::layout::section;
use crate::components::list::ListState;
use crate::components::past::Past;
use crate::components::state::{empty, loaded};
use crate::components::status::chip;
use crate::components::time::since_or_unknown;
use crate::components::value::{text, whole};
use crate::csv::{cell, csv};
use crate::format::plural;

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum ChangeKind {
    Inserted,
    Updated,
    Deleted,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct FieldChange {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct RevisionRun {
    id: cynic::Id,
    status: RunStatus,
    file_name: String,
    finished_at: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Revision {
    version: i32,
    kind: ChangeKind,
    fields: Vec<FieldChange>,
    run: RevisionRun,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Movie")]
struct Revised {
    revisions: Vec<Revision>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct HistoryQuery {
    #[arguments(id: $id, asOf: $as_of)]
    movie: Option<Revised>,
}

/// The section with all changes, or those of the value in the URL.
pub fn history(id: Memo<String>) -> AnyView {
    let past = expect_context::<Past>();
    let state = ListState::here();
    let query = use_live_query(
        move || {
            HistoryQuery::build(Variables {
                id: cynic::Id::new(id.get()),
                as_of: past.version(),
            })
        },
        Change::Mart,
    );
    let value = Memo::new(move |_| Value::chosen(state).map(|value| value.key));
    let chosen = move || value.get().and_then(Value::of);
    let title = move || match chosen() {
        Some(value) => format!("History of “{}”", value.label),
        None => "History".to_owned(),
    };
    let revisions = move || {
        query.data.with_untracked(|data| {
            let movie = data.as_ref().and_then(|data| data.movie.as_ref());
            movie
                .map(|movie| movie.revisions.clone())
                .unwrap_or_default()
        })
    };
    let name = format!("movie-{}-history.csv", id.get_untracked());
    section(
        title,
        view! {
            <div class="controls">
                <a data-noscroll="" href=move || state.link(&[("value", None)]) hidden=move || value.get().is_none()>
                    "All values"
                </a>
                <span class="tools">
                    {csv_button("CSV", name, move || as_csv(&revisions()))}
                    {copy_graphql(query)}
                </span>
            </div>
            {loaded(query, 4, move |data: HistoryQuery| {
                let revisions = data.movie.map(|movie| movie.revisions).unwrap_or_default();
                move || changes(&revisions, chosen(), past)
            })}
        },
    )
}

fn changes(revisions: &[Revision], value: Option<Value>, past: Past) -> AnyView {
    let about = |change: &&FieldChange| value.is_none_or(|value| value.is_field(&change.field));
    let newest = revisions.len().saturating_sub(1);
    let items: Vec<_> = revisions
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(index, revision)| {
            let fields: Vec<&FieldChange> = revision.fields.iter().filter(about).collect();
            (value.is_none() || !fields.is_empty())
                .then(|| entry(revision, &fields, index == newest, past))
        })
        .collect();
    if items.is_empty() {
        return empty("No changes", "No run has given this movie such a value.");
    }
    view! { <ol class="history" data-testid="history">{items}</ol> }.into_any()
}

fn entry(revision: &Revision, fields: &[&FieldChange], newest: bool, past: Past) -> AnyView {
    let (version, run) = (revision.version, revision.run.id.inner().to_owned());
    let kind = match revision.kind {
        ChangeKind::Inserted => "Inserted",
        ChangeKind::Updated => "Changed",
        ChangeKind::Deleted => "Deleted",
    };
    let count = fields.len() as i64;
    let then = (!newest).then(|| {
        view! { <a href=move || past.at(Some(version))>"See it as it was then"</a> }
    });
    // The first revision says every value, which is long and says little; later ones say what is new.
    let table = field_table(fields, revision.kind);
    let table = if revision.kind == ChangeKind::Updated || count <= 3 {
        table
    } else {
        let summary = plural(count, &whole(count), "value", "values");
        view! { <details class="more"><summary>{summary}</summary>{table}</details> }.into_any()
    };
    view! {
        <li data-version=version>
            <p class="history-head">
                <strong>{kind}</strong> {format!(" in version {version} by ")}
                <a href=format!("/runs/{run}")>{format!("run {run}")}</a> " "
                {chip(revision.run.status)} " "
                <span class="quiet">{revision.run.file_name.clone()} ", " {since_or_unknown(revision.run.finished_at.clone())}</span>
                {then}
            </p>
            {table}
        </li>
    }
    .into_any()
}

fn field_table(fields: &[&FieldChange], kind: ChangeKind) -> AnyView {
    let side = |field: &str, value: &Option<String>| {
        let value = value.as_deref().map(|value| written(field, value));
        text(value)
    };
    let (before, after) = (kind != ChangeKind::Inserted, kind != ChangeKind::Deleted);
    let rows = fields.iter().map(|change| {
        let (old, new) = (
            side(&change.field, &change.before),
            side(&change.field, &change.after),
        );
        view! {
            <tr data-field-name=change.field.clone()>
                <th scope="row">{label_of(&change.field)}</th>
                {before.then(|| view! { <td>{old}</td> })}
                {after.then(|| view! { <td>{new}</td> })}
            </tr>
        }
    });
    view! {
        <div class="table" role="region" tabindex="0" aria-label="Values that changed">
            <table class="changes">
                <thead><tr>
                    <th scope="col">"Value"</th>
                    {before.then(|| view! { <th scope="col">"Before"</th> })}
                    {after.then(|| view! { <th scope="col">"After"</th> })}
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn as_csv(revisions: &[Revision]) -> String {
    let rows = revisions.iter().flat_map(|revision| {
        revision.fields.iter().map(move |change| {
            vec![
                revision.version.to_string(),
                format!("{:?}", revision.kind).to_lowercase(),
                revision.run.id.inner().to_owned(),
                cell(revision.run.finished_at.clone()),
                change.field.clone(),
                cell(change.before.clone()),
                cell(change.after.clone()),
            ]
        })
    });
    csv(
        &["version", "kind", "run", "at", "field", "before", "after"],
        rows,
    )
}
