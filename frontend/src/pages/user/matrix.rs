//! The roles as a table of what each allows, and changing those that are not built in.

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

use super::permission::{grouped, meaning};
use super::{Role, RolesQuery, act, role};
use crate::api::query::{Query, once, use_query};
use crate::components::dialog::{Question, confirm, keep};
use crate::components::field::text_field;
use crate::components::icon::Icon;
use crate::components::state::loaded;
use crate::components::toast::toast;
use crate::format::plural;

/// What is being done with which role.
#[derive(Clone, Copy)]
struct Work {
    /// The role that is changed or deleted; none for a new one.
    of: RwSignal<Option<Role>>,
    name: RwSignal<String>,
    chosen: RwSignal<Vec<String>>,
    editing: RwSignal<bool>,
    deleting: RwSignal<bool>,
}

impl Work {
    fn edit(self, role: Option<Role>) {
        let (name, permissions) = match &role {
            Some(role) => (role.name.clone(), role.permissions.clone()),
            None => Default::default(),
        };
        self.of.set(role);
        self.name.set(name);
        self.chosen.set(permissions);
        self.editing.set(true);
    }

    fn delete(self, role: Role) {
        self.of.set(Some(role));
        self.deleting.set(true);
    }
}

/// The table and its dialogs.
pub fn roles() -> AnyView {
    let query = use_query(|| RolesQuery::build(()), once);
    let work = Work {
        of: RwSignal::new(None),
        name: RwSignal::new(String::new()),
        chosen: RwSignal::new(Vec::new()),
        editing: RwSignal::new(false),
        deleting: RwSignal::new(false),
    };
    view! {
        <div class="controls">
            <p class="quiet">"A role allows what is ticked. Somebody with several roles may do what any of them allows."</p>
            <button type="button" class="button primary" on:click=move |_| work.edit(None)>{Icon::Add.draw()} "New role"</button>
        </div>
        {loaded(query, 14, move |data: RolesQuery| matrix(&data.roles, work))}
        {editor(query, work)}
        {removal(query, work)}
    }
    .into_any()
}

/// Every permission there is: the built-in role `admin` has them all.
fn all(roles: &[Role]) -> Vec<String> {
    let longest = roles.iter().max_by_key(|role| role.permissions.len());
    longest
        .map(|role| role.permissions.clone())
        .unwrap_or_default()
}

fn matrix(roles: &[Role], work: Work) -> AnyView {
    let head = roles.iter().map(|role| column(role, work)).collect_view();
    let width = (roles.len() + 1).to_string();
    let groups = grouped(&all(roles))
        .into_iter()
        .map(|(noun, permissions)| {
            let rows = permissions
                .iter()
                .map(|permission| line(permission, roles))
                .collect_view();
            view! {
                <tbody>
                    <tr class="group-head"><th scope="rowgroup" colspan=width.clone()>{noun}</th></tr>
                    {rows}
                </tbody>
            }
        })
        .collect_view();
    view! {
        <div class="table matrix" role="region" tabindex="0" aria-label="What each role allows">
            <table>
                <caption class="sr">"What each role allows"</caption>
                <thead><tr><th scope="col">"Permission"</th>{head}</tr></thead>
                {groups}
            </table>
        </div>
    }
    .into_any()
}

fn column(role: &Role, work: Work) -> AnyView {
    let mut params = ParamsMap::new();
    params.insert("role", role.name.clone());
    let href = format!("/users{}", params.to_query_string());
    let count = i64::from(role.user_count);
    let users = plural(count, &count.to_string(), "user", "users");
    let actions = match role.built_in {
        true => view! { <span class="quiet small">"built in"</span> }.into_any(),
        false => {
            let (edited, deleted) = (role.clone(), role.clone());
            let (edit, delete) = (
                format!("Change role {}", role.name),
                format!("Delete role {}", role.name),
            );
            view! {
                <span class="matrix-actions">
                    <button type="button" class="button plain" aria-label=edit on:click=move |_| work.edit(Some(edited.clone()))>"Change"</button>
                    <button type="button" class="button plain" aria-label=delete on:click=move |_| work.delete(deleted.clone())>"Delete"</button>
                </span>
            }
            .into_any()
        }
    };
    view! {
        <th scope="col" data-role=role.name.clone()>
            <span class="matrix-role">{role.name.clone()}</span>
            <a href=href>{users}</a>
            {actions}
        </th>
    }
    .into_any()
}

