//! Rules to read: TOML with line numbers.

use leptos::prelude::*;

/// The text with its lines numbered; comments and headings stand out.
pub fn code(text: &str, name: &'static str) -> AnyView {
    let lines = text.lines().enumerate().map(|(at, line)| {
        let class = match line.trim_start().chars().next() {
            Some('#') => "code-comment",
            Some('[') => "code-heading",
            _ => "code-line",
        };
        view! {
            <span class="code-number" aria-hidden="true">{at + 1}</span>
            <span class=class>{line.to_owned()}"\n"</span>
        }
    });
    view! {
        <pre class="code-view" role="region" tabindex="0" aria-label=name data-testid="rule-body">{lines.collect_view()}</pre>
    }
    .into_any()
}
