//! A new user.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::{RolesQuery, act, role};
use crate::api::query::{once, use_query};
use crate::components::dialog::{Question, confirm, keep};
use crate::components::field::{text_field, typed_field};
use crate::components::icon::Icon;
use crate::components::toast::toast;

/// The button and its dialog.
pub fn button() -> AnyView {
    let open = RwSignal::new(false);
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let chosen = RwSignal::new(Vec::<String>::new());
    let roles = use_query(|| RolesQuery::build(()), once);
    let navigate = use_navigate();
    let begin = move |_| {
        name.set(String::new());
        password.set(String::new());
        chosen.set(Vec::new());
        open.set(true);
    };
    let question = Question {
        title: "New user".into(),
        verb: "Create",
        danger: false,
    };
    let fields = move || {
        keep(move || {
            let empty = name.with(String::is_empty) && password.with(String::is_empty);
            !empty || !chosen.with(Vec::is_empty)
        });
        view! {
            {text_field("Name", name)}
            {typed_field("Password", "At least 12 characters; the user can change it.", "password", password)}
            {role::choose(roles, chosen)}
        }
        .into_any()
    };
    let create = move || {
        let navigate = navigate.clone();
        let name = name.get_untracked().trim().to_owned();
        let (password, roles) = (password.get_untracked(), chosen.get_untracked());
        async move {
            act::create(name.clone(), password, roles).await?;
            toast(format!("{name} can sign in now"));
            navigate(&super::detail::address(&name), Default::default());
            Ok(())
        }
    };
    view! {
        <button type="button" class="button primary" on:click=begin>{Icon::Add.draw()} "New user"</button>
        {confirm(open, question, fields, create)}
    }
    .into_any()
}
