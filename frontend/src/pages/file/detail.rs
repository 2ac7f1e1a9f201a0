//! One file: what it is, who keeps or has deleted it, the runs it made, and what the archive keeps of it.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::custody::{Subject, actions, limits};
use super::filter::FileArea;
use crate::api::fragment::{RunCounts, RunKind, RunLink, RunStatus, age};
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::allowed::page_for;
use crate::components::copy::copy_button;
use crate::components::layout::{heading, section, title};
use crate::components::state::{empty, loaded};
use crate::components::status::chip;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::since;
use crate::components::value::{unknown, whole};
use crate::format::{bytes_short, words};
use crate::pages::missing::missing;

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
#[cynic(graphql_type = "Run")]
struct FileRun {
    id: cynic::Id,
    kind: RunKind,
    status: RunStatus,
    rule_version: i32,
    created_at: String,
    counts: RunCounts,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct FileHold {
    by: String,
    at: String,
    reason: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct FileDeletion {
    by: String,
    at: String,
    reason: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct SourceFile {
    sha256: String,
    name: String,
    bytes: i64,
    source: Option<String>,
    arrived_at: String,
    area: FileArea,
    hold: Option<FileHold>,
    deleted: Option<FileDeletion>,
    references: i64,
    runs: Vec<FileRun>,
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
    page_for("file.read", page)
}

fn page() -> AnyView {
    let params = use_params_map();
    let query = use_live_query(
        move || {
            FileQuery::build(Variables {
                sha256: params
                    .with(|params| params.get("sha256"))
                    .unwrap_or_default(),
            })
        },
        Change::Runs,
    );
    // Apart from the rest, so that news of its runs doesn't close a dialog.
    let subject = Memo::new(move |_| {
        query
            .data
            .with(|data| Some(subject(data.as_ref()?.file.as_ref()?)))
    });
    let name = Memo::new(move |_| {
        let name = subject.with(|subject| Some(subject.as_ref()?.name.clone()));
        name.unwrap_or_else(|| "File".into())
    });
    title(move || name.get());
    let buttons = move || subject.get().map(|subject| actions(subject, query));
    let head = heading(
        &[("/files", "Files")],
        view! { <span class="file-name">{name}</span> },
        buttons,
    );
    let content = loaded(query, 16, |data: FileQuery| {
        data.file.map_or_else(|| missing("file"), file)
    });
    // Nobody does any of it with a file that is deleted.
    let kept = Memo::new(move |_| {
        subject.with(|subject| subject.as_ref().is_some_and(|subject| !subject.deleted))
    });
    view! { {head} {move || kept.get().then(limits)} {content} }.into_any()
}

fn subject(file: &SourceFile) -> Subject {
    let open = |run: &&FileRun| run.status.active() || run.status == RunStatus::Held;
    let open = file.runs.iter().find(open);
    let written = file.objects.iter();
    let written = written.filter(|object| object.kind != ArchiveKind::Raw);
    Subject {
        sha256: file.sha256.clone(),
        name: file.name.clone(),
        bytes: file.bytes,
        area: file.area,
        held: file.hold.is_some(),
        deleted: file.deleted.is_some(),
        references: file.references,
        runs: file.runs.len(),
        open_run: open.map(|run| run.id.inner().to_owned()),
        written: written.count(),
    }
}

fn file(mut file: SourceFile) -> AnyView {
    file.runs.sort_by_key(|run| std::cmp::Reverse(age(&run.id)));
    let runs = if file.runs.is_empty() {
        empty("No runs", "No run has taken this file yet.")
    } else {
        let options = TableOptions {
            caption: "Runs of this file",
            mark: Some(("data-run-id", |run: &FileRun| run.id.inner().to_owned())),
            sorted: None,
        };
        table(options, run_columns(), &file.runs)
    };
    let objects = if file.objects.is_empty() {
        let advice = match file.deleted {
            Some(_) => "What the archive had of this file is deleted.",
            None => "The archive holds this file's bytes once a run has begun.",
        };
        empty("Nothing archived", advice)
    } else {
        let options = TableOptions {
            caption: "Archived objects",
            mark: Some(("data-object", |row: &ArchiveObject| row.path.clone())),
            sorted: None,
        };
        table(options, object_columns(), &file.objects)
    };
    let hash = file.sha256.clone();
    let format = match file.source {
        Some(format) => {
            view! { <a href=format!("/files/formats#{format}")>{format.clone()}</a> }.into_any()
        }
        None => view! { "not recognised: "<a href="/files/formats">"see which are"</a> }.into_any(),
    };
    view! {
        {file.hold.map(held)}
        {file.deleted.map(deleted)}
        <dl class="facts">
            <div class="span">
                <dt>"SHA-256"</dt>
                <dd class="copied"><code class="hash">{file.sha256}</code> {copy_button("Copy", move || hash.clone())}</dd>
            </div>
            <div><dt>"Size"</dt><dd title=format!("{} bytes", whole(file.bytes))>{bytes_short(file.bytes)}</dd></div>
            <div><dt>"Arrived"</dt><dd>{since(file.arrived_at)}</dd></div>
            <div><dt>"Format"</dt><dd class="linked">{format}</dd></div>
            <div><dt>"Area"</dt><dd data-testid="file-area">{file.area.name()}</dd></div>
            <div>
                <dt>"Rows of the mart from it"</dt>
                <dd data-testid="file-references" data-value=file.references>{whole(file.references)}</dd>
            </div>
        </dl>
        {section("Runs of this file", runs)}
        {section("In the archive", objects)}
    }
    .into_any()
}

fn held(hold: FileHold) -> AnyView {
    view! {
        <div class="alert alert-warn" data-testid="file-held">
            <p><strong>"Held"</strong>" by "{hold.by}", "{since(hold.at)}": "{hold.reason}". It can't be deleted until it is released."</p>
        </div>
    }
    .into_any()
}

fn deleted(deletion: FileDeletion) -> AnyView {
    view! {
        <div class="alert alert-still" data-testid="file-deleted">
            <p>
                <strong>"Deleted"</strong>" by "{deletion.by}", "{since(deletion.at)}": "{deletion.reason}
                ". Its record and what the mart has of it stay. To have its bytes back, "
                <a href="/files">"upload the same file again"</a>"."
            </p>
        </div>
    }
    .into_any()
}

fn run_columns() -> Vec<Column<FileRun>> {
    fn number(value: i64) -> Cell {
        Cell::exact(whole(value), Some(value))
    }
    vec![
        Column::text("Run", "id", |run: &FileRun| {
            let id = run.id.inner().to_owned();
            Cell::new(view! { <a href=format!("/runs/{id}")>{id.clone()}</a> })
        }),
        Column::text("Status", "status", |run: &FileRun| {
            Cell::exact(chip(run.status), Some(run.status.name()))
        }),
        Column::text("Kind", "kind", |run: &FileRun| {
            Cell::new(words(&format!("{:?}", run.kind)))
        })
        .wide(),
        Column::text("Rules", "ruleVersion", |run: &FileRun| {
            let version = run.rule_version;
            Cell::exact(
                view! { <a href=format!("/rules/{version}")>{format!("version {version}")}</a> },
                Some(version),
            )
        }),
        Column::number("Read", "read", |run: &FileRun| number(run.counts.read)).wide(),
        Column::number("New", "inserted", |run: &FileRun| {
            number(run.counts.inserted)
        })
        .wide(),
        Column::number("Updated", "updated", |run: &FileRun| {
            number(run.counts.updated)
        })
        .wide(),
        Column::number("Rejected", "rejected", |run: &FileRun| {
            number(run.counts.rejected)
        })
        .wide(),
        Column::number("Began", "createdAt", |run: &FileRun| {
            Cell::new(since(run.created_at.clone()))
        }),
    ]
}

fn object_columns() -> Vec<Column<ArchiveObject>> {
    vec![
        Column::text("What", "kind", |row: &ArchiveObject| {
            Cell::new(match row.kind {
                ArchiveKind::Raw => "Raw bytes",
                ArchiveKind::Transformed => "Movies, Parquet",
                ArchiveKind::Companions => "Companions, Parquet",
                ArchiveKind::Rejects => "Rejects, Parquet",
            })
        }),
        Column::text("Path", "path", |row: &ArchiveObject| {
            Cell::new(
                view! { <div class="prose"><code title=format!("SHA-256 {}", row.sha256)>{row.path.clone()}</code></div> },
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
        })
        .wide(),
        Column::text("Download", "download", |row: &ArchiveObject| {
            let run = row.run.as_ref().map(|run| run.id.inner());
            let href = match (row.kind, run) {
                (ArchiveKind::Raw, _) => format!("/api/v1/files/{}/raw", row.sha256),
                (ArchiveKind::Transformed, Some(run)) => {
                    format!("/api/v1/runs/{run}/movies.parquet")
                }
                (ArchiveKind::Companions, Some(run)) => {
                    format!("/api/v1/runs/{run}/companions.parquet")
                }
                (ArchiveKind::Rejects, Some(run)) => format!("/api/v1/runs/{run}/rejects.parquet"),
                (_, None) => return Cell::new(unknown()),
            };
            let words = match row.kind {
                ArchiveKind::Raw => "as it came",
                _ => "Parquet",
            };
            Cell::new(
                view! { <a download href=href>{words}<span class="sr">" "{row.path.clone()}</span></a> },
            )
        }),
    ]
}
