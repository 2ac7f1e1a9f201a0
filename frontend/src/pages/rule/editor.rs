//! A text area for rules: numbered lines, faults where they are, and a Tab key that can be got past.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use super::fault::{Fault, offset};
use crate::format::plural;

/// Height of a line in pixels, as the stylesheet has it.
const LINE: i32 = 20;

/// A fault of a text, with the line as it was when the fault was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    fault: Fault,
    line: String,
}

/// The faults of a text.
pub fn found(text: &str, faults: Vec<Fault>) -> Vec<Found> {
    let lines: Vec<&str> = text.lines().collect();
    let line = |fault: &Fault| {
        let at = usize::try_from(fault.line).unwrap_or(1).saturating_sub(1);
        lines.get(at).copied().unwrap_or_default().to_owned()
    };
    let faults = faults.into_iter();
    let faults = faults.map(|fault| Found {
        line: line(&fault),
        fault,
    });
    faults.collect()
}

/// The editor of `text`. A fault's mark goes as soon as its line is changed. Ctrl+Enter runs `attempt`.
pub fn editor(
    text: RwSignal<String>,
    faults: RwSignal<Vec<Found>>,
    attempt: impl Fn() + Copy + 'static,
) -> AnyView {
    let area = NodeRef::<html::Textarea>::new();
    let scrolled = RwSignal::new(0);
    let escaped = StoredValue::new(false);
    let lines = Memo::new(move |_| text.with(|text| text.matches('\n').count() + 1));
    // The faults whose lines are as they were.
    let marked = Memo::new(move |_| {
        let faults = faults.get();
        text.with(|text| {
            let lines: Vec<&str> = match faults.is_empty() {
                true => Vec::new(),
                false => text.lines().collect(),
            };
            let there = |found: &Found| {
                let at = usize::try_from(found.fault.line)
                    .unwrap_or(1)
                    .saturating_sub(1);
                lines.get(at).copied().unwrap_or_default() == found.line
            };
            let faults = faults.into_iter();
            let faults: Vec<(Found, bool)> =
                faults.map(|found| (found.clone(), there(&found))).collect();
            faults
        })
    });
    let faulty = Memo::new(move |_| {
        let lines = marked.get().into_iter();
        let lines: Vec<i32> = lines
            .filter_map(|(found, there)| there.then_some(found.fault.line))
            .collect();
        lines
    });
    // New faults bring the first of them into sight.
    Effect::new(move |_| {
        let line = faults.with(|faults| faults.first().map(|found| found.fault.line));
        if let (Some(line), Some(area)) = (line, area.get_untracked()) {
            show(&area, line);
        }
    });
    let typed = move |event: KeyboardEvent| {
        let plain =
            !event.shift_key() && !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        match event.key().as_str() {
            "Escape" => return escaped.set_value(true),
            "Enter" if event.ctrl_key() || event.meta_key() => {
                event.prevent_default();
                attempt();
            }
            "Tab" if plain && !escaped.get_value() => {
                event.prevent_default();
                indent();
            }
            _ => {}
        }
        escaped.set_value(false);
    };
    let go = move |fault: &Fault| {
        let Some(area) = area.get_untracked() else {
            return;
        };
        let at = text.with_untracked(|text| offset(text, fault.line, fault.column));
        let _ = area.focus();
        let _ = area.set_selection_range(at, at);
        show(&area, fault.line);
    };
    let numbers = move || {
        let faulty = faulty.get();
        let numbers = (1..=lines.get()).map(|number| {
            let fault = faulty.contains(&(number as i32));
            view! { <span class:fault=fault>{number}</span> }
        });
        numbers.collect_view()
    };
    let marks = move || {
        let marks = faulty.get().into_iter();
        let marks = marks.map(|line| view! { <span class="editor-mark" style:top=format!("{}px", (line - 1) * LINE)></span> });
        marks.collect_view()
    };
    let shift = move || format!("translateY(-{}px)", scrolled.get());
    view! {
        <div class="editor">
            <div class="editor-gutter" aria-hidden="true"><div class="editor-numbers" style:transform=shift>{numbers}</div></div>
            <div class="editor-page">
                <div class="editor-marks" aria-hidden="true" style:transform=shift>{marks}</div>
                <textarea node_ref=area wrap="off" spellcheck="false" autocomplete="off" autocapitalize="off"
                    aria-label="Rules as TOML" aria-describedby="editor-help editor-faults" data-testid="rule-editor"
                    aria-invalid=move || (!faulty.get().is_empty()).to_string()
                    prop:value=text on:input=move |event| text.set(event_target_value(&event))
                    on:scroll=move |_| scrolled.set(area.get_untracked().map_or(0, |area| area.scroll_top()))
                    on:keydown=typed></textarea>
            </div>
        </div>
        <p id="editor-help" class="quiet small">
            <kbd>"Tab"</kbd>" indents; "<kbd>"Esc"</kbd>" and then "<kbd>"Tab"</kbd>" leaves the editor. "
            <kbd>"Ctrl"</kbd>"+"<kbd>"Enter"</kbd>" tries the draft."
        </p>
        <div id="editor-faults" role="status">
            {move || list(marked.get(), go)}
        </div>
    }
    .into_any()
}

/// Scrolls to a line, with some before it.
fn show(area: &HtmlTextAreaElement, line: i32) {
    area.set_scroll_top((line - 6).max(0) * LINE);
}

/// Puts two spaces where the caret is, as something that can be undone.
fn indent() {
    let page = document().unchecked_into::<HtmlDocument>();
    let _ = page.exec_command_with_show_ui_and_value("insertText", false, "  ");
}

fn list(faults: Vec<(Found, bool)>, go: impl Fn(&Fault) + Copy + 'static) -> AnyView {
    if faults.is_empty() {
        return ().into_any();
    }
    let count = plural(
        faults.len() as i64,
        &faults.len().to_string(),
        "fault",
        "faults",
    );
    let items = faults.into_iter().map(|(found, there)| {
        let fault = found.fault;
        let place = format!("Line {}, column {}", fault.line, fault.column);
        let (line, message) = (fault.line, fault.message.clone());
        let changed = (!there).then(|| view! { <span class="quiet">" (changed since)"</span> });
        view! {
            <li data-line=line>
                <button type="button" class="button small" on:click=move |_| go(&fault)>{place}</button>
                <span>{message} {changed}</span>
            </li>
        }
    });
    view! {
        <div class="alert alert-bad faults" data-testid="rule-faults">
            <p><strong>{count}</strong>": the draft is not tried or published until there is none."</p>
            <ul>{items.collect_view()}</ul>
        </div>
    }
    .into_any()
}
