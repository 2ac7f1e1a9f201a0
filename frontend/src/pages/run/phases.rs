//! A run's phases as bars on a common time line.

use leptos::prelude::*;

use crate::api::schema;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::{millis, seconds_between};
use crate::components::value::{unknown, whole};
use crate::format::{bytes_short, duration, words};

/// One phase as the server measured it.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Phase {
    pub name: String,
    pub started_at: String,
    pub finished_at: Option<String>,
    pub rows: Option<i64>,
    pub bytes: Option<i64>,
    pub seconds: Option<f64>,
    pub rows_per_second: Option<f64>,
}

/// The phases of a run that reads a file, in order.
const NAMES: [&str; 7] = [
    "archiving",
    "reading",
    "staging",
    "transformed",
    "comparing",
    "merging",
    "aggregating",
];

/// A phase, and where its bar lies once it has begun.
struct Bar {
    name: String,
    begun: Option<Begun>,
}

/// A phase that has begun: how long it has taken, and left end and width in percent of the whole.
struct Begun {
    phase: Phase,
    going: bool,
    seconds: f64,
    left: f64,
    width: f64,
}

impl Bar {
    fn phase(&self) -> Option<&Phase> {
        self.begun.as_ref().map(|begun| &begun.phase)
    }
}

/// Left end and width in percent of each stretch of time (start and length in seconds).
fn places(stretches: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let start = stretches
        .iter()
        .map(|(start, _)| *start)
        .fold(f64::INFINITY, f64::min);
    let end = stretches
        .iter()
        .map(|(start, length)| start + length)
        .fold(f64::NEG_INFINITY, f64::max);
    let all = (end - start).max(1e-9);
    stretches
        .iter()
        .map(|(from, length)| {
            // A phase too short to see still leaves a mark.
            let width = (length / all * 100.0).max(0.5);
            (((from - start) / all * 100.0).min(100.0 - width), width)
        })
        .collect()
}

/// The phases; a phase that is still going on grows with the clock, one that a failure cut off ends
/// with the run. With `ahead` those that have not begun are listed as well.
pub fn phases(phases: Vec<Phase>, run_end: Option<&str>, ahead: bool) -> AnyView {
    if phases.is_empty() && !ahead {
        return view! { <p class="quiet">"The run has not begun."</p> }.into_any();
    }
    let stretches: Vec<(f64, f64)> = phases
        .iter()
        .map(|phase| {
            let seconds = phase
                .seconds
                .filter(|_| phase.finished_at.is_some())
                .unwrap_or_else(|| {
                    seconds_between(&phase.started_at, phase.finished_at.as_deref().or(run_end))
                });
            (millis(&phase.started_at) / 1000.0, seconds)
        })
        .collect();
    let names: Vec<String> = phases.iter().map(|phase| phase.name.clone()).collect();
    let mut bars: Vec<Bar> = phases
        .into_iter()
        .zip(places(&stretches))
        .zip(&stretches)
        .map(|((phase, (left, width)), (_, seconds))| Bar {
            name: phase.name.clone(),
            begun: Some(Begun {
                going: phase.finished_at.is_none() && run_end.is_none(),
                phase,
                seconds: *seconds,
                left,
                width,
            }),
        })
        .collect();
    let to_come = NAMES
        .iter()
        .filter(|name| ahead && !names.iter().any(|known| known == *name));
    bars.extend(to_come.map(|name| Bar {
        name: (*name).to_owned(),
        begun: None,
    }));
    let options = TableOptions {
        caption: "Phases of the run",
        mark: Some(("data-phase", |bar: &Bar| bar.name.clone())),
        sorted: None,
    };
    table(options, columns(), &bars)
}

/// How fast the phase is that goes on now.
pub fn pace_of(phases: &[Phase]) -> Option<String> {
    let phase = phases
        .iter()
        .rev()
        .find(|phase| phase.finished_at.is_none() && phase.rows.is_some_and(|rows| rows > 0))?;
    let rows = phase.rows?;
    let seconds = seconds_between(&phase.started_at, None).max(0.001);
    let rate = phase.rows_per_second.unwrap_or(rows as f64 / seconds);
    Some(format!(
        "{} rows, {} rows/s",
        whole(rows),
        whole(rate.round() as i64)
    ))
}

fn columns() -> Vec<Column<Bar>> {
    let track = |bar: &Bar| {
        let filled = bar.begun.as_ref().map(|bar| {
            let class = if bar.going { "phase-bar going" } else { "phase-bar" };
            view! { <div class=class style:left=format!("{:.2}%", bar.left) style:width=format!("{:.2}%", bar.width)></div> }
        });
        Cell::new(view! { <div class="phase-track" aria-hidden="true">{filled}</div> })
    };
    vec![
        Column::text("Phase", "name", |bar: &Bar| Cell::new(words(&bar.name))),
        Column::text("Time line", "bar", track).wide(),
        Column::number("Time", "seconds", |bar: &Bar| {
            let seconds = bar.begun.as_ref().map(|bar| bar.seconds);
            Cell::exact(
                seconds.map_or_else(unknown, |seconds| duration(seconds).into_any()),
                seconds,
            )
        }),
        Column::number("Rows", "rows", |bar: &Bar| {
            number(bar.phase().and_then(|phase| phase.rows))
        }),
        Column::number("Bytes", "bytes", |bar: &Bar| {
            let bytes = bar.phase().and_then(|phase| phase.bytes);
            Cell::exact(
                bytes.map_or_else(unknown, |bytes| bytes_short(bytes).into_any()),
                bytes,
            )
        })
        .wide(),
        Column::number("Rows/s", "rowsPerSecond", |bar: &Bar| {
            let rate = bar.phase().and_then(|phase| phase.rows_per_second);
            number(rate.map(|rate| rate.round() as i64))
        }),
    ]
}

fn number(value: Option<i64>) -> Cell {
    Cell::exact(
        value.map_or_else(unknown, |value| whole(value).into_any()),
        value,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_within_the_time_line() {
        let places = places(&[(10.0, 5.0), (15.0, 0.0), (15.0, 5.0), (20.0, 0.0)]);
        assert_eq!(places[0], (0.0, 50.0));
        assert_eq!(places[2], (50.0, 50.0));
        assert!(
            places
                .iter()
                .all(|(left, width)| *left >= 0.0 && left + width <= 100.0)
        );
        assert!(places.iter().all(|(_, width)| *width > 0.0));
    }

    #[test]
    fn a_run_without_time_has_bars_too() {
        assert_eq!(places(&[(1.0, 0.0)]), [(0.0, 0.5)]);
        assert!(places(&[]).is_empty());
    }
}