fn line(permission: &str, roles: &[Role]) -> AnyView {
    let cells = roles
        .iter()
        .map(|role| {
            let allowed = role.permissions.iter().any(|name| name == permission);
            let (sign, words) = if allowed {
                ("✓", "allowed")
            } else {
                ("·", "not allowed")
            };
            view! {
                <td class:yes=allowed data-role=role.name.clone() data-value=allowed.to_string()>
                    <span aria-hidden="true">{sign}</span><span class="sr">{words}</span>
                </td>
            }
        })
        .collect_view();
    view! {
        <tr data-permission=permission.to_owned()>
            <th scope="row"><code>{permission.to_owned()}</code><span class="matrix-meaning quiet">{meaning(permission)}</span></th>
            {cells}
        </tr>
    }
    .into_any()
}

/// The dialog for a new role and for other permissions of one that there is.
fn editor(query: Query<RolesQuery>, work: Work) -> AnyView {
    let save = move || {
        let known = work.of.with_untracked(Option::is_some);
        let name = work.name.get_untracked().trim().to_owned();
        let list = work.chosen.get_untracked();
        async move {
            act::save_role(known, name.clone(), list).await?;
            toast(format!("The role {name} is saved"));
            query.again.update(|count| *count += 1);
            Ok(())
        }
    };
    let fields = move || {
        let role = work.of.get_untracked();
        let (name, list) = role
            .clone()
            .map_or_else(Default::default, |role| (role.name, role.permissions));
        keep(move || {
            let renamed = work.name.with(|now| *now != name);
            renamed || work.chosen.with(|chosen| role::differ(chosen, &list))
        });
        let name = match role {
            Some(role) => {
                let count = i64::from(role.user_count);
                let users = plural(count, &count.to_string(), "user has", "users have");
                view! { <p>"What "<b>{role.name}</b>" allows; it holds at once for everyone who has it. "{users}" it."</p> }.into_any()
            }
            None => text_field("Name", work.name),
        };
        view! { {name} {permissions(query, work.chosen)} }.into_any()
    };
    let question = Question {
        title: "Role".into(),
        verb: "Save",
        danger: false,
    };
    confirm(work.editing, question, fields, save)
}

/// Boxes to check for every permission, by noun.
fn permissions(query: Query<RolesQuery>, chosen: RwSignal<Vec<String>>) -> AnyView {
    let known = query.data.with_untracked(|data| {
        let roles = data.as_ref().map(|data| data.roles.as_slice());
        all(roles.unwrap_or_default())
    });
    let groups = grouped(&known)
        .into_iter()
        .map(|(noun, permissions)| {
            let boxes = permissions.into_iter().map(|name| {
                let note = meaning(&name).to_owned();
                role::option(name, note, chosen)
            });
            view! {
                <fieldset class="group"><legend>{noun}</legend><div class="choices">{boxes.collect_view()}</div></fieldset>
            }
        })
        .collect_view();
    view! { <div class="groups">{groups}</div> }.into_any()
}

fn removal(query: Query<RolesQuery>, work: Work) -> AnyView {
    let delete = move || {
        let role = work.of.get_untracked();
        async move {
            if let Some(role) = role {
                let name = role.name.clone();
                act::delete_role(role).await?;
                toast(format!("The role {name} is gone"));
                query.again.update(|count| *count += 1);
            }
            Ok(())
        }
    };
    let details = move || {
        let name = work
            .of
            .with_untracked(|role| role.as_ref().map(|role| role.name.clone()));
        view! { <p>"The role "<b>{name}</b>" goes for good. One that users or tokens have cannot be deleted."</p> }.into_any()
    };
    let question = Question {
        title: "Delete this role?".into(),
        verb: "Delete",
        danger: true,
    };
    confirm(work.deleting, question, details, delete)
}
