//! One user: roles, sign-in, password, sessions.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use leptos_router::params::ParamsMap;

use super::{RolesQuery, act, list::state, permission, role, session};
use crate::api::query::{Query, once, use_query};
use crate::api::schema;
use crate::api::session::Session;
use crate::components::allowed::page_for;
use crate::components::dialog::{Question, confirm, keep};
use crate::components::field::typed_field;
use crate::components::layout::{heading, section, title};
use crate::components::state::loaded;
use crate::components::time::{since, since_or_unknown};
use crate::components::toast::toast;
use crate::pages::missing::missing;

#[derive(cynic::QueryVariables)]
struct Variables {
    name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct User {
    name: String,
    roles: Vec<String>,
    permissions: Vec<String>,
    created_at: String,
    disabled_at: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "UserConnection")]
struct Found {
    nodes: Vec<User>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct UserQuery {
    #[arguments(filter: {name: {eq: $name}})]
    users: Found,
}

/// The address of a user's page.
pub fn address(name: &str) -> String {
    let name = String::from(js_sys::encode_uri_component(name));
    format!("/users/{name}")
}

/// The page of a user.
#[component]
pub fn UserDetail() -> impl IntoView {
    page_for("user.manage", content)
}

fn content() -> AnyView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get("name")).unwrap_or_default());
    title(move || name.get());
    let query = use_query(
        move || UserQuery::build(Variables { name: name.get() }),
        once,
    );
    let roles = use_query(|| RolesQuery::build(()), once);
    view! {
        {move || heading(&[("/users", "Users")], name.get(), ())}
        {loaded(query, 10, move |data: UserQuery| {
            match data.users.nodes.into_iter().next() {
                Some(user) => shown(user, query, roles),
                None => missing("user"),
            }
        })}
        {section("Sessions", move || session::list(Some(name.get())))}
    }
    .into_any()
}

fn shown(user: User, query: Query<UserQuery>, roles: Query<RolesQuery>) -> AnyView {
    let mut params = ParamsMap::new();
    params.insert("actor", user.name.clone());
    let deeds = format!("/audit{}", params.to_query_string());
    params = ParamsMap::new();
    params.insert("subject", format!("user {}", user.name));
    let events = format!("/audit{}", params.to_query_string());
    let disabled = user.disabled_at.is_some();
    let audit = expect_context::<Session>().may("audit.read").then(|| {
        view! {
            <div class="span linked"><dt>"In the audit trail"</dt>
                <dd class="inline"><a href=deeds>"what this user did"</a><a href=events>"what was done to this user"</a></dd></div>
        }
    });
    view! {
        <dl class="facts">
            <div><dt>"State"</dt><dd data-testid="user-state">{state(disabled)}</dd></div>
            <div><dt>"Created"</dt><dd>{since(user.created_at.clone())}</dd></div>
            {disabled.then(|| view! { <div><dt>"Disabled"</dt><dd>{since_or_unknown(user.disabled_at.clone())}</dd></div> })}
            {audit}
        </dl>
        {section("Roles", roles_of(&user, query, roles))}
        {section("Sign-in", sign_in(&user, query))}
    }
    .into_any()
}

/// What the roles are and allow, and the way to change them.
fn roles_of(user: &User, query: Query<UserQuery>, roles: Query<RolesQuery>) -> AnyView {
    let open = RwSignal::new(false);
    let chosen = RwSignal::new(Vec::new());
    let (name, now) = (user.name.clone(), user.roles.clone());
    let before = now.clone();
    let begin = move |_| {
        chosen.set(now.clone());
        open.set(true);
    };
    let question = Question {
        title: format!("Roles of {name}"),
        verb: "Save",
        danger: false,
    };
    let save = move || {
        let (name, list) = (name.clone(), chosen.get_untracked());
        async move {
            act::set_roles(name.clone(), list).await?;
            toast(format!("{name} has other roles now"));
            query.again.update(|count| *count += 1);
            Ok(())
        }
    };
    let fields = move || {
        let before = before.clone();
        keep(move || chosen.with(|chosen| role::differ(chosen, &before)));
        role::choose(roles, chosen)
    };
    let listed = match user.roles.is_empty() {
        true => view! { <p class="quiet">"No role: this user may sign in, and do nothing."</p> }
            .into_any(),
        false => {
            view! { <p data-testid="user-roles"><b>{user.roles.join(", ")}</b></p> }.into_any()
        }
    };
    view! {
        <div class="controls">
            {listed}
            <button type="button" class="button" on:click=begin>"Change roles"</button>
        </div>
        {permissions(&user.permissions)}
        {confirm(open, question, fields, save)}
    }
    .into_any()
}

/// What somebody may do, with what it means.
pub fn permissions(names: &[String]) -> AnyView {
    let rows = names
        .iter()
        .map(|name| {
            view! { <li><code>{name.clone()}</code><span class="quiet">{permission::meaning(name)}</span></li> }
        })
        .collect_view();
    view! { <ul class="permissions">{rows}</ul> }.into_any()
}

/// Another password, and keeping the user out.
fn sign_in(user: &User, query: Query<UserQuery>) -> AnyView {
    let again = move || query.again.update(|count| *count += 1);
    let (asking, setting) = (RwSignal::new(false), RwSignal::new(false));
    let password = RwSignal::new(String::new());
    let disabled = user.disabled_at.is_some();
    let name = user.name.clone();
    let set = move || {
        let (name, password) = (name.clone(), password.get_untracked());
        async move {
            act::set_password(name.clone(), password).await?;
            toast(format!(
                "{name} has another password; the sessions have ended"
            ));
            again();
            Ok(())
        }
    };
    let setting_title = Question {
        title: format!("Another password for {}", user.name),
        verb: "Set password",
        danger: false,
    };
    let fields = move || {
        keep(move || !password.with(String::is_empty));
        view! {
            <p>"It ends all of the user's sessions. Tokens stay as they are."</p>
            {typed_field("New password", "At least 12 characters.", "password", password)}
        }
        .into_any()
    };
    let (verb, title, details) = match disabled {
        true => (
            "Enable",
            format!("Let {} sign in again?", user.name),
            "The roles are as before, and tokens that have not expired hold again.",
        ),
        false => (
            "Disable",
            format!("Keep {} from signing in?", user.name),
            "It ends the user's sessions at once and lets the tokens rest. What the user did stays in the trail.",
        ),
    };
    let name = user.name.clone();
    let switch = move || {
        let name = name.clone();
        async move {
            act::set_disabled(name.clone(), !disabled).await?;
            toast(match disabled {
                true => format!("{name} may sign in again"),
                false => format!("{name} can no longer sign in"),
            });
            again();
            Ok(())
        }
    };
    let question = Question {
        title,
        verb,
        danger: !disabled,
    };
    view! {
        <div class="buttons">
            <button type="button" class="button" on:click=move |_| { password.set(String::new()); setting.set(true) }>"Set password"</button>
            <button type="button" class="button" on:click=move |_| asking.set(true)>{verb}</button>
        </div>
        {confirm(setting, setting_title, fields, set)}
        {confirm(asking, question, move || details.into_any(), switch)}
    }
    .into_any()
}
