//! What the reader may do. What isn't allowed isn't offered; where it would be looked for, the page says why.

use leptos::prelude::*;

use super::layout::heading;
use crate::api::session::Session;

/// Shows `content` to whoever has the permission, such as `run.approve`; to others nothing.
pub fn allowed(
    permission: &'static str,
    content: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let session = expect_context::<Session>();
    // What is shown stays as it is, open dialogs and all, when the same viewer is read again.
    let may = Memo::new(move |_| session.may(permission));
    (move || may.get().then(&content)).into_any()
}

/// A line that names the missing permission, for whoever does not have it; to others nothing. For places where
/// the action would be expected.
pub fn why_not(permission: &'static str) -> AnyView {
    let session = expect_context::<Session>();
    let line = move || {
        (!session.may(permission)).then(|| {
            view! { <p class="quiet why-not">"You may not do this: it takes the permission "<code>{permission}</code>"."</p> }
        })
    };
    line.into_any()
}

/// [`why_not`] for the actions of one place: names those of the permissions that the reader does not have.
pub fn why_not_all(permissions: &'static [&'static str]) -> AnyView {
    let session = expect_context::<Session>();
    let line = move || {
        let missing = permissions.iter().filter(|name| !session.may(name));
        let mut names = missing.map(|name| view! { <code>{*name}</code> }.into_any());
        names.next().map(|first| {
            let others = names.map(|name| view! { ", " {name} }).collect_view();
            view! { <p class="quiet why-not">"You may not do everything here: the rest takes "{first}{others}"."</p> }
        })
    };
    line.into_any()
}

/// A whole page that takes a permission: the page, or why it stays closed.
pub fn page_for(
    permission: &'static str,
    content: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let session = expect_context::<Session>();
    (move || {
        if session.may(permission) {
            return content();
        }
        let advice = view! { <p class="quiet">"It takes the permission "<code>{permission}</code>". Whoever looks after users can give you a role with it."</p> };
        (heading(&[], "This page is not open to you", ()), advice).into_any()
    })
    .into_any()
}
