//! Tabs whose choice is in the URL (`?tab=`), so that it can be linked and "back" returns to it.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::list::ListState;
use super::value::whole;
use crate::api::session::Session;

/// One tab.
#[derive(Clone, Copy)]
pub struct Tab {
    key: &'static str,
    label: &'static str,
    count: Option<Signal<Option<i64>>>,
    permission: Option<&'static str>,
}

impl Tab {
    /// A tab with its key in the URL and its words.
    pub fn new(key: &'static str, label: &'static str) -> Self {
        Self {
            key,
            label,
            count: None,
            permission: None,
        }
    }

    /// Says beside the words how many things are behind the tab, as soon as that is known.
    pub fn counted(mut self, count: Signal<Option<i64>>) -> Self {
        self.count = Some(count);
        self
    }

    /// Offers the tab to those only who have this permission.
    pub fn needs(mut self, permission: &'static str) -> Self {
        self.permission = Some(permission);
        self
    }
}

/// The tabs and what `show` makes of the chosen one's key; the first is chosen when the URL names none. Choosing
/// another drops all other parameters of the URL: they belong to the tab that is left.
pub fn tabs(
    name: &'static str,
    tabs: Vec<Tab>,
    show: impl Fn(&'static str) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    strip(name, tabs, Box::new(show))
}

fn strip(
    name: &'static str,
    tabs: Vec<Tab>,
    show: Box<dyn Fn(&'static str) -> AnyView + Send + Sync>,
) -> AnyView {
    let session = expect_context::<Session>();
    let state = ListState::here();
    let keys = tabs.clone();
    let chosen = Memo::new(move |_| {
        let wanted = state.get("tab").unwrap_or_default();
        let mut open = keys
            .iter()
            .filter(|tab| tab.permission.is_none_or(|needed| session.may(needed)))
            .map(|tab| tab.key);
        let first = open.clone().next().unwrap_or_default();
        open.find(|key| *key == wanted).unwrap_or(first)
    });
    Effect::new(move |_| {
        let key = chosen.get();
        request_animation_frame(move || show_tab(key));
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| {
        show_tab(chosen.get_untracked())
    });
    on_cleanup(move || resized.remove());
    let links = tabs
        .into_iter()
        .map(|tab| link(tab, chosen, state, session))
        .collect_view();
    view! {
        <div class="tabs" role="tablist" aria-label=name on:keydown=walk>{links}</div>
        <div class="tab-panel" role="tabpanel" id="tab-panel" aria-labelledby=move || format!("tab-{}", chosen.get())>
            {move || show(chosen.get())}
        </div>
    }
    .into_any()
}

fn link(tab: Tab, chosen: Memo<&'static str>, state: ListState, session: Session) -> AnyView {
    let here = move || chosen.get() == tab.key;
    let count = move || {
        let count = tab.count?.get()?;
        Some(view! { <span class="tab-count">{whole(count)}</span> })
    };
    view! {
        <a role="tab" id=format!("tab-{}", tab.key) href=move || state.only("tab", tab.key)
            aria-selected=move || here().to_string() aria-controls="tab-panel"
            tabindex=move || if here() { "0" } else { "-1" }
            hidden=move || tab.permission.is_some_and(|needed| !session.may(needed))>
            {tab.label} {count}
        </a>
    }
    .into_any()
}

/// Scrolls a strip that is narrower than its tabs until one of them is whole.
fn show_tab(key: &str) {
    let Some(tab) = document().get_element_by_id(&format!("tab-{key}")) else {
        return;
    };
    let Some(list) = tab.parent_element() else {
        return;
    };
    let (tab, strip) = (
        tab.get_bounding_client_rect(),
        list.get_bounding_client_rect(),
    );
    let beyond = match tab.left() < strip.left() {
        true => tab.left() - strip.left(),
        false => (tab.right() - strip.right()).max(0.0),
    };
    list.set_scroll_left(list.scroll_left() + beyond.round() as i32);
}

/// Arrow keys go to the neighbouring tab, Home and End to the outermost, and choose it.
fn walk(event: KeyboardEvent) {
    let Some(list) = event
        .current_target()
        .and_then(|list| list.dyn_into::<web_sys::Element>().ok())
    else {
        return;
    };
    let Ok(found) = list.query_selector_all("[role=tab]:not([hidden])") else {
        return;
    };
    let tabs: Vec<web_sys::HtmlElement> = (0..found.length())
        .filter_map(|index| found.get(index)?.dyn_into().ok())
        .collect();
    let focused = document().active_element();
    let now = tabs.iter().position(|tab| {
        focused
            .as_ref()
            .is_some_and(|focused| focused == tab.as_ref() as &web_sys::Element)
    });
    let Some(now) = now else { return };
    let next = match event.key().as_str() {
        "ArrowRight" => (now + 1) % tabs.len(),
        "ArrowLeft" => (now + tabs.len() - 1) % tabs.len(),
        "Home" => 0,
        "End" => tabs.len() - 1,
        _ => return,
    };
    event.prevent_default();
    let _ = tabs[next].focus();
    tabs[next].click();
}
