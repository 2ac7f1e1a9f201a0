//! The state of a list lives in the URL: what is searched, how it is sorted, which page.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

use super::icon::Icon;
use super::value::whole;
use crate::api::fragment::{OrderDirection, PageInfo};
use crate::format::plural;

/// Rows on a page of a list.
pub const PAGE: i32 = 50;

/// Reads and links the query string of the present page.
#[derive(Clone, Copy)]
pub struct ListState {
    params: Memo<ParamsMap>,
    path: Memo<String>,
}

/// Arguments of a keyset connection: forwards, or backwards from a cursor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageArguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl ListState {
    /// The present page's list state.
    pub fn here() -> Self {
        Self {
            params: use_query_map(),
            path: use_location().pathname,
        }
    }

    /// One parameter. Reactive.
    pub fn get(&self, key: &str) -> Option<String> {
        self.params
            .with(|params| params.get(key))
            .filter(|value| !value.is_empty())
    }

    /// The sort field and its direction, or the defaults. Reactive.
    pub fn sort(&self, field: &str, descending: bool) -> (String, bool) {
        match self.get("sort") {
            Some(field) => (field, self.get("dir").as_deref() == Some("desc")),
            None => (field.to_owned(), descending),
        }
    }

    /// Which page is asked for. Reactive.
    pub fn page(&self, size: i32) -> PageArguments {
        match (self.get("before"), self.get("after")) {
            (Some(before), _) => PageArguments {
                last: Some(size),
                before: Some(before),
                ..Default::default()
            },
            (None, after) => PageArguments {
                first: Some(size),
                after,
                ..Default::default()
            },
        }
    }

    /// The address of the first page of this list with one parameter changed, or removed when empty. Reactive.
    pub fn with(&self, key: &'static str, value: String) -> String {
        let value = Some(value).filter(|value| !value.is_empty());
        self.link(&[(key, value), ("after", None), ("before", None)])
    }

    /// The address of this page with this parameter alone. Reactive.
    pub fn only(&self, key: &'static str, value: &str) -> String {
        let mut params = ParamsMap::new();
        params.insert(key, value.to_owned());
        format!("{}{}", self.path.get(), params.to_query_string())
    }

    /// The address of this page with some parameters changed (or removed). Reactive.
    pub fn link(&self, changes: &[(&'static str, Option<String>)]) -> String {
        let mut params = self.params.get();
        for (key, value) in changes {
            match value {
                Some(value) => params.replace(*key, value.clone()),
                None => {
                    params.remove(key);
                }
            }
        }
        format!("{}{}", self.path.get(), params.to_query_string())
    }
}

/// `desc` or `asc` as the server's order direction.
pub fn direction(descending: bool) -> OrderDirection {
    if descending {
        OrderDirection::Desc
    } else {
        OrderDirection::Asc
    }
}

/// A search box that writes parameter `q` a moment after the last keystroke.
pub fn search(label: &'static str) -> AnyView {
    let write = writer("q");
    let typed = move |event| write(event_target_value(&event));
    view! {
        <label class="search">
            {Icon::Search.draw()}
            <span class="sr">{label}</span>
            <input type="search" name="q" placeholder=label autocomplete="off"
                prop:value=untrack(|| ListState::here().get("q").unwrap_or_default()) on:input=typed/>
        </label>
    }
    .into_any()
}

/// Writes a parameter of the URL a moment after the last call, and goes back to the first page of the list.
pub fn writer(key: &'static str) -> impl Fn(String) + Clone + 'static {
    let state = ListState::here();
    let navigate = use_navigate();
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(Some(handle)) = waiting.try_get_value() {
            handle.clear();
        }
    };
    on_cleanup(stop);
    move |text: String| {
        let navigate = navigate.clone();
        stop();
        let handle = set_timeout_with_handle(
            move || {
                let link = untrack(|| state.with(key, text));
                navigate(&link, in_place());
            },
            Duration::from_millis(250),
        );
        waiting.set_value(handle.ok());
    }
}

/// How to go to another state of the same page: without a step of its own in the history, and without scrolling.
pub fn in_place() -> NavigateOptions {
    NavigateOptions {
        replace: true,
        scroll: false,
        ..Default::default()
    }
}

/// How many there are, and links to the pages before and after.
pub fn pager(info: PageInfo, total: i64, one: &'static str, many: &'static str) -> AnyView {
    let state = ListState::here();
    let step = move |key: &'static str, other: &'static str, cursor: Option<String>| {
        let missing = cursor.is_none().to_string();
        let link = move || {
            let cursor = cursor.clone()?;
            Some(state.link(&[(key, Some(cursor)), (other, None)]))
        };
        (link, missing)
    };
    let (previous, no_previous) = step(
        "before",
        "after",
        info.start_cursor.filter(|_| info.has_previous_page),
    );
    let (next, no_next) = step(
        "after",
        "before",
        info.end_cursor.filter(|_| info.has_next_page),
    );
    view! {
        <nav class="pager" aria-label="Pages">
            <span class="quiet">{plural(total, &whole(total), one, many)}</span>
            <span class="pager-links">
                <a class="button" rel="prev" href=previous aria-disabled=no_previous>
                    {Icon::Previous.draw()} "Previous"
                </a>
                <a class="button" rel="next" href=next aria-disabled=no_next>
                    "Next" {Icon::Next.draw()}
                </a>
            </span>
        </nav>
    }
    .into_any()
}
