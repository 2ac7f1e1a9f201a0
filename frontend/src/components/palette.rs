//! The command palette (Ctrl/⌘-K): goes to pages, runs, files, companies, genres and movies, and does what can be
//! done from anywhere. One types, chooses with the arrow keys and takes with Enter.

use std::time::Duration;

use cynic::QueryBuilder;
use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::dialog::dialog;
use super::guard::leave_for;
use super::shortcut::sections;
use crate::api::fragment::{IdFilter, RunStatus};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::theme::Theme;

thread_local! {
    // Not a context: the shortcut and the button are elsewhere in the frame.
    static OPEN: ArcRwSignal<bool> = ArcRwSignal::new(false);
}

/// Opens the palette.
pub fn open_palette() {
    OPEN.with(|open| open.set(true));
}

/// What the shortcut is called on the reader's keyboard.
pub fn command_key() -> &'static str {
    let platform = window().navigator().user_agent().unwrap_or_default();
    if platform.contains("Mac") || platform.contains("iPhone") || platform.contains("iPad") {
        "⌘K"
    } else {
        "Ctrl K"
    }
}

/// What taking an entry does.
#[derive(Clone, PartialEq)]
enum Deed {
    Go(String),
    SetTheme(Theme),
    SignOut,
}

/// A line of the palette.
#[derive(Clone, PartialEq)]
struct Entry {
    kind: &'static str,
    name: String,
    detail: String,
    deed: Deed,
}

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum SearchKind {
    Movie,
    Company,
    Genre,
    Collection,
}

#[derive(cynic::QueryFragment)]
struct SearchHit {
    kind: SearchKind,
    id: cynic::Id,
    name: String,
    year: Option<i32>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Run")]
struct FoundRun {
    id: cynic::Id,
    status: RunStatus,
    file_name: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "RunConnection")]
struct FoundRuns {
    nodes: Vec<FoundRun>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "SourceFile")]
struct FoundFile {
    sha256: String,
    name: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "SourceFileConnection")]
struct FoundFiles {
    nodes: Vec<FoundFile>,
}

#[derive(cynic::InputObject, Clone, Default)]
#[cynic(graphql_type = "StringFilter")]
struct TextFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    starts_with: Option<String>,
}

#[derive(cynic::InputObject, Clone, Default)]
struct FileFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    sha256: Option<TextFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    name: Option<TextFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    or: Option<Vec<FileFilter>>,
}

#[derive(cynic::InputObject, Clone, Default)]
struct RunFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    id: Option<IdFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    file_name: Option<TextFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    file: Option<FileFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    or: Option<Vec<RunFilter>>,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    text: String,
    runs: Option<RunFilter>,
    files: Option<FileFilter>,
    may_read_files: bool,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct FindQuery {
    #[arguments(text: $text, first: 12)]
    search: Vec<SearchHit>,
    #[arguments(filter: $runs, first: 5)]
    runs: FoundRuns,
    #[arguments(filter: $files, first: 5)]
    #[directives(include(if: $may_read_files))]
    files: Option<FoundFiles>,
}

fn contains(text: &str) -> Option<TextFilter> {
    Some(TextFilter {
        contains: Some(text.to_owned()),
        ..Default::default()
    })
}

/// Files with this name, or whose hash begins like this.
fn files_like(text: &str) -> FileFilter {
    let named = FileFilter {
        name: contains(text),
        ..Default::default()
    };
    let hashed = FileFilter {
        sha256: Some(TextFilter {
            starts_with: Some(text.to_lowercase()),
            ..Default::default()
        }),
        ..Default::default()
    };
    FileFilter {
        or: Some(vec![named, hashed]),
        ..Default::default()
    }
}

/// Runs with this id, or of files like these.
fn runs_like(text: &str) -> RunFilter {
    let mut any = vec![
        RunFilter {
            file_name: contains(text),
            ..Default::default()
        },
        RunFilter {
            file: Some(files_like(text)),
            ..Default::default()
        },
    ];
    if !text.is_empty() && text.len() < 19 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        any.push(RunFilter {
            id: Some(IdFilter {
                eq: Some(cynic::Id::new(text)),
            }),
            ..Default::default()
        });
    }
    RunFilter {
        or: Some(any),
        ..Default::default()
    }
}

