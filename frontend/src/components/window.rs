//! Long tables: all rows can be scrolled through, and only those near the reader are in the page.
//!
//! [`super::feed::window_table`] is a table over a keyset connection and asks for pages as they come near; [`rows`] shows rows
//! that are in memory already, such as a log that grows while one looks.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::value::whole;

/// Rows kept in the page above and below those that are visible.
const MARGIN: usize = 20;
/// Pixels of a row until one has been measured.
const ROW: f64 = 37.0;

/// A table of which only the rows near the reader are in the page. Rows are all of one height: their cells stay on
/// one line.
pub struct Rows {
    /// What the table holds, for assistive technology.
    pub caption: &'static str,
    /// The heading cells. Reactive.
    pub head: Box<dyn Fn() -> Vec<AnyView> + Send + Sync>,
    /// How many rows there are.
    pub count: Signal<usize>,
    /// A row by its index and its place (for `aria-rowindex`) as a `<tr>`; nothing while it is on its way.
    pub row: Box<dyn Fn(usize, usize) -> Option<AnyView> + Send + Sync>,
    /// Moves on when rows that were on their way have come.
    pub arrived: Signal<u32>,
    /// Moves on when the rows are others than before; the table then begins at its top.
    pub epoch: Signal<u32>,
    /// Is told which rows are near: the first, and the one after the last.
    pub near: Box<dyn Fn(usize, usize) + Send + Sync>,
    /// While true the table stays at its end, also as rows are added; scrolling up makes it false.
    pub follow: Option<RwSignal<bool>>,
}

/// What is visible of the table, in pixels.
#[derive(Clone, Copy, PartialEq)]
struct View {
    top: f64,
    height: f64,
    row: f64,
}

/// Draws the table.
pub fn rows(rows: Rows) -> AnyView {
    let Rows {
        caption,
        head,
        count,
        row,
        arrived,
        epoch,
        near,
        follow,
    } = rows;
    let node = NodeRef::<Div>::new();
    let view = RwSignal::new(View {
        top: 0.0,
        height: 800.0,
        row: ROW,
    });
    let visible = Memo::new(move |_| {
        let (view, count) = (view.get(), count.get());
        let first = ((view.top / view.row) as usize).min(count);
        let last = ((view.top + view.height) / view.row).ceil() as usize;
        (first, last.min(count))
    });
    // In steps, so that the page does not change with every pixel.
    let kept = Memo::new(move |_| {
        let (first, last) = visible.get();
        let first = first.saturating_sub(MARGIN) / 10 * 10;
        let last = ((last + MARGIN) / 10 * 10).min(count.get());
        (first, last)
    });
    Effect::new(move |_| {
        let (first, last) = kept.get();
        near(first, last);
    });
    let measure = move || {
        let Some(node) = node.get_untracked() else {
            return;
        };
        let head = height_of(&node, "thead");
        let row = Some(height_of(&node, "tbody tr[aria-rowindex]"))
            .filter(|row| *row > 0.0)
            .unwrap_or(ROW);
        let now = View {
            top: f64::from(node.scroll_top()),
            height: (f64::from(node.client_height()) - head).max(row),
            row,
        };
        if view.get_untracked() != now {
            view.set(now);
        }
        if let Some(follow) = follow {
            let below = node.scroll_height() - node.scroll_top() - node.client_height();
            let at_end = f64::from(below) < 2.0 * row;
            if follow.get_untracked() != at_end {
                follow.set(at_end);
            }
        }
    };
    keep_place(node, count, epoch, arrived, follow, measure);

    let keys = move || {
        let (first, last) = kept.get();
        let epoch = epoch.get();
        arrived.track();
        (first..last)
            .map(move |index| (epoch, index))
            .collect::<Vec<_>>()
    };
    let row = StoredValue::new(row);
    let draw = move |(_, index): (u32, usize)| {
        let there = Memo::new(move |there: Option<&bool>| {
            arrived.track();
            there == Some(&true)
                || row.with_value(|row| untrack(|| row(index, index + 2)).is_some())
        });
        move || {
            // To read it is what makes it look: a memo that is only tracked would never begin.
            if !there.get() {
                return waiting();
            }
            row.with_value(|row| untrack(|| row(index, index + 2)))
                .unwrap_or_else(waiting)
        }
    };
    let space = move |from: usize, to: usize| {
        format!(
            "{}px",
            to.saturating_sub(from) as f64 * view.with(|view| view.row)
        )
    };
    let above = move || space(0, kept.get().0);
    let below = move || space(kept.get().1, count.get());
    view! {
        <div class="table window" role="region" tabindex="0" aria-label=caption node_ref=node on:scroll=move |_| measure()>
            <table aria-rowcount=move || (count.get() + 1).to_string()>
                <caption class="sr">{caption}</caption>
                <thead><tr aria-rowindex="1">{head}</tr></thead>
                <tbody>
                    <tr class="space" aria-hidden="true" style:height=above></tr>
                    <For each=keys key=|key| *key children=draw/>
                    <tr class="space" aria-hidden="true" style:height=below></tr>
                </tbody>
            </table>
        </div>
        {place(visible, count)}
    }
    .into_any()
}

