//! The honest states of a page: loading, failed, empty, there.

use leptos::prelude::*;

use super::icon::Icon;
use crate::api::query::Query;
use crate::api::transport::{ApiError, NETWORK};

/// Shows a query's data through `show`. Until there is any, a skeleton of `lines` lines keeps the
/// layout; an error shows its code and a way to try again; older data stays while newer is awaited.
pub fn loaded<T, V>(
    query: Query<T>,
    lines: usize,
    show: impl Fn(T) -> V + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let shown = Memo::new(move |_| query.data.with(Option::is_some));
    let content = move || query.data.get().map(|data| show(data).into_any());
    frame(
        Box::new(content),
        shown,
        query.error,
        query.busy,
        query.again,
        lines,
    )
}

/// The part of [`loaded`] that is the same for all queries, so that it is compiled once.
fn frame(
    content: Box<dyn Fn() -> Option<AnyView> + Send + Sync>,
    shown: Memo<bool>,
    error: RwSignal<Option<ApiError>>,
    busy: RwSignal<bool>,
    again: RwSignal<u32>,
    lines: usize,
) -> AnyView {
    let fault = Memo::new(move |_| {
        // While the connection is lost the frame says so; data on the screen stays as it is.
        error
            .get()
            .filter(|error| error.code != NETWORK || !shown.get())
    });
    let retry = move || again.update(|count| *count += 1);
    view! {
        <div class="loaded" class:busy=move || busy.get() aria-busy=move || busy.get().to_string()>
            {move || fault.get().map(|error| failure(error, retry))}
            {content}
            {move || (!shown.get() && fault.with(Option::is_none)).then(|| skeleton(lines))}
        </div>
    }
    .into_any()
}

/// An error with its code and a button to try again.
pub fn failure(error: ApiError, again: impl Fn() + Send + Sync + 'static) -> AnyView {
    view! {
        <div class="alert alert-bad" role="alert">
            <p>{error.message}" "<span class="code quiet">{error.code}</span></p>
            <button type="button" class="button" on:click=move |_| again()>
                {Icon::Retry.draw()} "Try again"
            </button>
        </div>
    }
    .into_any()
}

/// Grey lines where data will stand.
pub fn skeleton(lines: usize) -> AnyView {
    view! {
        <div class="skeleton" role="status" aria-label="Loading">
            {(0..lines).map(|_| view! { <span></span> }).collect_view()}
        </div>
    }
    .into_any()
}

/// Why there is nothing here, and what to do about it.
pub fn empty(title: &'static str, advice: impl IntoView) -> AnyView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <p>{advice.into_view()}</p>
        </div>
    }
    .into_any()
}
