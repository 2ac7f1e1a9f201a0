//! Numbers and money on the screen, in the reader's locale.

use js_sys::Function;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::format::{UNKNOWN, money_short};
use crate::locale::number_format;

thread_local! {
    static NUMBER: Function = number_format(&[]);
    static DECIMAL: Function = number_format(&[
        ("minimumFractionDigits", 2.into()),
        ("maximumFractionDigits", 2.into()),
    ]);
    static PERCENT: Function = number_format(&[
        ("style", "percent".into()),
        ("minimumFractionDigits", 2.into()),
        ("maximumFractionDigits", 2.into()),
    ]);
    static DOLLARS: Function = number_format(&[
        ("style", "currency".into()),
        ("currency", "USD".into()),
        ("currencyDisplay", "narrowSymbol".into()),
        ("maximumFractionDigits", 0.into()),
    ]);
}

fn apply(format: &'static std::thread::LocalKey<Function>, value: JsValue) -> String {
    format
        .with(|format| format.call1(&JsValue::UNDEFINED, &value))
        .ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

/// An exact whole number with the locale's grouping.
pub fn whole(value: i64) -> String {
    // A BigInt, because not every i64 is a JavaScript number.
    apply(&NUMBER, value.into())
}

/// A number with two decimals.
pub fn decimal(value: f64) -> String {
    apply(&DECIMAL, value.into())
}

/// A part of one in per cent, with two decimals.
pub fn percentage(share: f64) -> String {
    apply(&PERCENT, share.into())
}

/// Exact dollars with the locale's grouping.
pub fn dollars(value: i64) -> String {
    apply(&DOLLARS, value.into())
}

/// Shortened money whose exact figure shows on hover.
pub fn money(value: Option<i64>) -> AnyView {
    match value {
        Some(value) => view! {
            <span class="num" class:negative=value < 0 title=dollars(value)>{money_short(value)}</span>
        }
        .into_any(),
        None => unknown(),
    }
}

/// What stands where the mart knows no value.
pub fn unknown() -> AnyView {
    view! { <span class="unknown" title="unknown">{UNKNOWN}</span> }.into_any()
}

/// A text value, or the sign for an unknown one.
pub fn text(value: Option<String>) -> AnyView {
    match value.filter(|value| !value.is_empty()) {
        Some(value) => value.into_any(),
        None => unknown(),
    }
}
