//! Where a movie's values come from: the run, the file, the line, what rules did, and the bytes themselves.

use std::ops::Range;

use cynic::QueryBuilder;
use leptos::html::{Mark, Section};
use leptos::prelude::*;

use super::detail::Movie;
use super::value::Value;
use crate::api::fragment::{IdFilter, RunStatus};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::components::list::ListState;
use crate::components::state::loaded;
use crate::components::status::chip;
use crate::components::time::since_or_unknown;
use crate::components::value::{dollars, unknown, whole};
use crate::record;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
pub struct LineageFile {
    sha256: String,
    name: String,
    source: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
pub struct LineageRun {
    id: cynic::Id,
    status: RunStatus,
    rule_version: i32,
    finished_at: Option<String>,
}

/// The record that a movie was read from.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct Lineage {
    run: LineageRun,
    file: LineageFile,
    line: i64,
    byte_offset: i64,
    byte_length: i64,
    raw: Option<String>,
    missing: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct SourceColumn {
    name: String,
    field: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Source {
    name: String,
    columns: Vec<SourceColumn>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct SourcesQuery {
    sources: Vec<Source>,
}

#[derive(cynic::InputObject, Clone, Debug)]
struct IssueFilter {
    movie_id: Option<IdFilter>,
    run_id: Option<IdFilter>,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Option<IssueFilter>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Issue {
    id: cynic::Id,
    line: i64,
    code: String,
    rule: String,
    column: Option<String>,
    old_value: Option<String>,
    new_value: Option<String>,
    message: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "IssueConnection")]
struct Issues {
    nodes: Vec<Issue>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct IssuesQuery {
    #[arguments(filter: $filter, first: 100)]
    issues: Issues,
}

/// The panel that answers "where does this come from?" for the value in the URL, or for the whole record.
pub fn whence(movie: Movie) -> AnyView {
    let state = ListState::here();
    let value = Memo::new(move |_| Value::chosen(state).map(|value| value.key));
    let chosen = move || value.get().and_then(Value::of);
    let sources = use_query(|| SourcesQuery::build(()), once);
    let movie = StoredValue::new(movie);
    let columns = Memo::new(move |_| {
        let source = movie.with_value(|movie| movie.lineage.file.source.clone());
        sources.data.with(|data| {
            let source = data
                .as_ref()?
                .sources
                .iter()
                .find(|known| Some(&known.name) == source.as_ref())?;
            Some(source.columns.clone())
        })
    });
    let panel = NodeRef::<Section>::new();
    Effect::new(move |before: Option<Option<&'static str>>| {
        let now = value.get();
        // Somebody who has asked is shown the answer, wherever the panel stands.
        if before.is_some_and(|before| before != now) && now.is_some() {
            panel.get_untracked().inspect(reveal);
        }
        now
    });
    let title = move || match chosen() {
        Some(value) => format!("Where “{}” comes from", value.label),
        None => "Where this comes from".to_owned(),
    };
    let whole_record = move || state.link(&[("value", None)]);
    view! {
        <section class="panel whence" id="whence" node_ref=panel data-testid="whence">
            <div class="whence-head">
                <h2 aria-live="polite">{title}</h2>
                <a data-noscroll="" href=whole_record hidden=move || value.get().is_none()>"Whole record"</a>
            </div>
            {move || movie.with_value(|movie| answer(movie, chosen(), columns.get()))}
            {movie.with_value(|movie| place(&movie.lineage))}
            {rules(movie, columns, value)}
            <h3>"The record as received"</h3>
            {move || movie.with_value(|movie| bytes(movie, chosen(), columns.get()))}
        </section>
    }
    .into_any()
}

/// Brings the panel into view when it is not.
fn reveal(panel: &web_sys::HtmlElement) {
    let place = panel.get_bounding_client_rect();
    let height = window()
        .inner_height()
        .ok()
        .and_then(|height| height.as_f64());
    if place.top() < 0.0 || place.top() > height.unwrap_or_default() * 0.6 {
        panel.scroll_into_view();
    }
}

/// The columns that fill a value, by their names in the file.
fn names(value: Value, columns: Option<&[SourceColumn]>) -> Vec<String> {
    let parts = value.parts().into_iter();
    let name = |part: Value| {
        let found = columns?
            .iter()
            .find(|column| column.field.as_deref() == Some(part.key))?;
        Some(found.name.clone())
    };
    parts.filter_map(name).collect()
}

/// Where the parts of a value stand in the record.
fn ranges(movie: &Movie, value: Value, columns: Option<&[SourceColumn]>) -> Vec<Range<usize>> {
    let raw = movie.lineage.raw.as_deref().unwrap_or_default();
    let fields: Vec<&str> = columns
        .unwrap_or_default()
        .iter()
        .map(|column| column.field.as_deref().unwrap_or_default())
        .collect();
    let id = ("id", movie.id.inner());
    let find = |part: Value| record::find(raw, &fields, id, part.key, part.text(movie).as_deref());
    let mut found: Vec<_> = value.parts().into_iter().filter_map(find).collect();
    found.sort_by_key(|range| range.start);
    found
}

/// The answer in a sentence.
fn answer(movie: &Movie, value: Option<Value>, columns: Option<Vec<SourceColumn>>) -> AnyView {
    let Some(value) = value else {
        return view! { <p class="quiet">"Choose the name of a value to see what it was read from."</p> }.into_any();
    };
    let names = names(value, columns.as_deref());
    let code = |name: String| view! { <code>{name}</code> };
    let column = match names.as_slice() {
        [] => "a column".into_any(),
        [one] => view! { "column " {code(one.clone())} }.into_any(),
        [one, two, ..] => {
            view! { "columns " {code(one.clone())} " and " {code(two.clone())} }.into_any()
        }
    };
    let reckoned = match (value.key, movie.revenue, movie.budget) {
        ("profit", Some(revenue), Some(budget)) => {
            format!(
                "It is the revenue less the budget: {} − {}. Both come",
                dollars(revenue),
                dollars(budget)
            )
        }
        ("profit", ..) => "It takes a known revenue and a known budget. They would come".to_owned(),
        _ => "It comes".to_owned(),
    };
    let found = ranges(movie, value, columns.as_deref());
    let raw = movie.lineage.raw.as_deref();
    let said = match (raw, found.as_slice()) {
        (Some(raw), [only]) => {
            let said = record::text(&raw[only.clone()]);
            let said = if said.is_empty() {
                "nothing".into_any()
            } else {
                view! { <q class="said">{said}</q> }.into_any()
            };
            view! { ", which says " {said} "." }.into_any()
        }
        (Some(_), []) => ". Where in the record it stands can’t be told from here.".into_any(),
        _ => ".".into_any(),
    };
    view! {
        <p data-testid="whence-answer">
            {reckoned} " from " {column} " of line " {whole(movie.lineage.line)} " of "
            {movie.lineage.file.name.clone()} {said}
        </p>
    }
    .into_any()
}

fn place(lineage: &Lineage) -> AnyView {
    let run = lineage.run.id.inner().to_owned();
    let rules = lineage.run.rule_version;
    let bytes = format!(
        "{} from byte {}",
        whole(lineage.byte_length),
        whole(lineage.byte_offset)
    );
    view! {
        <dl class="facts">
            <div><dt>"Run"</dt><dd class="linked">
                <a href=format!("/runs/{run}")>{run.clone()}</a> " " {chip(lineage.run.status)}
            </dd></div>
            <div><dt>"Read"</dt><dd>{since_or_unknown(lineage.run.finished_at.clone())}</dd></div>
            <div class="span"><dt>"File"</dt><dd>
                <a class="file-name" href=format!("/files/{}", lineage.file.sha256)>{lineage.file.name.clone()}</a>
            </dd></div>
            <div><dt>"Line"</dt><dd data-testid="lineage-line" data-value=lineage.line>{whole(lineage.line)}</dd></div>
            <div><dt>"Bytes"</dt><dd>{bytes}</dd></div>
            <div><dt>"Rules"</dt><dd><a href=format!("/rules/{rules}")>{format!("version {rules}")}</a></dd></div>
        </dl>
    }
    .into_any()
}

/// What rules did to the record, or to the value that is asked about.
fn rules(
    movie: StoredValue<Movie>,
    columns: Memo<Option<Vec<SourceColumn>>>,
    value: Memo<Option<&'static str>>,
) -> AnyView {
    let session = expect_context::<Session>();
    let known = move || {
        if !session.may("file.read") {
            return view! {
                <p class="quiet">"What rules did to it is for those who have the permission " <code>"file.read"</code> "."</p>
            }
            .into_any();
        }
        let query = use_query(
            move || {
                let of = |id: &cynic::Id| {
                    Some(IdFilter {
                        eq: Some(id.clone()),
                    })
                };
                let filter = movie.with_value(|movie| IssueFilter {
                    movie_id: of(&movie.id),
                    run_id: of(&movie.lineage.run.id),
                });
                IssuesQuery::build(Variables {
                    filter: Some(filter),
                })
            },
            once,
        );
        loaded(query, 1, move |data: IssuesQuery| {
            let line = movie.with_value(|movie| movie.lineage.line);
            let issues: Vec<Issue> = data
                .issues
                .nodes
                .into_iter()
                .filter(|issue| issue.line == line)
                .collect();
            move || {
                let value = value.get().and_then(Value::of);
                let names = value.map(|value| names(value, columns.get().as_deref()));
                touched(&issues, names)
            }
        })
    };
    view! { <h3>"What rules did"</h3> {known} }.into_any()
}

fn touched(issues: &[Issue], names: Option<Vec<String>>) -> AnyView {
    let about = |issue: &&Issue| match &names {
        Some(names) => issue
            .column
            .as_ref()
            .is_some_and(|column| names.contains(column)),
        None => true,
    };
    let rows: Vec<_> = issues.iter().filter(about).map(issue).collect();
    match (rows.is_empty(), names.is_some()) {
        (false, _) => view! { <ul class="touched" data-testid="touched">{rows}</ul> }.into_any(),
        (true, true) => {
            view! { <p class="quiet">"No rule changed or doubted this value."</p> }.into_any()
        }
        (true, false) => {
            view! { <p class="quiet">"No rule changed or doubted any value of the record."</p> }
                .into_any()
        }
    }
}

fn issue(issue: &Issue) -> AnyView {
    let side = |value: &Option<String>| {
        value
            .clone()
            .map_or_else(unknown, |value| view! { <code>{value}</code> }.into_any())
    };
    let change = (issue.old_value.is_some() || issue.new_value.is_some()).then(|| {
        view! { <p class="small">{side(&issue.old_value)} " → " {side(&issue.new_value)}</p> }
    });
    view! {
        <li>
            <p><code>{issue.rule.clone()}</code> ": " {issue.message.clone()}</p>
            {change}
        </li>
    }
    .into_any()
}

/// The record, the value that is asked about marked in it.
fn bytes(movie: &Movie, value: Option<Value>, columns: Option<Vec<SourceColumn>>) -> AnyView {
    let lineage = &movie.lineage;
    let Some(raw) = &lineage.raw else {
        return view! { <p class="quiet" data-testid="lineage-raw">{lineage.missing.clone()}</p> }
            .into_any();
    };
    let found = value
        .map(|value| ranges(movie, value, columns.as_deref()))
        .unwrap_or_default();
    let (mut parts, mut from) = (Vec::new(), 0);
    for range in found {
        parts.push(raw[from..range.start].to_owned().into_any());
        from = range.end;
        parts.push(marked(raw[range].to_owned()));
    }
    parts.push(raw[from..].to_owned().into_any());
    view! { <pre class="raw" tabindex="0" data-testid="lineage-raw" aria-label="The record as received">{parts}</pre> }.into_any()
}

/// A part of the record that is marked and scrolled to. A cell that is empty is shown by its place.
fn marked(text: String) -> AnyView {
    let mark = NodeRef::<Mark>::new();
    Effect::new(move |_| {
        if let Some(mark) = mark.get()
            && let Some(record) = mark.parent_element()
        {
            record.set_scroll_top(mark.offset_top() - 32);
        }
    });
    let empty = text.is_empty();
    view! { <mark node_ref=mark class:nothing=empty>{text}</mark> }.into_any()
}
