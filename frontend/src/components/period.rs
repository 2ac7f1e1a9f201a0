//! Stretches of time that a list is narrowed to, kept in the URL: `?since=24h`, or `?from=` and `?to=` as days of
//! the reader's zone; or one day of UTC, to which a chart by days leads.

use js_sys::Date;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::field::{choices, filter_select, filter_typed};
use super::icon::Icon;
use super::list::ListState;
use super::time::day;
use crate::api::schema;

/// An instant as the server takes it.
#[derive(cynic::Scalar, Clone, Debug, PartialEq)]
pub struct DateTime(pub String);

/// An instant from milliseconds since 1970.
pub fn instant(millis: f64) -> DateTime {
    let date = Date::new(&JsValue::from_f64(millis));
    DateTime(date.to_iso_string().into())
}

/// Instants between two, or whether there is one.
#[derive(cynic::InputObject, Clone, Debug, Default)]
pub struct DateTimeFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub gte: Option<DateTime>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub lt: Option<DateTime>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub is_null: Option<bool>,
}

/// Milliseconds of a minute.
const MINUTE: f64 = 60_000.0;
/// Milliseconds of a day.
pub const DAY: f64 = 86_400_000.0;

/// Lengths of time before now: the key in the URL, its words, its days.
const SPANS: [(&str, &str, f64); 4] = [
    ("1h", "Last hour", 1.0 / 24.0),
    ("24h", "Last 24 hours", 1.0),
    ("7d", "Last 7 days", 7.0),
    ("30d", "Last 30 days", 30.0),
];

/// From when (inclusive) to when (exclusive), as the URL says. Reactive.
pub fn period(state: ListState) -> (Option<DateTime>, Option<DateTime>) {
    let span = state.get("since");
    if let Some((_, _, days)) = SPANS
        .into_iter()
        .find(|(key, _, _)| Some(*key) == span.as_deref())
    {
        // To the minute: a request that says the same as the last is a refresh of it.
        let now = (Date::now() / MINUTE).floor() * MINUTE;
        return (Some(instant(now - days * DAY)), None);
    }
    let day = |key, later| midnight(&state.get(key)?, later);
    (day("from", 0), day("to", 1))
}

/// The same as a filter; none where the URL says nothing of time. Reactive.
pub fn within(state: ListState) -> Option<DateTimeFilter> {
    let (gte, lt) = period(state);
    let narrow = gte.is_some() || lt.is_some();
    narrow.then_some(DateTimeFilter {
        gte,
        lt,
        is_null: None,
    })
}

/// The reader's midnight at the beginning of a day such as `2026-11-25`, or of so many days later.
fn midnight(day: &str, later: u32) -> Option<DateTime> {
    // Without a zone, a date with a time is one of the reader's zone.
    let date = Date::new(&format!("{day}T00:00:00").into());
    // A day is not always of 24 hours.
    date.set_date(date.get_date() + later);
    (!date.get_time().is_nan()).then(|| instant(date.get_time()))
}

/// A day of UTC such as `2026-11-25`, as a filter; none where it is none.
pub fn utc_day(day: &str) -> Option<DateTimeFilter> {
    let start = Date::parse(&format!("{day}T00:00:00Z"));
    (!start.is_nan()).then(|| DateTimeFilter {
        gte: Some(instant(start)),
        lt: Some(instant(start + DAY)),
        is_null: None,
    })
}

/// The filter on a day of UTC that a link has written to the URL, after a label that says of what, and a way to take
/// it off again.
pub fn utc_day_filter(label: &'static str, key: &'static str) -> AnyView {
    let state = ListState::here();
    let shown = move || {
        let words = format!("{label} {} (UTC)", day(&state.get(key)?));
        let link = state.with(key, String::new());
        Some(view! {
            <a class="button" href=link>
                {words} <span class="sr">", show all days"</span> {Icon::Close.draw()}
            </a>
        })
    };
    shown.into_any()
}

/// The controls that write it, under a label that says of what.
pub fn period_filters(label: &'static str) -> Vec<AnyView> {
    let state = ListState::here();
    let mut spans = choices(&[("", "Any time")]);
    spans.extend(SPANS.map(|(key, words, _)| (key.to_owned(), words.to_owned())));
    spans.extend(choices(&[("between", "Between days…")]));
    let days = move || {
        let between = state.get("since").as_deref() == Some("between")
            || state.get("from").is_some()
            || state.get("to").is_some();
        between.then(|| {
            view! { {filter_typed("From", "from", "date")} {filter_typed("To", "to", "date")} }
        })
    };
    vec![
        filter_select(label, "since", move || spans.clone()),
        days.into_any(),
    ]
}
