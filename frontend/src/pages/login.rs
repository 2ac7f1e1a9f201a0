//! Signing in.

use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use leptos_router::params::ParamsMap;

use crate::api::session::Session;
use crate::api::transport::ApiError;
use crate::components::layout::title;

/// The login page's address that leads back to `here` afterwards.
pub fn address(here: &str) -> String {
    if here == "/" {
        return "/login".into();
    }
    let mut params = ParamsMap::new();
    params.insert("next", here.to_owned());
    format!("/login{}", params.to_query_string())
}

/// A path of this site to go to after the login; anything else leads to the dashboard.
fn target(next: Option<String>) -> String {
    next.filter(|next| next.starts_with('/') && !next.starts_with("//") && !next.contains('\\'))
        .filter(|next| !next.starts_with("/login"))
        .unwrap_or_else(|| "/".into())
}

/// Name and password; leads back to where the reader came from.
#[component]
pub fn Login() -> impl IntoView {
    title(|| "Sign in".into());
    let session = expect_context::<Session>();
    let navigate = use_navigate();
    let params = use_query_map();
    let (name, password) = (NodeRef::<Input>::new(), NodeRef::<Input>::new());
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<ApiError>);

    if !session.known.get_untracked() {
        spawn_local(async move {
            // Being unable to ask is no fault here: signing in will tell.
            let _ = session.load().await;
        });
    }
    Effect::new(move |_| {
        if session.viewer.with(Option::is_some) {
            let target = target(params.with_untracked(|params| params.get("next")));
            let options = NavigateOptions {
                replace: true,
                ..Default::default()
            };
            navigate(&target, options);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let value =
            |input: NodeRef<Input>| input.get_untracked().map(|i| i.value()).unwrap_or_default();
        let (name, secret) = (value(name), value(password));
        busy.set(true);
        fault.set(None);
        spawn_local(async move {
            let answer = session.login(name, secret).await;
            if let Some(error) = answer.err() {
                fault.try_set(Some(error));
                if let Some(Some(input)) = password.try_get_untracked() {
                    let _ = input.focus();
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <main id="main" class="login">
            <form on:submit=submit method="post">
                <h1><span class="brand-mark" aria-hidden="true"></span>"Sign in to Marquee"</h1>
                {move || fault.get().map(|error| view! {
                    <div class="alert alert-bad" role="alert" data-testid="login-error">
                        <p><strong class="code">{error.code}</strong>" "{error.message}</p>
                    </div>
                })}
                <label>"Name" <input node_ref=name name="name" autocomplete="username" autocapitalize="none"
                    spellcheck="false" required autofocus/></label>
                <label>"Password" <input node_ref=password name="password" type="password"
                    autocomplete="current-password" required/></label>
                <button type="submit" class="button primary" disabled=move || busy.get()>
                    {move || if busy.get() { "Signing in…" } else { "Sign in" }}
                </button>
            </form>
        </main>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(next: &str, expected: &str) {
        assert_eq!(target(Some(next.to_owned())), expected);
    }

    #[test]
    fn only_paths_of_this_site_are_targets() {
        check("/runs/7?tab=issues", "/runs/7?tab=issues");
        check("//evil.example", "/");
        check("/\\evil.example", "/");
        check("https://evil.example", "/");
        check("/login?next=/", "/");
        assert_eq!(target(None), "/");
    }
}
