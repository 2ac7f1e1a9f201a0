//! Sending a rejected record again with other values.

use cynic::{MutationBuilder, QueryBuilder};
use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::record::{fields, place};
use super::reject::Reject;
use crate::api::fragment::RunLink;
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::dialog::{fault_line, keep, wide_dialog};
use crate::components::toast::toast;

/// Bytes from a file's beginning that hold its header.
const HEAD: usize = 65_536;
/// Letters from which on a value gets several lines.
const LONG: usize = 72;

#[derive(cynic::InputObject)]
struct FieldValue {
    column: String,
    value: String,
}

#[derive(cynic::QueryVariables)]
struct CorrectVariables {
    id: cynic::Id,
    values: Vec<FieldValue>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CorrectVariables")]
struct CorrectMutation {
    #[arguments(id: $id, values: $values)]
    correct_reject: RunLink,
}

#[derive(cynic::QueryFragment)]
struct SourceColumn {
    name: String,
}

#[derive(cynic::QueryFragment)]
struct Source {
    name: String,
    columns: Vec<SourceColumn>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct SourcesQuery {
    sources: Vec<Source>,
}

/// The reject that is being corrected, and the columns of its file.
#[derive(Clone, Copy)]
pub struct Correction {
    open: RwSignal<bool>,
    reject: RwSignal<Option<Reject>>,
    /// The file's columns in its own order, where its header can be read.
    pub columns: RwSignal<Option<Vec<String>>>,
    /// The columns its format has, in no order that says anything of the file's; for where it can't.
    usual: RwSignal<Vec<String>>,
}

impl Correction {
    /// Nothing is being corrected.
    pub fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            reject: RwSignal::new(None),
            columns: RwSignal::new(None),
            usual: RwSignal::new(Vec::new()),
        }
    }

    /// Opens the dialog for a reject.
    pub fn open(self, reject: Reject) {
        self.reject.set(Some(reject));
        self.open.set(true);
    }

    /// Reads the columns of the file: its SHA-256, its name and its format.
    pub fn know_columns(self, file: Memo<Option<(String, String, Option<String>)>>) {
        Effect::new(move |_| {
            let Some((sha256, name, source)) = file.get() else {
                return;
            };
            spawn_local(async move {
                match header(&sha256, &name).await {
                    Some(columns) => {
                        self.columns.try_set(Some(columns));
                    }
                    None => {
                        let answer = send(SourcesQuery::build(())).await;
                        let sources = answer.map(|answer| answer.sources).unwrap_or_default();
                        let found = sources
                            .into_iter()
                            .find(|known| Some(&known.name) == source.as_ref());
                        let names = found.into_iter().flat_map(|found| found.columns);
                        self.usual
                            .try_set(names.map(|column| column.name).collect());
                    }
                }
            });
        });
    }
}

/// The columns that a file's first record names; none where it is packed, gone or not for this reader.
async fn header(sha256: &str, name: &str) -> Option<Vec<String>> {
    if [".gz", ".zst", ".zip"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return None;
    }
    let response = Request::get(&format!("/api/v1/files/{sha256}/raw"))
        .header("range", &format!("bytes=0-{}", HEAD - 1))
        .send()
        .await
        .ok()
        .filter(|response| response.ok())?;
    let bytes = response.binary().await.ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let columns: Vec<String> = fields(text).into_iter().map(|field| field.value).collect();
    (columns.len() > 1).then_some(columns)
}

/// A column and its value, before and as it is typed.
#[derive(Clone)]
struct Entry {
    column: String,
    was: String,
    value: RwSignal<String>,
}

impl Entry {
    /// Whether it has the value it began with. Reactive.
    fn unchanged(&self) -> bool {
        self.value.with(|value| *value == self.was)
    }
}

/// The dialog.
pub fn correct(correction: Correction) -> AnyView {
    wide_dialog(correction.open, "Correct a rejected record", move || {
        let reject = correction.reject.get_untracked();
        reject.map_or_else(|| ().into_any(), |reject| form(correction, &reject))
    })
}

