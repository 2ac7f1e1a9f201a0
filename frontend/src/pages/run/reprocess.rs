//! Reading archived files again: which, under which rules, at once or held. One file is a run, which is followed
//! here to what it would change, before anything merges; several are a backfill, which has a page of its own.
//!
//! The dialog is open while the URL has `?reprocess=`: the SHA-256 of the files that are chosen, with commas
//! between; nothing chosen yet; or [`ALL`]. With `&under=` it opens with that version of the rules.

use cynic::MutationBuilder;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;

use super::chooser::{Chosen, chooser};
use super::preview::preview;
use super::rules::rule_choices;
use crate::api::fragment::RunLink;
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::dialog::{fault_line, wide_dialog};
use crate::components::field::select_field;
use crate::components::list::ListState;
use crate::components::toast::toast;
use crate::format::plural;
use crate::pages::backfill::start::start_backfill;

/// The parameter of the URL.
const KEY: &str = "reprocess";
/// The parameter with the version of the rules.
const UNDER: &str = "under";
/// Stands there for every archived file.
pub const ALL: &str = "all";
/// Stands there for files that are yet to be chosen.
const CHOOSE: &str = "choose";

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
    let link = move || state.link(&[(KEY, Some(wanted.clone())), (UNDER, None)]);
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
    files: RwSignal<Chosen>,
    rules: RwSignal<String>,
    preview: RwSignal<bool>,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<ApiError>>,
    /// The run that was begun.
    run: RwSignal<Option<cynic::Id>>,
}

/// The dialog; a page that can open it has it once.
pub fn reprocess() -> AnyView {
    let state = ListState::here();
    let navigate = use_navigate();
    let form = Form {
        open: RwSignal::new(false),
        all: RwSignal::new(false),
        files: RwSignal::new(Chosen::new()),
        rules: RwSignal::new(String::new()),
        preview: RwSignal::new(true),
        busy: RwSignal::new(false),
        fault: RwSignal::new(None),
        run: RwSignal::new(None),
    };
    let asked = Memo::new(move |_| Some((state.get(KEY)?, state.get(UNDER))));
    Effect::new(move |_| {
        let Some((files, rules)) = asked.get() else {
            form.open.set(false);
            return;
        };
        form.begin(&files, rules);
        form.open.set(true);
    });
    // Closing the dialog, however that is done, takes it out of the URL.
    Effect::new(move |was: Option<bool>| {
        let open = form.open.get();
        if was == Some(true) && !open && asked.get_untracked().is_some() {
            let link = untrack(|| state.link(&[(KEY, None), (UNDER, None)]));
            navigate(&link, crate::components::list::in_place());
        }
        open
    });
    wide_dialog(form.open, "Process files again", move || {
        (move || match form.run.get() {
            Some(run) => preview(run, form.open),
            None => fields(form),
        })
        .into_any()
    })
}

impl Form {
    fn begin(self, asked: &str, rules: Option<String>) {
        self.all.set(asked == ALL);
        self.rules.set(rules.unwrap_or_default());
        let files = asked.split(',').filter(|part| part.len() == 64);
        self.files.set(
            files
                .map(|sha256| (sha256.to_owned(), sha256[..12].to_owned()))
                .collect(),
        );
        self.run.set(None);
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
    let count = move || form.files.with(Chosen::len) as i64;
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
        <form class="dialog-form" on:submit=move |event| { event.prevent_default(); send(); }>
            <div class="dialog-body">
                <fieldset>
                    <legend>"Files"</legend>
                    {radio("which", form.all, false, "These files", " several of them as a backfill")}
                    {radio("which", form.all, true, "All archived files",
                        " as a backfill, oldest first; it goes on when this page is closed")}
                </fieldset>
                {move || (!form.all.get()).then(|| chooser(form.files))}
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

/// What begins the run or the backfill.
fn sender(form: Form) -> impl Fn() + Send + Sync + 'static {
    let session = expect_context::<Session>();
    let navigate = StoredValue::new_local(use_navigate());
    move || {
        let rules = form.rules.get_untracked().parse().ok();
        let preview = form.preview.get_untracked();
        let all = form.all.get_untracked();
        let files = (!all).then(|| form.files.get_untracked().into_keys().collect());
        form.busy.set(true);
        form.fault.set(None);
        spawn_local(async move {
            let answer = begin(files, rules, preview).await;
            session.note(answer.as_ref().err());
            form.busy.try_set(false);
            match answer {
                Ok(Begun::Backfill(id)) => {
                    toast(format!("Backfill {id} has begun"));
                    navigate
                        .try_with_value(|go| go(&format!("/backfills/{id}"), Default::default()));
                }
                Ok(Begun::Run(run)) => {
                    form.run.try_set(Some(run));
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
    Run(cynic::Id),
}

/// Begins to read these files again, or every archived one.
async fn begin(
    files: Option<Vec<String>>,
    rules: Option<i32>,
    preview: bool,
) -> Result<Begun, ApiError> {
    if let Some([file]) = files.as_deref() {
        let variables = ReprocessVariables {
            file: file.clone(),
            rules,
            preview,
        };
        let answer = send(ReprocessMutation::build(variables)).await?;
        return Ok(Begun::Run(answer.reprocess.id));
    }
    let backfill = start_backfill(files, rules, preview).await?;
    Ok(Begun::Backfill(backfill))
}
