//! The frame around every page, and the parts pages open with.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::{A, Outlet};
use leptos_router::hooks::{use_location, use_navigate};

use super::icon::Icon;
use super::state::{failure, skeleton};
use super::toast::toasts;
use crate::api::session::Session;
use crate::api::transport::ApiError;
use crate::theme::Theme;

/// Where to go, and the permission it takes.
const SECTIONS: [(&str, &str, Icon, &str); 12] = [
    ("/", "Dashboard", Icon::Dashboard, "data.read"),
    ("/runs", "Runs", Icon::Runs, "data.read"),
    ("/files", "Files", Icon::Files, "file.read"),
    ("/rules", "Rules", Icon::Rules, "data.read"),
    ("/companies", "Companies", Icon::Companies, "data.read"),
    ("/genres", "Genres", Icon::Genres, "data.read"),
    ("/movies", "Movies", Icon::Movies, "data.read"),
    ("/console", "Console", Icon::Console, "data.read"),
    ("/audit", "Audit", Icon::Audit, "audit.read"),
    ("/users", "Users", Icon::Users, "user.manage"),
    // A person's own tokens take no permission.
    ("/tokens", "Tokens", Icon::Tokens, ""),
    ("/system", "System", Icon::System, "system.read"),
];

/// Navigation and content for someone signed in; everyone else is sent to the login page and
/// brought back afterwards.
#[component]
pub fn Frame() -> impl IntoView {
    let session = expect_context::<Session>();
    let location = use_location();
    let navigate = use_navigate();
    let fault = RwSignal::new(None::<ApiError>);
    let load = move || {
        fault.set(None);
        spawn_local(async move { fault.set(session.load().await.err()) });
    };
    if !session.known.get_untracked() {
        load();
    }
    Effect::new(move |_| {
        if session.known.get() && session.viewer.with(Option::is_none) {
            let (path, query) = (
                location.pathname.get_untracked(),
                location.search.get_untracked(),
            );
            let here = if query.is_empty() {
                path
            } else {
                format!("{path}?{query}")
            };
            let options = NavigateOptions {
                replace: true,
                ..Default::default()
            };
            navigate(&crate::pages::login::address(&here), options);
        }
    });
    let main = NodeRef::<leptos::html::Main>::new();
    let signed_in = Memo::new(move |_| session.viewer.with(Option::is_some));
    view! {
        <a class="skip" href="#main" on:click=move |event| {
            // The router would take the link for another page of its own.
            event.prevent_default();
            if let Some(main) = main.get_untracked() {
                let _ = main.focus();
            }
        }>"Skip to content"</a>
        <div class="frame">
            <Navigation/>
            <main id="main" tabindex="-1" node_ref=main>
                <p class="alert alert-warn" role="status" hidden=move || session.online.get() || !signed_in.get()>
                    "The connection to the server is lost. Trying again…"
                </p>
                {move || fault.get().map(|error| failure(error, load))}
                <Show when=move || signed_in.get() fallback=|| skeleton(12)>
                    <Outlet/>
                </Show>
            </main>
        </div>
        {toasts()}
    }
}

#[component]
fn Navigation() -> impl IntoView {
    let session = expect_context::<Session>();
    let path = use_location().pathname;
    let theme = Theme::current();
    let fault = RwSignal::new(None::<ApiError>);
    let sign_out = move |_| {
        spawn_local(async move { fault.set(session.logout().await.err()) });
    };
    view! {
        <header class="side">
            <a class="brand" href="/"><span class="brand-mark" aria-hidden="true"></span>"Marquee"</a>
            <nav aria-label="Sections">
                <ul>
                    {SECTIONS
                        .map(|(href, name, icon, permission)| {
                            let here = move || {
                                let path = path.get();
                                path == href || (href != "/" && path.starts_with(&format!("{href}/")))
                            };
                            view! {
                                <li hidden=move || !permission.is_empty() && !session.may(permission)>
                                    <A href=href attr:class="nav-link" attr:data-here=move || here().to_string()>
                                        {icon.draw()}
                                        <span>{name}</span>
                                    </A>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </nav>
            <div class="side-foot">
                <p class="who" data-testid="viewer">
                    {move || session.viewer.with(|v| v.as_ref().map(|v| v.name.clone()))}
                    <span class="quiet">
                        {move || session.viewer.with(|v| v.as_ref().map(|v| v.roles.join(", ")))}
                    </span>
                </p>
                <button type="button" class="button plain" on:click=move |_| theme.update(|t| *t = t.next())>
                    {Icon::Theme.draw()}
                    <span><span class="sr">"Theme: "</span>{move || theme.get().name()}</span>
                </button>
                <button type="button" class="button plain" on:click=sign_out>
                    {Icon::SignOut.draw()}
                    <span>"Sign out"</span>
                </button>
                {move || fault.get().map(|error| view! { <p class="negative" role="alert">{error.message}</p> })}
            </div>
        </header>
    }
}

/// Sets the page's `<title>`; reactive.
pub fn title(text: impl Fn() -> String + 'static) {
    set_title(Box::new(text));
}

fn set_title(text: Box<dyn Fn() -> String>) {
    Effect::new(move |_| document().set_title(&format!("{} · Marquee", text())));
}

/// A page's heading: where it stands, its name, and what can be done.
pub fn heading(
    trail: &[(&str, &'static str)],
    name: impl IntoView,
    side: impl IntoView,
) -> AnyView {
    let trail = trail
        .iter()
        .map(|(href, label)| view! { <a href=href.to_string()>{*label}</a><span aria-hidden="true">"/"</span> })
        .collect_view();
    view! {
        <div class="heading">
            <div>
                <p class="trail">{trail}</p>
                <h1>{name.into_view()}</h1>
            </div>
            <div class="heading-side">{side.into_view()}</div>
        </div>
    }
    .into_any()
}

/// A bordered part of a page under its own heading.
pub fn section(title: impl IntoView, content: impl IntoView) -> AnyView {
    view! {
        <section class="panel">
            <h2>{title.into_view()}</h2>
            {content.into_view()}
        </section>
    }
    .into_any()
}
