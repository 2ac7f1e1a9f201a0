//! The frame around every page, and the parts pages open with.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::{A, Outlet};
use leptos_router::hooks::{use_location, use_navigate};

use super::copy::copy_page;
use super::icon::Icon;
use super::palette::{command_key, open_palette, palette};
use super::shortcut::shortcuts;
use super::state::{failure, skeleton};
use super::toast::toasts;
use crate::api::live::{self, Change, on_change};
use crate::api::query::Asked;
use crate::api::session::Session;
use crate::api::transport::ApiError;
use crate::theme::Theme;

/// A page of the navigation.
pub struct Section {
    /// Where it is.
    pub path: &'static str,
    /// Its words.
    pub name: &'static str,
    icon: Icon,
    /// The permission it takes; none when empty.
    pub permission: &'static str,
    /// What is typed after `g` to go there.
    pub key: &'static str,
}

const fn entry(
    path: &'static str,
    name: &'static str,
    icon: Icon,
    permission: &'static str,
    key: &'static str,
) -> Section {
    Section {
        path,
        name,
        icon,
        permission,
        key,
    }
}

/// Where to go, by purpose.
pub static GROUPS: [(&str, &[Section]); 4] = [
    (
        "Overview",
        &[entry("/", "Dashboard", Icon::Dashboard, "data.read", "d")],
    ),
    (
        "Ingest",
        &[
            entry("/runs", "Runs", Icon::Runs, "data.read", "r"),
            entry("/files", "Files", Icon::Files, "file.read", "f"),
            entry("/rules", "Rules", Icon::Rules, "data.read", "l"),
        ],
    ),
    (
        "Explore",
        &[
            entry("/companies", "Companies", Icon::Companies, "data.read", "c"),
            entry("/genres", "Genres", Icon::Genres, "data.read", "e"),
            entry("/movies", "Movies", Icon::Movies, "data.read", "m"),
            entry("/console", "Console", Icon::Console, "data.read", "q"),
        ],
    ),
    (
        "Admin",
        &[
            entry("/audit", "Audit", Icon::Audit, "audit.read", "a"),
            entry("/users", "Users", Icon::Users, "user.manage", "u"),
            // A person's own tokens take no permission.
            entry("/tokens", "Tokens", Icon::Tokens, "", "t"),
            entry("/system", "System", Icon::System, "system.read", "s"),
        ],
    ),
];

/// What a phone's bar has room for; the rest is behind "More".
const BAR: [&str; 4] = ["/", "/runs", "/files", "/movies"];

impl Section {
    /// Whether the viewer may go there. Reactive.
    pub fn open_to(&self, session: Session) -> bool {
        self.permission.is_empty() || session.may(self.permission)
    }
}

/// Navigation and content for someone signed in; everyone else is sent to the login page and
/// brought back afterwards.
#[component]
pub fn Frame() -> impl IntoView {
    let session = expect_context::<Session>();
    let location = use_location();
    let navigate = use_navigate();
    provide_context(Theme::current());
    let asked = Asked::provide();
    // Keeps the socket open on every page, so that the frame can tell how things are.
    on_change(Change::Mart, || {});
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
            {navigation()}
            <main id="main" tabindex="-1" node_ref=main>
                <p class="alert alert-warn" role="status" hidden=move || session.online.get() || !signed_in.get()>
                    "The connection to the server is lost. Trying again…"
                </p>
                {move || fault.get().map(|error| failure(error, load))}
                <Show when=move || signed_in.get() fallback=|| skeleton(12)>
                    <Outlet/>
                    <footer class="page-foot" hidden=move || asked.is_empty()>{copy_page(asked)}</footer>
                </Show>
            </main>
        </div>
        {toasts()}
        {palette()}
        {shortcuts()}
    }
}

fn navigation() -> AnyView {
    let session = expect_context::<Session>();
    let path = use_location().pathname;
    // On a phone, whether what the bar has no room for is shown.
    let more = RwSignal::new(false);
    Effect::new(move |_| {
        path.track();
        more.set(false);
    });
    let groups = GROUPS
        .iter()
        .map(|(name, sections)| {
            let links = sections
                .iter()
                .map(|section| link(section, path, session))
                .collect_view();
            let any = move || sections.iter().any(|section| section.open_to(session));
            view! {
                <li class="nav-group" hidden=move || !any()>
                    <span class="nav-title">{*name}</span>
                    <ul>{links}</ul>
                </li>
            }
        })
        .collect_view();
    view! {
        <header class="side" class:more=move || more.get()>
            <a class="brand" href="/"><span class="brand-mark" aria-hidden="true"></span>"Marquee"</a>
            <button type="button" class="button find" aria-keyshortcuts="Control+K Meta+K" on:click=|_| open_palette()>
                {Icon::Search.draw()} <span>"Find or do"</span> <kbd>{command_key()}</kbd>
            </button>
            <nav aria-label="Sections">
                <ul class="nav-groups">{groups}</ul>
                <button type="button" class="nav-link nav-more" aria-expanded=move || more.get().to_string()
                    on:click=move |_| more.update(|more| *more = !*more)>
                    {Icon::More.draw()} <span>"More"</span>
                </button>
            </nav>
            {foot(session)}
        </header>
    }
    .into_any()
}

fn link(section: &'static Section, path: Memo<String>, session: Session) -> AnyView {
    let href = section.path;
    let here = move || {
        let path = path.get();
        path == href || (href != "/" && path.starts_with(&format!("{href}/")))
    };
    view! {
        <li hidden=move || !section.open_to(session) class:off-bar=!BAR.contains(&href)>
            <A href=href attr:class="nav-link" attr:data-here=move || here().to_string()>
                {section.icon.draw()}
                <span>{section.name}</span>
            </A>
        </li>
    }
    .into_any()
}

/// Who is signed in, whether the page is live, the theme, and the way out.
fn foot(session: Session) -> AnyView {
    let theme = expect_context::<RwSignal<Theme>>();
    let fault = RwSignal::new(None::<ApiError>);
    let sign_out = move |_| {
        spawn_local(async move { fault.set(session.logout().await.err()) });
    };
    let state = move || match (session.online.get(), live::connected()) {
        (false, _) => ("bad", "Offline"),
        (true, true) => ("good", "Live"),
        (true, false) => ("still", "Every 2 s"),
    };
    view! {
        <div class="side-foot">
            <p class="connection" data-testid="connection">
                <span class=move || format!("light {}", state().0) aria-hidden="true"></span>{move || state().1}
            </p>
            <A href="/account" attr:class="who">
                <span data-testid="viewer">
                    {move || session.viewer.with(|v| v.as_ref().map(|v| v.name.clone()))}
                    <span class="quiet">
                        {move || session.viewer.with(|v| v.as_ref().map(|v| v.roles.join(", ")))}
                    </span>
                </span>
                <span class="sr">": your account"</span>
            </A>
            <button type="button" class="button plain" on:click=move |_| theme.update(|t| *t = t.next())>
                {Icon::Theme.draw()}
                <span>"Theme: "{move || theme.get().name()}</span>
            </button>
            <button type="button" class="button plain" on:click=sign_out>
                {Icon::SignOut.draw()}
                <span>"Sign out"</span>
            </button>
            {move || fault.get().map(|error| view! { <p class="negative" role="alert">{error.message}</p> })}
        </div>
    }
    .into_any()
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
