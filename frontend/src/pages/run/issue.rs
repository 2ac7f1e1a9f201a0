//! The fields a run cleared, corrected or doubts.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::tabs::{PageVariablesFields, pace, page_variables, value};
use crate::api::fragment::{PageInfo, RunStatus};
use crate::api::query::use_query;
use crate::api::schema;
use crate::components::list::{ListState, pager};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::{text, whole};

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Issue {
    line: i64,
    movie_id: Option<cynic::Id>,
    code: String,
    rule: String,
    column: Option<String>,
    old_value: Option<String>,
    new_value: Option<String>,
    message: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "IssueConnection")]
struct IssuePage {
    nodes: Vec<Issue>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run", variables = "PageVariables")]
struct RunIssues {
    status: RunStatus,
    #[arguments(first: $first, after: $after, last: $last, before: $before)]
    issues: IssuePage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "PageVariables")]
struct IssuesQuery {
    #[arguments(id: $id)]
    run: Option<RunIssues>,
}

/// The issues.
pub fn issues(id: Memo<String>, state: ListState) -> AnyView {
    let query = use_query(
        move || IssuesQuery::build(page_variables(id, state)),
        |data: &IssuesQuery| pace(data.run.as_ref().map(|run| run.status)),
    );
    loaded(query, 8, |data: IssuesQuery| {
        let Some(RunIssues { issues, .. }) = data.run else {
            return ().into_any();
        };
        if issues.nodes.is_empty() {
            return empty(
                "No issues",
                "Fields that were cleared, corrected or are doubtful are listed here.",
            );
        }
        let options = TableOptions {
            caption: "Issues",
            mark: None,
            sorted: None,
        };
        view! {
            {table(options, issue_columns(), &issues.nodes)}
            {pager(issues.page_info, issues.total_count, "issue", "issues")}
        }
        .into_any()
    })
}

fn issue_columns() -> Vec<Column<Issue>> {
    vec![
        Column::number("Line", "line", |row: &Issue| {
            Cell::exact(whole(row.line), Some(row.line))
        }),
        Column::text("Movie", "movieId", |row: &Issue| match &row.movie_id {
            Some(id) => Cell::new(
                view! { <a href=format!("/movies/{}", id.inner())>{id.inner().to_owned()}</a> },
            ),
            None => Cell::new(text(None)),
        }),
        Column::text("Code", "code", |row: &Issue| {
            Cell::new(view! { <code title=format!("rule {}", row.rule)>{row.code.clone()}</code> })
        }),
        Column::text("Column", "column", |row: &Issue| {
            Cell::new(text(row.column.clone()))
        }),
        Column::text("Was", "oldValue", |row: &Issue| {
            Cell::new(value(row.old_value.clone()))
        }),
        Column::text("Is", "newValue", |row: &Issue| {
            Cell::new(value(row.new_value.clone()))
        }),
        Column::text("What was done", "message", |row: &Issue| {
            Cell::new(view! { <div class="prose">{row.message.clone()}</div> })
        }),
    ]
}
