//! A run's log. All of it is kept, but only what is seen is in the page, so that ten thousand lines don't
//! freeze it; lines that come together are drawn together.

use std::time::Duration;

use cynic::{QueryBuilder, SubscriptionBuilder};
use gloo_timers::future::sleep;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::tabs::choices;
use crate::api::fragment::{PageInfo, RunStatus, age};
use crate::api::live::{connected, use_live};
use crate::api::schema;
use crate::api::session::Session;
use crate::api::transport::{ApiError, NETWORK, send};
use crate::components::list::ListState;
use crate::components::state::{empty, failure, skeleton};
use crate::components::time::{clock_time, since};
use crate::components::window::{Rows, rows};

/// Lines that are asked for at once: the most the server gives.
const BATCH: i32 = 500;
/// Milliseconds between looks for further lines while the server can't tell of them.
const PAUSE: u64 = 1_000;

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum EventLevel {
    Info,
    Warn,
    Error,
}

impl EventLevel {
    fn chip(self) -> (&'static str, &'static str) {
        match self {
            Self::Info => ("chip still", "info"),
            Self::Warn => ("chip warn", "warn"),
            Self::Error => ("chip bad", "error"),
        }
    }
}

#[derive(cynic::QueryVariables)]
struct EventVariables {
    id: cynic::Id,
    first: Option<i32>,
    after: Option<String>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct RunEvent {
    id: cynic::Id,
    at: String,
    level: EventLevel,
    message: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "RunEventConnection")]
struct EventPage {
    nodes: Vec<RunEvent>,
    page_info: PageInfo,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Run", variables = "EventVariables")]
struct RunEvents {
    status: RunStatus,
    #[arguments(first: $first, after: $after)]
    events: EventPage,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query", variables = "EventVariables")]
struct EventsQuery {
    #[arguments(id: $id)]
    run: Option<RunEvents>,
}

#[derive(cynic::QueryVariables)]
struct FollowVariables {
    id: cynic::Id,
    after: Option<cynic::Id>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Subscription", variables = "FollowVariables")]
struct FollowedLog {
    #[arguments(id: $id, after: $after)]
    run_events: RunEvent,
}

/// The lines so far and which of them are shown.
#[derive(Clone, Copy)]
struct Log {
    lines: StoredValue<Vec<RunEvent>>,
    /// Places in `lines` of those of the chosen level.
    shown: StoredValue<Vec<usize>>,
    count: RwSignal<usize>,
    /// Counts up when other lines are shown than before.
    epoch: RwSignal<u32>,
    /// Whether there is an answer yet.
    known: RwSignal<bool>,
    fault: RwSignal<Option<ApiError>>,
    follow: RwSignal<bool>,
    /// Counts up to go to the end, as far as that is followed.
    go: RwSignal<u32>,
    chosen: RwSignal<Option<usize>>,
    /// The run whose log is read to its end and which goes on: its id and the last line's.
    live: RwSignal<Option<(String, Option<cynic::Id>)>>,
    /// Counts what was read, so that the reading of another run's log ends.
    turn: StoredValue<u32>,
}

impl Log {
    /// Adds lines; those that are there already, as after the connection was lost, are left out.
    fn add(self, mut lines: Vec<RunEvent>, level: EventLevel) {
        if let Some(last) = self.last() {
            let last = age(&last);
            lines.retain(|line| age(&line.id) > last);
        }
        let start = self.lines.with_value(Vec::len);
        let places = places(&lines, level).map(|place| start + place);
        self.shown.update_value(|shown| shown.extend(places));
        self.lines.update_value(|all| all.extend(lines));
        let count = self.shown.with_value(Vec::len);
        if self.count.get_untracked() != count {
            self.count.set(count);
        }
    }

    fn choose(self, level: EventLevel) {
        let places: Vec<usize> = self
            .lines
            .with_value(|lines| places(lines, level).collect());
        self.count.set(places.len());
        self.shown.set_value(places);
        self.chosen.set(None);
        self.epoch.update(|epoch| *epoch += 1);
    }

    fn last(self) -> Option<cynic::Id> {
        self.lines
            .with_value(|lines| lines.last().map(|line| line.id.clone()))
    }

