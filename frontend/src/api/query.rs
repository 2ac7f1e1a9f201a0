//! A query whose answer follows its variables and, where asked for, the server's changes.

use std::rc::Rc;
use std::time::Duration;

use cynic::Operation;
use gloo_timers::future::sleep;
use js_sys::Date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::live::{Change, on_change};
use super::session::Session;
use super::transport::{ApiError, NETWORK, body, decode, post};

/// Milliseconds between refreshes while something is going on.
pub const FAST: u32 = 1_000;
/// Milliseconds between refreshes while nothing is.
pub const SLOW: u32 = 2_000;

/// The state of a query. Data stays on the screen while newer data is on its way.
pub struct Query<T: Send + Sync + 'static> {
    /// The last answer.
    pub data: RwSignal<Option<T>>,
    /// Why the last request failed.
    pub error: RwSignal<Option<ApiError>>,
    /// Whether an answer to changed variables is awaited (refreshes don't count).
    pub busy: RwSignal<bool>,
    /// Counts up to ask again now.
    pub again: RwSignal<u32>,
    /// Counts up to ask again without a sign of it on the screen.
    pub refresh: RwSignal<u32>,
    /// The last request's body, for "copy as GraphQL".
    pub body: RwSignal<String>,
}

impl<T: Send + Sync + 'static> Clone for Query<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Query<T> {}

/// The requests behind what is on the page, for as long as they are followed.
#[derive(Clone, Copy)]
pub struct Asked(RwSignal<Vec<RwSignal<String>>>);

impl Asked {
    /// For the pages below the present owner.
    pub fn provide() -> Self {
        let asked = Self(RwSignal::new(Vec::new()));
        provide_context(asked);
        asked
    }

    /// Whether nothing is asked. Reactive.
    pub fn is_empty(&self) -> bool {
        self.0.with(Vec::is_empty)
    }

    /// The bodies of the requests, each once.
    pub fn bodies(&self) -> Vec<String> {
        let mut bodies = Vec::new();
        for body in self.0.get_untracked() {
            if let Some(body) = body.try_get_untracked()
                && !bodies.contains(&body)
            {
                bodies.push(body);
            }
        }
        bodies
    }

    /// Counts a request in, for as long as the present owner lives.
    pub(crate) fn follow(self, body: RwSignal<String>) {
        self.0.update(|bodies| bodies.push(body));
        on_cleanup(move || {
            self.0
                .try_update(|bodies| bodies.retain(|known| *known != body));
        });
    }
}

/// Runs `operation` and again whenever a signal it reads changes; after each answer `pace` tells in
/// how many milliseconds to refresh, if at all. Nothing is asked while the tab is hidden, an answer
/// that comes too late is dropped, and equal data does not wake the page.
pub fn use_query<T, V>(
    operation: impl Fn() -> Operation<T, V> + 'static,
    pace: fn(&T) -> Option<u32>,
) -> Query<T>
where
    T: DeserializeOwned + PartialEq + Send + Sync + 'static,
    V: Serialize + 'static,
{
    let session = expect_context::<Session>();
    let query = Query {
        data: RwSignal::new(None),
        error: RwSignal::new(None),
        busy: RwSignal::new(true),
        again: RwSignal::new(0),
        refresh: RwSignal::new(0),
        body: RwSignal::new(String::new()),
    };
    if let Some(asked) = use_context::<Asked>() {
        asked.follow(query.body);
    }
    follow(
        Box::new(move || {
            let body = body(&operation());
            query.body.set(body.clone());
            body
        }),
        Rc::new(move |answer, first| {
            session.note(answer.as_ref().err());
            query.take(answer.and_then(decode), first, pace)
        }),
        query.busy,
        query.again,
        query.refresh,
    );
    query
}

/// [`use_query`] for what changes with the runs or the mart: it asks again when the server says so.
pub fn use_live_query<T, V>(
    operation: impl Fn() -> Operation<T, V> + 'static,
    change: Change,
) -> Query<T>
where
    T: DeserializeOwned + PartialEq + Send + Sync + 'static,
    V: Serialize + 'static,
{
    let query = use_query(operation, once);
    let refresh = query.refresh;
    on_change(change, move || {
        refresh.try_update(|count| *count += 1);
    });
    query
}

/// What to do with an answer; gives the milliseconds until the next request, if there is to be one.
type Accept = Rc<dyn Fn(Result<Value, ApiError>, bool) -> Option<u32>>;

/// What is on its way. A change of variables begins a new turn, and what is answered to an older one is dropped; a
/// refresh waits for the answer that is on its way and is asked for after it, so that an answer comes even while
/// refreshes come faster than answers.
#[derive(Default)]
struct Turns {
    current: u64,
    /// Since when an answer is awaited.
    asking: Option<f64>,
    once_more: bool,
}