/// What the server finds.
async fn find(text: String, may_read_files: bool) -> Result<Vec<Entry>, ApiError> {
    let found = send(FindQuery::build(Variables {
        runs: Some(runs_like(&text)),
        files: may_read_files.then(|| files_like(&text)),
        text,
        may_read_files,
    }))
    .await?;
    let mut entries = Vec::new();
    for run in found.runs.nodes {
        let id = run.id.inner();
        entries.push(Entry {
            kind: "Run",
            name: format!("Run {id}"),
            detail: format!("{} · {}", run.status.name(), run.file_name),
            deed: Deed::Go(format!("/runs/{id}")),
        });
    }
    for file in found.files.into_iter().flat_map(|files| files.nodes) {
        entries.push(Entry {
            kind: "File",
            detail: file.sha256.chars().take(12).collect(),
            name: file.name,
            deed: Deed::Go(format!("/files/{}", file.sha256)),
        });
    }
    for hit in found.search {
        let (kind, folder) = match hit.kind {
            SearchKind::Movie => ("Movie", "movies"),
            SearchKind::Company => ("Company", "companies"),
            SearchKind::Genre => ("Genre", "genres"),
            // Collections have no page of their own.
            SearchKind::Collection => continue,
        };
        entries.push(Entry {
            kind,
            name: hit.name,
            detail: hit.year.map(|year| year.to_string()).unwrap_or_default(),
            deed: Deed::Go(format!("/{folder}/{}", hit.id.inner())),
        });
    }
    Ok(entries)
}

/// Pages and actions whose words contain all that was typed. Reactive.
fn known(text: &str, session: Session) -> Vec<Entry> {
    let go = |name: &str, path: &str| Entry {
        kind: "Page",
        name: name.to_owned(),
        detail: String::new(),
        deed: Deed::Go(path.to_owned()),
    };
    let action = |name: &str, deed: Deed| Entry {
        kind: "Action",
        name: name.to_owned(),
        detail: String::new(),
        deed,
    };
    let mut all: Vec<Entry> = sections()
        .filter(|section| section.open_to(session))
        .map(|section| go(section.name, section.path))
        .collect();
    all.push(go("Your account", "/account"));
    for (permission, name, path) in ACTIONS {
        if session.may(permission) {
            all.push(action(name, Deed::Go((*path).to_owned())));
        }
    }
    all.push(action("Theme: light", Deed::SetTheme(Theme::Light)));
    all.push(action("Theme: dark", Deed::SetTheme(Theme::Dark)));
    all.push(action(
        "Theme: as the system has it",
        Deed::SetTheme(Theme::System),
    ));
    all.push(action("Sign out", Deed::SignOut));
    let words: Vec<String> = text
        .to_lowercase()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    all.retain(|entry| {
        let name = entry.name.to_lowercase();
        words.iter().all(|word| name.contains(word.as_str()))
    });
    all
}

/// Actions that begin on a page: the permission, the words, the address.
const ACTIONS: &[(&str, &str, &str)] = &[
    (
        "run.approve",
        "Show what waits for approval",
        "/runs?status=held",
    ),
    ("data.read", "Show failed runs", "/runs?status=failed"),
    ("file.create", "Upload a file", "/files"),
    ("rule.write", "Write rules", "/rules"),
];

/// Milliseconds after the last keystroke until the server is asked.
const PAUSE: u64 = 150;

/// The palette; the frame has the one there is.
pub fn palette() -> AnyView {
    let open = RwSignal::new(false);
    // The one signal outlives the frame, the other goes with it.
    Effect::new(move |_| {
        let shared = OPEN.with(Clone::clone);
        if shared.get() {
            shared.set(false);
            open.set(true);
        }
    });
    dialog(open, "Find or do", move || finder(open))
}

