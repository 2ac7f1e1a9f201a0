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

use crate::components::layout::{heading, section, title};
use crate::components::period::{DAY, DateTime, instant};

/// How many days back the dashboard looks.
const DAYS: i32 = 14;

/// The instant `DAYS` ago.
fn horizon() -> DateTime {
    instant(Date::now() - f64::from(DAYS) * DAY)
}

/// The first page.
#[component]
pub fn Dashboard() -> impl IntoView {
    title(|| "Dashboard".into());
    let standing = standing::ask();
    // The mart's figures change with the data version only.
    let version = Memo::new(move |_| {
        standing
            .data
            .with(|data| data.as_ref().map(standing::Standing::version))
    });
    let changes = Memo::new(move |_| {
        standing
            .data
            .with(|data| data.as_ref().map(standing::Standing::runs))
    });
    view! {
        {heading(&[], "Dashboard", ())}
        {standing::banner(standing)}
        {totals::tiles(version)}
        <div class="board">
            {section("Waiting for you", waiting::list(standing))}
            {section(view! { "Runs of the last "{DAYS}" days" }, runs::strip(changes))}
        </div>
        {section("Money by year", year::chart(version))}
        <div class="board">
            {section("Releases by genre", genre::chart(version))}
            {section("Top companies by revenue", company::table(version))}
        </div>
    }
}
