//! Charts over years as plain SVG, drawn at the width they have, read by pointer or arrow keys.

use leptos::ev;
use leptos::html::Div;
use leptos::prelude::*;

use crate::chart_data::{Chart, Series, Shape, Unit};
use crate::scale::{Axis, spread, year_ticks};

const HEIGHT: f64 = 232.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;
const LEFT: f64 = 60.0;

/// Where the years and the values of a chart lie on the screen.
#[derive(Clone, Copy)]
struct Plot {
    first: f64,
    band: f64,
    right: f64,
}

impl Plot {
    fn new(chart: &Chart, width: f64) -> Self {
        // Lines carry their names at their right end.
        let longest = chart
            .series
            .iter()
            .map(|series| series.name.chars().count())
            .max();
        let margin = match (chart.shape, longest) {
            (Shape::Lines, Some(longest)) => 14.0 + 7.0 * longest as f64,
            _ => 18.0,
        };
        let first = f64::from(chart.years.first().copied().unwrap_or_default());
        let last = f64::from(chart.years.last().copied().unwrap_or_default());
        let right = (width - margin).max(LEFT + 40.0);
        Self {
            first,
            band: (right - LEFT) / (last - first + 1.0),
            right,
        }
    }

    fn x(self, year: i32) -> f64 {
        LEFT + (f64::from(year) - self.first + 0.5) * self.band
    }

    fn year(self, x: f64) -> f64 {
        self.first + (x - LEFT) / self.band - 0.5
    }
}

fn y(axis: &Axis, value: f64) -> f64 {
    axis.place(value, HEIGHT - BOTTOM, TOP)
}

