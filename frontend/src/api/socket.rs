//! The socket behind [`super::live`]: it opens when somebody listens, says what each wants to hear, and opens again
//! after growing pauses when it breaks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use gloo_timers::future::sleep;
use js_sys::Math;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::{Value, json};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{CloseEvent, MessageEvent, WebSocket};

use super::session::Session;
use super::transport::{ApiError, UNAUTHENTICATED};

/// Takes what has come for a subscription within a moment.
pub type Listener = Rc<dyn Fn(Vec<Value>)>;

/// Milliseconds for which messages are gathered before they are handed on.
const GATHER: u64 = 40;
/// Milliseconds before the first and the longest pause between two attempts.
const PAUSES: (f64, f64) = (500.0, 15_000.0);
/// Milliseconds of silence after which the server is asked for a sign of life, and given up on without one.
const SILENCE: (f64, f64) = (20_000.0, 30_000.0);

/// Somebody who listens.
struct Subscription {
    body: String,
    listener: Listener,
    gathered: Vec<Value>,
}

/// The socket and everybody who listens.
#[derive(Default)]
pub struct Hub {
    session: Option<Session>,
    socket: Option<WebSocket>,
    /// Which socket it is; what an older one still says is not heard.
    generation: u32,
    /// Whether the server has answered the greeting.
    greeted: bool,
    attempts: i32,
    /// How many sockets the server has greeted.
    greetings: u32,
    next: u32,
    subscriptions: BTreeMap<u32, Subscription>,
    handing_on: bool,
    /// When something was heard last, in milliseconds since 1970.
    heard: f64,
}

thread_local! {
    static HUB: RefCell<Hub> = RefCell::new(Hub::default());
    static STATE: ArcRwSignal<bool> = ArcRwSignal::new(false);
}

/// Whether the socket stands.
pub fn state() -> ArcRwSignal<bool> {
    STATE.with(Clone::clone)
}

/// Whether the present socket is not the page's first.
pub fn has_been_lost() -> bool {
    HUB.with_borrow(|hub| hub.greetings > 1)
}

fn set_state(up: bool) {
    let state = state();
    if state.get_untracked() != up {
        state.set(up);
    }
}

/// Ties the socket to the session: it is open while somebody is signed in and listens. Called once.
pub fn start(session: Session) {
    HUB.with_borrow_mut(|hub| hub.session = Some(session));
    Effect::new(move |_| {
        if session.viewer.with(Option::is_some) {
            open();
        } else {
            close();
        }
    });
    let _ = window_event_listener(leptos::ev::online, move |_| {
        HUB.with_borrow_mut(|hub| hub.attempts = 0);
        spawn_local(async move {
            // Tells the session whether the server is there.
            let _ = session.load().await;
        });
        open();
    });
    let _ = window_event_listener(leptos::ev::offline, move |_| {
        session.online.set(false);
        lost();
    });
    set_interval(watch, Duration::from_millis(5_000));
}

/// Begins to listen; gives the id to [`leave`] with.
pub fn join(body: String, listener: Listener) -> u32 {
    let id = HUB.with_borrow_mut(|hub| {
        hub.next += 1;
        let subscription = Subscription {
            body,
            listener,
            gathered: Vec::new(),
        };
        hub.subscriptions.insert(hub.next, subscription);
        if hub.greeted {
            hub.subscribe(hub.next);
        }
        hub.next
    });
    open();
    id
}

/// Stops listening.
pub fn leave(id: u32) {
    // What the listener holds is dropped after the borrow: dropping may run code of its owner's.
    let gone = HUB.with_borrow_mut(|hub| {
        let gone = hub.subscriptions.remove(&id);
        if hub.greeted && gone.is_some() {
            hub.say(&json!({"id": id.to_string(), "type": "complete"}));
        }
        gone
    });
    drop(gone);
}

impl Hub {
    fn say(&self, message: &Value) {
        if let Some(socket) = &self.socket {
            // A socket that is closing does not take it, and everything is said again to the next one.
            let _ = socket.send_with_str(&message.to_string());
        }
    }

    fn subscribe(&self, id: u32) {
        if let Some(subscription) = self.subscriptions.get(&id) {
            let payload: Value = serde_json::from_str(&subscription.body).unwrap_or_default();
            self.say(&json!({"id": id.to_string(), "type": "subscribe", "payload": payload}));
        }
    }

    fn wanted(&self) -> bool {
        let signed_in = self
            .session
            .is_some_and(|session| session.viewer.with_untracked(Option::is_some));
        signed_in && !self.subscriptions.is_empty()
    }
}

/// Opens the socket, unless there is one or nobody listens.
fn open() {
    let needed = HUB.with_borrow(|hub| hub.socket.is_none() && hub.wanted());
    if !needed {
        return;
    }
    let location = window().location();
    let scheme = match location.protocol() {
        Ok(protocol) if protocol == "https:" => "wss",
        _ => "ws",
    };
    let address = format!(
        "{scheme}://{}/graphql/ws",
        location.host().unwrap_or_default()
    );
    let Ok(socket) = WebSocket::new_with_str(&address, "graphql-transport-ws") else {
        return;
    };
    let generation = HUB.with_borrow_mut(|hub| {
        hub.generation += 1;
        hub.greeted = false;
        hub.heard = js_sys::Date::now();
        hub.socket = Some(socket.clone());
        hub.generation
    });
    let current = move || HUB.with_borrow(|hub| hub.generation) == generation;
    let opened = Closure::once_into_js(move || {
        if current() {
            HUB.with_borrow(|hub| hub.say(&json!({"type": "connection_init"})));
        }
    });
    let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        if let (true, Some(text)) = (current(), event.data().as_string()) {
            hear(&text);
        }
    });
    let closed = Closure::<dyn Fn(CloseEvent)>::new(move |event: CloseEvent| {
        if current() {
            ended(event.code());
        }
    });
    socket.set_onopen(Some(opened.unchecked_ref()));
    socket.set_onmessage(Some(heard.into_js_value().unchecked_ref()));
    socket.set_onclose(Some(closed.into_js_value().unchecked_ref()));
}

