//! Copying to the clipboard.

use js_sys::futures::JsFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;

use super::icon::Icon;
use super::toast::toast;
use crate::api::query::{Asked, Query};

/// A button that copies what `text` gives at that moment.
pub fn copy_button(label: &'static str, text: impl Fn() -> String + 'static) -> AnyView {
    button(label, Box::new(text))
}

/// A button that copies the query behind a view: its document, with its variables as a comment below.
pub fn copy_graphql<T: Send + Sync + 'static>(query: Query<T>) -> AnyView {
    let body = query.body;
    button(
        "Copy as GraphQL",
        Box::new(move || document_of(&body.get_untracked())),
    )
}

/// [`copy_graphql`] for what is no [`Query`], by the body of its request.
pub fn copy_query(body: impl Fn() -> String + 'static) -> AnyView {
    button("Copy as GraphQL", Box::new(move || document_of(&body())))
}

/// A button that copies everything the page asks, one operation below the other.
pub fn copy_page(asked: Asked) -> AnyView {
    button(
        "Copy this page as GraphQL",
        Box::new(move || {
            let bodies = asked.bodies().into_iter();
            let documents: Vec<_> = bodies.map(|body| document_of(&body)).collect();
            documents.join("\n")
        }),
    )
}

/// A request's body as something to read and to run.
fn document_of(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let mut text = body["query"].as_str().unwrap_or_default().trim().to_owned();
    if body["variables"]
        .as_object()
        .is_some_and(|variables| !variables.is_empty())
    {
        let variables = serde_json::to_string_pretty(&body["variables"]).unwrap_or_default();
        text.push_str("\n\n# Variables:");
        for line in variables.lines() {
            text.push_str("\n# ");
            text.push_str(line);
        }
    }
    text.push('\n');
    text
}

fn button(label: &'static str, text: Box<dyn Fn() -> String>) -> AnyView {
    let copy = move |_| {
        let text = text();
        spawn_local(async move {
            let copied = put(&text).await;
            toast(if copied {
                "Copied"
            } else {
                "The browser does not let this page copy"
            });
        });
    };
    view! {
        <button type="button" class="button plain" on:click=copy>{Icon::Copy.draw()} {label}</button>
    }
    .into_any()
}

/// Puts a text on the clipboard; whether that went well.
async fn put(text: &str) -> bool {
    // Pages that don't come over HTTPS or from this machine have no clipboard, whatever its type says.
    let navigator = window().navigator();
    let there = js_sys::Reflect::get(&navigator, &JsValue::from("clipboard"))
        .is_ok_and(|clipboard| clipboard.is_object());
    if there {
        return JsFuture::from(navigator.clipboard().write_text(text))
            .await
            .is_ok();
    }
    select_and_copy(text).unwrap_or(false)
}

/// The way there was before the clipboard's API: select a text of the page and copy that.
fn select_and_copy(text: &str) -> Result<bool, JsValue> {
    let page = document().unchecked_into::<web_sys::HtmlDocument>();
    let area: web_sys::HtmlTextAreaElement = page.create_element("textarea")?.unchecked_into();
    area.set_value(text);
    let body = page.body().ok_or(JsValue::NULL)?;
    body.append_child(&area)?;
    area.select();
    let copied = page.exec_command("copy");
    area.remove();
    copied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_becomes_a_document() {
        let body = r#"{"query":"query A($n: Int) { a(n: $n) }\n","variables":{"n":1}}"#;
        assert_eq!(
            document_of(body),
            "query A($n: Int) { a(n: $n) }\n\n# Variables:\n# {\n#   \"n\": 1\n# }\n"
        );
        assert_eq!(
            document_of(r#"{"query":"{ a }","variables":{}}"#),
            "{ a }\n"
        );
    }
}
