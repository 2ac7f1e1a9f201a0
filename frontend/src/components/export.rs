//! What stands above a long list: its CSV and its query.

use cynic::Operation;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::rc::Rc;

use super::copy::copy_query;
use super::csv::{csv_link, save};
use super::feed::Slice;
use super::icon::Icon;
use super::list::PageArguments;
use super::state::failure;
use super::value::whole;
use crate::api::transport::{ApiError, body, decode, post};
use crate::csv::csv;

/// Rows of a page while all are fetched: the most that the server gives.
const PAGE: i32 = 500;

/// The address of the list's CSV in the REST API; nothing while REST does not have the list as it is filtered and
/// sorted. Reactive.
pub type Rest = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// The rows of a page as cells, the cursor of the next one, and how many rows there are in all.
type Part = (Vec<Vec<String>>, Option<String>, i64);

/// The request for a page, and how to read its answer.
struct Source {
    body: Box<dyn Fn(PageArguments) -> String>,
    read: Box<dyn Fn(Value) -> Result<Part, ApiError>>,
}

/// "CSV" and "Copy as GraphQL" for a list. The CSV is REST's where it has one, else made of all rows of the list
/// that `ask` and `take` fetch, with the columns `head` and a row's `cells`. `before` stands before them.
pub fn tools<Q, V, T>(
    name: &'static str,
    rest: Rest,
    head: &'static [&'static str],
    ask: impl Fn(PageArguments) -> Operation<Q, V> + Clone + 'static,
    take: fn(Q) -> Slice<T>,
    cells: fn(&T) -> Vec<String>,
    before: AnyView,
) -> AnyView
where
    Q: DeserializeOwned + 'static,
    V: Serialize + 'static,
    T: 'static,
{
    let source = Source {
        body: Box::new(move |page| body(&ask(page))),
        read: Box::new(move |answer| {
            let slice = take(decode(answer)?);
            let next = slice
                .page_info
                .end_cursor
                .filter(|_| slice.page_info.has_next_page);
            Ok((slice.nodes.iter().map(cells).collect(), next, slice.total))
        }),
    };
    bar(name, rest, head, Rc::new(source), before)
}

fn bar(
    name: &'static str,
    rest: Rest,
    head: &'static [&'static str],
    source: Rc<Source>,
    before: AnyView,
) -> AnyView {
    let progress = RwSignal::new(None::<String>);
    let fault = RwSignal::new(None::<ApiError>);
    let source = StoredValue::new_local(source);
    let start = move || {
        if progress.get_untracked().is_none() {
            fault.set(None);
            progress.set(Some("Fetching…".into()));
            let source = source.get_value();
            spawn_local(async move {
                match fetch(&source, progress).await {
                    Ok(Some(rows)) => save(name, csv(head, rows)),
                    Ok(None) => {}
                    Err(error) => fault.set(Some(error)),
                }
                progress.try_set(None);
            });
        }
    };
    let rest = Memo::new(move |_| rest());
    let export = move || {
        match rest.get() {
        Some(address) => csv_link("CSV", move || address.clone()),
        None => view! {
            <button type="button" class="button plain" on:click=move |_| start()>{Icon::Download.draw()} "CSV"</button>
        }
        .into_any(),
    }
    };
    let first = move || {
        let page = PageArguments {
            first: Some(50),
            ..Default::default()
        };
        untrack(|| source.with_value(|source| (source.body)(page)))
    };
    view! {
        <div class="tools">
            {before}
            <span class="quiet small" role="status">{move || progress.get()}</span>
            {export}
            {copy_query(first)}
        </div>
        {move || fault.get().map(|error| failure(error, start))}
    }
    .into_any()
}

/// All rows, page by page, of the list as it was when this began; nothing once nobody waits for them any more.
async fn fetch(
    source: &Source,
    progress: RwSignal<Option<String>>,
) -> Result<Option<Vec<Vec<String>>>, ApiError> {
    let page = PageArguments {
        first: Some(PAGE),
        ..Default::default()
    };
    let body = untrack(|| (source.body)(page));
    let mut body: Value = serde_json::from_str(&body).unwrap_or_default();
    let mut rows = Vec::new();
    loop {
        let (part, next, total) = (source.read)(post(body.to_string()).await?)?;
        rows.extend(part);
        let text = format!("{} of {}", whole(rows.len() as i64), whole(total));
        if progress.try_set(Some(text)).is_some() {
            return Ok(None);
        }
        match next {
            Some(cursor) => body["variables"]["after"] = cursor.into(),
            None => return Ok(Some(rows)),
        }
    }
}
