//! Labelled inputs for dialogs and pages, and filter bars whose values live in the URL.
//!
//! A form's field writes a signal (`text_field("Note", note)`); a filter writes a parameter of the URL
//! (`filter_text("File name", "file")`), which the page's query reads with `ListState::get`.

use leptos::prelude::*;

use super::icon::Icon;
use super::list::{ListState, in_place, writer};
use leptos_router::hooks::use_navigate;

/// A choice of a select: its value and its words.
pub type Choice = (String, String);

/// Choices from words that are known beforehand.
pub fn choices(of: &[(&str, &str)]) -> Vec<Choice> {
    of.iter()
        .map(|(value, words)| ((*value).to_owned(), (*words).to_owned()))
        .collect()
}

/// Any control under its label, with a line of advice where it needs one (`""` for none).
pub fn field(label: &'static str, advice: &'static str, control: AnyView) -> AnyView {
    view! {
        <label class="field">
            <span class="field-label">{label}</span>
            {control}
            {(!advice.is_empty()).then(|| view! { <span class="field-advice">{advice}</span> })}
        </label>
    }
    .into_any()
}

/// A line of text.
pub fn text_field(label: &'static str, value: RwSignal<String>) -> AnyView {
    typed_field(label, "", "text", value)
}

/// A line of an input type such as `number`, `date`, `email` or `password`, with advice (`""` for none).
pub fn typed_field(
    label: &'static str,
    advice: &'static str,
    kind: &'static str,
    value: RwSignal<String>,
) -> AnyView {
    // Browsers offer to remember what looks like a password; these are somebody else's or new.
    let remembered = if kind == "password" {
        "new-password"
    } else {
        "off"
    };
    let input = view! {
        <input type=kind autocomplete=remembered prop:value=value
            on:input=move |event| value.set(event_target_value(&event))/>
    };
    field(label, advice, input.into_any())
}

/// Several lines of text.
pub fn area_field(
    label: &'static str,
    advice: &'static str,
    rows: u32,
    value: RwSignal<String>,
) -> AnyView {
    let area = view! {
        <textarea rows=rows.to_string() spellcheck="false" prop:value=value
            on:input=move |event| value.set(event_target_value(&event))></textarea>
    };
    field(label, advice, area.into_any())
}

/// One of several choices; the list may change.
pub fn select_field(
    label: &'static str,
    choices: impl Fn() -> Vec<Choice> + Send + Sync + 'static,
    value: RwSignal<String>,
) -> AnyView {
    let select = select(
        Box::new(choices),
        value.into(),
        Box::new(move |chosen| value.set(chosen)),
    );
    field(label, "", select)
}

fn select(
    choices: Box<dyn Fn() -> Vec<Choice> + Send + Sync>,
    value: Signal<String>,
    write: Box<dyn Fn(String)>,
) -> AnyView {
    let options = move || {
        choices()
            .into_iter()
            .map(|(key, words)| {
                let own = key.clone();
                view! { <option value=key selected=move || value.get() == own>{words}</option> }
            })
            .collect_view()
    };
    view! {
        <select prop:value=value on:change=move |event| write(event_target_value(&event))>{options}</select>
    }
    .into_any()
}

/// A box to check.
pub fn check_field(label: &'static str, value: RwSignal<bool>) -> AnyView {
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=value on:change=move |event| value.set(event_target_checked(&event))/>
            <span>{label}</span>
        </label>
    }
    .into_any()
}

/// A bar of filters, and a link that clears them while one of `keys` is in the URL.
pub fn filters(keys: &'static [&'static str], bar: Vec<AnyView>) -> AnyView {
    let state = ListState::here();
    let clear = move || {
        keys.iter().any(|key| state.get(key).is_some()).then(|| {
            let mut changes: Vec<_> = keys.iter().map(|key| (*key, None)).collect();
            changes.extend([("after", None), ("before", None)]);
            let link = state.link(&changes);
            view! { <a class="button plain" href=link>{Icon::Close.draw()} "Clear filters"</a> }
        })
    };
    view! { <div class="filters" role="search" aria-label="Filters">{bar} {clear}</div> }.into_any()
}

/// A filter by text, written to the URL a moment after the last keystroke.
pub fn filter_text(label: &'static str, key: &'static str) -> AnyView {
    filter_typed(label, key, "search")
}

/// A filter of an input type such as `date` or `number`.
pub fn filter_typed(label: &'static str, key: &'static str, kind: &'static str) -> AnyView {
    let state = ListState::here();
    let write = writer(key);
    let input = view! {
        <input type=kind name=key autocomplete="off" prop:value=move || state.get(key).unwrap_or_default()
            on:input=move |event| write(event_target_value(&event))/>
    };
    field(label, "", input.into_any())
}

/// A filter by one of several choices; an empty value stands for all and is not in the URL.
pub fn filter_select(
    label: &'static str,
    key: &'static str,
    choices: impl Fn() -> Vec<Choice> + Send + Sync + 'static,
) -> AnyView {
    let state = ListState::here();
    let navigate = use_navigate();
    let value = Signal::derive(move || state.get(key).unwrap_or_default());
    let write = move |chosen| navigate(&untrack(|| state.with(key, chosen)), in_place());
    let select = select(Box::new(choices), value, Box::new(write));
    field(label, "", select)
}

/// A filter that is on or off: `?key=yes`, or not in the URL.
pub fn filter_check(label: &'static str, key: &'static str) -> AnyView {
    let state = ListState::here();
    let navigate = use_navigate();
    let write = move |event| {
        let value = if event_target_checked(&event) {
            "yes"
        } else {
            ""
        };
        navigate(&untrack(|| state.with(key, value.to_owned())), in_place());
    };
    view! {
        <label class="check">
            <input type="checkbox" name=key prop:checked=move || state.get(key).is_some() on:change=write/>
            <span>{label}</span>
        </label>
    }
    .into_any()
}
