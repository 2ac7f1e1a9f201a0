//! What the server says by itself: one socket for all subscriptions of the page (`graphql-transport-ws` at
//! `/graphql/ws`), which connects again by itself when it breaks.
//!
//! Most views follow a [`Change`] and ask their query again (`use_live_query`, in [`super::query`]); a log takes the
//! messages themselves with [`use_live`].

use std::rc::Rc;
use std::time::Duration;

use cynic::{StreamingOperation, SubscriptionBuilder};
use gloo_timers::future::sleep;
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::schema;
pub use super::socket::start;
use super::socket::{self, Listener};
use super::transport::decode;

/// Whether the socket stands. Reactive; false as well before it has been opened.
pub fn connected() -> bool {
    socket::state().get()
}

/// Follows a subscription for as long as the present owner lives, and another one when a signal that `operation`
/// reads changes; none while it gives `None`. `on_next` gets what has come within a moment together, in order, so
/// that ten thousand messages are not ten thousand changes of the page. After the connection was lost the
/// subscription begins anew: what it says first may have come before.
pub fn use_live<T, V>(
    operation: impl Fn() -> Option<StreamingOperation<T, V>> + 'static,
    on_next: impl Fn(Vec<T>) + 'static,
) where
    T: DeserializeOwned + 'static,
    V: Serialize + 'static,
{
    let take = move |data: Vec<Value>| {
        let messages = data
            .into_iter()
            .filter_map(|data| {
                decode(data)
                    .inspect_err(|error| leptos::logging::warn!("{}", error.message))
                    .ok()
            })
            .collect::<Vec<T>>();
        if !messages.is_empty() {
            on_next(messages);
        }
    };
    let body = move || Some(serde_json::to_string(&operation()?).unwrap_or_default());
    follow(Box::new(body), Rc::new(take));
}

/// The part of [`use_live`] that is the same for all subscriptions, so that it is compiled once.
fn follow(body: Box<dyn Fn() -> Option<String>>, listener: Listener) {
    let current = StoredValue::new(None::<u32>);
    let leave = move || {
        if let Some(Some(id)) = current.try_update_value(Option::take) {
            socket::leave(id);
        }
    };
    Effect::new(move |_| {
        let body = body();
        leave();
        current.set_value(body.map(|body| socket::join(body, listener.clone())));
    });
    on_cleanup(leave);
}

/// What a view depends on.
#[derive(Clone, Copy)]
pub enum Change {
    /// Any run.
    Runs,
    /// The run with this id.
    Run(Signal<String>),
    /// The mart: a merge, or an undo.
    Mart,
    /// The backfill with this id.
    Backfill(Signal<String>),
}

/// What a change is told by: hardly more than that it happened.
#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Run")]
struct SomeRun {
    #[allow(dead_code)]
    id: cynic::Id,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "DataVersion")]
struct SomeVersion {
    #[allow(dead_code)]
    version: i32,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Backfill")]
struct SomeBackfill {
    #[allow(dead_code)]
    id: cynic::Id,
}

#[derive(cynic::QueryVariables)]
struct IdVariables {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription")]
struct AnyRun {
    #[allow(dead_code)]
    runs: SomeRun,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "IdVariables")]
struct OneRun {
    #[arguments(id: $id)]
    #[allow(dead_code)]
    run: SomeRun,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription")]
struct Mart {
    #[allow(dead_code)]
    data_version: SomeVersion,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "IdVariables")]
struct OneBackfill {
    #[arguments(id: $id)]
    #[allow(dead_code)]
    backfill: SomeBackfill,
}

impl Change {
    /// The subscription's request. Reactive.
    fn body(self) -> String {
        fn text<T, V: Serialize>(operation: &StreamingOperation<T, V>) -> String {
            serde_json::to_string(operation).unwrap_or_default()
        }
        let variables = |id: Signal<String>| IdVariables {
            id: cynic::Id::new(id.get()),
        };
        match self {
            Self::Runs => text(&AnyRun::build(())),
            Self::Run(id) => text(&OneRun::build(variables(id))),
            Self::Mart => text(&Mart::build(())),
            Self::Backfill(id) => text(&OneBackfill::build(variables(id))),
        }
    }
}

/// Milliseconds between two rounds of asking while the server says much.
const PACE: u64 = 1_000;
/// Milliseconds between two rounds while the socket is down.
const FALLBACK: u64 = 2_000;

/// Calls `refresh` when the change happens, at most once a second and not while the tab is hidden; every two
/// seconds while the socket is down. It is called once more a second after the server has begun to tell of changes:
/// what has happened between the query's answer and then was told to nobody.
pub fn on_change(change: Change, refresh: impl Fn() + Copy + 'static) {
    let resting = StoredValue::new(false);
    let missed = StoredValue::new(false);
    // Answers must not be asked for more often than they are worth it; the last message is never dropped.
    let nudge = move || {
        missed.try_set_value(true);
        if resting.try_get_value() != Some(false) {
            return;
        }
        resting.set_value(true);
        leptos::task::spawn_local(async move {
            while missed.try_get_value() == Some(true) {
                super::query::visible().await;
                if missed.try_set_value(false).is_some() {
                    return;
                }
                refresh();
                sleep(Duration::from_millis(PACE)).await;
            }
            resting.try_set_value(false);
        });
    };
    let nudge_later = move || {
        leptos::task::spawn_local(async move {
            sleep(Duration::from_millis(PACE)).await;
            nudge();
        });
    };
    let first = StoredValue::new(true);
    follow(
        Box::new(move || {
            first.set_value(true);
            Some(change.body())
        }),
        Rc::new(move |messages: Vec<Value>| {
            // Most subscriptions begin with how things are, which the query has asked for itself.
            let begins = first.get_value() && messages.len() == 1;
            first.set_value(false);
            match begins && !matches!(change, Change::Runs) {
                true => nudge_later(),
                false => nudge(),
            }
        }),
    );
    let state = socket::state();
    Effect::new(move |before: Option<bool>| {
        let up = state.get();
        if up && before == Some(false) && socket::has_been_lost() {
            // Something may have been missed.
            nudge();
        }
        if up && matches!(change, Change::Runs) {
            // Its subscription does not say that it has begun.
            nudge_later();
        }
        up
    });
    let fallback = set_interval_with_handle(
        move || {
            if !socket::state().get_untracked() {
                nudge();
            }
        },
        Duration::from_millis(FALLBACK),
    );
    on_cleanup(move || {
        if let Ok(fallback) = fallback {
            fallback.clear();
        }
    });
}
