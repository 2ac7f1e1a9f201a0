//! Where a run's rows come from and went: file → rules → Parquet → rows of the mart.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::tabs::{RunVariables, RunVariablesFields};
use crate::api::fragment::{RunCounts, RunStatus};
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::state::loaded;
use crate::components::time::since;
use crate::components::value::{text, whole};
use crate::format::{bytes_short, plural, words};

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum ArchiveKind {
    Raw,
    Transformed,
    Companions,
    Rejects,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Writer {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct ArchiveObject {
    kind: ArchiveKind,
    path: String,
    bytes: i64,
    created_at: String,
    run: Option<Writer>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
struct LineageFile {
    sha256: String,
    name: String,
    bytes: i64,
    source: Option<String>,
    arrived_at: String,
    references: i64,
    objects: Vec<ArchiveObject>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct LineageRun {
    id: cynic::Id,
    status: RunStatus,
    file: Option<LineageFile>,
    rule_version: i32,
    data_version: Option<i32>,
    counts: RunCounts,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "RunVariables")]
struct LineageQuery {
    #[arguments(id: $id)]
    run: Option<LineageRun>,
}

/// The chain, one step below the other on a phone.
pub fn lineage(id: Memo<String>) -> AnyView {
    let query = use_live_query(
        move || {
            LineageQuery::build(RunVariables {
                id: cynic::Id::new(id.get()),
            })
        },
        Change::Run(id.into()),
    );
    loaded(query, 6, |data: LineageQuery| {
        data.run.map_or_else(|| ().into_any(), |run| chain(&run))
    })
}

fn chain(run: &LineageRun) -> AnyView {
    view! {
        <ol class="lineage">
            <li><h3>"File"</h3>{file(run)}</li>
            <li>
                <h3>"Rules"</h3>
                <p><a href=format!("/rules/{}", run.rule_version)>{format!("Version {}", run.rule_version)}</a></p>
                <p class="quiet small">
                    {whole(run.counts.rejected)}" rejected, "{plural(run.counts.issues, &whole(run.counts.issues), "issue", "issues")}
                </p>
            </li>
            <li><h3>"Parquet"</h3>{objects(run)}</li>
            <li><h3>"Rows"</h3>{rows(run)}</li>
        </ol>
    }
    .into_any()
}

fn file(run: &LineageRun) -> AnyView {
    let Some(file) = &run.file else {
        return view! { <p class="quiet">"The file is not in the archive."</p> }.into_any();
    };
    view! {
        <p><a class="file-name" href=format!("/files/{}", file.sha256)>{file.name.clone()}</a></p>
        <p class="quiet small">
            {bytes_short(file.bytes)}", "{text(file.source.clone())}", arrived "{since(file.arrived_at.clone())}
        </p>
        <p class="hash"><code title="SHA-256">{file.sha256.clone()}</code></p>
    }
    .into_any()
}

fn objects(run: &LineageRun) -> AnyView {
    let id = run.id.inner();
    let written: Vec<&ArchiveObject> = run
        .file
        .iter()
        .flat_map(|file| &file.objects)
        .filter(|object| object.run.as_ref().is_some_and(|run| run.id.inner() == id))
        .collect();
    if written.is_empty() {
        return view! { <p class="quiet">"This run has written none."</p> }.into_any();
    }
    let list = written
        .into_iter()
        .map(|object| {
            let name = words(&format!("{:?}", object.kind));
            let download = match object.kind {
                ArchiveKind::Transformed => Some("movies"),
                ArchiveKind::Companions => Some("companions"),
                ArchiveKind::Rejects => Some("rejects"),
                ArchiveKind::Raw => None,
            };
            let name = match download {
                Some(part) => {
                    let link = format!("/api/v1/runs/{id}/{part}.parquet");
                    view! { <a href=link rel="external" download="">{format!("{name}, download")}</a> }.into_any()
                }
                None => name.into_any(),
            };
            view! {
                <li>
                    <p>{name}" "<span class="quiet small">{bytes_short(object.bytes)}", "{since(object.created_at.clone())}</span></p>
                    <p class="hash"><code>{object.path.clone()}</code></p>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="lineage-objects">{list}</ul> }.into_any()
}

fn rows(run: &LineageRun) -> AnyView {
    let counts = &run.counts;
    let changed = counts.inserted + counts.updated + counts.deleted;
    let Some(version) = run.data_version else {
        return match run.status {
            RunStatus::Held => view! {
                <p>{whole(changed)}" would change"</p>
                <p class="quiet small">"Nothing is merged before the run is approved."</p>
            }
            .into_any(),
            _ => view! { <p class="quiet">"This run has merged nothing."</p> }.into_any(),
        };
    };
    view! {
        <p><a href="?tab=changes">{plural(changed, &whole(changed), "row changed", "rows changed")}</a></p>
        <p class="quiet small">"Data version "{version}</p>
        {run.file.as_ref().map(|file| view! {
            <p class="quiet small" data-testid="references" data-value=file.references>
                {plural(file.references, &whole(file.references), "row", "rows")}" of the mart now from this file"
            </p>
        })}
    }
    .into_any()
}
