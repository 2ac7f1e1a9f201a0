//! What can be done with a file: download, reprocess, hold, release, move and delete, by its state and
//! the reader's permissions.

use cynic::MutationBuilder;
use leptos::prelude::*;

use super::filter::FileArea;
use crate::api::query::Query;
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::allowed::why_not_all;
use crate::components::dialog::{Question, confirm};
use crate::components::field::typed_field;
use crate::components::toast::toast;
use crate::components::value::whole;
use crate::format::{bytes_short, plural};

/// The server wants to be told twice.
const CONFIRMATION_REQUIRED: &str = "CONFIRMATION_REQUIRED";

#[derive(cynic::QueryVariables)]
struct ReasonVariables {
    sha256: String,
    reason: String,
}

#[derive(cynic::QueryVariables)]
struct FileVariables {
    sha256: String,
}

#[derive(cynic::QueryVariables)]
struct MoveVariables {
    sha256: String,
    area: FileArea,
}

#[derive(cynic::QueryVariables)]
struct DeleteVariables {
    sha256: String,
    reason: String,
    force: bool,
}

/// A file that something was done with.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "SourceFile")]
struct Done {
    #[allow(dead_code)]
    sha256: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "ReasonVariables")]
struct HoldMutation {
    #[allow(dead_code)]
    #[arguments(sha256: $sha256, reason: $reason)]
    hold_file: Done,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "FileVariables")]
struct ReleaseMutation {
    #[allow(dead_code)]
    #[arguments(sha256: $sha256)]
    release_file: Done,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "MoveVariables")]
struct MoveMutation {
    #[allow(dead_code)]
    #[arguments(sha256: $sha256, area: $area)]
    move_file: Done,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "DeleteVariables")]
struct DeleteMutation {
    #[allow(dead_code)]
    #[arguments(sha256: $sha256, reason: $reason, force: $force)]
    delete_file: Done,
}

/// What decides which actions are offered, and what they tell before they act.
#[derive(Clone, PartialEq)]
pub struct Subject {
    pub sha256: String,
    pub name: String,
    pub bytes: i64,
    pub area: FileArea,
    pub held: bool,
    pub deleted: bool,
    /// Rows of the mart that come from it.
    pub references: i64,
    /// Runs that read it.
    pub runs: usize,
    /// The run that has not ended, where there is one.
    pub open_run: Option<String>,
    /// Parquet objects that runs have written of it.
    pub written: usize,
}

/// The buttons of a file. `query` is asked again when something was done.
pub fn actions<T: Send + Sync + 'static>(subject: Subject, query: Query<T>) -> AnyView {
    let again = query.again;
    offered(
        subject,
        Callback::new(move |()| again.update(|count| *count += 1)),
    )
}

fn offered(subject: Subject, done: Callback<()>) -> AnyView {
    let session = expect_context::<Session>();
    if subject.deleted {
        return ().into_any();
    }
    let download = format!("/api/v1/files/{}/raw", subject.sha256);
    let reprocess = format!("/runs?reprocess={}", subject.sha256);
    let custody = if subject.held { release } else { hold };
    view! {
        <a class="button" download href=download data-testid="download-raw">"Download"</a>
        {(session.may("run.trigger") && subject.runs > 0).then(|| view! { <a class="button" href=reprocess>"Reprocess"</a> })}
        {session.may("file.hold").then(|| custody(subject.clone(), done))}
        {session.may("file.move").then(|| relocate(subject.clone(), done))}
        {session.may("file.delete").then(|| deletion(subject.clone(), done))}
    }
    .into_any()
}

/// Why the buttons are not more: the permissions that the reader lacks.
pub fn limits() -> AnyView {
    why_not_all(&["run.trigger", "file.hold", "file.move", "file.delete"])
}

fn opener(label: &'static str, id: &'static str, open: RwSignal<bool>) -> AnyView {
    view! {
        <button type="button" class="button" data-testid=id on:click=move |_| open.set(true)>{label}</button>
    }
    .into_any()
}

/// An empty reason is told before the server is asked.
fn given(reason: RwSignal<String>) -> Result<String, ApiError> {
    let reason = reason.get_untracked().trim().to_owned();
    match reason.is_empty() {
        true => Err(ApiError {
            code: "BAD_USER_INPUT".to_owned(),
            message: "Say why; others read it in the file's record and in the audit trail."
                .to_owned(),
        }),
        false => Ok(reason),
    }
}

fn hold(subject: Subject, done: Callback<()>) -> AnyView {
    let (open, reason) = (RwSignal::new(false), RwSignal::new(String::new()));
    let question = Question {
        title: format!("Hold {}?", subject.name),
        verb: "Hold",
        danger: false,
    };
    let details = move || {
        view! {
            <p>"Nobody can delete it until it is released. It can still be read, reprocessed and moved."</p>
            {typed_field("Reason", "Everybody who sees the file reads it.", "text", reason)}
        }
        .into_any()
    };
    let act = move || {
        let (sha256, name) = (subject.sha256.clone(), subject.name.clone());
        async move {
            let reason = given(reason)?;
            send(HoldMutation::build(ReasonVariables { sha256, reason })).await?;
            toast(format!("{name} is held"));
            done.run(());
            Ok(())
        }
    };
    view! { {opener("Hold", "hold-file", open)} {confirm(open, question, details, act)} }.into_any()
}

