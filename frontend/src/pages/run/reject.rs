//! The rows a run rejected, and why.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::tabs::{pace, page_variables, value};
use crate::api::fragment::{PageInfo, RunStatus, StringFilter};
use crate::api::query::use_query;
use crate::api::schema;
use crate::components::list::{ListState, pager};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::{text, whole};

#[derive(cynic::InputObject, Clone)]
struct RejectFilter {
    code: Option<StringFilter>,
}

#[derive(cynic::QueryVariables)]
struct RejectVariables {
    id: cynic::Id,
    filter: Option<RejectFilter>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Reject {
    line: i64,
    byte_offset: i64,
    byte_length: i64,
    code: String,
    rule: String,
    column: Option<String>,
    value: Option<String>,
    message: String,
    raw: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RejectConnection")]
struct RejectPage {
    nodes: Vec<Reject>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run", variables = "RejectVariables")]
struct RunRejects {
    status: RunStatus,
    #[arguments(filter: $filter, first: $first, after: $after, last: $last, before: $before)]
    rejects: RejectPage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "RejectVariables")]
struct RejectsQuery {
    #[arguments(id: $id)]
    run: Option<RunRejects>,
}

/// The rejected rows, all or those of one code.
pub fn rejects(id: Memo<String>, state: ListState) -> AnyView {
    let query = use_query(
        move || {
            let page = page_variables(id, state);
            RejectsQuery::build(RejectVariables {
                id: page.id,
                filter: state.get("code").map(|code| RejectFilter {
                    code: Some(StringFilter {
                        eq: Some(code),
                        ..Default::default()
                    }),
                }),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        |data: &RejectsQuery| pace(data.run.as_ref().map(|run| run.status)),
    );
    let filter = move || {
        state.get("code").map(|code| {
            let link = state.link(&[("code", None), ("after", None), ("before", None)]);
            view! { <p class="quiet">"Only " <code>{code}</code> ". " <a href=link>"Show all"</a></p> }
        })
    };
    let list = loaded(query, 8, |data: RejectsQuery| {
        let Some(RunRejects { rejects, .. }) = data.run else {
            return ().into_any();
        };
        if rejects.nodes.is_empty() {
            return empty(
                "No rejected rows",
                "Rows that can't be a movie are listed here with the reason.",
            );
        }
        let options = TableOptions {
            caption: "Rejected rows",
            mark: None,
            sorted: None,
        };
        view! {
            {table(options, reject_columns(), &rejects.nodes)}
            {pager(rejects.page_info, rejects.total_count, "rejected row", "rejected rows")}
        }
        .into_any()
    });
    view! { {filter} {list} }.into_any()
}

fn reject_columns() -> Vec<Column<Reject>> {
    vec![
        Column::number("Line", "line", |row: &Reject| {
            Cell::exact(whole(row.line), Some(row.line))
        }),
        Column::text("Code", "code", |row: &Reject| {
            Cell::new(view! { <code title=format!("rule {}", row.rule)>{row.code.clone()}</code> })
        }),
        Column::text("Column", "column", |row: &Reject| {
            Cell::new(text(row.column.clone()))
        }),
        Column::text("Value", "value", |row: &Reject| {
            Cell::new(value(row.value.clone()))
        }),
        Column::text("What is wrong", "message", |row: &Reject| {
            let place = format!(
                "{} bytes from byte {}",
                whole(row.byte_length),
                whole(row.byte_offset)
            );
            let raw = row.raw.clone();
            let raw = raw.unwrap_or_else(|| "The file's bytes have been deleted.".to_owned());
            Cell::new(view! {
                <div class="prose">
                    {row.message.clone()}
                    <details><summary title=place>"Raw record"</summary><pre>{raw}</pre></details>
                </div>
            })
        }),
    ]
}
