//! The page for addresses that mean nothing.

use leptos::prelude::*;

use crate::components::layout::title;
use crate::components::state::empty;

/// Says that there is no such page.
#[component]
pub fn Missing() -> impl IntoView {
    title(|| "Not found".into());
    view! {
        <h1>"Not found"</h1>
        {empty("There is no such page.", view! { <a href="/">"Go to the dashboard"</a> })}
    }
}

/// Says that a thing of this kind does not exist (any more).
pub fn missing(kind: &'static str) -> AnyView {
    empty(
        "Not found",
        view! { {format!("There is no {kind} with this address. ")} <a href="/">"Go to the dashboard"</a> },
    )
}
