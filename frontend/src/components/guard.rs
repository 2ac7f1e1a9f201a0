//! Keeps what was typed: while a page has unsaved changes, links, shortcuts, the palette and the browser's Back ask
//! before they leave it, and so does the browser before it closes or reloads the tab.

use std::cell::RefCell;

use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::dialog::{Question, confirm};

/// The page that has changes: its address, whether it has, and where to go when they may be lost.
#[derive(Clone)]
struct Watch {
    here: Signal<String>,
    dirty: Signal<bool>,
    target: RwSignal<String>,
    asking: RwSignal<bool>,
}

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Puts the guard into a page: it asks while `dirty` is true. There is one at a time. Show what it returns.
pub fn guard(dirty: impl Into<Signal<bool>>) -> AnyView {
    let location = use_location();
    let here = Signal::derive(move || {
        let query = location.search.get();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{query}", location.pathname.get())
    });
    let watch = Watch {
        here,
        dirty: dirty.into(),
        target: RwSignal::new(String::new()),
        asking: RwSignal::new(false),
    };
    WATCH.set(Some(watch.clone()));
    let Watch {
        dirty,
        target,
        asking,
        ..
    } = watch;

    let before = window_event_listener(ev::beforeunload, move |event| {
        if dirty.get_untracked() {
            event.prevent_default();
        }
    });
    // In the capture phase, so that it comes before the router, which listens at the window.
    let clicked = Closure::<dyn Fn(web_sys::MouseEvent)>::new(stop_link);
    let listener = clicked.as_ref().unchecked_ref::<js_sys::Function>().clone();
    let _ = document().add_event_listener_with_callback_and_bool("click", &listener, true);
    let kept = StoredValue::new_local((clicked, listener));
    on_cleanup(move || {
        before.remove();
        let _ = kept.try_with_value(|(_, listener)| {
            document().remove_event_listener_with_callback_and_bool("click", listener, true)
        });
        // The next page may have put its own in already.
        WATCH.with_borrow_mut(|watch| {
            if watch.as_ref().is_some_and(|watch| watch.asking == asking) {
                *watch = None;
            }
        });
    });

    let navigate = use_navigate();
    let question = Question {
        title: "Leave without saving?".into(),
        verb: "Leave",
        danger: true,
    };
    let details = || "What you changed on this page is lost then.".into_any();
    confirm(asking, question, details, move || {
        let navigate = navigate.clone();
        async move {
            WATCH.set(None);
            navigate(&target.get_untracked(), Default::default());
            Ok(())
        }
    })
}

/// Holds the browser's Back and Forward back while a page has changes. To be called before the router is there, for
/// the window tells its listeners in the order in which they came.
pub fn guard_history() {
    let listening = window_event_listener(ev::popstate, |event| {
        let address =
            |place: &web_sys::Location| Some(place.pathname().ok()? + &place.search().ok()?);
        let target = address(&window().location()).unwrap_or_default();
        let Some(here) = held_back(&target) else {
            return;
        };
        // The router does not see that the address was another for a moment.
        event.stop_immediate_propagation();
        if let Ok(history) = window().history() {
            let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&here));
        }
    });
    on_cleanup(move || listening.remove());
}

/// Holds a click on a link of this site back when the page has changes.
fn stop_link(event: web_sys::MouseEvent) {
    let link = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .and_then(|target| target.closest("a[href]").ok().flatten())
        .and_then(|link| link.dyn_into::<web_sys::HtmlAnchorElement>().ok());
    let Some(link) = link else { return };
    let elsewhere =
        event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0;
    if elsewhere || link.origin() != window().location().origin().unwrap_or_default() {
        return;
    }
    if link.has_attribute("download") || link.target() == "_blank" {
        return;
    }
    let target = format!("{}{}{}", link.pathname(), link.search(), link.hash());
    if held_back(&target).is_some() {
        event.prevent_default();
        event.stop_propagation();
    }
}

/// Asks before going to `target` when the page has changes; the page's address if it does.
fn held_back(target: &str) -> Option<String> {
    let watch = WATCH.with_borrow(Clone::clone)?;
    if !watch.dirty.try_get_untracked()? {
        return None;
    }
    watch.target.set(target.to_owned());
    watch.asking.set(true);
    watch.here.try_get_untracked()
}

/// Goes to another page by `navigate`, asking first when this one has unsaved changes.
pub fn leave_for(target: &str, navigate: impl Fn(&str)) {
    if held_back(target).is_none() {
        navigate(target);
    }
}
