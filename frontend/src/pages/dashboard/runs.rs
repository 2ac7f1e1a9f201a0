//! The runs of the last days: a bar a day, coloured by what became of them.

use cynic::QueryBuilder;
use leptos::prelude::*;

use super::standing::{Changes, Since, SinceFields};
use super::{follow, horizon};
use crate::api::fragment::{RunStatus, RunStatusCount};
use crate::api::query::{once, use_query};
use crate::api::schema;
use crate::components::state::loaded;
use crate::components::status::tone;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::day;
use crate::components::value::whole;
use crate::format::{UNKNOWN, duration, plural};

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct RunDay {
    date: String,
    by_status: Vec<RunStatusCount>,
    seconds: f64,
}

impl RunDay {
    fn count(&self) -> i64 {
        self.by_status.iter().map(|part| part.count).sum()
    }

    /// `3 succeeded, 1 failed`.
    fn words(&self) -> String {
        let part = |part: &RunStatusCount| format!("{} {}", whole(part.count), part.status.name());
        let parts: Vec<String> = self.by_status.iter().map(part).collect();
        match parts.is_empty() {
            true => "no runs".into(),
            false => parts.join(", "),
        }
    }

    /// Seconds that the day's runs took together; none before the first of them has ended.
    fn took(&self) -> Option<f64> {
        (self.seconds > 0.0).then_some(self.seconds)
    }
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct RunStats {
    count: i64,
    by_status: Vec<RunStatusCount>,
    median_seconds: Option<f64>,
    p95_seconds: Option<f64>,
    days: Vec<RunDay>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "Since")]
struct StatsQuery {
    /// Those of the days that are shown: a run that has not begun is of the day on which it was queued.
    #[arguments(filter: {or: [{startedAt: {gte: $since}}, {startedAt: {isNull: true}, createdAt: {gte: $since}}]})]
    run_stats: RunStats,
}

/// The bars, their key and a table of the same; asked anew whenever one of the last runs has changed.
pub fn strip(changes: Changes) -> AnyView {
    let operation = || StatsQuery::build(Since { since: horizon() });
    let query = use_query(operation, once);
    follow(changes, query);
    loaded(query, 7, |data: StatsQuery| drawn(data.run_stats))
}

fn drawn(stats: RunStats) -> AnyView {
    let most = stats
        .days
        .iter()
        .map(RunDay::count)
        .max()
        .unwrap_or(0)
        .max(1);
    let bars = stats.days.iter().map(|day| bar(day, most)).collect_view();
    let key = stats
        .by_status
        .iter()
        .map(|part| {
            let text = format!("{} {}", whole(part.count), part.status.name());
            view! { <span class="strip-entry"><span class=swatch(part.status) aria-hidden="true"></span>{text}</span> }
        })
        .collect_view();
    let took = format!(
        "median {}, 95 % within {}",
        known(stats.median_seconds, duration),
        known(stats.p95_seconds, duration)
    );
    let all = plural(stats.count, &whole(stats.count), "run", "runs");
    view! {
        <p class="strip-key">
            <b data-testid="run-count" data-value=stats.count>{all}</b> {key} <span class="quiet">{took}</span>
        </p>
        <ol class="strip">{bars}</ol>
        <details class="more">
            <summary>"The days as a table"</summary>
            {days(&stats.days)}
        </details>
    }
    .into_any()
}

/// Seconds in words, or the sign for what is not known.
fn known(seconds: Option<f64>, words: fn(f64) -> String) -> String {
    seconds.map_or_else(|| UNKNOWN.to_owned(), words)
}

/// A duration in its largest unit alone, for a narrow place.
fn short(seconds: f64) -> String {
    let text = duration(seconds);
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// Failed parts are hatched, held ones striped and those taken back hollow, so that they are known without colour.
fn swatch(status: RunStatus) -> &'static str {
    match tone(status) {
        "good" => "part good",
        "bad" => "part bad",
        "warn" if status == RunStatus::Held => "part warn",
        "warn" => "part hollow",
        "still" => "part still",
        _ => "part live",
    }
}

fn bar(of: &RunDay, most: i64) -> AnyView {
    let count = of.count();
    let parts = of
        .by_status
        .iter()
        .map(|part| {
            let share = format!("{:.1}%", 100.0 * part.count as f64 / most as f64);
            view! { <span class=swatch(part.status) style:height=share></span> }
        })
        .collect_view();
    let name = day(&of.date);
    let words = of.words();
    let told = match of.took() {
        None => format!("{name} (UTC): {words}"),
        Some(took) => format!("{name} (UTC): {words}; together {}", duration(took)),
    };
    let number = of
        .date
        .get(8..)
        .unwrap_or_default()
        .trim_start_matches('0')
        .to_owned();
    let inner = view! {
        <span class="strip-count" aria-hidden="true">{(count > 0).then(|| whole(count))}</span>
        <span class="strip-bar" aria-hidden="true">{parts}</span>
        <span class="strip-day" aria-hidden="true">{number}</span>
        <span class="strip-took" aria-hidden="true">{(count > 0).then(|| known(of.took(), short))}</span>
        <span class="sr">{told.clone()}</span>
    };
    let content = match count {
        0 => view! { <span class="strip-link">{inner}</span> }.into_any(),
        _ => {
            let href = format!("/runs?started={}", of.date);
            view! { <a class="strip-link" href=href>{inner}</a> }.into_any()
        }
    };
    view! { <li title=told data-day=of.date.clone() data-value=count>{content}</li> }.into_any()
}

fn days(days: &[RunDay]) -> AnyView {
    let mut rows = days.to_vec();
    rows.reverse();
    let columns = vec![
        Column::text("Day (UTC)", "date", |row: &RunDay| {
            Cell::new(day(&row.date))
        }),
        Column::text("Runs", "runs", |row: &RunDay| Cell::new(row.words())),
        Column::number("Together", "seconds", |row: &RunDay| {
            Cell::exact(known(row.took(), duration), row.took())
        }),
    ];
    let options = TableOptions {
        caption: "Runs by day",
        mark: None,
        sorted: None,
    };
    table(options, columns, &rows)
}
