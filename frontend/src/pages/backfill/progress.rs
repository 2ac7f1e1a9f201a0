//! How far a backfill is.

use leptos::prelude::*;

use crate::api::schema;
use crate::components::time::{ahead, seconds_between};
use crate::components::value::{unknown, whole};
use crate::format::{bytes_short, duration, percent};

/// How far it is, as the server counts it.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct BackfillProgress {
    pub done: i64,
    pub failed: i64,
    pub cancelled: i64,
    pub remaining: i64,
    pub bytes: i64,
    pub rounds: i32,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    pub estimated_end: Option<String>,
}

/// What a backfill's runs do with their changes.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunMode {
    Merge,
    Hold,
}

impl RunMode {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Merge => "merged",
            Self::Hold => "held for approval",
        }
    }
}

/// A backfill with how far it is.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
#[cynic(graphql_type = "Backfill")]
pub struct BackfillRow {
    pub id: cynic::Id,
    pub created_by: String,
    pub created_at: String,
    pub rule_version: i32,
    pub mode: RunMode,
    pub total: i64,
    pub bytes_total: i64,
    pub cancelled_at: Option<String>,
    pub progress: BackfillProgress,
}

impl BackfillRow {
    /// Whether files remain.
    pub fn active(&self) -> bool {
        self.progress.remaining > 0
    }

    /// How it stands: its colour and a word.
    fn state(&self) -> (&'static str, &'static str) {
        if self.active() {
            ("chip live", "active")
        } else if self.cancelled_at.is_some() {
            ("chip warn", "cancelled")
        } else if self.progress.failed > 0 {
            ("chip bad", "partly failed")
        } else {
            ("chip good", "done")
        }
    }
}

/// The state as a chip.
pub fn state_chip(row: &BackfillRow) -> AnyView {
    let (class, name) = row.state();
    view! { <span class=class data-testid="backfill-state">{name}</span> }.into_any()
}

/// A bar over all files, divided by what became of them.
pub fn bar(row: &BackfillRow) -> AnyView {
    let progress = &row.progress;
    let ended = progress.done + progress.failed + progress.cancelled;
    let share = |count: i64| count as f64 / row.total.max(1) as f64;
    let parts = [
        ("good", progress.done),
        ("bad", progress.failed),
        ("still", progress.cancelled),
    ]
    .map(|(tone, count)| {
        view! { <span class=tone style:width=format!("{:.2}%", share(count) * 100.0)></span> }
    })
    .collect_view();
    let words = format!("{} of {} files", whole(ended), whole(row.total));
    let label = words.clone();
    view! {
        <div class="backfill-bar">
            <div class="backfill-track" role="progressbar" aria-label="Files read again" aria-valuemin="0"
                aria-valuemax=row.total aria-valuenow=ended aria-valuetext=label>{parts}</div>
            <span class="quiet small num">{words}", "{percent(share(ended))}</span>
        </div>
    }
    .into_any()
}

/// The figures of a backfill's progress.
pub fn figures(row: &BackfillRow) -> AnyView {
    let progress = &row.progress;
    let took = progress
        .started_at
        .as_ref()
        .map(|start| seconds_between(start, progress.finished_at.as_deref()));
    let pace = took
        .filter(|seconds| *seconds > 0.0 && progress.bytes > 0)
        .map(|seconds| {
            format!(
                "{}/s",
                bytes_short((progress.bytes as f64 / seconds) as i64)
            )
        });
    let figure = |name: &'static str, value: AnyView| {
        view! { <div><dt>{name}</dt><dd>{value}</dd></div> }
    };
    let count = |id: &'static str, count: i64| {
        view! { <span data-testid=id data-value=count>{whole(count)}</span> }.into_any()
    };
    let known = |text: Option<String>| text.map_or_else(unknown, IntoAny::into_any);
    let end = match (&progress.estimated_end, &progress.finished_at) {
        (Some(end), _) => ahead(end.clone()),
        (None, Some(_)) => "ended".into_any(),
        (None, None) => "not known yet".into_any(),
    };
    let read = format!(
        "{} of {}",
        bytes_short(progress.bytes),
        bytes_short(row.bytes_total)
    );
    view! {
        <dl class="facts">
            {figure("Done", count("backfill-done", progress.done))}
            {figure("Failed", count("backfill-failed", progress.failed))}
            {figure("Cancelled", count("backfill-cancelled", progress.cancelled))}
            {figure("Remaining", count("backfill-remaining", progress.remaining))}
            {figure("Read", read.into_any())}
            {figure("Pace", known(pace))}
            {figure("Took", known(took.map(duration)))}
            {figure("Expected end", end)}
        </dl>
    }
    .into_any()
}
