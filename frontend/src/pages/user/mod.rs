//! Users, what they may do, and the roles that say so.

mod act;
mod create;
pub mod detail;
mod list;
mod matrix;
pub mod permission;
mod role;
pub mod session;

use leptos::prelude::*;

use crate::api::schema;
use crate::components::allowed::page_for;
use crate::components::layout::{heading, title};
use crate::components::tabs::{Tab, tabs};

/// A user by name, which is what actions answer.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "User")]
pub struct UserName {
    pub name: String,
}

/// A role and what it allows.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Role {
    pub name: String,
    pub permissions: Vec<String>,
    pub built_in: bool,
    pub user_count: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
pub struct RolesQuery {
    pub roles: Vec<Role>,
}

/// Users and roles as two tabs.
#[component]
pub fn Users() -> impl IntoView {
    title(|| "Users".into());
    page_for("user.manage", || {
        let shown = |key| match key {
            "roles" => matrix::roles(),
            _ => list::people(),
        };
        let all = vec![Tab::new("users", "Users"), Tab::new("roles", "Roles")];
        view! {
            {heading(&[], "Users and roles", ())}
            {tabs("Users and roles", all, shown)}
        }
        .into_any()
    })
}
