//! A new version of the rules: edited, compared, tried and published on one page.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::difference::{difference, view_switch};
use super::editor::{editor, found};
use super::preview::{MoverMeasure, RulePreview, Scope, preview};
use super::publish::{Draft, publish};
use super::sandbox::result;
use super::{RuleSet, RuleSetQuery, VersionVariables};
use crate::api::fragment::RunStatus;
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::ApiError;
use crate::components::allowed::page_for;
use crate::components::field::{choices, select_field, typed_field};
use crate::components::guard::guard;
use crate::components::layout::{heading, section, title};
use crate::components::list::ListState;
use crate::components::state::{failure, loaded, skeleton};
use crate::format::plural;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Merged {
    status: RunStatus,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "FileDeletion")]
struct Gone {
    by: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
struct TriableFile {
    sha256: String,
    name: String,
    deleted: Option<Gone>,
    runs: Vec<Merged>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFileConnection")]
struct TriableFiles {
    nodes: Vec<TriableFile>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct TriableQuery {
    #[arguments(first: 100)]
    files: TriableFiles,
}

/// The page of a draft, which begins as the version that the URL names, or else as the newest.
#[component]
pub fn RuleDraft() -> impl IntoView {
    title(|| "New rules".into());
    page_for("rule.write", page)
}

fn page() -> AnyView {
    let state = ListState::here();
    let query = use_query(
        move || {
            RuleSetQuery::build(VersionVariables {
                version: state.get("from").and_then(|from| from.parse().ok()),
            })
        },
        once,
    );
    let draft = loaded(query, 24, |data: RuleSetQuery| draft(data.rule_set));
    view! {
        {heading(&[("/rules", "Rules")], "New version", ())}
        {draft}
    }
    .into_any()
}

/// What is tried, and what came of it.
#[derive(Clone, Copy)]
struct Trial {
    scope: RwSignal<String>,
    newest: RwSignal<String>,
    chosen: RwSignal<Vec<String>>,
    measure: RwSignal<String>,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<ApiError>>,
    result: RwSignal<Option<(RulePreview, MoverMeasure)>>,
}

impl Trial {
    fn new() -> Self {
        Self {
            scope: RwSignal::new("all".to_owned()),
            newest: RwSignal::new("1".to_owned()),
            chosen: RwSignal::new(Vec::new()),
            measure: RwSignal::new("revenue".to_owned()),
            busy: RwSignal::new(false),
            fault: RwSignal::new(None),
            result: RwSignal::new(None),
        }
    }

