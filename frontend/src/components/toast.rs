//! Short notes that something was done, said politely at the foot of the page: `toast("Run 7 was cancelled")`.

use std::cell::Cell;
use std::time::Duration;

use leptos::prelude::*;

/// Milliseconds a note stays.
const STAYS: u64 = 6_000;

thread_local! {
    // Not a context: actions tell of their success after an await, where there is no owner to ask.
    static NOTES: ArcRwSignal<Vec<(u32, String)>> = ArcRwSignal::new(Vec::new());
    static NEXT: Cell<u32> = const { Cell::new(0) };
}

/// Says that an action succeeded. To be called from anywhere in the browser's thread, also after an `await`.
pub fn toast(text: impl Into<String>) {
    let id = NEXT.replace(NEXT.get() + 1);
    let notes = NOTES.with(Clone::clone);
    notes.update(|notes| notes.push((id, text.into())));
    set_timeout(
        move || notes.update(|notes| notes.retain(|(other, _)| *other != id)),
        Duration::from_millis(STAYS),
    );
}

/// Where the notes are shown; the frame has the one there is.
pub fn toasts() -> AnyView {
    let notes = NOTES.with(Clone::clone);
    let shown = move || {
        notes
            .get()
            .into_iter()
            .map(|(_, text)| view! { <p class="toast">{text}</p> })
            .collect_view()
    };
    view! { <div class="toasts" role="status" aria-live="polite">{shown}</div> }.into_any()
}
