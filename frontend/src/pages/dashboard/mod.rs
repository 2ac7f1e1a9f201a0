//! Is everything well? A sentence and a sign, what waits for the reader, the last runs, what the mart holds.

mod company;
mod failure;
mod genre;
mod runs;
mod standing;
mod totals;
mod verdict;
mod waiting;
mod year;

use js_sys::Date;
use leptos::prelude::*;

use crate::api::query::Query;
use crate::components::allowed::page_for;
use crate::components::layout::{heading, section, title};
use crate::components::period::{DAY, DateTime, instant};
use failure::{Failures, open_failures};
use standing::{Changes, Standing};

/// How many days the dashboard looks at: today (UTC) and those before it.
const DAYS: i32 = 14;

/// When the first of these days began.
fn horizon() -> DateTime {
    let today = (Date::now() / DAY).floor();
    instant((today - f64::from(DAYS - 1)) * DAY)
}

/// Asks a query again when what it depends on has become something else.
fn follow<T, V>(what: Memo<Option<V>>, query: Query<T>)
where
    T: Send + Sync + 'static,
    V: Clone + PartialEq + Send + Sync + 'static,
{
    Effect::new(move |last: Option<Option<V>>| {
        let now = what.get();
        // The first answer is on its way already.
        if last.flatten().is_some_and(|last| Some(last) != now) {
            query.refresh.update(|count| *count += 1);
        }
        now
    });
}

/// The first page.
#[component]
pub fn Dashboard() -> impl IntoView {
    title(|| "Dashboard".into());
    page_for("data.read", content)
}

fn content() -> AnyView {
    let standing = standing::ask();
    // The mart's figures change with the data version only.
    let version = Memo::new(move |_| {
        standing
            .data
            .with(|data| data.as_ref().map(Standing::version))
    });
    let changes = Memo::new(move |_| {
        let statuses = |data: &Standing| data.statuses().to_vec();
        standing.data.with(|data| data.as_ref().map(statuses))
    });
    let failures = open_failures(standing);
    let untouched = Memo::new(move |_| {
        standing
            .data
            .with(|data| data.as_ref().is_some_and(Standing::untouched))
    });
    view! {
        {heading(&[], "Dashboard", ())}
        {standing::banner(standing, failures, changes)}
        {move || match untouched.get() {
            true => waiting::beginning(),
            false => board(standing, failures, version, changes),
        }}
    }
    .into_any()
}

fn board(
    standing: Query<Standing>,
    failures: Failures,
    version: Memo<Option<i32>>,
    changes: Changes,
) -> AnyView {
    view! {
        {totals::tiles(version)}
        <div class="board">
            {section("Waiting for you", waiting::list(standing, failures, changes))}
            {section(format!("Runs of the last {DAYS} days"), runs::strip(changes))}
        </div>
        {section("Money by year", year::chart(version))}
        <div class="board">
            {section("Releases by genre", genre::chart(version))}
            {section("Top companies by revenue", company::table(version))}
        </div>
    }
    .into_any()
}