/// Which rows are visible, told to assistive technology once the table rests.
fn place(visible: Memo<(usize, usize)>, count: Signal<usize>) -> AnyView {
    let text = move || {
        let ((first, last), count) = (visible.get(), count.get());
        let number = |value: usize| whole(i64::try_from(value).unwrap_or(i64::MAX));
        match count {
            0 => String::new(),
            _ => format!(
                "Rows {}–{} of {}",
                number(first + 1),
                number(last),
                number(count)
            ),
        }
    };
    view! { <p class="quiet window-place" role="status">{text}</p> }.into_any()
}

/// A row that is on its way.
fn waiting() -> AnyView {
    view! { <tr class="waiting"><td colspan="100"><span></span></td></tr> }.into_any()
}

fn height_of(node: &web_sys::HtmlElement, selector: &str) -> f64 {
    match node.query_selector(selector) {
        Ok(Some(found)) => found.get_bounding_client_rect().height(),
        _ => 0.0,
    }
}

/// Measures when rows have come, goes to the top when they are others, and to the end while that is followed.
fn keep_place(
    node: NodeRef<Div>,
    count: Signal<usize>,
    epoch: Signal<u32>,
    arrived: Signal<u32>,
    follow: Option<RwSignal<bool>>,
    measure: impl Fn() + Copy + 'static,
) {
    Effect::new(move |before: Option<u32>| {
        let now = epoch.get();
        if before.is_some_and(|before| before != now)
            && let Some(node) = node.get_untracked()
        {
            node.set_scroll_top(0);
        }
        now
    });
    Effect::new(move |_| {
        count.track();
        arrived.track();
        epoch.track();
        node.track();
        // The rows are in the page by the next frame.
        request_animation_frame(move || {
            let Some(Some(node)) = node.try_get_untracked() else {
                return;
            };
            fix_widths(&node);
            if follow.is_some_and(|follow| follow.try_get_untracked() == Some(true)) {
                node.set_scroll_top(node.scroll_height());
            }
            measure();
        });
    });
    let resized = window_event_listener(leptos::ev::resize, move |_| {
        if let Some(node) = node.get_untracked() {
            // Other columns may be shown now, and others need the place.
            loosen_widths(&node);
            fix_widths(&node);
        }
        measure();
    });
    on_cleanup(move || resized.remove());
}

/// Lets the columns find their widths again.
fn loosen_widths(node: &web_sys::HtmlElement) {
    let Ok(Some(table)) = node.query_selector("table.fixed") else {
        return;
    };
    for cell in heads(&table) {
        let _ = cell.style().remove_property("width");
    }
    let _ = table.class_list().remove_1("fixed");
}

fn heads(table: &web_sys::Element) -> Vec<web_sys::HtmlElement> {
    let Ok(cells) = table.query_selector_all("thead th") else {
        return Vec::new();
    };
    let cell = |index| cells.get(index)?.dyn_into().ok();
    (0..cells.length()).filter_map(cell).collect()
}

/// Keeps the columns as wide as they came out with the first rows: otherwise they would jump with every row that
/// comes and goes.
fn fix_widths(node: &web_sys::HtmlElement) {
    let Ok(Some(table)) = node.query_selector("table:not(.fixed)") else {
        return;
    };
    if !matches!(table.query_selector("tbody tr[aria-rowindex]"), Ok(Some(_))) {
        return;
    }
    let whole = table.get_bounding_client_rect().width();
    let cells = heads(&table);
    let widths: Vec<f64> = cells
        .iter()
        .map(|cell| cell.get_bounding_client_rect().width())
        .collect();
    for (cell, width) in cells.iter().zip(widths) {
        let share = format!("{:.3}%", 100.0 * width / whole);
        let _ = cell.style().set_property("width", &share);
    }
    let _ = table.class_list().add_1("fixed");
}
