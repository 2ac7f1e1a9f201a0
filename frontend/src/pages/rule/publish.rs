//! Making a draft the newest version.

use cynic::{MutationBuilder, QueryBuilder};
use leptos::prelude::*;

use super::diff::{count, diff};
use super::editor::{Found, found};
use super::fault::named;
use super::{RuleSet, RuleSetQuery, RuleVersion, VersionVariables};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::api::transport::send;
use crate::components::dialog::{Question, confirm};
use crate::components::field::typed_field;
use crate::components::state::loaded;

#[derive(cynic::QueryVariables)]
struct Variables {
    body: String,
    note: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "Variables")]
struct PublishMutation {
    #[arguments(body: $body, note: $note)]
    publish_rules: RuleVersion,
}

/// A draft that may be published.
#[derive(Clone, Copy)]
pub struct Draft {
    pub text: RwSignal<String>,
    pub faults: RwSignal<Vec<Found>>,
    /// The text that was tried last.
    pub tried: RwSignal<Option<String>>,
}

/// The dialog that publishes; `published` is told the version that the draft has become.
pub fn publish(open: RwSignal<bool>, draft: Draft, published: Callback<i32>) -> AnyView {
    let note = RwSignal::new(String::new());
    let question = Question {
        title: "Publish these rules?".into(),
        verb: "Publish",
        danger: false,
    };
    let details = move || {
        let newest = use_query(
            || RuleSetQuery::build(VersionVariables { version: None }),
            once,
        );
        let changes = loaded(newest, 1, move |data: RuleSetQuery| {
            changes(&data.rule_set, &draft.text.get_untracked())
        });
        let tried = draft.tried.get_untracked() == Some(draft.text.get_untracked());
        let untried = (!tried).then(|| {
            view! { <p class="alert alert-warn">"This draft has not been tried as it stands."</p> }
        });
        view! {
            {changes}
            {untried}
            <p>"Files that arrive from now on are read under it. It can't be changed later, only followed by another version."</p>
            {typed_field("Note", "What the version is for; it stands in the list of versions.", "text", note)}
        }
        .into_any()
    };
    let act = move || async move {
        let (body, note) = (draft.text.get_untracked(), note.get_untracked());
        match send(PublishMutation::build(Variables { body, note })).await {
            Ok(answer) => {
                published.run(answer.publish_rules.version);
                Ok(())
            }
            Err(error) => {
                let faults = named(&error.message);
                if faults.is_empty() {
                    return Err(error);
                }
                // They are shown where they are.
                let text = draft.text.get_untracked();
                draft.faults.set(found(&text, faults));
                Ok(())
            }
        }
    };
    confirm(open, question, details, act)
}

fn changes(newest: &RuleSet, text: &str) -> AnyView {
    let (added, removed) = count(&diff(&newest.body, text));
    view! {
        <p>
            {format!("Against version {}, the newest: ", newest.version)}
            <span class="plus">{format!("+{added}")}</span>" "<span class="minus">{format!("−{removed}")}</span>
            " lines."
        </p>
    }
    .into_any()
}
