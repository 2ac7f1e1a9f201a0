//! Bringing files in: dropped anywhere on the page or chosen, each with its progress, what became of
//! it and the run that loads it.

use cynic::QueryBuilder;
use leptos::ev::DragEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{File, FileList, HtmlInputElement, Node};

use super::queue::{Stage, Upload, Uploads};
use crate::api::fragment::RunStatus;
use crate::api::live::Change;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::api::transport::ApiError;
use crate::components::field::check_field;
use crate::components::icon::Icon;
use crate::components::status::chip;
use crate::format::{bytes_short, percent, plural};

#[derive(cynic::QueryVariables)]
struct Variables {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct LoadingRun {
    id: cynic::Id,
    status: RunStatus,
    error: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct LoadingQuery {
    #[arguments(id: $id)]
    run: Option<LoadingRun>,
}

fn listed(files: Option<FileList>) -> Vec<File> {
    let files = files.into_iter();
    let files = files.flat_map(|files| (0..files.length()).filter_map(move |at| files.get(at)));
    files.collect()
}

/// A part of the page onto which files may be dropped.
pub fn drop_target(content: AnyView) -> AnyView {
    let uploads = expect_context::<Uploads>();
    let over = RwSignal::new(false);
    let carries = |event: &DragEvent| {
        let data = event.data_transfer();
        data.is_some_and(|data| data.types().includes(&"Files".into(), 0))
    };
    let hovers = move |event: DragEvent| {
        if carries(&event) {
            event.prevent_default();
            over.set(true);
        }
    };
    let leaves = move |event: DragEvent| {
        let inside = event.current_target().zip(event.related_target());
        let inside = inside.is_some_and(|(whole, part)| {
            let whole = whole.dyn_into::<Node>().ok();
            whole.is_some_and(|whole| whole.contains(part.dyn_ref::<Node>()))
        });
        if !inside {
            over.set(false);
        }
    };
    let drops = move |event: DragEvent| {
        if carries(&event) {
            event.prevent_default();
            over.set(false);
            uploads.add(listed(event.data_transfer().and_then(|data| data.files())));
        }
    };
    view! {
        <div class="drop-target" class:over=move || over.get()
            on:dragover=hovers on:dragleave=leaves on:drop=drops>
            {content}
        </div>
    }
    .into_any()
}

/// Where files are chosen, and how those stand that go.
pub fn upload_panel() -> AnyView {
    let uploads = expect_context::<Uploads>();
    let input = NodeRef::<html::Input>::new();
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let chosen = move |event| {
        let input: HtmlInputElement = event_target(&event);
        uploads.add(listed(input.files()));
        // The same file may be chosen again.
        input.set_value("");
    };
    view! {
        <section class="upload-panel" aria-label="Upload">
            <div class="upload-place">
                <p class="upload-words">
                    <strong>"Drop files anywhere on this page"</strong>
                    <span class="quiet">"plain, .gz, .zst or .zip; "<a href="/files/formats">"which files are recognised?"</a></span>
                </p>
                {check_field("Hold each run before merging", uploads.hold)}
                <button type="button" class="button primary" on:click=choose>"Choose files"</button>
                <input type="file" multiple hidden data-testid="upload-input" node_ref=input on:change=chosen/>
            </div>
            <p class="sr" role="status">{move || told(&uploads.all())}</p>
            <ul class="uploads">
                <For each=move || uploads.all() key=|upload| upload.id let:upload>
                    {row(uploads, upload)}
                </For>
            </ul>
        </section>
    }
    .into_any()
}

/// How the uploads stand in a sentence; it changes only when one has ended.
fn told(all: &[Upload]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let of = |wanted: fn(&Stage) -> bool| {
        let counted = all.iter().filter(|upload| upload.stage.with(wanted));
        counted.count()
    };
    let done = of(|stage| matches!(stage, Stage::Done(_)));
    let failed = of(|stage| matches!(stage, Stage::Failed(_)));
    let total = plural(all.len() as i64, &all.len().to_string(), "file", "files");
    match failed {
        0 => format!("{done} of {total} uploaded"),
        failed => format!("{done} of {total} uploaded, {failed} failed"),
    }
}

fn row(uploads: Uploads, upload: Upload) -> AnyView {
    let (name, bytes) = (upload.name(), upload.bytes());
    let stage = ArcMemo::new({
        let stage = upload.stage.clone();
        move |_| stage.get()
    });
    let ended = ArcMemo::new({
        let stage = stage.clone();
        // What has ended is drawn anew only when it changes; progress is a matter of a bar's width.
        move |_| {
            stage.with(|stage| match stage {
                Stage::Waiting | Stage::Sending(_) => None,
                ended => Some(ended.clone()),
            })
        }
    });
    let going = {
        let (stage, name) = (stage.clone(), name.clone());
        move || bar(&name, bytes, stage.clone())
    };
    let state = {
        let ended = ended.clone();
        move || match ended.get() {
            None => going(),
            Some(Stage::Done(uploaded)) => done(uploaded.run, &uploaded.file.sha256),
            Some(Stage::Failed(error)) => failed(error),
            Some(_) => ().into_any(),
        }
    };
    let buttons = move || {
        let upload = upload.clone();
        let name = upload.name();
        match ended.get() {
            None => button("Stop", &name, move || uploads.stop(&upload)),
            Some(Stage::Failed(_)) => {
                let again = upload.clone();
                let retry = button("Retry", &name, move || uploads.retry(&again));
                let remove = button("Remove", &name, move || uploads.remove(&upload));
                view! { {retry} {remove} }.into_any()
            }
            Some(_) => button("Remove", &name, move || uploads.remove(&upload)),
        }
    };
    view! {
        <li class="upload" data-upload=name.clone()>
            <span class="file-name" title=name.clone()>{name.clone()}</span>
            <span class="num quiet">{bytes_short(bytes as i64)}</span>
            <div class="upload-state">{state}</div>
            <div class="upload-actions">{buttons}</div>
        </li>
    }
    .into_any()
}

fn button(label: &'static str, name: &str, act: impl Fn() + 'static) -> AnyView {
    let whole = format!("{label} {name}");
    let icon = (label == "Retry").then(|| Icon::Retry.draw());
    view! {
        <button type="button" class="button small" aria-label=whole on:click=move |_| act()>{icon} {label}</button>
    }
    .into_any()
}

fn bar(name: &str, bytes: f64, stage: ArcMemo<Stage>) -> AnyView {
    let share = ArcMemo::new(move |_| {
        stage.with(|stage| match stage {
            Stage::Sending(sent) if bytes > 0.0 => Some((sent / bytes).min(1.0)),
            Stage::Sending(_) => Some(1.0),
            _ => None,
        })
    });
    let words = {
        let share = share.clone();
        move || match share.get() {
            None => "Waiting for its turn".to_owned(),
            // All has gone; the server puts it into the archive before it answers.
            Some(share) if share >= 1.0 => "Archiving…".to_owned(),
            Some(share) => format!("Uploading, {}", percent(share)),
        }
    };
    let (spoken, shown) = (words.clone(), words);
    let per_cent = move || share.get().unwrap_or(0.0) * 100.0;
    let (now, width) = (per_cent.clone(), per_cent);
    view! {
        <div class="progress" role="progressbar" aria-label=format!("Upload of {name}")
            aria-valuemin="0" aria-valuemax="100" aria-valuenow=move || format!("{:.0}", now()) aria-valuetext=spoken>
            <div class="progress-track"><div class="progress-fill at-once" style:width=move || format!("{:.1}%", width())></div></div>
            <span class="progress-label">{shown}</span>
        </div>
    }
    .into_any()
}

fn failed(error: ApiError) -> AnyView {
    view! {
        <p class="negative" role="alert"><strong class="code">{error.code}</strong>" "{error.message}</p>
    }
    .into_any()
}

/// The run of a file that has come, followed until it rests.
fn done(run: i64, sha256: &str) -> AnyView {
    let query = use_live_query(
        move || {
            LoadingQuery::build(Variables {
                id: cynic::Id::new(run.to_string()),
            })
        },
        Change::Run(Signal::derive(move || run.to_string())),
    );
    let state = move || {
        let run = query.data.get().and_then(|data| data.run);
        run.map(|run| {
            let error = run.error.map(|error| {
                view! { <p class="negative">{error}" "<a href="/files/formats">"Which files are recognised?"</a></p> }
            });
            view! { {chip(run.status)} {error} }
        })
    };
    view! {
        <p class="upload-done">
            "Uploaded: "
            <a href=format!("/runs/{run}")>{format!("run {run}")}</a>
            <a href=format!("/files/{sha256}")>"file"</a>
            {state}
        </p>
    }
    .into_any()
}