    fn line(self, nth: usize) -> Option<(usize, RunEvent)> {
        let place = self
            .shown
            .try_with_value(|shown| shown.get(nth).copied())??;
        let line = self.lines.with_value(|lines| lines.get(place).cloned())?;
        Some((place, line))
    }
}

/// Where the lines of a level or a graver one are.
fn places(lines: &[RunEvent], level: EventLevel) -> impl Iterator<Item = usize> + '_ {
    let lines = lines.iter().enumerate();
    lines
        .filter(move |(_, line)| line.level >= level)
        .map(|(place, _)| place)
}

/// The log, from a level on; follows the run while that goes on.
pub fn events(id: Memo<String>, state: ListState) -> AnyView {
    let session = expect_context::<Session>();
    let log = Log {
        lines: StoredValue::new(Vec::new()),
        shown: StoredValue::new(Vec::new()),
        count: RwSignal::new(0),
        epoch: RwSignal::new(0),
        known: RwSignal::new(false),
        fault: RwSignal::new(None),
        follow: RwSignal::new(false),
        go: RwSignal::new(0),
        chosen: RwSignal::new(None),
        live: RwSignal::new(None),
        turn: StoredValue::new(0),
    };
    let level = Memo::new(move |_| match state.get("level").as_deref() {
        Some("warn") => EventLevel::Warn,
        Some("error") => EventLevel::Error,
        _ => EventLevel::Info,
    });
    let again = RwSignal::new(0_u32);
    Effect::new(move |_| {
        again.track();
        let id = id.get();
        log.turn.update_value(|turn| *turn += 1);
        log.lines.set_value(Vec::new());
        log.choose(level.get_untracked());
        log.live.set(None);
        log.fault.set(None);
        spawn_local(read(log, id, level, session));
    });
    Effect::new(move |_| log.choose(level.get()));
    use_live(
        move || {
            let (id, after) = log.live.get()?;
            let id = cynic::Id::new(id);
            Some(FollowedLog::build(FollowVariables { id, after }))
        },
        move |lines| {
            let lines = lines.into_iter().map(|line| line.run_events).collect();
            log.add(lines, level.get_untracked());
        },
    );
    let follow = move |event| {
        log.follow.set(event_target_checked(&event));
        log.go.update(|go| *go += 1);
    };
    view! {
        <div class="controls">
            {choices(state, "Level", "level", &[("", "All"), ("warn", "Warnings and errors"), ("error", "Errors")])}
            <label class="check">
                <input type="checkbox" data-testid="follow" prop:checked=log.follow
                    on:change=follow/>
                <span>"Follow the end"</span>
            </label>
        </div>
        {move || log.fault.get().map(|fault| failure(fault, move || again.update(|count| *count += 1)))}
        {move || match log.known.get() {
            true => lines(log),
            false => log.fault.with(Option::is_none).then(|| skeleton(8)).into_any(),
        }}
        {move || log.chosen.get().map(|place| in_full(log, place))}
    }
    .into_any()
}

/// Reads the log to its end, and on while the run goes on.
async fn read(log: Log, id: String, level: Memo<EventLevel>, session: Session) {
    let turn = log.turn.try_get_value();
    let here = || turn.is_some() && log.turn.try_get_value() == turn;
    let mut after = None;
    while here() {
        let answer = send(EventsQuery::build(EventVariables {
            id: cynic::Id::new(&id),
            first: Some(BATCH),
            after: after.clone(),
        }))
        .await;
        if !here() {
            return;
        }
        session.note(answer.as_ref().err());
        let run = match answer {
            Ok(answer) => answer.run,
            Err(error) if error.code == NETWORK && log.known.get_untracked() => {
                sleep(Duration::from_millis(PAUSE)).await;
                continue;
            }
            Err(error) => {
                log.fault.set(Some(error));
                return;
            }
        };
        let Some(RunEvents { status, events }) = run else {
            return;
        };
        // A held run goes on when somebody approves it.
        let goes_on = status.active() || status == RunStatus::Held;
        let more = events.page_info.has_next_page;
        after = events.page_info.end_cursor.or(after);
        log.add(events.nodes, level.get_untracked());
        if !log.known.get_untracked() {
            // Whoever looks at a run that goes on wants to see what comes.
            log.follow.set(goes_on);
            log.known.set(true);
        }
        if more {
            continue;
        }
        if !goes_on {
            return;
        }
        if log.live.with_untracked(Option::is_none) {
            log.live.set(Some((id.clone(), log.last())));
        }
        // From here on the server tells what comes; only while it can't, it is asked.
        while here() {
            sleep(Duration::from_millis(PAUSE)).await;
            if here() && !untrack(connected) {
                break;
            }
        }
    }
}

fn lines(log: Log) -> AnyView {
    let any = Memo::new(move |_| log.count.get() > 0);
    let heads = || {
        ["Time", "Level", "Message"]
            .map(|name| view! { <th scope="col">{name}</th> }.into_any())
            .into()
    };
    let table = rows(Rows {
        caption: "Log",
        head: Box::new(heads),
        count: log.count.into(),
        row: Box::new(move |nth, place| log.line(nth).map(|line| row(log, line, place))),
        arrived: log.go.into(),
        epoch: log.epoch.into(),
        near: Box::new(|_, _| ()),
        follow: Some(log.follow),
    });
    view! {
        <div class="log" hidden=move || !any.get()>{table}</div>
        {move || (!any.get()).then(|| empty("No lines", "What the run does is written here while it goes on."))}
    }
    .into_any()
}

fn row(log: Log, (place, line): (usize, RunEvent), index: usize) -> AnyView {
    let (class, name) = line.level.chip();
    let choose = move |_| {
        let now = log.chosen.get_untracked();
        log.chosen.set((now != Some(place)).then_some(place));
    };
    view! {
        <tr aria-rowindex=index data-level=name>
            <td>{clock_time(&line.at)}</td>
            <td><span class=class>{name}</span></td>
            <td><button type="button" title="Show the whole line" on:click=choose
                aria-expanded=move || (log.chosen.get() == Some(place)).to_string()>{line.message}</button></td>
        </tr>
    }
    .into_any()
}

/// A chosen line in full.
fn in_full(log: Log, place: usize) -> AnyView {
    let line = log.lines.with_value(|lines| lines.get(place).cloned());
    let Some(line) = line else {
        return ().into_any();
    };
    view! {
        <div class="log-line" role="status">
            <p class="quiet small">{since(line.at)}</p>
            <pre>{line.message}</pre>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_has_the_graver_ones_too() {
        let lines = [EventLevel::Info, EventLevel::Error, EventLevel::Warn].map(|level| RunEvent {
            id: cynic::Id::new("1"),
            at: String::new(),
            level,
            message: String::new(),
        });
        let found = |level| places(&lines, level).collect::<Vec<_>>();
        assert_eq!(found(EventLevel::Info), [0, 1, 2]);
        assert_eq!(found(EventLevel::Warn), [1, 2]);
        assert_eq!(found(EventLevel::Error), [1]);
    }
}
