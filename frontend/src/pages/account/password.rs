//! Another password for the reader.

use cynic::MutationBuilder;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::dialog::fault_line;
use crate::components::field::field;
use crate::components::toast::toast;

#[derive(cynic::QueryVariables)]
struct Variables {
    old: String,
    new: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "Variables")]
struct Change {
    #[arguments(old: $old, new: $new)]
    #[expect(dead_code, reason = "that there is an answer says that it is done")]
    change_password: bool,
}

/// The form; `changed` counts up when the password is another one.
pub fn form(changed: RwSignal<u32>) -> AnyView {
    let session = expect_context::<Session>();
    let [old, new, repeated] = [(); 3].map(|()| RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<ApiError>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if new.get_untracked() != repeated.get_untracked() {
            fault.set(Some(ApiError {
                code: "NOT_REPEATED".into(),
                message: "The new password and its repetition differ.".into(),
            }));
            return;
        }
        busy.set(true);
        fault.set(None);
        let variables = Variables {
            old: old.get_untracked(),
            new: new.get_untracked(),
        };
        spawn_local(async move {
            let answer = send(Change::build(variables)).await;
            session.note(answer.as_ref().err());
            busy.try_set(false);
            match answer {
                Ok(_) => {
                    toast("Your password is changed; your other sessions have ended");
                    for signal in [old, new, repeated] {
                        signal.try_set(String::new());
                    }
                    changed.try_update(|count| *count += 1);
                }
                Err(error) => {
                    fault.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <form class="narrow" on:submit=submit>
            {secret("Present password", "", "current-password", old)}
            {secret("New password", "At least 12 characters.", "new-password", new)}
            {secret("New password again", "", "new-password", repeated)}
            {move || fault.get().map(fault_line)}
            <div class="buttons">
                <button type="submit" class="button primary" disabled=move || busy.get()>"Change password"</button>
            </div>
        </form>
    }
    .into_any()
}

/// A password's field; `remembered` tells the browser which of its passwords it is.
fn secret(
    label: &'static str,
    advice: &'static str,
    remembered: &'static str,
    value: RwSignal<String>,
) -> AnyView {
    let input = view! {
        <input type="password" required autocomplete=remembered prop:value=value
            on:input=move |event| value.set(event_target_value(&event))/>
    };
    field(label, advice, input.into_any())
}
