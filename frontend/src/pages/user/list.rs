//! The users as a list.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::{RolesQuery, create, detail};
use crate::api::fragment::{PageInfo, StringFilter};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::copy::copy_graphql;
use crate::components::field::{choices, filter_select, filter_text, filters};
use crate::components::list::{ListState, PAGE, pager};
use crate::components::period::DateTimeFilter;
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::since;

#[derive(cynic::InputObject)]
struct UserRoleFilter {
    name: Option<StringFilter>,
}

#[derive(cynic::InputObject)]
struct UserRoleListFilter {
    some: Option<UserRoleFilter>,
}

#[derive(cynic::InputObject)]
struct UserFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    name: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    roles: Option<UserRoleListFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<DateTimeFilter>,
}

#[derive(cynic::QueryVariables)]
struct Variables {
    filter: UserFilter,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "User")]
struct Row {
    name: String,
    roles: Vec<String>,
    created_at: String,
    disabled_at: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "UserConnection")]
struct Page {
    nodes: Vec<Row>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Variables")]
struct UsersQuery {
    #[arguments(filter: $filter, first: $first, after: $after, last: $last, before: $before)]
    users: Page,
}

/// The list with its filters.
pub fn people() -> AnyView {
    let state = ListState::here();
    let query = use_query(
        move || {
            let page = state.page(PAGE);
            let active = match state.get("state").as_deref() {
                Some("active") => Some(true),
                Some("disabled") => Some(false),
                _ => None,
            };
            let having = |role| UserRoleListFilter {
                some: Some(UserRoleFilter {
                    name: Some(StringFilter::being(role)),
                }),
            };
            UsersQuery::build(Variables {
                filter: UserFilter {
                    name: state.get("q").map(StringFilter::containing),
                    roles: state.get("role").map(having),
                    disabled_at: active.map(|active| DateTimeFilter {
                        is_null: Some(active),
                        ..DateTimeFilter::default()
                    }),
                },
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        once,
    );
    let roles = use_query(|| RolesQuery::build(()), once);
    let known = move || {
        let mut known = choices(&[("", "Any")]);
        if let Some(data) = roles.data.get() {
            let names = data.roles.into_iter().map(|role| role.name);
            known.extend(names.map(|name| (name.clone(), name)));
        }
        known
    };
    let states = || {
        choices(&[
            ("", "Any"),
            ("active", "May sign in"),
            ("disabled", "Disabled"),
        ])
    };
    let controls = vec![
        filter_text("Name contains", "q"),
        filter_select("Role", "role", known),
        filter_select("State", "state", states),
    ];
    view! {
        <div class="controls">
            {filters(&["q", "role", "state"], controls)}
            <div class="heading-side">{copy_graphql(query)} {create::button()}</div>
        </div>
        {loaded(query, 8, |data: UsersQuery| {
            let Page { nodes, page_info, total_count } = data.users;
            if nodes.is_empty() {
                return empty("No user like this", view! { <a href="/users">"Show all users"</a> });
            }
            view! { {rows(&nodes)} {pager(page_info, total_count, "user", "users")} }.into_any()
        })}
    }
    .into_any()
}

/// Whether a user may sign in, as a word with its colour.
pub fn state(disabled: bool) -> AnyView {
    match disabled {
        true => view! { <span class="chip still">"disabled"</span> }.into_any(),
        false => view! { <span class="chip good">"may sign in"</span> }.into_any(),
    }
}

fn rows(rows: &[Row]) -> AnyView {
    let columns = vec![
        Column::text("Name", "name", |row: &Row| {
            let href = detail::address(&row.name);
            Cell::new(view! { <a href=href>{row.name.clone()}</a> })
        }),
        Column::text("Roles", "roles", |row: &Row| {
            Cell::exact(row.roles.join(", "), Some(row.roles.join(" ")))
        }),
        Column::text("State", "state", |row: &Row| {
            Cell::new(state(row.disabled_at.is_some()))
        }),
        Column::number("Created", "createdAt", |row: &Row| {
            Cell::new(since(row.created_at.clone()))
        })
        .wide(),
    ];
    let options = TableOptions {
        caption: "Users",
        mark: Some(("data-user", |row: &Row| row.name.clone())),
        sorted: None,
    };
    table(options, columns, rows)
}
