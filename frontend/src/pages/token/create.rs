//! A new token, whose secret is shown this once.

use cynic::{MutationBuilder, QueryBuilder};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::ApiToken;
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, send};
use crate::components::copy::copy_button;
use crate::components::dialog::{dialog, fault_line, keep};
use crate::components::field::{Choice, select_field, text_field, typed_field};
use crate::components::icon::Icon;
use crate::components::time::ahead;
use crate::pages::user::RolesQuery;

#[derive(cynic::QueryVariables)]
struct Variables {
    name: String,
    role: String,
    days: i32,
}

#[derive(cynic::QueryFragment, Clone)]
struct NewToken {
    secret: String,
    token: ApiToken,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "Variables")]
struct Create {
    #[arguments(name: $name, role: $role, days: $days)]
    create_token: NewToken,
}

/// What the reader has filled in, and what came of it.
#[derive(Clone, Copy)]
struct Form {
    open: RwSignal<bool>,
    name: RwSignal<String>,
    role: RwSignal<String>,
    days: RwSignal<String>,
    made: RwSignal<Option<NewToken>>,
    busy: RwSignal<bool>,
    fault: RwSignal<Option<ApiError>>,
    /// Is told that there is one more.
    again: RwSignal<u32>,
}

/// The button and its dialog; `again` counts up when there is one more.
pub fn button(again: RwSignal<u32>) -> AnyView {
    let form = Form {
        open: RwSignal::new(false),
        name: RwSignal::new(String::new()),
        role: RwSignal::new(String::new()),
        days: RwSignal::new(String::new()),
        made: RwSignal::new(None),
        busy: RwSignal::new(false),
        fault: RwSignal::new(None),
        again,
    };
    // The secret does not outlive the dialog, however it is closed.
    Effect::new(move |_| {
        if !form.open.get() {
            form.made.set(None);
        }
    });
    let roles = roles();
    let begin = move |_| {
        let first = roles.with_untracked(|roles| roles.first().cloned());
        form.name.set(String::new());
        form.role
            .set(first.map(|(name, _)| name).unwrap_or_default());
        form.days.set("90".into());
        form.fault.set(None);
        form.open.set(true);
    };
    let body = move || {
        keep(move || form.made.with(Option::is_none) && !form.name.with(String::is_empty));
        let shown = move || match form.made.get() {
            Some(made) => secret(made, form.open),
            None => fields(form, roles),
        };
        view! { {shown} }.into_any()
    };
    view! {
        <button type="button" class="button primary" on:click=begin>{Icon::Add.draw()} "New token"</button>
        {dialog(form.open, "New token", body)}
    }
    .into_any()
}

/// The roles to choose from: all of them for who may see them, otherwise one's own.
fn roles() -> Memo<Vec<Choice>> {
    let session = expect_context::<Session>();
    let own = move || {
        let names = session
            .viewer
            .with(|viewer| viewer.as_ref().map(|viewer| viewer.roles.clone()));
        names.unwrap_or_default()
    };
    if !session.may("user.manage") {
        return Memo::new(move |_| pairs(own()));
    }
    let query = use_query(|| RolesQuery::build(()), once);
    Memo::new(move |_| {
        // One's own come first.
        let mut names = own();
        for role in query.data.get().map(|data| data.roles).unwrap_or_default() {
            if !names.contains(&role.name) {
                names.push(role.name);
            }
        }
        pairs(names)
    })
}

fn pairs(names: Vec<String>) -> Vec<Choice> {
    names.into_iter().map(|name| (name.clone(), name)).collect()
}

fn fields(form: Form, roles: Memo<Vec<Choice>>) -> AnyView {
    let session = expect_context::<Session>();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        make(form, session);
    };
    view! {
        <form class="dialog-body" on:submit=submit>
            {text_field("Name", form.name)}
            {select_field("Role", move || roles.get(), form.role)}
            {typed_field("Days", "1 to 365; it cannot be made longer later.", "number", form.days)}
            {move || form.fault.get().map(fault_line)}
            <div class="dialog-buttons">
                <button type="button" class="button" on:click=move |_| form.open.set(false)>"Cancel"</button>
                <button type="submit" class="button primary" disabled=move || form.busy.get()>"Make token"</button>
            </div>
        </form>
    }
    .into_any()
}

fn make(form: Form, session: Session) {
    let variables = Variables {
        name: form.name.get_untracked(),
        role: form.role.get_untracked(),
        // What is no number is no number of days either, which the server says.
        days: form.days.get_untracked().parse().unwrap_or_default(),
    };
    form.busy.set(true);
    form.fault.set(None);
    spawn_local(async move {
        let answer = send(Create::build(variables)).await;
        session.note(answer.as_ref().err());
        form.busy.try_set(false);
        match answer {
            Ok(answer) => {
                form.made.try_set(Some(answer.create_token));
                form.again.try_update(|count| *count += 1);
            }
            Err(error) => {
                form.fault.try_set(Some(error));
            }
        }
    });
}

/// The secret with an example, both to copy.
fn secret(made: NewToken, open: RwSignal<bool>) -> AnyView {
    let origin = window().location().origin().unwrap_or_default();
    let example = format!(
        "curl -H 'Authorization: Bearer {}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"query\":\"{{ totals {{ movies }} }}\"}}' \\\n  {origin}/graphql",
        made.secret
    );
    let (copied, command) = (made.secret.clone(), example.clone());
    let token = made.token;
    view! {
        <div class="dialog-body" data-testid="new-token">
            <p>"This is the secret of "<b>{token.name}</b>" (role "{token.role}", expires "{ahead(token.expires_at)}"). Copy it now: nobody is shown it again."</p>
            <div class="secret"><code class="hash" data-testid="token-secret">{made.secret}</code> {copy_button("Copy secret", move || copied.clone())}</div>
            <p class="quiet">"For example:"</p>
            <pre class="raw">{example}</pre>
            <div class="dialog-buttons">
                {copy_button("Copy example", move || command.clone())}
                <button type="button" class="button primary" autofocus on:click=move |_| open.set(false)>"I have it"</button>
            </div>
        </div>
    }
    .into_any()
}
