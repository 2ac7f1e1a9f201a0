//! Reading archived files again: which, under which rules, at once or held; then what held runs would change,
//! before anything merges.
//!
//! The dialog is open while the URL has `?reprocess=`: the SHA-256 of the files that are chosen, with commas
//! between; nothing chosen yet; or [`ALL`].

use std::collections::BTreeMap;

use cynic::{MutationBuilder, QueryBuilder};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::preview::previews;
use super::rules::rule_choices;
use crate::api::fragment::{RunLink, StringFilter};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::dialog::{fault_line, wide_dialog};
use crate::components::field::{field, select_field};
use crate::components::list::ListState;
use crate::components::toast::toast;
use crate::components::value::whole;
use crate::format::{bytes_short, plural};
use crate::pages::backfill::start::start_backfill;

/// The parameter of the URL.
const KEY: &str = "reprocess";
/// Stands there for every archived file.
pub const ALL: &str = "all";
/// Stands there for files that are yet to be chosen.
const CHOOSE: &str = "choose";
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

#[derive(cynic::QueryVariables)]
struct ReprocessVariables {
    file: String,
    rules: Option<i32>,
    preview: bool,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "ReprocessVariables")]
struct ReprocessMutation {
    #[arguments(file: $file, rules: $rules, preview: $preview)]
    reprocess: RunLink,
}

/// A link that opens the dialog with these files chosen (`""` for none yet).
pub fn start(files: &str, words: &'static str) -> AnyView {
    let state = ListState::here();
    let wanted = match files {
        "" => CHOOSE.to_owned(),
        files => files.to_owned(),
    };
    let link = move || state.link(&[(KEY, Some(wanted.clone()))]);
    view! { <a class="button" href=link data-testid="reprocess">{words}</a> }.into_any()
}

/// [`start`] for the file of a run, to whoever may.
pub fn reprocess_button(sha256: String) -> AnyView {
    crate::components::allowed::allowed("run.trigger", move || start(&sha256, "Reprocess…"))
}

/// What the dialog holds.
#[derive(Clone, Copy)]
struct Form {
    open: RwSignal<bool>,
    /// Every archived file, as a backfill.
    all: RwSignal<bool>,
    /// The chosen files: SHA-256 and name.
    files: RwSignal<BTreeMap<String, String>>,
    rules: RwSignal<String>,
    preview: RwSignal<bool>,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<ApiError>>,
    /// The runs that were begun.
    runs: RwSignal<Vec<cynic::Id>>,
}

/// The dialog; a page that can open it has it once.
pub fn reprocess() -> AnyView {
    let state = ListState::here();
    let navigate = use_navigate();
    let form = Form {
        open: RwSignal::new(false),
        all: RwSignal::new(false),
        files: RwSignal::new(BTreeMap::new()),
        rules: RwSignal::new(String::new()),
        preview: RwSignal::new(true),
        busy: RwSignal::new(false),
        fault: RwSignal::new(None),
        runs: RwSignal::new(Vec::new()),
    };
    let asked = Memo::new(move |_| state.get(KEY));
    Effect::new(move |_| {
        let Some(asked) = asked.get() else {
            form.open.set(false);
            return;
        };
        form.begin(&asked);
        form.open.set(true);
    });
    // Closing the dialog, however that is done, takes it out of the URL.
    Effect::new(move |was: Option<bool>| {
        let open = form.open.get();
        if was == Some(true) && !open && asked.get_untracked().is_some() {
            let link = untrack(|| state.link(&[(KEY, None)]));
            navigate(&link, crate::components::list::in_place());
        }
        open
    });
    wide_dialog(form.open, "Process files again", move || {
        let begun = Memo::new(move |_| form.runs.with(|runs| !runs.is_empty()));
        (move || match begun.get() {
            true => previews(form.runs.get_untracked(), form.open),
            false => fields(form),
        })
        .into_any()
    })
}

impl Form {
    fn begin(self, asked: &str) {
        self.all.set(asked == ALL);
        let files = asked.split(',').filter(|part| part.len() == 64);
        self.files.set(
            files
                .map(|sha256| (sha256.to_owned(), sha256[..12].to_owned()))
                .collect(),
        );
        self.runs.set(Vec::new());
        self.fault.set(None);
    }
}

