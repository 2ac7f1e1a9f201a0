//! What differs between two texts, one below the other or side by side.

use leptos::prelude::*;

use super::diff::{Fate, Line, count, diff, sides, stretches};
use crate::format::plural;

/// Kept lines that are shown around each change.
const AROUND: usize = 3;

/// The difference of two texts, with what is the same folded away.
pub fn difference(old: &str, new: &str, beside: bool) -> AnyView {
    let lines = diff(old, new);
    let (added, removed) = count(&lines);
    if added + removed == 0 {
        return view! { <p class="quiet" data-testid="diff-same">"There is no difference."</p> }
            .into_any();
    }
    let words = |count: usize, what: &str| {
        let words = plural(count as i64, &count.to_string(), "line", "lines");
        format!("{words} {what}")
    };
    let parts = stretches(&lines, AROUND);
    let parts = parts.into_iter().map(|part| {
        let lines = lines[part.lines].to_vec();
        match part.folded {
            true => folded(lines, beside),
            false => rows(&lines, beside),
        }
    });
    let parts = parts.collect_view();
    let head = match beside {
        true => view! { <th scope="col">"Old line"</th><th scope="col">"Old"</th><th scope="col">"New line"</th><th scope="col">"New"</th> }.into_any(),
        false => view! { <th scope="col">"Old line"</th><th scope="col">"New line"</th><th scope="col">"Change"</th><th scope="col">"Text"</th> }.into_any(),
    };
    let columns = match beside {
        true => ["diff-number", "", "diff-number", ""],
        false => ["diff-number", "diff-number", "diff-sign", ""],
    };
    let columns = columns.map(|class| view! { <col class=class/> });
    let columns = columns.collect_view();
    let class = if beside { "diff beside" } else { "diff" };
    view! {
        <p class="diff-count" data-testid="diff-count">
            <span class="plus">{words(added, "added")}</span>", "<span class="minus">{words(removed, "removed")}</span>
        </p>
        <div class="table" role="region" tabindex="0" aria-label="Differences">
            <table class=class>
                <caption class="sr">"Differences, line by line"</caption>
                <colgroup>{columns}</colgroup>
                <thead class="sr"><tr>{head}</tr></thead>
                <tbody>{parts}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Kept lines that are shown when the reader asks for them.
fn folded(lines: Vec<Line>, beside: bool) -> AnyView {
    let open = RwSignal::new(false);
    let words = plural(
        lines.len() as i64,
        &lines.len().to_string(),
        "line is the same",
        "lines are the same",
    );
    let content = move || {
        match open.get() {
        true => rows(&lines, beside),
        false => view! {
            <tr class="diff-fold">
                <td colspan="4"><button type="button" class="button plain" on:click=move |_| open.set(true)>{words.clone()}". Show"</button></td>
            </tr>
        }
        .into_any(),
    }
    };
    content.into_any()
}

fn rows(lines: &[Line], beside: bool) -> AnyView {
    match beside {
        true => {
            let rows = sides(lines).into_iter();
            let rows = rows.map(|(old, new)| {
                view! { <tr>{side(old, |line| line.old)} {side(new, |line| line.new)}</tr> }
                    .into_any()
            });
            rows.collect_view().into_any()
        }
        false => lines.iter().map(row).collect_view().into_any(),
    }
}

fn row(line: &Line) -> AnyView {
    let (class, sign, words) = match line.fate {
        Fate::Kept => ("kept", "", ""),
        Fate::Removed => ("removed", "−", "removed"),
        Fate::Added => ("added", "+", "added"),
    };
    view! {
        <tr class=class>
            <td class="diff-number">{line.old}</td>
            <td class="diff-number">{line.new}</td>
            <td class="diff-sign"><span aria-hidden="true">{sign}</span><span class="sr">{words}</span></td>
            <td class="diff-text">{marked(line)}</td>
        </tr>
    }
    .into_any()
}

fn side(line: Option<&Line>, number: fn(&Line) -> Option<usize>) -> AnyView {
    let Some(line) = line else {
        return view! { <td class="diff-number none"></td><td class="diff-text none"></td> }
            .into_any();
    };
    let (class, sign) = match line.fate {
        Fate::Kept => ("kept", " "),
        Fate::Removed => ("removed", "−"),
        Fate::Added => ("added", "+"),
    };
    view! {
        <td class=format!("diff-number {class}")>{number(line)}</td>
        <td class=format!("diff-text {class}")><span class="diff-sign">{sign}</span>{marked(line)}</td>
    }
    .into_any()
}

/// A line's text with what differs in it marked.
fn marked(line: &Line) -> AnyView {
    let (head, rest) = line.text.split_at(line.part.start);
    let (part, tail) = rest.split_at(line.part.len());
    let part = (!part.is_empty()).then(|| view! { <mark>{part.to_owned()}</mark> });
    view! { {head.to_owned()}{part}{tail.to_owned()} }.into_any()
}

/// Whether a difference is shown side by side: two buttons.
pub fn view_switch(beside: Signal<bool>, choose: impl Fn(bool) + Copy + 'static) -> AnyView {
    let button = move |label: &'static str, value: bool| {
        view! {
            <button type="button" class="button" aria-pressed=move || (beside.get() == value).to_string()
                on:click=move |_| choose(value)>{label}</button>
        }
    };
    view! {
        <div class="switch" role="group" aria-label="How differences are shown">
            {button("One below the other", false)}
            {button("Side by side", true)}
        </div>
    }
    .into_any()
}
