//! One file: what it is, the runs it made, and what the archive keeps of it.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::api::fragment::{RunLink, RunRow, age};
use crate::api::query::{FAST, SLOW, use_query};
use crate::api::schema;
use crate::components::layout::{heading, section, title};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::since;
use crate::components::value::{text, unknown, whole};
use crate::format::{bytes_short, words};
use crate::pages::missing::missing;
use crate::pages::run::list::run_table;

#[derive(cynic::QueryVariables)]
struct Variables {
    sha256: String,
}

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum ArchiveKind {
    Raw,
    Transformed,
    Companions,
    Rejects,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct ArchiveObject {
    sha256: String,
    kind: ArchiveKind,
    path: String,
    bytes: i64,
    created_at: String,
    run: Option<RunLink>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct SourceFile {
    sha256: String,
    name: String,
    bytes: i64,
    source: Option<String>,
    arrived_at: String,
    runs: Vec<RunRow>,
    objects: Vec<ArchiveObject>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct FileQuery {
    #[arguments(sha256: $sha256)]
    file: Option<SourceFile>,
}

/// The page of a file.
#[component]
pub fn FileDetail() -> impl IntoView {
    let params = use_params_map();
    let query = use_query(
        move || {
            FileQuery::build(Variables {
                sha256: params
                    .with(|params| params.get("sha256"))
                    .unwrap_or_default(),
            })
        },
        |data: &FileQuery| {
            let active = data
                .file
                .as_ref()
                .is_some_and(|file| file.runs.iter().any(|run| run.status.active()));
            Some(if active { FAST } else { SLOW })
        },
    );
    let name = Memo::new(move |_| {
        query
            .data
            .with(|data| Some(data.as_ref()?.file.as_ref()?.name.clone()))
    });
    title(move || name.get().unwrap_or_else(|| "File".into()));
    loaded(query, 12, |data: FileQuery| {
        data.file.map_or_else(|| missing("file"), file)
    })
}

fn file(mut file: SourceFile) -> AnyView {
    file.runs.sort_by_key(|run| std::cmp::Reverse(age(&run.id)));
    let runs = if file.runs.is_empty() {
        empty("No runs", "No run has taken this file yet.")
    } else {
        run_table(&file.runs)
    };
    let objects = if file.objects.is_empty() {
        empty(
            "Nothing archived",
            "The archive holds this file's bytes once a run has begun.",
        )
    } else {
        let options = TableOptions {
            caption: "Archived objects",
            mark: None,
            sorted: None,
        };
        table(options, columns(), &file.objects)
    };
    view! {
        {heading(&[("/files", "Files")], view! { <span class="file-name">{file.name}</span> }, ())}
        <dl class="facts">
            <div class="span"><dt>"SHA-256"</dt><dd><code class="hash">{file.sha256}</code></dd></div>
            <div><dt>"Size"</dt><dd title=format!("{} bytes", whole(file.bytes))>{bytes_short(file.bytes)}</dd></div>
            <div><dt>"Format"</dt><dd>{text(file.source)}</dd></div>
            <div><dt>"Arrived"</dt><dd>{since(file.arrived_at)}</dd></div>
        </dl>
        {section("Runs of this file", runs)}
        {section("In the archive", objects)}
    }
    .into_any()
}

fn columns() -> Vec<Column<ArchiveObject>> {
    vec![
        Column::text("Kind", "kind", |row: &ArchiveObject| {
            Cell::new(words(&format!("{:?}", row.kind)))
        }),
        Column::text("Path", "path", |row: &ArchiveObject| {
            Cell::new(
                view! { <div class="prose"><code title=row.sha256.clone()>{row.path.clone()}</code></div> },
            )
        }),
        Column::text("Run", "run", |row: &ArchiveObject| match &row.run {
            Some(run) => Cell::new(
                view! { <a href=format!("/runs/{}", run.id.inner())>{run.id.inner().to_owned()}</a> },
            ),
            None => Cell::new(unknown()),
        }),
        Column::number("Size", "bytes", |row: &ArchiveObject| {
            Cell::exact(bytes_short(row.bytes), Some(row.bytes))
        }),
        Column::number("Written", "createdAt", |row: &ArchiveObject| {
            Cell::new(since(row.created_at.clone()))
        }),
    ]
}
