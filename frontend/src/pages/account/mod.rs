//! The reader's own account: what they may do, their password, their sessions.

mod password;

use leptos::prelude::*;

use crate::api::session::Session;
use crate::components::layout::{heading, section, title};
use crate::pages::user::{detail::permissions, session};

/// The page.
#[component]
pub fn Account() -> impl IntoView {
    title(|| "Account".into());
    let reader = expect_context::<Session>().viewer;
    let about = move || {
        reader.get().map(|viewer| {
            let roles = match viewer.roles.is_empty() {
                true => "no role".to_owned(),
                false => viewer.roles.join(", "),
            };
            view! {
                <dl class="facts">
                    <div><dt>"Name"</dt><dd data-testid="account-name">{viewer.name}</dd></div>
                    <div><dt>"Roles"</dt><dd>{roles}</dd></div>
                    <div class="span linked"><dt>"Tokens for programs"</dt><dd><a href="/tokens">"Your tokens"</a></dd></div>
                </dl>
            }
        })
    };
    let allowed = move || {
        let names = reader.with(|viewer| viewer.as_ref().map(|viewer| viewer.permissions.clone()));
        permissions(&names.unwrap_or_default())
    };
    // Another password ends the other sessions.
    let changed = RwSignal::new(0_u32);
    view! {
        {heading(&[], "Account", ())}
        {about}
        {section("Password", password::form(changed))}
        {section("Your sessions", move || {
            changed.track();
            session::list(None)
        })}
        {section("What you may do", allowed)}
    }
}
