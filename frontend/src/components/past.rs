//! The mart as it was: which data version the page reads is in the URL (`?asOf=`).

use cynic::QueryBuilder;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;

use super::list::ListState;
use super::state::failure;
use super::time::{moment, since};
use crate::api::live::Change;
use crate::api::query::{Query, use_live_query};
use crate::api::schema;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run")]
struct Merge {
    id: cynic::Id,
    file_name: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "DataVersion")]
struct Version {
    version: i32,
    merged_at: Option<String>,
    run: Option<Merge>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "DataVersionConnection")]
struct Versions {
    nodes: Vec<Version>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
struct VersionsQuery {
    #[arguments(first: 500)]
    data_versions: Versions,
}

/// The data version that a page reads, for the page and all within it.
#[derive(Clone, Copy)]
pub struct Past {
    version: Memo<Option<i32>>,
    state: ListState,
    known: Query<VersionsQuery>,
}

impl Past {
    /// The present page's, which what is within the page finds as its context.
    pub fn here() -> Self {
        let state = ListState::here();
        let version = Memo::new(move |_| state.get("asOf").and_then(|text| text.parse().ok()));
        let known = use_live_query(|| VersionsQuery::build(()), Change::Mart);
        let past = Self {
            version,
            state,
            known,
        };
        provide_context(past);
        past
    }

    /// The version; none for the present. Reactive.
    pub fn version(self) -> Option<i32> {
        self.version.get()
    }

    /// The newest version there is; none until it is known. Reactive.
    fn newest(self) -> Option<i32> {
        let known = self.known.data;
        known.with(|data| Some(data.as_ref()?.data_versions.nodes.first()?.version))
    }

    /// The address of another page in the same state of the mart. Reactive.
    pub fn link(self, path: &str) -> String {
        match self.version.get() {
            Some(version) => format!("{path}?asOf={version}"),
            None => path.to_owned(),
        }
    }

    /// The address of this page in another state of the mart. Reactive.
    pub fn at(self, version: Option<i32>) -> String {
        let version = version.map(|version| version.to_string());
        self.state.link(&[("asOf", version)])
    }
}

/// A link to a page in the state of the mart that is read here.
pub fn linked(path: String, name: String) -> AnyView {
    let past = expect_context::<Past>();
    view! { <a href=move || past.link(&path)>{name}</a> }.into_any()
}

/// A choice of data versions, and what says that one looks at the past.
pub fn picker() -> (AnyView, AnyView) {
    let past = expect_context::<Past>();
    let query = past.known;
    let navigate = use_navigate();
    let chosen = move |event| {
        let version = event_target_value(&event).parse().ok();
        let options = NavigateOptions {
            scroll: false,
            ..Default::default()
        };
        navigate(&untrack(|| past.at(version)), options);
    };
    let versions = move || {
        query.data.with(|data| {
            let versions = data.iter().flat_map(|data| &data.data_versions.nodes);
            versions.cloned().collect::<Vec<_>>()
        })
    };
    let options = move || {
        let versions = versions();
        let here = past.version();
        // A version of the URL may be older than those that are listed.
        let absent = here.filter(|here| !versions.iter().any(|known| known.version == *here));
        let absent = absent.map(|version| option(version, format!("Version {version}"), here));
        let listed = versions.iter().skip(1).map(|known| {
            let time = known.merged_at.as_deref().map(moment).unwrap_or_default();
            option(
                known.version,
                format!("Version {} · {time}", known.version),
                here,
            )
        });
        let now = versions.first().map_or_else(
            || "Now".to_owned(),
            |newest| format!("Now · version {}", newest.version),
        );
        view! { <option value="" prop:selected=here.is_none()>{now}</option> {absent} {listed.collect_view()} }
    };
    let select = view! {
        <label class="as-of">
            <span class="quiet">"As of"</span>
            <select name="asOf" on:change=chosen>{options}</select>
        </label>
    };
    let again = move || query.again.update(|count| *count += 1);
    let banner = move || {
        let version = past.version()?;
        let known = versions()
            .into_iter()
            .find(|known| known.version == version);
        let fault = query.error.get().map(|error| failure(error, again));
        Some(view! { {banner(past, version, known)} {fault} })
    };
    (select.into_any(), banner.into_any())
}

/// What says above a list that the mart has moved on from the version `shown`, with a button that counts `again` up:
/// the list is not asked again by itself, since that would take the reader from their place. Nothing in the past.
pub fn moved_on(shown: Signal<Option<i32>>, again: RwSignal<u32>) -> AnyView {
    let past = expect_context::<Past>();
    let newer = Memo::new(move |_| {
        let newest = past.newest().filter(|_| past.version().is_none())?;
        shown.get().filter(|shown| *shown < newest).map(|_| newest)
    });
    let show = move |_| {
        again.update(|count| *count += 1);
        // The button goes away; whoever pressed it goes on in the table.
        if let Ok(Some(table)) = document().query_selector(".window")
            && let Some(table) = table.dyn_ref::<web_sys::HtmlElement>()
        {
            let _ = table.focus();
        }
    };
    let line = move || {
        newer.get().map(|version| {
            view! {
                "The mart has changed"
                <button type="button" class="button small" on:click=show>{format!("Show version {version}")}</button>
            }
        })
    };
    view! { <p class="moved-on quiet" role="status" data-testid="moved-on">{line}</p> }.into_any()
}

fn option(version: i32, text: String, here: Option<i32>) -> AnyView {
    view! { <option value=version prop:selected=here == Some(version)>{text}</option> }.into_any()
}

fn banner(past: Past, version: i32, known: Option<Version>) -> AnyView {
    let merged = known.map(|known| {
        let at = known.merged_at.map(|at| view! { ", merged " {since(at)} });
        let run = known.run.map(|run| {
            let id = run.id.inner().to_owned();
            view! { " by " <a href=format!("/runs/{id}")>{format!("run {id}")}</a> " (" {run.file_name} ")" }
        });
        view! { {at} {run} }
    });
    view! {
        <div class="alert alert-warn past" role="status" data-testid="past">
            <p>
                <strong>"You are looking at the past."</strong>
                {format!(" This is data version {version}")} {merged} "."
            </p>
            <a class="button" href=move || past.at(None)>"Back to now"</a>
        </div>
    }
    .into_any()
}