/// A chart with its name, a line that reads out the year under the pointer, and a text summary.
#[component]
pub fn YearChart(chart: Chart) -> impl IntoView {
    let chart = StoredValue::new(chart);
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
        let count = chart.with_value(|chart| chart.years.len());
        let now = at.get_untracked();
        let next = match event.key().as_str() {
            "ArrowLeft" => now.map_or(count.saturating_sub(1), |index| index.saturating_sub(1)),
            "ArrowRight" => now.map_or(0, |index| (index + 1).min(count.saturating_sub(1))),
            "Home" => 0,
            "End" => count.saturating_sub(1),
            "Escape" => {
                at.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        at.set(Some(next));
    };
    let (title, summary) = chart.with_value(|chart| (chart.title.clone(), chart.summary()));
    view! {
        <div class="chart" tabindex="0" role="group" on:keydown=keyed
            aria-label=format!("{title}. Left and right arrow keys read the years.")>
            <div class="chart-caption">
                <span class="chart-title">{title.clone()}</span>
                <span class="chart-readout" aria-live="polite">
                    {move || chart.with_value(|chart| readout(chart, at.get()))}
                </span>
            </div>
            <div class="chart-plot" node_ref=place>
                <svg width=move || width.get() height=HEIGHT role="img" aria-label=summary
                    on:pointermove=pointed on:pointerdown=pointed on:pointerleave=move |_| at.set(None)>
                    {move || chart.with_value(|chart| drawing(chart, width.get()))}
                    {move || {
                        at.get().map(|index| chart.with_value(|chart| pointer(chart, width.get(), index)))
                    }}
                </svg>
            </div>
        </div>
    }
}

/// The values of one year, or the key of colours when none is pointed at.
fn readout(chart: &Chart, at: Option<usize>) -> AnyView {
    let entry = |series: &Series| {
        let value = at.map(|index| {
            let value = series.values.get(index).copied().flatten();
            value.map_or_else(|| "—".to_owned(), |value| chart.unit.text(value))
        });
        view! {
            <span class="chart-entry">
                <span class=format!("swatch c{}", series.colour) aria-hidden="true"></span>
                {series.name.clone()}
                {value.map(|value| view! { " " <b>{value}</b> })}
            </span>
        }
    };
    let year = at.and_then(|index| chart.years.get(index));
    let keyed = year.is_some() || chart.shape == Shape::Stack;
    view! {
        {year.map(|year| view! { <b class="chart-year">{*year}</b> })}
        {keyed.then(|| chart.series.iter().map(entry).collect_view())}
    }
    .into_any()
}

fn drawing(chart: &Chart, width: f64) -> AnyView {
    let plot = Plot::new(chart, width);
    let steps = if chart.unit == Unit::Count { 3 } else { 4 };
    let axis = Axis::around(chart.extremes(), steps);
    let lines = axis
        .ticks
        .iter()
        .filter(|tick| chart.unit != Unit::Count || tick.fract() == 0.0)
        .map(|tick| {
            let at = y(&axis, *tick);
            view! {
                <line class="grid" class:zero=*tick == 0.0 x1=LEFT x2=plot.right y1=at y2=at></line>
                <text class="tick" x=LEFT - 8.0 y=at + 4.0 text-anchor="end">{chart.unit.tick(*tick)}</text>
            }
        })
        .collect_view();
    let (first, last) = (
        chart.years.first().copied().unwrap_or_default(),
        chart.years.last().copied().unwrap_or_default(),
    );
    let years = year_ticks(first, last, plot.right - LEFT, 44.0)
        .into_iter()
        .map(|year| {
            view! { <text class="tick" x=plot.x(year) y=HEIGHT - 6.0 text-anchor="middle">{year}</text> }
        })
        .collect_view();
    let marks = match chart.shape {
        Shape::Lines => lines_of(chart, plot, &axis),
        Shape::Bars => bars_of(chart, plot, &axis),
        Shape::Stack => stack_of(chart, plot, &axis),
    };
    view! { <g>{lines}{years}{marks}</g> }.into_any()
}

fn lines_of(chart: &Chart, plot: Plot, axis: &Axis) -> AnyView {
    let points = |series: &Series| -> Vec<(i32, f64, f64)> {
        chart
            .years
            .iter()
            .zip(&series.values)
            .filter_map(|(year, value)| value.map(|value| (*year, plot.x(*year), y(axis, value))))
            .collect()
    };
    let ends: Vec<f64> = chart
        .series
        .iter()
        .map(|series| {
            points(series)
                .last()
                .map_or(HEIGHT - BOTTOM, |(_, _, y)| *y)
        })
        .collect();
    let labels = spread(&ends, 14.0, TOP + 4.0, HEIGHT - BOTTOM);
    chart
        .series
        .iter()
        .zip(labels)
        .map(|(series, label)| {
            let points = points(series);
            let (mut solid, mut dashed) = (String::new(), String::new());
            for pair in points.windows(2) {
                let ((year, x1, y1), (next, x2, y2)) = (pair[0], pair[1]);
                // Years without a known value are bridged, but not drawn as if they were known.
                let path = if next - year == 1 {
                    &mut solid
                } else {
                    &mut dashed
                };
                path.push_str(&format!("M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}"));
            }
            let radius = if plot.band > 9.0 { 2.5 } else { 1.5 };
            let dots = points
                .iter()
                .map(|(_, x, y)| view! { <circle class="dot" cx=*x cy=*y r=radius></circle> })
                .collect_view();
            view! {
                <g class=format!("c{}", series.colour)>
                    <path class="line bridge" d=dashed></path>
                    <path class="line" d=solid></path>
                    {dots}
                    <text class="name" x=plot.right + 8.0 y=label + 4.0>{series.name.clone()}</text>
                </g>
            }
        })
        .collect_view()
        .into_any()
}

fn bars_of(chart: &Chart, plot: Plot, axis: &Axis) -> AnyView {
    let zero = y(axis, 0.0);
    let wide = (plot.band * 0.76).max(1.0);
    chart
        .series
        .iter()
        .flat_map(|series| {
            series
                .values
                .iter()
                .zip(&chart.years)
                .map(move |pair| (series.colour, pair))
        })
        .filter_map(|(colour, (value, year))| value.map(|value| (colour, value, *year)))
        .map(|(colour, value, year)| {
            let top = y(axis, value);
            let class = if value < 0.0 {
                "bar below".to_owned()
            } else {
                format!("bar c{colour}")
            };
            view! {
                <rect class=class x=plot.x(year) - wide / 2.0 width=wide y=top.min(zero)
                    height=(top - zero).abs().max(0.75)></rect>
            }
        })
        .collect_view()
        .into_any()
}

fn stack_of(chart: &Chart, plot: Plot, axis: &Axis) -> AnyView {
    let wide = (plot.band * 0.76).clamp(1.0, 48.0);
    let mut bars = Vec::new();
    for (index, year) in chart.years.iter().enumerate() {
        let mut below = 0.0;
        for series in &chart.series {
            if let Some(value) = series.values.get(index).copied().flatten() {
                let (bottom, top) = (y(axis, below), y(axis, below + value));
                below += value;
                bars.push(view! {
                    <rect class=format!("bar c{}", series.colour) x=plot.x(*year) - wide / 2.0 width=wide
                        y=top height=bottom - top></rect>
                });
            }
        }
    }
    bars.collect_view().into_any()
}

fn pointer(chart: &Chart, width: f64, index: usize) -> AnyView {
    let plot = Plot::new(chart, width);
    let x = chart.years.get(index).map_or(LEFT, |year| plot.x(*year));
    view! { <line class="pointer" x1=x x2=x y1=TOP y2=HEIGHT - BOTTOM></line> }.into_any()
}
