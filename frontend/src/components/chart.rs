//! Charts over years: a drawing, its table and its summary, read by pointer or arrow keys.

use leptos::ev;
use leptos::html::Div;
use leptos::prelude::*;

use super::csv::csv_button;
use super::plot::{HEIGHT, Plot, drawing, names_aside, pointer};
use super::value::{decimal, dollars, percentage, unknown, whole};
use crate::chart_data::{Chart, Series, Shape, Unit};
use crate::csv::{cell, csv, file_name};

/// A value to the last digit, in the reader's locale.
fn exact(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Dollars => dollars(value as i64),
        Unit::Count => whole(value as i64),
        Unit::Score => decimal(value),
        Unit::Share => percentage(value),
    }
}

fn exact_or_unknown(unit: Unit, value: Option<f64>) -> AnyView {
    value.map_or_else(unknown, |value| exact(unit, value).into_any())
}

/// A chart with its name, the exact figures of the year that is pointed at, a table instead of the drawing for
/// whoever prefers one, that table as CSV, and a summary in words.
#[component]
pub fn YearChart(chart: Chart) -> impl IntoView {
    let title = chart.title.clone();
    let summary = chart.summary();
    let chart = StoredValue::new(chart);
    let tabular = RwSignal::new(false);
    let pressed = move || tabular.get().to_string();
    let file = file_name(&title);
    view! {
        <figure class="chart">
            <figcaption class="chart-caption">
                <span class="chart-title">{title.clone()}</span>
                <span class="chart-tools">
                    <button type="button" class="button plain" aria-pressed=pressed on:click=move |_| tabular.update(|on| *on = !*on)>
                        "Table" <span class="sr">{format!(" of {title}")}</span>
                    </button>
                    {csv_button("CSV", file, move || chart.with_value(as_csv))}
                </span>
            </figcaption>
            {move || {
                if tabular.get() {
                    chart.with_value(as_table)
                } else {
                    figure(chart)
                }
            }}
            <p class="chart-summary">{summary}</p>
        </figure>
    }
}

/// The drawing with what tells of the year under the pointer.
fn figure(chart: StoredValue<Chart>) -> AnyView {
    let place = NodeRef::<Div>::new();
    let width = RwSignal::new(720.0_f64);
    let at = RwSignal::new(None::<usize>);
    let measure = move || {
        if let Some(place) = place.get_untracked() {
            let now = f64::from(place.client_width());
            if now > 0.0 && now != width.get_untracked() {
                width.set(now);
            }
        }
    };
    Effect::new(move |_| {
        place.track();
        measure();
    });
    let resized = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());

    let pointed = move |event: ev::PointerEvent| {
        let index = chart.with_value(|chart| {
            let plot = Plot::new(chart, width.get_untracked());
            chart.nearest(plot.year(f64::from(event.offset_x())))
        });
        if at.get_untracked() != index {
            at.set(index);
        }
    };
    let keyed = move |event: ev::KeyboardEvent| {
        let last = chart.with_value(|chart| chart.years.len().saturating_sub(1));
        let now = at.get_untracked();
        let next = match event.key().as_str() {
            "ArrowLeft" => now.map_or(last, |index| index.saturating_sub(1)),
            "ArrowRight" => now.map_or(0, |index| (index + 1).min(last)),
            "Home" => 0,
            "End" => last,
            "Escape" => return at.set(None),
            _ => return,
        };
        event.prevent_default();
        at.set(Some(next));
    };
    let label =
        chart.with_value(|chart| format!("{}, by year; arrow keys read the years", chart.title));
    view! {
        <div class="chart-plot" tabindex="0" role="group" aria-roledescription="chart" aria-label=label node_ref=place
            on:keydown=keyed on:blur=move |_| at.set(None)>
            <svg width=move || width.get() height=HEIGHT aria-hidden="true"
                on:pointermove=pointed on:pointerdown=pointed on:pointerleave=move |_| at.set(None)>
                {move || chart.with_value(|chart| drawing(chart, width.get()))}
                {move || at.get().map(|index| chart.with_value(|chart| pointer(chart, width.get(), index)))}
            </svg>
            <div aria-live="polite">
                {move || at.get().map(|index| chart.with_value(|chart| tip(chart, width.get(), index)))}
            </div>
        </div>
        {move || chart.with_value(|chart| {
            let below = chart.series.len() > 1 && !names_aside(chart, width.get());
            below.then(|| view! { <p class="chart-key">{chart.series.iter().map(name).collect_view()}</p> })
        })}
    }
    .into_any()
}

fn name(series: &Series) -> AnyView {
    let class = format!("swatch c{}", series.colour);
    view! { <span class="chart-entry"><span class=class aria-hidden="true"></span>{series.name.clone()}</span> }.into_any()
}

/// The exact figures of a year, beside the pointer.
fn tip(chart: &Chart, width: f64, index: usize) -> AnyView {
    let year = chart.years.get(index).copied().unwrap_or_default();
    let x = Plot::new(chart, width).x(year);
    let beside = |place: f64| format!("{:.0}px", place + 12.0);
    let (left, right) = match x < width / 2.0 {
        true => (beside(x), "auto".to_owned()),
        false => ("auto".to_owned(), beside(width - x)),
    };
    let stacked = chart.shape == Shape::Stack;
    let row = |series: &Series| {
        let value = series.values.get(index).copied().flatten();
        // What a stack has none of is not drawn either.
        (value.is_some() || !stacked).then(|| {
            view! { <div><dt>{name(series)}</dt><dd>{exact_or_unknown(chart.unit, value)}</dd></div> }
        })
    };
    let mut rows: Vec<_> = chart.series.iter().filter_map(row).collect();
    if stacked {
        rows.reverse();
    }
    let total = stacked.then(|| {
        view! { <div><dt>"All"</dt><dd>{exact(chart.unit, chart.total(index))}</dd></div> }
    });
    view! {
        <div class="chart-tip" style:left=left style:right=right>
            <b class="chart-year">{year}</b>
            <dl>{rows}{total}</dl>
        </div>
    }
    .into_any()
}

/// The figures behind the drawing, the latest year first.
fn as_table(chart: &Chart) -> AnyView {
    let head = chart
        .series
        .iter()
        .map(|series| view! { <th scope="col" class="number">{series.name.clone()}</th> })
        .collect_view();
    let rows = chart.years.iter().enumerate().rev();
    let rows = rows.map(|(index, year)| {
        let cells = chart.series.iter().map(|series| {
            let value = series.values.get(index).copied().flatten();
            view! { <td class="number">{exact_or_unknown(chart.unit, value)}</td> }
        });
        view! { <tr><th scope="row">{*year}</th>{cells.collect_view()}</tr> }
    });
    view! {
        <div class="table chart-table" role="region" tabindex="0" aria-label=chart.title.clone()>
            <table>
                <thead><tr><th scope="col">"Year"</th>{head}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn as_csv(chart: &Chart) -> String {
    let mut head = vec!["year"];
    head.extend(chart.series.iter().map(|series| series.name.as_str()));
    let rows = chart.years.iter().enumerate().map(|(index, year)| {
        let mut row = vec![year.to_string()];
        let values = chart.series.iter();
        row.extend(values.map(|series| cell(series.values.get(index).copied().flatten())));
        row
    });
    csv(&head, rows)
}
