//! Times: relative on the screen, absolute on hover, in the reader's zone.

use js_sys::{Array, Date, Function, Intl};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::value::unknown;
use crate::format;
use crate::locale::options;

/// The present in milliseconds since 1970; moves on every few seconds.
#[derive(Clone, Copy)]
pub struct Clock(RwSignal<f64>);

impl Clock {
    /// A running clock.
    pub fn start() -> Self {
        let clock = Self(RwSignal::new(Date::now()));
        set_interval(
            move || clock.0.set(Date::now()),
            std::time::Duration::from_secs(5),
        );
        clock
    }

    /// The present. Reactive.
    pub fn now(self) -> f64 {
        self.0.get()
    }
}

thread_local! {
    static INSTANT: Function = date_format(&[("dateStyle", "medium"), ("timeStyle", "long")]);
    static TIME: Function = date_format(&[("timeStyle", "medium")]);
    static MOMENT: Function = date_format(&[("dateStyle", "medium"), ("timeStyle", "short")]);
    static DAY: Function = date_format(&[("dateStyle", "medium"), ("timeZone", "UTC")]);
}

fn date_format(entries: &[(&str, &str)]) -> Function {
    let entries: Vec<(&str, JsValue)> = entries
        .iter()
        .map(|(key, value)| (*key, JsValue::from(*value)))
        .collect();
    Intl::DateTimeFormat::new(&Array::new(), &options(&entries)).format()
}

fn apply(format: &'static std::thread::LocalKey<Function>, instant: &str) -> Option<String> {
    let date = Date::new(&instant.into());
    format
        .with(|format| format.call1(&JsValue::UNDEFINED, &date))
        .ok()?
        .as_string()
}

/// An RFC 3339 instant in milliseconds since 1970.
pub fn millis(instant: &str) -> f64 {
    Date::parse(instant)
}

/// A calendar day as people write it, or as it came if it is none.
pub fn day(date: &str) -> String {
    apply(&DAY, date).unwrap_or_else(|| date.to_owned())
}

/// An instant as people write it, to the minute, or as it came if it is none.
pub fn moment(instant: &str) -> String {
    apply(&MOMENT, instant).unwrap_or_else(|| instant.to_owned())
}

/// A calendar day, or the sign for an unknown one.
pub fn day_or_unknown(date: Option<String>) -> AnyView {
    match date {
        Some(date) => view! { <time datetime=date.clone()>{day(&date)}</time> }.into_any(),
        None => unknown(),
    }
}

/// How long ago an instant was.
pub fn since(instant: String) -> AnyView {
    let clock = expect_context::<Clock>();
    let then = millis(&instant);
    let absolute = apply(&INSTANT, &instant).unwrap_or_else(|| instant.clone());
    view! {
        <time datetime=instant title=absolute>{move || format::ago(clock.now(), then)}</time>
    }
    .into_any()
}

/// The time of day of an instant; its date on hover.
pub fn clock_time(instant: &str) -> AnyView {
    let time = apply(&TIME, instant).unwrap_or_else(|| instant.to_owned());
    let absolute = apply(&INSTANT, instant).unwrap_or_default();
    view! { <time class="num" datetime=instant.to_owned() title=absolute>{time}</time> }.into_any()
}

/// How long it is until an instant.
pub fn ahead(instant: String) -> AnyView {
    let clock = expect_context::<Clock>();
    let then = millis(&instant);
    let absolute = apply(&INSTANT, &instant).unwrap_or_else(|| instant.clone());
    view! {
        <time datetime=instant title=absolute>{move || format::ahead(clock.now(), then)}</time>
    }
    .into_any()
}

/// [`since`], or the sign for an unknown instant.
pub fn since_or_unknown(instant: Option<String>) -> AnyView {
    instant.map_or_else(unknown, since)
}

/// Seconds between two instants; up to now when there is no end yet.
pub fn seconds_between(start: &str, end: Option<&str>) -> f64 {
    let end = end.map_or_else(Date::now, millis);
    ((end - millis(start)) / 1000.0).max(0.0)
}
