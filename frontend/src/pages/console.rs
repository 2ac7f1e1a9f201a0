//! The GraphQL console inside the frame: a page of its own, which the browser signs in with the same session.

use leptos::prelude::*;

use crate::components::layout::{heading, title};

/// Where the console's own page is.
const PAGE: &str = "/console/page";

/// The console.
#[component]
pub fn Console() -> impl IntoView {
    title(|| "Console".into());
    let alone = view! { <a class="button" href=PAGE target="_blank" rel="external">"Open in a tab of its own"</a> };
    view! {
        {heading(&[], "Console", alone)}
        <iframe class="console" src=PAGE title="GraphQL console"></iframe>
    }
}
