//! The fields a run cleared, corrected or doubts.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::tabs::{Reason, choices_of_reasons, csv, value};
use crate::api::fragment::{PageInfo, StringFilter};
use crate::api::live::Change as Live;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::field::{filter_text, filters};
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::{text, whole};

/// How grave a finding is.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    Info,
    Warning,
    Error,
}

#[derive(cynic::InputObject, Clone)]
struct IssueFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    code: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    message: Option<StringFilter>,
}

#[derive(cynic::QueryVariables)]
struct IssueVariables {
    id: cynic::Id,
    filter: Option<IssueFilter>,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Issue {
    line: i64,
    movie_id: Option<cynic::Id>,
    code: String,
    severity: Severity,
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
#[cynic(graphql_type = "Run", variables = "IssueVariables")]
struct RunIssues {
    issue_reasons: Vec<Reason>,
    #[arguments(filter: $filter, first: $first, after: $after, last: $last, before: $before)]
    issues: IssuePage,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "IssueVariables")]
struct IssuesQuery {
    #[arguments(id: $id)]
    run: Option<RunIssues>,
}

/// The issues, all or those of one code.
pub fn issues(id: Memo<String>, state: ListState) -> AnyView {
    let query = use_live_query(
        move || {
            let page = state.page(PAGE);
            let filter = IssueFilter {
                code: state.get("code").map(|code| StringFilter {
                    eq: Some(code),
                    ..Default::default()
                }),
                message: state.get("find").map(StringFilter::containing),
            };
            IssuesQuery::build(IssueVariables {
                id: cynic::Id::new(id.get()),
                filter: Some(filter),
                first: page.first,
                after: page.after,
                last: page.last,
                before: page.before,
            })
        },
        Live::Run(id.into()),
    );
    let narrowed = move || state.get("code").is_some() || state.get("find").is_some();
    let list = loaded(query, 12, move |data: IssuesQuery| {
        let Some(run) = data.run else {
            return ().into_any();
        };
        let page = run.issues;
        let list = if page.total_count > 0 {
            let options = TableOptions {
                caption: "Issues",
                mark: None,
                sorted: None,
            };
            view! {
                {table(options, columns(), &page.nodes)}
                {pager(page.page_info, page.total_count, "issue", "issues")}
            }
            .into_any()
        } else if untrack(narrowed) {
            empty("No such issues", "Choose another reason, or all.")
        } else {
            empty(
                "No issues",
                "Fields that were cleared, corrected or are doubtful are listed here.",
            )
        };
        view! { {choices_of_reasons(state, &run.issue_reasons)} {list} }.into_any()
    });
    view! { {filters(&["find"], vec![filter_text("Find in what was done", "find"), csv(id, state, "issues")])} {list} }
        .into_any()
}

fn columns() -> Vec<Column<Issue>> {
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
        Column::text("Severity", "severity", |row: &Issue| {
            let (name, tone) = match row.severity {
                Severity::Info => ("info", "chip still"),
                Severity::Warning => ("warning", "chip warn"),
                Severity::Error => ("error", "chip bad"),
            };
            Cell::new(view! { <span class=tone>{name}</span> })
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
