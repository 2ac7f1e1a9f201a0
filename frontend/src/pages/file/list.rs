//! Every file that arrived, the latest first, and where more are uploaded.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::filter::{FileArea, FileFilter, FileOrder, NO_FORMAT, PARAMETERS, filter, order};
use super::upload::{drop_target, upload_panel};
use crate::api::fragment::{PageInfo, RunLink, age};
use crate::api::live::Change;
use crate::api::query::{once, use_live_query, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::components::allowed::{page_for, why_not};
use crate::components::copy::copy_graphql;
use crate::components::field::{choices, filter_select, filters};
use crate::components::layout::{heading, title};
use crate::components::list::{ListState, PAGE, pager, search};
use crate::components::period::period_filters;
use crate::components::state::{empty, loaded};
use crate::components::status::chip;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::since;
use crate::components::value::{text, unknown};
use crate::format::bytes_short;

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: Option<FileFilter>,
    order_by: Option<Vec<FileOrder>>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "FileHold")]
struct HeldBy {
    by: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "FileDeletion")]
struct DeletedBy {
    by: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
struct FileRow {
    sha256: String,
    name: String,
    bytes: i64,
    source: Option<String>,
    arrived_at: String,
    area: FileArea,
    hold: Option<HeldBy>,
    deleted: Option<DeletedBy>,
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
    #[arguments(filter: $filter, orderBy: $order_by, first: $first, after: $after, last: $last, before: $before)]
    files: FilePage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Source")]
struct FormatName {
    name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct FormatsQuery {
    sources: Vec<FormatName>,
}

/// The list of files.
#[component]
pub fn FileList() -> impl IntoView {
    title(|| "Files".into());
    page_for("file.read", page)
}

fn page() -> AnyView {
    let state = ListState::here();
    let session = expect_context::<Session>();
    let query = use_live_query(
        move || {
            let page = state.page(PAGE);
            FilesQuery::build(Variables {
                filter: filter(state),
                order_by: Some(order(state).0),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        Change::Runs,
    );
    let list = loaded(query, 12, move |data: FilesQuery| {
        let FilePage {
            nodes,
            page_info,
            total_count,
        } = data.files;
        if nodes.is_empty() {
            return nothing(untrack(|| filter(state)).is_some());
        }
        let options = TableOptions {
            caption: "Files",
            mark: Some(("data-file", |row: &FileRow| row.sha256.clone())),
            sorted: Some(untrack(|| order(state)).1),
        };
        view! { {table(options, columns(), &nodes)} {pager(page_info, total_count, "file", "files")} }.into_any()
    });
    let page = |upload: AnyView| {
        view! {
            {heading(&[], "Files", view! { {copy_graphql(query)} <a class="button" href="/files/formats">"Formats"</a> })}
            {upload}
            {filter_bar()}
            {list}
        }
        .into_any()
    };
    match session.may("file.create") {
        true => drop_target(page(upload_panel())),
        false => page(why_not("file.create")),
    }
}

fn nothing(filtered: bool) -> AnyView {
    if filtered {
        let all = view! { <a href="/files">"Show all files"</a> };
        return empty("No files like that", all);
    }
    let advice = view! {
        "Upload one above, or put " <code>"movies_metadata.csv"</code> " into the inbox folder. "
        <a href="/files/formats">"Which files are recognised?"</a>
    };
    empty("No files yet", advice)
}

fn filter_bar() -> AnyView {
    let formats = use_query(|| FormatsQuery::build(()), once);
    let format_choices = move || {
        let mut all = choices(&[("", "All"), (NO_FORMAT, "Not recognised")]);
        let names = formats.data.get().map(|data| data.sources);
        let names = names.into_iter().flatten();
        all.extend(names.map(|format| (format.name.clone(), format.name)));
        all
    };
    let areas = || {
        let mut all = choices(&[("", "All")]);
        let areas = FileArea::ALL.map(|area| (area.key().to_owned(), area.name().to_owned()));
        all.extend(areas);
        all
    };
    let states = || {
        choices(&[
            ("", "All"),
            ("kept", "Not deleted"),
            ("held", "Held"),
            ("deleted", "Deleted"),
        ])
    };
    let mut bar = vec![
        search("Name or hash"),
        filter_select("Format", "format", format_choices),
        filter_select("Area", "area", areas),
        filter_select("State", "state", states),
    ];
    bar.extend(period_filters("Arrived"));
    filters(&PARAMETERS, bar)
}

fn columns() -> Vec<Column<FileRow>> {
    vec![
        Column::text("File", "name", |row: &FileRow| {
            Cell::new(view! {
                <a class="file-name" href=format!("/files/{}", row.sha256) title=row.name.clone()>{row.name.clone()}</a>" "{standing(row)}
            })
        })
        .sorted_by("name"),
        Column::text("Last run", "run", |row: &FileRow| {
            match row.runs.iter().max_by_key(|run| age(&run.id)) {
                Some(run) => Cell::new(view! {
                    <a href=format!("/runs/{}", run.id.inner())>{run.id.inner().to_owned()}" "{chip(run.status)}</a>
                }),
                None => Cell::new(unknown()),
            }
        }),
        Column::text("Format", "source", |row: &FileRow| {
            Cell::new(text(row.source.clone()))
        })
        .sorted_by("format")
        .wide(),
        Column::text("SHA-256", "sha256", |row: &FileRow| {
            let short = row.sha256.chars().take(12).collect::<String>();
            Cell::exact(
                view! { <code title=row.sha256.clone()>{short}</code> },
                Some(row.sha256.clone()),
            )
        })
        .wide(),
        Column::number("Size", "bytes", |row: &FileRow| {
            Cell::exact(bytes_short(row.bytes), Some(row.bytes))
        })
        .sorted_by("size")
        .wide(),
        Column::number("Arrived", "arrivedAt", |row: &FileRow| {
            Cell::new(since(row.arrived_at.clone()))
        })
        .sorted_by("arrived"),
    ]
}

/// Whether somebody has deleted or holds a file, or it is put by.
fn standing(row: &FileRow) -> AnyView {
    let (class, word, by) = match (&row.deleted, &row.hold, row.area) {
        (Some(deleted), _, _) => ("chip still", "deleted", Some(&deleted.by)),
        (None, Some(hold), _) => ("chip warn", "held", Some(&hold.by)),
        (None, None, FileArea::Cold) => ("chip still", "cold", None),
        (None, None, FileArea::Raw) => {
            return ().into_any();
        }
    };
    let title = by.map(|by| format!("by {by}"));
    view! { <span class=class title=title>{word}</span> }.into_any()
}
