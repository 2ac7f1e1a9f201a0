//! What became of the rows a run read, drawn as a stream that divides.

use leptos::prelude::*;

use crate::api::fragment::RunCounts;
use crate::components::list::ListState;
use crate::components::value::whole;
use crate::format::percent;

/// Height of one outcome; the drawing's units are the same pixels.
const ROW: f64 = 32.0;
/// The thinnest band that can be seen.
const THIN: f64 = 1.5;

/// What rows became: the name, what it means, its colour, and where its rows are listed.
const OUTCOMES: [(&str, &str, &str, &str); 5] = [
    (
        "inserted",
        "new in the mart",
        "good",
        "tab=changes&kind=inserted",
    ),
    (
        "updated",
        "known, with other values",
        "live",
        "tab=changes&kind=updated",
    ),
    ("unchanged", "known, with the same values", "still", ""),
    (
        "superseded",
        "given again by a later row or file",
        "warn",
        "",
    ),
    ("rejected", "no movie", "bad", "tab=rejects"),
];

/// Top and thickness at the left end of each band of a stream `height` high: in proportion, but none too thin
/// to be seen.
fn bands(counts: &[i64], height: f64) -> Vec<(f64, f64)> {
    let sum: i64 = counts.iter().sum();
    let few = |count: i64| {
        let share = count as f64 / sum.max(1) as f64 * height;
        if count > 0 { share.max(THIN) } else { 0.0 }
    };
    let all: f64 = counts.iter().map(|count| few(*count)).sum();
    let mut top = 0.0;
    counts
        .iter()
        .map(|count| {
            let thick = few(*count) * height / all.max(height);
            let place = (top, thick);
            top += thick;
            place
        })
        .collect()
}

/// A share, which is shown neither as nothing nor as all unless it is.
fn part(share: f64) -> String {
    match share {
        small if small < 0.0005 => "< 0.1 %".to_owned(),
        large if large > 0.99 && large < 1.0 => "> 99 %".to_owned(),
        share => percent(share),
    }
}

/// read → inserted, updated, unchanged, superseded, rejected; beside it what was taken out of the mart.
pub fn flow(counts: &RunCounts) -> AnyView {
    let state = ListState::here();
    let numbers = [
        counts.inserted,
        counts.updated,
        counts.unchanged,
        counts.superseded,
        counts.rejected,
    ];
    let height = ROW * numbers.len() as f64;
    let sum: i64 = numbers.iter().sum();
    let drawing = bands(&numbers, height)
        .into_iter()
        .zip(OUTCOMES)
        .enumerate()
        .filter(|(_, ((_, thick), _))| *thick > 0.0)
        .map(|(index, ((top, thick), (_, _, tone, _)))| {
            let thick_there = thick.clamp(THIN, ROW - 8.0);
            let there = ROW * (index as f64 + 0.5) - thick_there / 2.0;
            let (end, end_there) = (top + thick, there + thick_there);
            let path = format!(
                "M0 {top:.1}C50 {top:.1} 50 {there:.1} 100 {there:.1}V{end_there:.1}C50 {end_there:.1} 50 {end:.1} 0 {end:.1}z"
            );
            view! { <path class=tone d=path></path> }
        })
        .collect_view();
    let rows = OUTCOMES
        .into_iter()
        .zip(numbers)
        .map(|((name, about, tone, link), count)| {
            let tone = if count == 0 { "none" } else { tone };
            let share =
                (counts.read > 0 && count > 0).then(|| part(count as f64 / counts.read as f64));
            let name_view = if link.is_empty() || count == 0 {
                name.into_any()
            } else {
                view! { <a href=format!("?{link}")>{name}</a> }.into_any()
            };
            view! {
                <div class=format!("flow-row {tone}") title=about>
                    <dt>{name_view}</dt>
                    <dd data-testid=format!("count-{name}") data-value=count>{whole(count)}</dd>
                    <dd class="quiet">{share}</dd>
                </div>
            }
        })
        .collect_view();
    let gone = (counts.deleted > 0).then(|| {
        let link = state.link(&[("tab", Some("changes".into())), ("kind", Some("deleted".into()))]);
        view! {
            <p class="quiet small">
                "Taken out of the mart: "
                <a href=link data-testid="count-deleted" data-value=counts.deleted>{whole(counts.deleted)}</a>
                ", which are no rows that were read."
            </p>
        }
    });
    let waiting = counts.read - sum;
    let waiting = (waiting > 0).then(|| view! { {whole(waiting)}" rows have no place yet." });
    // An undo reads no file; its rows are those that it gives back.
    let (source, begins) = match counts.read {
        0 if sum > 0 => ("given back", sum),
        read => ("read", read),
    };
    view! {
        <div class="flow">
            <dl class="flow-read">
                <dt>{source}</dt>
                <dd data-testid="count-read" data-value=counts.read>{whole(begins)}</dd>
            </dl>
            <svg class="flow-bands" viewBox=format!("0 0 100 {height}") preserveAspectRatio="none" aria-hidden="true">
                {drawing}
            </svg>
            <dl class="flow-rows">{rows}</dl>
        </div>
        {gone}
        // It keeps its place, so that nothing moves when the last row has found its own.
        <p class="quiet small flow-rest">{waiting}</p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_fill_the_stream_and_can_be_seen() {
        let bands = bands(&[45_430, 0, 0, 0, 3], 160.0);
        assert_eq!(bands[1].1, 0.0);
        assert!(bands[4].1 > 1.0);
        let end = bands[4].0 + bands[4].1;
        assert!((end - 160.0).abs() < 1e-9, "{end}");
    }

    #[test]
    fn a_run_that_read_nothing_has_no_bands() {
        assert!(bands(&[0; 5], 160.0).iter().all(|(_, thick)| *thick == 0.0));
    }
}