fn form(correction: Correction, reject: &Reject) -> AnyView {
    let known = correction.columns.get_untracked();
    let columns = known
        .clone()
        .unwrap_or_else(|| correction.usual.get_untracked());
    let parts = fields(reject.raw.as_deref().unwrap_or_default());
    let apart = known.is_some() && parts.len() == columns.len();
    let entries: Vec<Entry> = columns
        .iter()
        .enumerate()
        .map(|(nth, column)| {
            let was = match apart {
                true => parts[nth].value.clone(),
                false => String::new(),
            };
            Entry {
                column: column.clone(),
                value: RwSignal::new(was.clone()),
                was,
            }
        })
        .collect();
    let blamed = reject
        .column
        .as_deref()
        .and_then(|column| place(&columns, column));
    let advice = if apart {
        "Change what is wrong. The record is sent as a new run under the newest rules; the file stays as it is."
    } else if known.is_some() {
        "The fields of this record can't be told apart, so it begins empty: fill in all that it should have."
    } else {
        "The file's header can't be read here. Fill in only what should be other than it is."
    };
    let (first, rest): (Vec<_>, Vec<_>) = entries
        .iter()
        .enumerate()
        .partition(|(nth, _)| blamed == Some(*nth));
    let first = first
        .into_iter()
        .map(|(_, entry)| input(entry, true))
        .collect_view();
    let others = rest
        .into_iter()
        .map(|(_, entry)| input(entry, false))
        .collect_view();
    let others = match blamed.is_some() && apart {
        true => view! { <details><summary>"The other fields"</summary><div class="fields">{others}</div></details> }.into_any(),
        false => view! { <div class="fields">{others}</div> }.into_any(),
    };
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None));
    let changed = entries.clone();
    let unchanged = Memo::new(move |_| changed.iter().all(Entry::unchanged));
    keep(move || !unchanged.get());
    let send = sender(correction, reject.id.clone(), entries, busy, fault);
    view! {
        <form class="dialog-form" on:submit=send>
            <div class="dialog-body">
                <p><span class="quiet">"Line "{reject.line}": "</span>{reject.message.clone()}</p>
                <p class="quiet small">{advice}</p>
                {first}
                {others}
            </div>
            {move || fault.get().map(fault_line)}
            <div class="dialog-buttons">
                <button type="button" class="button" on:click=move |_| correction.open.set(false)>"Cancel"</button>
                <button type="submit" class="button primary" disabled=move || busy.get() || unchanged.get()>"Send again"</button>
            </div>
        </form>
    }
    .into_any()
}

/// What sends the changed values, and goes to the new run.
fn sender(
    correction: Correction,
    id: cynic::Id,
    entries: Vec<Entry>,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<ApiError>>,
) -> impl Fn(leptos::ev::SubmitEvent) + 'static {
    let session = expect_context::<Session>();
    let navigate = use_navigate();
    move |event| {
        event.prevent_default();
        let values = entries
            .iter()
            .filter(|entry| !entry.unchanged())
            .map(|entry| FieldValue {
                column: entry.column.trim().to_owned(),
                value: entry.value.get_untracked(),
            })
            .collect();
        let variables = CorrectVariables {
            id: id.clone(),
            values,
        };
        let navigate = navigate.clone();
        busy.set(true);
        fault.set(None);
        spawn_local(async move {
            let answer = send(CorrectMutation::build(variables)).await;
            session.note(answer.as_ref().err());
            busy.try_set(false);
            match answer {
                Ok(answer) => {
                    let run = answer.correct_reject.id.into_inner();
                    correction.open.try_set(false);
                    toast(format!("Sent again as run {run}"));
                    navigate(&format!("/runs/{run}"), Default::default());
                }
                Err(error) => {
                    fault.try_set(Some(error));
                }
            }
        });
    }
}

fn input(entry: &Entry, blamed: bool) -> AnyView {
    let value = entry.value;
    let typed = move |event| value.set(event_target_value(&event));
    let control = if entry.was.chars().count() > LONG {
        view! { <textarea rows="4" spellcheck="false" name=entry.column.clone() prop:value=value on:input=typed autofocus=blamed></textarea> }.into_any()
    } else {
        view! { <input type="text" autocomplete="off" name=entry.column.clone() prop:value=value on:input=typed autofocus=blamed/> }.into_any()
    };
    view! {
        <label class="field" class:blamed=blamed>
            <span class="field-label"><code>{entry.column.clone()}</code></span>
            {control}
        </label>
    }
    .into_any()
}
