//! All versions of the rules, the newest first, which is the one in use.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::{RuleHead, RuleHeadsQuery};
use crate::api::query::use_query;
use crate::components::allowed::{allowed, why_not};
use crate::components::copy::copy_graphql;
use crate::components::icon::Icon;
use crate::components::layout::{heading, title};
use crate::components::state::loaded;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::since;

/// Milliseconds between two looks for versions that others publish.
const RARELY: u32 = 30_000;

/// A version as a line of the list.
struct Row {
    set: RuleHead,
    in_use: bool,
    /// The version before it.
    previous: Option<i32>,
}

/// The list of versions.
#[component]
pub fn RuleList() -> impl IntoView {
    title(|| "Rules".into());
    let query = use_query(|| RuleHeadsQuery::build(()), |_| Some(RARELY));
    let side = view! {
        {copy_graphql(query)}
        <a class="button" href="/rules/compare">{Icon::Compare.draw()} "Compare"</a>
        {allowed("rule.write", || view! {
            <a class="button primary" href="/rules/new">{Icon::Edit.draw()} "New version"</a>
        }.into_any())}
    };
    view! {
        {heading(&[], "Rules", side)}
        <p class="prose quiet">
            "Rules say what a usable record is, what values mean and when a run is held. A published version never changes; files \
             are read under the newest."
        </p>
        {why_not("rule.write")}
        {loaded(query, 6, |data: RuleHeadsQuery| {
            let previous = data.rule_sets.iter().skip(1).map(|set| Some(set.version));
            let previous: Vec<_> = previous.chain([None]).collect();
            let rows = data.rule_sets.into_iter().zip(previous).enumerate();
            let rows = rows.map(|(at, (set, previous))| Row { set, in_use: at == 0, previous });
            let rows: Vec<Row> = rows.collect();
            let options = TableOptions {
                caption: "Versions of the rules",
                mark: Some(("data-version", |row: &Row| row.set.version.to_string())),
                sorted: None,
            };
            table(options, columns(), &rows)
        })}
    }
}

fn columns() -> Vec<Column<Row>> {
    vec![
        Column::text("Version", "version", |row: &Row| {
            let version = row.set.version;
            let chip = row.in_use.then(in_use);
            Cell::exact(
                view! { <a href=format!("/rules/{version}")>{format!("Version {version}")}</a> " " {chip} },
                Some(version),
            )
        }),
        Column::text("Note", "note", |row: &Row| {
            Cell::new(view! { <div class="prose">{row.set.note.clone()}</div> })
        }),
        Column::text("Author", "author", |row: &Row| {
            Cell::new(row.set.author.clone())
        }),
        Column::text("Hash", "hash", |row: &Row| {
            let short = row.set.hash.chars().take(12).collect::<String>();
            Cell::exact(
                view! { <code title=row.set.hash.clone()>{short}</code> },
                Some(row.set.hash.clone()),
            )
        })
        .wide(),
        Column::text("Changes", "changes", |row: &Row| match row.previous {
            Some(previous) => {
                let to = row.set.version;
                let link = format!("/rules/compare?from={previous}&to={to}");
                Cell::new(view! { <a href=link>{format!("from {previous} to {to}")}</a> })
            }
            None => Cell::new(view! { <span class="quiet">"the first"</span> }),
        }),
        Column::number("Published", "publishedAt", |row: &Row| {
            Cell::new(published(row.set.published_at.clone()))
        }),
    ]
}

/// The mark of the version under which files are read.
pub fn in_use() -> AnyView {
    view! { <span class="chip good">"in use"</span> }.into_any()
}

/// When a version was published.
pub fn published(at: Option<String>) -> AnyView {
    match at {
        Some(at) => since(at),
        None => view! { <span class="quiet">"comes with Marquee"</span> }.into_any(),
    }
}
