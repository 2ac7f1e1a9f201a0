//! Which files are recognised: the formats, and the columns that each needs.

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::layout::{heading, section, title};
use crate::components::state::loaded;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::unknown;
use crate::format::words;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct SourceColumn {
    name: String,
    aliases: Vec<String>,
    field: Option<String>,
    optional: bool,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Source {
    name: String,
    about: String,
    fills: String,
    hash: String,
    columns: Vec<SourceColumn>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct SourcesQuery {
    sources: Vec<Source>,
}

/// The page of all formats.
#[component]
pub fn FormatList() -> impl IntoView {
    title(|| "Formats".into());
    let query = use_query(|| SourcesQuery::build(()), once);
    view! {
        {heading(&[("/files", "Files")], "Which files are recognised", ())}
        <p class="prose">
            "A file is recognised by the columns that its first line names, in any order and case: it is of the format of which \
             it has every needed column, and as a rule none that the format does not know. A file that is of none is archived \
             all the same; its run fails and says which columns differ."
        </p>
        {loaded(query, 24, |data: SourcesQuery| {
            let links = data.sources.iter().map(|source| {
                view! { <li><a rel="external" href=format!("#{}", source.name)>{source.name.clone()}</a></li> }
            });
            let links = links.collect_view();
            let sections = data.sources.iter().map(format).collect_view();
            view! { <nav aria-label="Formats"><ul class="inline linked">{links}</ul></nav> {sections} }.into_any()
        })}
    }
}

fn format(source: &Source) -> AnyView {
    let needed = source.columns.iter().filter(|column| !column.optional);
    let needed = needed.map(|column| column.name.clone());
    let needed = needed.collect::<Vec<_>>().join(", ");
    let options = TableOptions {
        caption: "Columns",
        mark: None,
        sorted: None,
    };
    let content = view! {
        <p>{source.about.clone()}</p>
        <dl class="facts">
            <div><dt>"Its records are"</dt><dd>{words(&source.fills)}</dd></div>
            <div><dt>"Definition"</dt><dd><code>{source.hash.clone()}</code></dd></div>
            <div class="span"><dt>"A file needs"</dt><dd><code class="hash">{needed}</code></dd></div>
        </dl>
        <details class="more">
            <summary>{format!("All {} columns", source.columns.len())}</summary>
            {table(options, columns(), &source.columns)}
        </details>
    };
    let name = source.name.clone();
    let title = view! { <span id=name.clone()>{name.clone()}</span> };
    section(title, content)
}

fn columns() -> Vec<Column<SourceColumn>> {
    vec![
        Column::text("Column", "name", |row: &SourceColumn| {
            Cell::new(view! { <code>{row.name.clone()}</code> })
        }),
        Column::text("Needed", "needed", |row: &SourceColumn| {
            Cell::new(if row.optional { "no" } else { "yes" })
        }),
        Column::text("Also known as", "aliases", |row: &SourceColumn| {
            match row.aliases.is_empty() {
                true => Cell::new(unknown()),
                false => Cell::new(view! { <code>{row.aliases.join(", ")}</code> }),
            }
        }),
        Column::text("Fills", "field", |row: &SourceColumn| match &row.field {
            Some(field) => Cell::new(view! { <code>{field.clone()}</code> }),
            None => Cell::new(view! { <span class="quiet">"known, not kept"</span> }),
        }),
    ]
}
