//! Tables as CSV: from the server's REST API where it has the table, else from the rows on the screen.

use js_sys::{Array, encode_uri_component};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

use super::icon::Icon;

/// A link to a CSV of the REST API, such as `/api/v1/companies/3/years.csv`.
pub fn csv_link(label: &'static str, href: impl Fn() -> String + Send + Sync + 'static) -> AnyView {
    view! {
        <a class="button plain" rel="external" download="" href=href>{Icon::Download.draw()} {label}</a>
    }
    .into_any()
}

/// A button that saves what `rows` gives as a file.
pub fn csv_button(
    label: &'static str,
    name: String,
    rows: impl Fn() -> String + 'static,
) -> AnyView {
    view! {
        <button type="button" class="button plain" on:click=move |_| save(&name, rows())>
            {Icon::Download.draw()} {label}
        </button>
    }
    .into_any()
}

/// Saves a text as a CSV file of the reader's.
pub fn save(name: &str, text: String) {
    // A browser that cannot make a file of it leaves the reader where they were.
    let _ = try_save(name, &text);
}

fn try_save(name: &str, text: &str) -> Result<(), JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type("text/csv;charset=utf-8");
    let parts = Array::of1(&text.into());
    let blob = Blob::new_with_str_sequence_and_options(&parts, &kind)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    Url::revoke_object_url(&address)
}

/// The parameters of an address that have a value, with `?` before them.
pub fn parameters(values: &[(&str, Option<String>)]) -> String {
    let mut text = String::new();
    for (name, value) in values {
        if let Some(value) = value {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(name);
            text.push('=');
            text.push_str(&String::from(encode_uri_component(value)));
        }
    }
    text
}