impl Turns {
    /// Milliseconds after which a refresh gives up on an answer, as after the network was cut.
    const PATIENCE: f64 = 30_000.0;

    /// Begins a turn.
    fn begin(&mut self, now: f64) -> u64 {
        self.current += 1;
        self.ask(now);
        self.current
    }

    /// Begins a turn for a refresh; none where that is asked for after the answer that is on its way.
    fn refresh(&mut self, now: f64) -> Option<u64> {
        self.once_more = self
            .asking
            .is_some_and(|since| now - since < Self::PATIENCE);
        (!self.once_more).then(|| self.begin(now))
    }

    /// Takes note that the present turn asks.
    fn ask(&mut self, now: f64) {
        self.asking = Some(now);
        self.once_more = false;
    }

    /// Takes note of an answer to the present turn; says whether it is to ask once more.
    fn answered(&mut self) -> bool {
        self.asking = None;
        std::mem::take(&mut self.once_more)
    }
}

/// The part of [`use_query`] that is the same for all queries, so that it is compiled once.
fn follow(
    body: Box<dyn Fn() -> String>,
    accept: Accept,
    busy: RwSignal<bool>,
    again: RwSignal<u32>,
    refresh: RwSignal<u32>,
) {
    let turns = StoredValue::new(Turns::default());
    Effect::new(move |before: Option<(String, u32)>| {
        refresh.track();
        let now = (body(), again.get());
        let body = now.0.clone();
        // A refresh shows nothing until something has changed.
        let quiet = before.as_ref() == Some(&now);
        let mine = turns.try_update_value(|turns| match quiet {
            true => turns.refresh(Date::now()),
            false => Some(turns.begin(Date::now())),
        });
        let Some(Some(mine)) = mine else {
            return now;
        };
        if !quiet {
            busy.set(true);
        }
        let accept = accept.clone();
        spawn_local(async move {
            let alive = || turns.try_with_value(|turns| turns.current) == Some(mine);
            let mut first = !quiet;
            loop {
                let answer = post(body.clone()).await;
                if !alive() {
                    return;
                }
                let once_more = turns.try_update_value(Turns::answered) == Some(true);
                let pause = accept(answer, first);
                first = false;
                if !once_more {
                    let Some(pause) = pause else {
                        return;
                    };
                    rest(pause).await;
                }
                if !alive() {
                    return;
                }
                turns.update_value(|turns| turns.ask(Date::now()));
            }
        });
        now
    });
}

impl<T: PartialEq + Send + Sync + 'static> Query<T> {
    /// Stores an answer; gives the milliseconds until the next request, if there is to be one.
    fn take(
        &self,
        answer: Result<T, ApiError>,
        first: bool,
        pace: fn(&T) -> Option<u32>,
    ) -> Option<u32> {
        let pause = match answer {
            Ok(data) => {
                let pause = pace(&data);
                if self.error.with_untracked(Option::is_some) {
                    self.error.set(None);
                }
                if self.data.with_untracked(|old| old.as_ref() != Some(&data)) {
                    self.data.set(Some(data));
                }
                pause
            }
            Err(error) => {
                let lost = error.code == NETWORK;
                if first && !lost {
                    // What is on the screen belongs to other variables.
                    self.data.set(None);
                }
                self.error.set(Some(error));
                lost.then_some(SLOW)
            }
        };
        if self.busy.get_untracked() {
            self.busy.set(false);
        }
        pause
    }
}

async fn rest(milliseconds: u32) {
    sleep(Duration::from_millis(milliseconds.into())).await;
    visible().await;
}

/// Waits until the tab is looked at.
pub(super) async fn visible() {
    while document().hidden() {
        sleep(Duration::from_millis(500)).await;
    }
}

/// The pace of pages that don't change by themselves.
pub fn once<T>(_: &T) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_waits_for_the_answer_on_its_way_and_asks_once_more() {
        let mut turns = Turns::default();
        assert_eq!(turns.begin(0.0), 1);
        assert_eq!(turns.refresh(10.0), None);
        assert_eq!(turns.refresh(20.0), None);
        assert!(turns.answered());
        turns.ask(30.0);
        assert!(!turns.answered());
        assert_eq!(turns.refresh(40.0), Some(2));
    }

    #[test]
    fn other_variables_do_not_wait() {
        let mut turns = Turns::default();
        turns.begin(0.0);
        assert_eq!(turns.refresh(10.0), None);
        assert_eq!(turns.begin(20.0), 2);
        assert!(!turns.answered());
    }

    #[test]
    fn an_answer_that_never_comes_is_given_up_on() {
        let mut turns = Turns::default();
        turns.begin(0.0);
        assert_eq!(turns.refresh(Turns::PATIENCE), Some(2));
    }
}