/// Closes the socket because nobody is signed in any more.
fn close() {
    let socket = HUB.with_borrow_mut(|hub| {
        hub.generation += 1;
        hub.greeted = false;
        hub.attempts = 0;
        hub.socket.take()
    });
    if let Some(socket) = socket {
        let _ = socket.close();
    }
    set_state(false);
}

/// Gives a socket up that is of no use, and tries another.
fn lost() {
    let there = HUB.with_borrow(|hub| hub.socket.is_some());
    if there {
        close();
        try_again(500.0);
    }
}

fn hear(text: &str) {
    let Ok(mut message) = serde_json::from_str::<Value>(text) else {
        return;
    };
    let id = message["id"].as_str().and_then(|id| id.parse::<u32>().ok());
    let kind = message["type"].as_str().unwrap_or_default().to_owned();
    HUB.with_borrow_mut(|hub| hub.heard = js_sys::Date::now());
    match (kind.as_str(), id) {
        ("connection_ack", _) => {
            HUB.with_borrow_mut(|hub| {
                hub.greeted = true;
                hub.greetings += 1;
                hub.attempts = 0;
                for id in hub.subscriptions.keys() {
                    hub.subscribe(*id);
                }
            });
            set_state(true);
        }
        ("ping", _) => HUB.with_borrow(|hub| hub.say(&json!({"type": "pong"}))),
        ("next", Some(id)) => gather(id, message["payload"]["data"].take()),
        ("error", Some(id)) => {
            leptos::logging::warn!("subscription {id}: {}", message["payload"]);
        }
        _ => {}
    }
}

/// Keeps a message until the listeners are told.
fn gather(id: u32, data: Value) {
    if data.is_null() {
        return;
    }
    let begins = HUB.with_borrow_mut(|hub| {
        if let Some(subscription) = hub.subscriptions.get_mut(&id) {
            subscription.gathered.push(data);
        }
        !std::mem::replace(&mut hub.handing_on, true)
    });
    if begins {
        set_timeout(hand_on, Duration::from_millis(GATHER));
    }
}

fn hand_on() {
    let ready: Vec<(Listener, Vec<Value>)> = HUB.with_borrow_mut(|hub| {
        hub.handing_on = false;
        hub.subscriptions
            .values_mut()
            .filter(|subscription| !subscription.gathered.is_empty())
            .map(|subscription| {
                let gathered = std::mem::take(&mut subscription.gathered);
                (subscription.listener.clone(), gathered)
            })
            .collect()
    });
    for (listener, data) in ready {
        listener(data);
    }
}

/// The server, or the way to it, has ended the socket.
fn ended(code: u16) {
    close_quietly();
    let Some(session) = HUB.with_borrow(|hub| hub.session) else {
        return;
    };
    match code {
        4401 => session.note(Some(&ApiError {
            code: UNAUTHENTICATED.into(),
            message: String::new(),
        })),
        // What the reader may do has changed.
        4403 => {
            spawn_local(async move {
                let _ = session.load().await;
            });
            try_again(0.0);
        }
        // Too many sockets: somebody else's must close first.
        1013 | 4429 => try_again(PAUSES.1),
        _ => {
            // Whether the server is there at all shows in a request; the socket alone may be blocked.
            spawn_local(async move {
                let _ = session.load().await;
            });
            let attempts = HUB.with_borrow_mut(|hub| {
                hub.attempts += 1;
                hub.attempts
            });
            try_again(pause(attempts, Math::random()));
        }
    }
}

/// Milliseconds before the next attempt: twice as long each time, and not the same for every page that waits.
fn pause(attempts: i32, chance: f64) -> f64 {
    let longest = (PAUSES.0 * 2_f64.powi(attempts - 1)).min(PAUSES.1);
    longest * (0.5 + 0.5 * chance)
}

fn close_quietly() {
    HUB.with_borrow_mut(|hub| {
        hub.generation += 1;
        hub.greeted = false;
        hub.socket = None;
    });
    set_state(false);
}

fn try_again(milliseconds: f64) {
    spawn_local(async move {
        sleep(Duration::from_millis(milliseconds as u64)).await;
        open();
    });
}

/// Notices a socket that has died without a word.
fn watch() {
    let (silent, greeted) = HUB.with_borrow(|hub| {
        let silent = js_sys::Date::now() - hub.heard;
        (silent, hub.greeted && hub.socket.is_some())
    });
    if !greeted {
        return;
    }
    if silent > SILENCE.1 {
        lost();
    } else if silent > SILENCE.0 {
        HUB.with_borrow(|hub| hub.say(&json!({"type": "ping"})));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit() {
        let longest: Vec<f64> = (1..8).map(|attempt| pause(attempt, 1.0)).collect();
        assert!(longest.is_sorted(), "{longest:?}");
        assert_eq!(longest[0], 500.0);
        assert_eq!(longest[6], 15_000.0);
        assert_eq!(pause(1, 0.0), 250.0);
    }
}