    /// What the form asks for.
    ///
    /// # Errors
    /// What has to be filled in first.
    fn scope(self) -> Result<Scope, ApiError> {
        let wrong = |message: &str| ApiError {
            code: "BAD_USER_INPUT".to_owned(),
            message: message.to_owned(),
        };
        match self.scope.get_untracked().as_str() {
            "newest" => match self.newest.get_untracked().trim().parse() {
                Ok(count) if count > 0 => Ok(Scope::Newest(count)),
                _ => Err(wrong("Say on how many of the newest files, at least 1.")),
            },
            "chosen" => match self.chosen.get_untracked() {
                files if files.is_empty() => Err(wrong("Choose at least one file.")),
                files => Ok(Scope::Chosen(files)),
            },
            _ => Ok(Scope::All),
        }
    }
}

fn draft(base: RuleSet) -> AnyView {
    let session = expect_context::<Session>();
    let base = StoredValue::new(base);
    let body = move || base.with_value(|base| base.body.clone());
    let draft = Draft {
        text: RwSignal::new(body()),
        faults: RwSignal::new(Vec::new()),
        tried: RwSignal::new(None),
    };
    let trial = Trial::new();
    let comparing = RwSignal::new(false);
    let beside = RwSignal::new(false);
    let publishing = RwSignal::new(false);
    let saved = RwSignal::new(false);
    let changed =
        Memo::new(move |_| base.with_value(|base| draft.text.with(|text| *text != base.body)));
    let dirty = Signal::derive(move || changed.get() && !saved.get());

    let attempt = move || {
        if trial.busy.get_untracked() {
            return;
        }
        trial.fault.set(None);
        let scope = match trial.scope() {
            Ok(scope) => scope,
            Err(error) => return trial.fault.set(Some(error)),
        };
        let text = draft.text.get_untracked();
        let measure = MoverMeasure::of(&trial.measure.get_untracked());
        trial.busy.set(true);
        spawn_local(async move {
            let answer = preview(text.clone(), scope, measure).await;
            session.note(answer.as_ref().err());
            // The page may have gone in the meantime.
            if trial.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(found_out) if found_out.faults.is_empty() => {
                    draft.faults.set(Vec::new());
                    draft.tried.set(Some(text));
                    trial.result.set(Some((found_out, measure)));
                }
                Ok(found_out) => {
                    draft.faults.set(found(&text, found_out.faults));
                    comparing.set(false);
                    trial.result.set(None);
                }
                Err(error) => trial.fault.set(Some(error)),
            }
        });
    };
    let navigate = use_navigate();
    let published = Callback::new(move |version: i32| {
        saved.set(true);
        navigate(
            &format!("/rules/{version}?published=yes"),
            Default::default(),
        );
    });
    let version = base.with_value(|base| base.version);
    let changes = move || match changed.get() {
        true => "Changes",
        false => "No changes yet",
    };
    let switch = move |label: AnyView, value: bool| {
        view! {
            <button type="button" class="button" aria-pressed=move || (comparing.get() == value).to_string()
                on:click=move |_| comparing.set(value)>{label}</button>
        }
    };
    let reset = move || {
        dirty.get().then(|| {
            view! {
                <button type="button" class="button plain" on:click=move |_| {
                    draft.text.set(body());
                    draft.faults.set(Vec::new());
                }>"Back to version "{version}</button>
            }
        })
    };
    view! {
        {guard(dirty)}
        {publish(publishing, draft, published)}
        <div class="controls">
            <p class="quiet">
                "Begun from "<a href=format!("/rules/{version}")>{format!("version {version}")}</a>"."
            </p>
            <div class="switches">
                {reset}
                <div class="switch" role="group" aria-label="Edit or compare">
                    {switch("Edit".into_any(), false)}
                    {switch(changes.into_any(), true)}
                </div>
                <button type="button" class="button primary" data-testid="publish" disabled=move || !changed.get()
                    on:click=move |_| publishing.set(true)>"Publish"</button>
            </div>
        </div>
        <div hidden=move || comparing.get()>{editor(draft.text, draft.faults, attempt)}</div>
        {move || comparing.get().then(|| view! {
            {view_switch(beside.into(), move |value| beside.set(value))}
            {move || difference(&body(), &draft.text.get(), beside.get())}
        })}
        {section("Sandbox", view! { {form(trial, attempt)} {outcome(trial, draft, attempt)} })}
    }
    .into_any()
}

fn form(trial: Trial, attempt: impl Fn() + Copy + 'static) -> AnyView {
    let scopes = || {
        choices(&[
            ("all", "All files"),
            ("newest", "The newest files"),
            ("chosen", "Chosen files"),
        ])
    };
    let measures = || {
        let all = MoverMeasure::ALL.into_iter();
        all.map(|(_, key, words)| (key.to_owned(), words.to_owned()))
            .collect()
    };
    let more = move || match trial.scope.get().as_str() {
        "newest" => typed_field("How many", "", "number", trial.newest),
        "chosen" => files(trial),
        _ => ().into_any(),
    };
    view! {
        <p class="quiet">
            "Tries the draft on archived files without touching the mart. On all files it tells what publishing it and reprocessing \
             everything would change; on some, what it would change in a mart made of just these."
        </p>
        <div class="filters">
            {select_field("Try it on", scopes, trial.scope)}
            {select_field("Figures that move, by", measures, trial.measure)}
            {more}
            <button type="button" class="button" data-testid="try" disabled=move || trial.busy.get() on:click=move |_| attempt()>
                {move || if trial.busy.get() { "Trying…" } else { "Try the draft" }}
            </button>
        </div>
    }
    .into_any()
}

/// The files that a draft can be tried on: those of which a run is merged.
fn files(trial: Trial) -> AnyView {
    let query = use_query(|| TriableQuery::build(()), once);
    let list = loaded(query, 4, move |data: TriableQuery| {
        let merged = |file: &TriableFile| {
            file.runs
                .iter()
                .any(|run| run.status == RunStatus::Succeeded)
        };
        let files = data.files.nodes.into_iter();
        let files: Vec<_> = files
            .filter(|file| file.deleted.is_none() && merged(file))
            .collect();
        if files.is_empty() {
            return view! { <p class="quiet">"No file is merged yet."</p> }.into_any();
        }
        let boxes = files.into_iter().map(|file| {
            let (own, key) = (file.sha256.clone(), file.sha256);
            let checked = move || trial.chosen.with(|chosen| chosen.contains(&own));
            let choose = move |event| {
                let on = event_target_checked(&event);
                trial.chosen.update(|chosen| {
                    chosen.retain(|other| *other != key);
                    if on {
                        chosen.push(key.clone());
                    }
                });
            };
            view! {
                <label class="check">
                    <input type="checkbox" prop:checked=checked on:change=choose/>
                    <span class="file-name">{file.name}</span>
                </label>
            }
        });
        boxes.collect_view().into_any()
    });
    let count = move || {
        let count = trial.chosen.with(Vec::len);
        plural(count as i64, &count.to_string(), "file", "files")
    };
    view! {
        <fieldset class="file-choice">
            <legend>"Files, newest first: "{count}" chosen"</legend>
            {list}
        </fieldset>
    }
    .into_any()
}

fn outcome(
    trial: Trial,
    draft: Draft,
    attempt: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView {
    let stale = move || {
        let old = trial.result.with(Option::is_some) && draft.tried.get() != Some(draft.text.get());
        old.then(|| view! { <p class="alert alert-warn" data-testid="sandbox-stale">"The draft has changed since; try it again."</p> })
    };
    view! {
        {move || trial.fault.get().map(|error| failure(error, attempt))}
        <div class="sandbox" aria-busy=move || trial.busy.get().to_string()>
            {move || trial.busy.get().then(|| skeleton(6))}
            {stale}
            <div class="sandbox-result" hidden=move || trial.busy.get() data-testid="sandbox">
                {move || trial.result.get().map(|(preview, measure)| result(preview, measure))}
            </div>
        </div>
    }
    .into_any()
}
