//! Every file that arrived, the latest first.

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::fragment::{PageInfo, RunLink, age};
use crate::api::query::{SLOW, use_query};
use crate::api::schema;
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::{empty, loaded};
use crate::components::status::chip;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::since;
use crate::components::value::{text, unknown};
use crate::format::bytes_short;

#[derive(cynic::QueryVariables)]
struct Variables {
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
struct FileRow {
    sha256: String,
    name: String,
    bytes: i64,
    source: Option<String>,
    arrived_at: String,
    runs: Vec<RunLink>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFileConnection")]
struct FilePage {
    nodes: Vec<FileRow>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct FilesQuery {
    #[arguments(first: $first, after: $after, last: $last, before: $before)]
    files: FilePage,
}

/// The list of files.
#[component]
pub fn FileList() -> impl IntoView {
    title(|| "Files".into());
    let state = ListState::here();
    let query = use_query(
        move || {
            let page = state.page(PAGE);
            FilesQuery::build(Variables {
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        |_: &FilesQuery| Some(SLOW),
    );
    view! {
        {heading(&[], "Files", ())}
        {loaded(query, 12, |data: FilesQuery| {
            let FilePage { nodes, page_info, total_count } = data.files;
            if nodes.is_empty() {
                let advice = view! { "Drop " <code>"movies_metadata.csv"</code> " into the inbox folder." };
                return empty("No files yet", advice);
            }
            let options = TableOptions {
                caption: "Files",
                mark: Some(("data-file", |row: &FileRow| row.sha256.clone())),
                sorted: None,
            };
            view! { {table(options, columns(), &nodes)} {pager(page_info, total_count, "file", "files")} }.into_any()
        })}
    }
}

fn columns() -> Vec<Column<FileRow>> {
    vec![
        Column::text("File", "name", |row: &FileRow| {
            Cell::new(view! {
                <a class="file-name" href=format!("/files/{}", row.sha256) title=row.name.clone()>{row.name.clone()}</a>
            })
        }),
        Column::text("Format", "source", |row: &FileRow| {
            Cell::new(text(row.source.clone()))
        })
        .wide(),
        Column::text("SHA-256", "sha256", |row: &FileRow| {
            let short = row.sha256.chars().take(12).collect::<String>();
            Cell::exact(
                view! { <code title=row.sha256.clone()>{short}</code> },
                Some(row.sha256.clone()),
            )
        })
        .wide(),
        Column::text("Last run", "run", |row: &FileRow| {
            match row.runs.iter().max_by_key(|run| age(&run.id)) {
                Some(run) => Cell::new(view! {
                    <a href=format!("/runs/{}", run.id.inner())>{run.id.inner().to_owned()}</a> " " {chip(run.status)}
                }),
                None => Cell::new(unknown()),
            }
        }),
        Column::number("Size", "bytes", |row: &FileRow| {
            Cell::exact(bytes_short(row.bytes), Some(row.bytes))
        })
        .wide(),
        Column::number("Arrived", "arrivedAt", |row: &FileRow| {
            Cell::new(since(row.arrived_at.clone()))
        }),
    ]
}
