//! Is everything well? A sentence and a sign, what waits for the reader, the last runs, what the mart holds.

mod company;
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
use standing::{Changes, Standing};

/// How many days back the dashboard looks.
const DAYS: i32 = 14;

/// The instant `DAYS` ago.
fn horizon() -> DateTime {
    instant(Date::now() - f64::from(DAYS) * DAY)
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
    let changes = Memo::new(move |_| standing.data.with(|data| data.as_ref().map(Standing::runs)));
    let untouched = Memo::new(move |_| {
        standing
            .data
            .with(|data| data.as_ref().is_some_and(Standing::untouched))
    });
    view! {
        {heading(&[], "Dashboard", ())}
        {standing::banner(standing)}
        {move || match untouched.get() {
            true => waiting::beginning(),
            false => board(standing, version, changes),
        }}
    }
    .into_any()
}

fn board(standing: Query<Standing>, version: Memo<Option<i32>>, changes: Changes) -> AnyView {
    view! {
        {totals::tiles(version)}
        <div class="board">
            {section("Waiting for you", waiting::list(standing, changes))}
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
