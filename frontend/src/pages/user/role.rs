//! Choosing roles.

use leptos::prelude::*;

use super::{Role, RolesQuery};
use crate::api::query::Query;
use crate::components::state::loaded;
use crate::format::plural;

/// Boxes to check, one for each role there is.
pub fn choose(roles: Query<RolesQuery>, chosen: RwSignal<Vec<String>>) -> AnyView {
    let boxes = move |data: RolesQuery| {
        let boxes = data.roles.into_iter().map(|role| one(role, chosen));
        view! { <div class="choices">{boxes.collect_view()}</div> }
    };
    view! {
        <fieldset class="group">
            <legend>"Roles"</legend>
            {loaded(roles, 3, boxes)}
        </fieldset>
    }
    .into_any()
}

/// Whether other roles, or other permissions, are chosen than there were.
pub fn differ(chosen: &[String], before: &[String]) -> bool {
    chosen.len() != before.len() || chosen.iter().any(|name| !before.contains(name))
}

fn one(role: Role, chosen: RwSignal<Vec<String>>) -> AnyView {
    let count = role.permissions.len() as i64;
    let note = plural(count, &count.to_string(), "permission", "permissions");
    option(role.name, note, chosen)
}

/// A box to check whose name is then among the chosen ones.
pub fn option(name: String, note: String, chosen: RwSignal<Vec<String>>) -> AnyView {
    let (own, key) = (name.clone(), name.clone());
    let change = move |event| {
        let checked = event_target_checked(&event);
        chosen.update(|list| {
            list.retain(|other| *other != key);
            if checked {
                list.push(key.clone());
            }
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" name=name.clone()
                prop:checked=move || chosen.with(|list| list.contains(&own)) on:change=change/>
            <span>{name}" "<span class="quiet small">{note}</span></span>
        </label>
    }
    .into_any()
}