fn release(subject: Subject, done: Callback<()>) -> AnyView {
    let open = RwSignal::new(false);
    let question = Question {
        title: format!("Release {}?", subject.name),
        verb: "Release",
        danger: false,
    };
    let details = || view! { <p>"It can be deleted again by whoever may do that."</p> }.into_any();
    let act = move || {
        let (sha256, name) = (subject.sha256.clone(), subject.name.clone());
        async move {
            send(ReleaseMutation::build(FileVariables { sha256 })).await?;
            toast(format!("{name} is released"));
            done.run(());
            Ok(())
        }
    };
    view! { {opener("Release", "release-file", open)} {confirm(open, question, details, act)} }
        .into_any()
}

fn relocate(subject: Subject, done: Callback<()>) -> AnyView {
    let open = RwSignal::new(false);
    let (area, label, what) = match subject.area {
        FileArea::Raw => (
            FileArea::Cold,
            "Move to cold",
            "Its raw bytes go below cold/, which a store may keep for less.",
        ),
        FileArea::Cold => (
            FileArea::Raw,
            "Move to raw",
            "Its raw bytes go back to where files arrive.",
        ),
    };
    let question = Question {
        title: format!("{label}: {}?", subject.name),
        verb: "Move",
        danger: false,
    };
    let details = move || {
        view! { <p>{what}" What runs have written of it stays where it is, and it can be read as before."</p> }.into_any()
    };
    let act = move || {
        let (sha256, name) = (subject.sha256.clone(), subject.name.clone());
        async move {
            send(MoveMutation::build(MoveVariables { sha256, area })).await?;
            toast(format!("{name} is in the area {}", area.key()));
            done.run(());
            Ok(())
        }
    };
    view! { {opener(label, "move-file", open)} {confirm(open, question, details, act)} }.into_any()
}

fn deletion(subject: Subject, done: Callback<()>) -> AnyView {
    let obstacle = match (&subject.open_run, subject.held) {
        (_, true) => Some("It is held: release it first.".to_owned()),
        (Some(run), _) => Some(format!(
            "Run {run} of it has not ended: let it end, or cancel or discard it."
        )),
        _ => None,
    };
    if let Some(obstacle) = obstacle {
        return view! {
            <button type="button" class="button told" data-testid="delete-file" aria-disabled="true" title=obstacle.clone()
                aria-label=format!("Delete. {obstacle}")>"Delete"</button>
        }
        .into_any();
    }
    let (open, sure) = (RwSignal::new(false), RwSignal::new(false));
    let (reason, warning) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let remove = move |sha256: String, force: bool| async move {
        let reason = given(reason)?;
        let variables = DeleteVariables {
            sha256,
            reason,
            force,
        };
        send(DeleteMutation::build(variables)).await
    };
    let deleted = move |name: String| {
        toast(format!("The bytes of {name} are deleted"));
        done.run(());
    };

    let question = Question {
        title: format!("Delete the bytes of {}?", subject.name),
        verb: "Delete",
        danger: true,
    };
    let told = subject.clone();
    let details = move || {
        view! { {effects(&told)} {typed_field("Reason", "It stays in the file's record and in the audit trail.", "text", reason)} }.into_any()
    };
    let (sha256, name) = (subject.sha256.clone(), subject.name.clone());
    let act = move || {
        let (sha256, name) = (sha256.clone(), name.clone());
        async move {
            match remove(sha256, false).await {
                Ok(_) => deleted(name),
                Err(error) if error.code == CONFIRMATION_REQUIRED => {
                    warning.set(error.message);
                    // Once this dialog has closed, so that the other one gets the focus.
                    request_animation_frame(move || sure.set(true));
                }
                Err(error) => return Err(error),
            }
            Ok(())
        }
    };

    let again = Question {
        title: format!("Delete {} although the mart needs it?", subject.name),
        verb: "Delete all the same",
        danger: true,
    };
    let consequence = move || {
        view! { <p class="alert alert-warn"><span><strong class="code">{CONFIRMATION_REQUIRED}</strong>" "{warning.get()}</span></p> }
            .into_any()
    };
    let force = move || {
        let (sha256, name) = (subject.sha256.clone(), subject.name.clone());
        async move {
            remove(sha256, true).await?;
            deleted(name);
            Ok(())
        }
    };
    view! {
        {opener("Delete", "delete-file", open)}
        {confirm(open, question, details, act)}
        {confirm(sure, again, consequence, force)}
    }
    .into_any()
}

/// What goes with a file's bytes, and what stays.
fn effects(subject: &Subject) -> AnyView {
    let written = subject.written as i64;
    let rows = match subject.references {
        0 => "No row of the mart comes from it.".to_owned(),
        rows => format!(
            "{} of the mart {} from it: they stay, but can no longer be followed back to their lines.",
            plural(rows, &whole(rows), "row", "rows"),
            if rows == 1 { "comes" } else { "come" },
        ),
    };
    view! {
        <ul class="effects">
            <li>{format!("Its {} of raw bytes go, and {} that runs have written of it.",
                bytes_short(subject.bytes), plural(written, &whole(written), "Parquet file", "Parquet files"))}</li>
            <li data-testid="delete-references">{rows}</li>
            <li>"Its record, its runs with their rejects and issues, and the rows themselves stay."</li>
            <li>"It can't be reprocessed until somebody uploads the same bytes again."</li>
        </ul>
    }
    .into_any()
}