fn finder(open: RwSignal<bool>) -> AnyView {
    let session = expect_context::<Session>();
    let theme = expect_context::<RwSignal<Theme>>();
    let navigate = use_navigate();
    let text = RwSignal::new(String::new());
    let found = RwSignal::new(Vec::<Entry>::new());
    let fault = RwSignal::new(None::<ApiError>);
    let chosen = RwSignal::new(0_usize);
    let entries = Memo::new(move |_| {
        let mut entries = text.with(|text| known(text, session));
        entries.extend(found.get());
        entries
    });
    let input = NodeRef::<Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _ = input.focus();
        }
    });
    let ask = asker(text, session, found, fault);
    let take = StoredValue::new_local(move |entry: Entry| {
        open.set(false);
        match entry.deed {
            Deed::Go(path) => leave_for(&path, |path| navigate(path, Default::default())),
            Deed::SetTheme(wanted) => theme.set(wanted),
            Deed::SignOut => spawn_local(async move {
                if let Err(error) = session.logout().await {
                    super::toast::toast(error.message);
                }
            }),
        }
    });
    let keys = move |event: KeyboardEvent| {
        let count = entries.with_untracked(Vec::len);
        if count == 0 {
            return;
        }
        let now = chosen.get_untracked().min(count - 1);
        match event.key().as_str() {
            "ArrowDown" => chosen.set((now + 1) % count),
            "ArrowUp" => chosen.set((now + count - 1) % count),
            "Enter" => {
                if let Some(entry) = entries.with_untracked(|entries| entries.get(now).cloned()) {
                    take.with_value(|take| take(entry));
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let typed = move |event| {
        text.set(event_target_value(&event));
        chosen.set(0);
        ask();
    };
    let lines = move || {
        entries
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, entry)| line(index, entry, chosen, take))
            .collect_view()
    };
    let nothing = move || {
        (entries.with(Vec::is_empty) && fault.with(Option::is_none))
            .then(|| view! { <p class="quiet">"Nothing is called that."</p> })
    };
    view! {
        <div class="palette">
            <input type="text" role="combobox" aria-label="Find or do" aria-expanded="true" aria-autocomplete="list"
                aria-controls="palette-list" aria-activedescendant=move || format!("palette-{}", chosen.get())
                autocomplete="off" spellcheck="false" placeholder="A page, run, file, company, genre, movie or action"
                node_ref=input on:input=typed on:keydown=keys/>
            <ul id="palette-list" role="listbox" aria-label="What there is">{lines}</ul>
            {nothing}
            {move || fault.get().map(super::dialog::fault_line)}
        </div>
    }
    .into_any()
}

/// Asks the server a moment after the last keystroke; an answer to other words is dropped.
fn asker(
    text: RwSignal<String>,
    session: Session,
    found: RwSignal<Vec<Entry>>,
    fault: RwSignal<Option<ApiError>>,
) -> impl Fn() + Copy {
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(Some(handle)) = waiting.try_get_value() {
            handle.clear();
        }
    };
    on_cleanup(stop);
    let ask = move || {
        let Some(words) = text.try_get_untracked().map(|text| text.trim().to_owned()) else {
            return;
        };
        if words.is_empty() {
            found.set(Vec::new());
            return;
        }
        spawn_local(async move {
            let may_read_files = untrack(|| session.may("file.read"));
            let answer = find(words.clone(), may_read_files).await;
            session.note(answer.as_ref().err());
            if text.try_with_untracked(|text| text.trim() == words) != Some(true) {
                return;
            }
            match answer {
                Ok(entries) => {
                    fault.set(None);
                    found.set(entries);
                }
                Err(error) => fault.set(Some(error)),
            }
        });
    };
    move || {
        stop();
        waiting.set_value(set_timeout_with_handle(ask, Duration::from_millis(PAUSE)).ok());
    }
}

fn line<F: Fn(Entry) + 'static>(
    index: usize,
    entry: Entry,
    chosen: RwSignal<usize>,
    take: StoredValue<F, LocalStorage>,
) -> AnyView {
    let here = move || chosen.get() == index;
    let node = NodeRef::<leptos::html::Li>::new();
    Effect::new(move |_| {
        if let (true, Some(node)) = (here(), node.get()) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            node.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    let own = entry.clone();
    view! {
        <li role="option" id=format!("palette-{index}") aria-selected=move || here().to_string() node_ref=node
            on:pointermove=move |_| if chosen.get_untracked() != index { chosen.set(index) }
            on:click=move |_| { take.try_with_value(|take| take(own.clone())); }>
            <span class="palette-kind">{entry.kind}</span>
            <span class="palette-name">{entry.name}</span>
            <span class="quiet">{entry.detail}</span>
        </li>
    }
    .into_any()
}
