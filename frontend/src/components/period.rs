//! Stretches of time that a list is narrowed to, kept in the URL: `?since=24h`, or `?from=` and `?to=` as days of
//! the reader's zone.

use js_sys::Date;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::field::{choices, filter_select, filter_typed};
use super::list::ListState;
use crate::api::schema;

/// An instant as the server takes it.
#[derive(cynic::Scalar, Clone, Debug, PartialEq)]
pub struct DateTime(pub String);

/// An instant from milliseconds since 1970.
pub fn instant(millis: f64) -> DateTime {
    let date = Date::new(&JsValue::from_f64(millis));
    DateTime(date.to_iso_string().into())
}

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
        return (Some(instant(Date::now() - days * DAY)), None);
    }
    let day = |key, later: f64| {
        // Without a zone, a date with a time is one of the reader's zone.
        let start = Date::parse(&format!("{}T00:00:00", state.get(key)?));
        (!start.is_nan()).then(|| instant(start + later))
    };
    (day("from", 0.0), day("to", DAY))
}

/// The controls that write it.
pub fn period_filters() -> Vec<AnyView> {
    let mut spans = choices(&[("", "Any time")]);
    spans.extend(SPANS.map(|(key, words, _)| (key.to_owned(), words.to_owned())));
    vec![
        filter_select("When", "since", move || spans.clone()),
        filter_typed("From day", "from", "date"),
        filter_typed("To day", "to", "date"),
    ]
}
