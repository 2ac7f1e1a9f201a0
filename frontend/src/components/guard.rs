//! Keeps what was typed: while a page has unsaved changes, links, shortcuts and the palette ask before they leave
//! it, and so does the browser before it closes or reloads the tab.

use std::cell::RefCell;

use leptos::ev;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::dialog::{Question, confirm};

/// The page that has changes: whether it has, and where to go when they may be lost.
#[derive(Clone)]
struct Watch {
    dirty: Signal<bool>,
    target: RwSignal<String>,
    asking: RwSignal<bool>,
}

thread_local! {
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Puts the guard into a page: it asks while `dirty` is true. There is one at a time. Show what it returns.
pub fn guard(dirty: impl Into<Signal<bool>>) -> AnyView {
    let watch = Watch {
        dirty: dirty.into(),
        target: RwSignal::new(String::new()),
        asking: RwSignal::new(false),
    };
    WATCH.set(Some(watch.clone()));
    let Watch {
        dirty,
        target,
        asking,
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
    if held_back(&target) {
        event.prevent_default();
        event.stop_propagation();
    }
}

/// Asks before going to `target` when the page has changes; whether it does.
fn held_back(target: &str) -> bool {
    let Some(watch) = WATCH.with_borrow(Clone::clone) else {
        return false;
    };
    if !watch.dirty.try_get_untracked().unwrap_or_default() {
        return false;
    }
    watch.target.set(target.to_owned());
    watch.asking.set(true);
    true
}

/// Goes to another page by `navigate`, asking first when this one has unsaved changes.
pub fn leave_for(target: &str, navigate: impl Fn(&str)) {
    if !held_back(target) {
        navigate(target);
    }
}