fn fields(form: Form) -> AnyView {
    let rules = rule_choices("The newest");
    let radio = move |name: &'static str,
                      on: RwSignal<bool>,
                      value: bool,
                      words: &'static str,
                      about: &'static str| {
        view! {
            <label class="check">
                <input type="radio" name=name prop:checked=move || on.get() == value on:change=move |_| on.set(value)/>
                <span>{words}<span class="quiet small">{about}</span></span>
            </label>
        }
    };
    let count = move || form.files.with(BTreeMap::len) as i64;
    let verb = move || {
        let verb = if form.preview.get() { "Preview" } else { "Run" };
        match (form.all.get(), count()) {
            (true, _) => format!("{verb} all files"),
            (false, 0) => verb.to_owned(),
            (false, count) => format!(
                "{verb} {}",
                plural(count, &count.to_string(), "file", "files")
            ),
        }
    };
    let idle = move || form.busy.get() || (!form.all.get() && count() == 0);
    let send = sender(form);
    view! {
        <form on:submit=move |event| { event.prevent_default(); send(); }>
            <div class="dialog-body">
                <fieldset>
                    <legend>"Files"</legend>
                    {radio("which", form.all, false, "These files", "")}
                    {radio("which", form.all, true, "All archived files",
                        " as a backfill, oldest first; it goes on when this page is closed")}
                </fieldset>
                {move || (!form.all.get()).then(|| files(form))}
                {select_field("Rules", move || rules.get(), form.rules)}
                <fieldset>
                    <legend>"What happens"</legend>
                    {radio("mode", form.preview, true, "Preview", " held before merging, so that its changes can be looked at")}
                    {radio("mode", form.preview, false, "Run", " merged as soon as it is compared")}
                </fieldset>
            </div>
            {move || form.fault.get().map(fault_line)}
            <div class="dialog-buttons">
                <button type="button" class="button" on:click=move |_| form.open.set(false)>"Cancel"</button>
                <button type="submit" class="button primary" data-testid="reprocess-go" disabled=idle>{verb}</button>
            </div>
        </form>
    }
    .into_any()
}

/// Choosing files: the newest, or those whose name holds what is typed.
fn files(form: Form) -> AnyView {
    let text = RwSignal::new(String::new());
    let query = use_query(
        move || {
            let text = text.get();
            let name = (!text.is_empty()).then(|| StringFilter::containing(text));
            let chosen = form.files.get_untracked().into_keys().collect();
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
                let named = |files: &BTreeMap<String, String>| {
                    files
                        .get(&file.sha256)
                        .is_some_and(|name| *name != file.name)
                };
                if form.files.with_untracked(named) {
                    form.files.update(|files| {
                        files.insert(file.sha256.clone(), file.name.clone());
                    });
                }
            }
        });
    });
    let chosen = move || {
        form.files
            .get()
            .into_iter()
            .map(|(sha256, name)| {
                let words = format!("Remove {name}");
                view! {
                    <li><span class="file-name" title=sha256.clone()>{name}</span>
                        <button type="button" class="button plain" aria-label=words
                            on:click=move |_| form.files.update(|files| { files.remove(&sha256); })>"Remove"</button>
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
                .map(|file| offer(form, file))
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

fn offer(form: Form, file: &Offered) -> AnyView {
    let Offered {
        sha256,
        name,
        bytes,
    } = file.clone();
    let own = sha256.clone();
    let label = name.clone();
    let change = move |event| {
        form.files.update(|files| {
            match event_target_checked(&event) {
                true => files.insert(sha256.clone(), name.clone()),
                false => files.remove(&sha256),
            };
        });
    };
    view! {
        <li><label class="check">
            <input type="checkbox" prop:checked=move || form.files.with(|files| files.contains_key(&own)) on:change=change/>
            <span><span class="file-name">{label}</span><span class="quiet small">" "{bytes_short(bytes)}</span></span>
        </label></li>
    }
    .into_any()
}

/// What begins the runs: a backfill, or one for each chosen file.
fn sender(form: Form) -> impl Fn() + Send + Sync + 'static {
    let session = expect_context::<Session>();
    let navigate = StoredValue::new_local(use_navigate());
    move || {
        let rules = form.rules.get_untracked().parse().ok();
        let (all, preview) = (form.all.get_untracked(), form.preview.get_untracked());
        let files: Vec<String> = form.files.get_untracked().into_keys().collect();
        form.busy.set(true);
        form.fault.set(None);
        spawn_local(async move {
            let answer = match all {
                true => start_backfill(rules, preview).await.map(Begun::Backfill),
                false => begin(files, rules, preview).await.map(Begun::Runs),
            };
            session.note(answer.as_ref().err());
            form.busy.try_set(false);
            match answer {
                Ok(Begun::Backfill(id)) => {
                    toast(format!("Backfill {id} has begun"));
                    navigate
                        .try_with_value(|go| go(&format!("/backfills/{id}"), Default::default()));
                }
                Ok(Begun::Runs(runs)) => {
                    form.runs.try_set(runs);
                }
                Err(error) => {
                    form.fault.try_set(Some(error));
                }
            }
        });
    }
}

enum Begun {
    Backfill(String),
    Runs(Vec<cynic::Id>),
}

async fn begin(
    files: Vec<String>,
    rules: Option<i32>,
    preview: bool,
) -> Result<Vec<cynic::Id>, ApiError> {
    let mut runs = Vec::new();
    for file in files {
        let variables = ReprocessVariables {
            file,
            rules,
            preview,
        };
        match send(ReprocessMutation::build(variables)).await {
            Ok(answer) => runs.push(answer.reprocess.id),
            // What was begun goes on and is shown.
            Err(error) if !runs.is_empty() => {
                toast(format!("{}: {}", error.code, error.message));
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(runs)
}
