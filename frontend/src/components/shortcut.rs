//! Keys that work everywhere: `g` and a letter to go to a page, `/` to search, `?` for the list of them.

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;

use super::dialog::dialog;
use super::guard::leave_for;
use super::layout::{GROUPS, Section};
use super::palette::{command_key, open_palette};
use crate::api::session::Session;

/// Milliseconds within which the second key must follow `g`.
const TOGETHER: f64 = 1_500.0;

/// All pages of the navigation.
pub fn sections() -> impl Iterator<Item = &'static Section> {
    GROUPS.iter().flat_map(|(_, sections)| sections.iter())
}

/// Listens for the keys; the frame has the one there is. The list shows in a dialog.
pub fn shortcuts() -> AnyView {
    let session = expect_context::<Session>();
    let navigate = use_navigate();
    let listing = RwSignal::new(false);
    let began = StoredValue::new(f64::NEG_INFINITY);
    let listener = window_event_listener(ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            open_palette();
            return;
        }
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typing(&event) {
            return;
        }
        let key = event.key();
        let after_g = event.time_stamp() - began.get_value() < TOGETHER;
        began.set_value(f64::NEG_INFINITY);
        if after_g {
            let section = sections()
                .find(|section| section.key == key && untrack(|| section.open_to(session)));
            if let Some(section) = section {
                event.prevent_default();
                leave_for(section.path, |path| navigate(path, Default::default()));
            }
            return;
        }
        match key.as_str() {
            "g" => began.set_value(event.time_stamp()),
            "?" => listing.set(true),
            "/" if focus_search() => event.prevent_default(),
            _ => {}
        }
    });
    on_cleanup(move || listener.remove());
    dialog(listing, "Keyboard shortcuts", move || list(session))
}

/// Whether the key belongs to a field, or to a dialog that is open.
fn is_typing(event: &KeyboardEvent) -> bool {
    let field = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .and_then(|target| {
            target
                .closest("input, textarea, select, [contenteditable], dialog")
                .ok()
        })
        .flatten();
    field.is_some() || matches!(document().query_selector("dialog[open]"), Ok(Some(_)))
}

/// Focuses the page's search; whether there is one.
fn focus_search() -> bool {
    let Ok(Some(field)) = document().query_selector("main input[type=search]") else {
        return false;
    };
    field
        .dyn_into::<web_sys::HtmlElement>()
        .is_ok_and(|field| field.focus().is_ok())
}

fn list(session: Session) -> AnyView {
    let go = sections()
        .filter(|section| section.open_to(session))
        .map(|section| line(vec!["g", section.key], section.name))
        .collect_view();
    view! {
        <dl class="keys">
            {line(vec![command_key()], "Find or do: pages, runs, files, companies, genres, movies, actions")}
            {line(vec!["/"], "Search or filter this page")}
            {line(vec!["?"], "This list")}
            {line(vec!["Esc"], "Close a dialog")}
            {go}
        </dl>
    }
    .into_any()
}

fn line(keys: Vec<&'static str>, what: &'static str) -> AnyView {
    let keys = keys
        .into_iter()
        .map(|key| view! { <kbd>{key}</kbd> })
        .collect_view();
    view! { <div><dt>{keys}</dt><dd>{what}</dd></div> }.into_any()
}
