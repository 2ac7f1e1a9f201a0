//! The rows a run rejected: why, the raw record with the fault marked, and a way to send it again.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::correct::{Correction, correct};
use super::record::fault;
use super::tabs::{Reason, choices_of_reasons, csv};
use crate::api::fragment::{PageInfo, StringFilter};
use crate::api::live::Change as Live;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::api::session::Session;
use crate::components::field::{filter_text, filters};
use crate::components::list::{ListState, PAGE, pager};
use crate::components::state::{empty, loaded};
use crate::components::value::whole;

#[derive(cynic::InputObject, Clone)]
struct RejectFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    code: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    message: Option<StringFilter>,
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

/// A rejected record.
#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct Reject {
    pub id: cynic::Id,
    pub line: i64,
    pub byte_offset: i64,
    pub byte_length: i64,
    pub code: String,
    pub rule: String,
    pub column: Option<String>,
    pub value: Option<String>,
    pub message: String,
    pub raw: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "RejectConnection")]
struct RejectPage {
    nodes: Vec<Reject>,
    page_info: PageInfo,
    total_count: i64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "SourceFile")]
struct RejectFile {
    sha256: String,
    name: String,
    source: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run", variables = "RejectVariables")]
struct RunRejects {
    file: Option<RejectFile>,
    reject_reasons: Vec<Reason>,
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
    let session = expect_context::<Session>();
    let query = use_live_query(
        move || {
            let page = state.page(PAGE);
            let filter = RejectFilter {
                code: state.get("code").map(|code| StringFilter {
                    eq: Some(code),
                    ..Default::default()
                }),
                message: state.get("find").map(StringFilter::containing),
            };
            RejectsQuery::build(RejectVariables {
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
    let correction = Correction::new();
    let file = Memo::new(move |_| {
        query
            .data
            .with(|data| data.as_ref()?.run.as_ref()?.file.clone())
            .map(|file| (file.sha256, file.name, file.source))
    });
    correction.know_columns(file);
    let narrowed = move || state.get("code").is_some() || state.get("find").is_some();
    let list = loaded(query, 12, move |data: RejectsQuery| {
        let Some(run) = data.run else {
            return ().into_any();
        };
        let page = run.rejects;
        let cards = page
            .nodes
            .into_iter()
            .map(|reject| card(reject, correction, session))
            .collect_view();
        let list = if page.total_count > 0 {
            view! {
                <ul class="rejects" aria-label="Rejected rows">{cards}</ul>
                {pager(page.page_info, page.total_count, "rejected row", "rejected rows")}
            }
            .into_any()
        } else if untrack(narrowed) {
            empty("No such rejected rows", "Choose another reason, or all.")
        } else {
            empty(
                "No rejected rows",
                "Rows that can't be a movie are listed here with the reason.",
            )
        };
        view! {
            {choices_of_reasons(state, &run.reject_reasons)}
            {list}
        }
        .into_any()
    });
    view! {
        {filters(&["find"], vec![filter_text("Find in what is wrong", "find"), csv(id, state, "rejects")])}
        {list}
        {correct(correction)}
    }
    .into_any()
}

fn card(reject: Reject, correction: Correction, session: Session) -> AnyView {
    let place = format!(
        "{} bytes from byte {}",
        whole(reject.byte_length),
        whole(reject.byte_offset)
    );
    let column = reject.column.clone();
    let shown = reject.clone();
    let raw = move || marked(&shown, &correction.columns.get().unwrap_or_default());
    let kept = reject.raw.is_some();
    let chosen = reject.clone();
    view! {
        <li data-reject=reject.id.inner().to_owned()>
            <div class="reject-head">
                <span title=place data-field="line" data-value=reject.line>"Line "{whole(reject.line)}</span>
                <code title=format!("rule {}", reject.rule) data-field="code">{reject.code}</code>
                {column.map(|column| view! { <span class="quiet">"column "<code>{column}</code></span> })}
                <Show when=move || kept && session.may("run.trigger")>
                    <button type="button" class="button small-button" data-testid="correct-reject" on:click={
                        let chosen = chosen.clone();
                        move |_| correction.open(chosen.clone())
                    }>"Correct…"</button>
                </Show>
            </div>
            <p>{reject.message}</p>
            {raw}
        </li>
    }
    .into_any()
}

/// The raw record with what is at fault marked.
fn marked(reject: &Reject, columns: &[String]) -> AnyView {
    let Some(raw) = &reject.raw else {
        return view! { <p class="quiet">"The file's bytes have been deleted."</p> }.into_any();
    };
    let place = fault(
        raw,
        columns,
        reject.column.as_deref(),
        reject.value.as_deref(),
    );
    let Some((start, end)) = place else {
        return view! { <pre class="raw" tabindex="0" role="region" aria-label="Raw record">{raw.clone()}</pre> }.into_any();
    };
    let fault = match &raw[start..end] {
        "" => view! { <mark class="nothing">"empty"</mark> }.into_any(),
        text => view! { <mark>{text.to_owned()}</mark> }.into_any(),
    };
    view! {
        <pre class="raw" tabindex="0" role="region" aria-label="Raw record">{raw[..start].to_owned()}{fault}{raw[end..].to_owned()}</pre>
    }
    .into_any()
}
