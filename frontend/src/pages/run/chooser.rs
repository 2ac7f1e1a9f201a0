//! Choosing some of the archived files.

use std::collections::BTreeMap;

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::fragment::StringFilter;
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::dialog::fault_line;
use crate::components::field::field;
use crate::components::value::whole;
use crate::format::bytes_short;

/// The chosen files: SHA-256 and name.
pub type Chosen = BTreeMap<String, String>;

/// Files that are offered at once.
const OFFERED: i32 = 8;

#[derive(cynic::InputObject, Clone)]
#[cynic(graphql_type = "StringFilter")]
struct HashFilter {
    #[cynic(rename = "in")]
    among: Option<Vec<String>>,
}

#[derive(cynic::InputObject, Clone, Default)]
struct FileFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    name: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    sha256: Option<HashFilter>,
}

#[derive(cynic::QueryVariables)]
struct FileVariables {
    filter: Option<FileFilter>,
    chosen: Option<FileFilter>,
    first: Option<i32>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
struct Offered {
    sha256: String,
    name: String,
    bytes: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFileConnection")]
struct OfferedPage {
    nodes: Vec<Offered>,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "FileVariables")]
struct FilesQuery {
    #[arguments(filter: $filter, first: $first)]
    files: OfferedPage,
    /// Those that are chosen already, for their names.
    #[arguments(filter: $chosen, first: 500)]
    #[cynic(rename = "files", alias)]
    chosen: OfferedPage,
}

/// The chosen files, and others to choose: the newest, or those whose name holds what is typed.
pub fn chooser(files: RwSignal<Chosen>) -> AnyView {
    let text = RwSignal::new(String::new());
    let query = use_query(
        move || {
            let text = text.get();
            let name = (!text.is_empty()).then(|| StringFilter::containing(text));
            let chosen = files.get_untracked().into_keys().collect();
            FilesQuery::build(FileVariables {
                filter: Some(FileFilter {
                    name,
                    ..FileFilter::default()
                }),
                chosen: Some(FileFilter {
                    sha256: Some(HashFilter {
                        among: Some(chosen),
                    }),
                    ..FileFilter::default()
                }),
                first: Some(OFFERED),
            })
        },
        once::<FilesQuery>,
    );
    // Files that came from the URL get their names as soon as they are known.
    Effect::new(move |_| {
        query.data.with(|data| {
            for file in data.iter().flat_map(|data| &data.chosen.nodes) {
                let named = |files: &Chosen| {
                    files
                        .get(&file.sha256)
                        .is_some_and(|name| *name != file.name)
                };
                if files.with_untracked(named) {
                    files.update(|files| {
                        files.insert(file.sha256.clone(), file.name.clone());
                    });
                }
            }
        });
    });
    let chosen = move || {
        files
            .get()
            .into_iter()
            .map(|(sha256, name)| {
                let words = format!("Remove {name}");
                view! {
                    <li><span class="file-name" title=sha256.clone()>{name}</span>
                        <button type="button" class="button plain" aria-label=words
                            on:click=move |_| files.update(|files| { files.remove(&sha256); })>"Remove"</button>
                    </li>
                }
            })
            .collect_view()
    };
    let offered = move || {
        query.data.with(|data| {
            let page = &data.as_ref()?.files;
            let list = page
                .nodes
                .iter()
                .map(|file| offer(files, file))
                .collect_view();
            let more = page.total_count - page.nodes.len() as i64;
            let more = (more > 0).then(|| view! { <li class="quiet small">{whole(more)}" more: type a part of the name"</li> });
            Some(view! { <ul class="offered">{list}{more}</ul> })
        })
    };
    let search = view! {
        <input type="search" autocomplete="off" prop:value=text on:input=move |event| text.set(event_target_value(&event))/>
    };
    view! {
        <ul class="chosen" aria-label="Chosen files">{chosen}</ul>
        {field("Find a file", "", search.into_any())}
        {move || query.error.get().map(fault_line)}
        {offered}
    }
    .into_any()
}

fn offer(files: RwSignal<Chosen>, file: &Offered) -> AnyView {
    let Offered {
        sha256,
        name,
        bytes,
    } = file.clone();
    let own = sha256.clone();
    let label = name.clone();
    let change = move |event| {
        files.update(|files| {
            match event_target_checked(&event) {
                true => files.insert(sha256.clone(), name.clone()),
                false => files.remove(&sha256),
            };
        });
    };
    view! {
        <li><label class="check">
            <input type="checkbox" prop:checked=move || files.with(|files| files.contains_key(&own)) on:change=change/>
            <span><span class="file-name">{label}</span><span class="quiet small">" "{bytes_short(bytes)}</span></span>
        </label></li>
    }
    .into_any()
}
