//! The drawing of a chart: SVG at the width there is, on whole pixels so that edges are crisp.

use leptos::prelude::*;

use crate::chart_data::{Chart, Series, Shape, Unit};
use crate::scale::{Axis, spread, year_ticks};

/// Height of every chart.
pub const HEIGHT: f64 = 232.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;
const LEFT: f64 = 60.0;
/// Narrower charts name the parts of a stack below instead of beside it.
const NARROW: f64 = 480.0;

/// Where the years and the values of a chart lie on the screen.
pub struct Plot {
    first: f64,
    band: f64,
    right: f64,
    axis: Axis,
}

impl Plot {
    /// The places of a chart that is so wide.
    pub fn new(chart: &Chart, width: f64) -> Self {
        let longest = chart
            .series
            .iter()
            .map(|series| series.name.chars().count())
            .max();
        // The names stand at the right end.
        let margin = match longest {
            Some(longest) if names_aside(chart, width) => 14.0 + 7.0 * longest as f64,
            _ => 18.0,
        };
        let first = f64::from(chart.years.first().copied().unwrap_or_default());
        let last = f64::from(chart.years.last().copied().unwrap_or_default());
        let right = (width - margin).max(LEFT + 40.0);
        let steps = if chart.unit == Unit::Count { 3 } else { 4 };
        Self {
            first,
            band: (right - LEFT) / (last - first + 1.0),
            right,
            axis: Axis::around(chart.extremes(), steps),
        }
    }

    /// The middle of a year.
    pub fn x(&self, year: i32) -> f64 {
        LEFT + (f64::from(year) - self.first + 0.5) * self.band
    }

    /// The year at a place, with its fraction.
    pub fn year(&self, x: f64) -> f64 {
        self.first + (x - LEFT) / self.band - 0.5
    }

    fn y(&self, value: f64) -> f64 {
        self.axis.place(value, HEIGHT - BOTTOM, TOP)
    }

    /// Left edge and width of a year's bar, at most so wide, in whole pixels.
    fn bar(&self, year: i32, most: f64) -> (f64, f64) {
        let wide = (self.band * 0.76).clamp(1.0, most).round();
        ((self.x(year) - wide / 2.0).round(), wide)
    }
}

/// Whether the names of the series stand at the right end of the drawing.
pub fn names_aside(chart: &Chart, width: f64) -> bool {
    match chart.shape {
        Shape::Lines => true,
        Shape::Bars => false,
        Shape::Stack => width >= NARROW,
    }
}

/// The middle of the pixel at a place: a line one pixel wide is sharp there.
fn crisp(place: f64) -> f64 {
    place.floor() + 0.5
}

/// Axes, marks and names.
pub fn drawing(chart: &Chart, width: f64) -> AnyView {
    let plot = Plot::new(chart, width);
    let lines = plot
        .axis
        .ticks
        .iter()
        .filter(|tick| chart.unit != Unit::Count || tick.fract() == 0.0)
        .map(|tick| {
            let at = crisp(plot.y(*tick));
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
        Shape::Lines => lines_of(chart, &plot),
        Shape::Bars => bars_of(chart, &plot),
        Shape::Stack => stack_of(chart, &plot),
    };
    let names = names_aside(chart, width).then(|| names_of(chart, &plot));
    view! { <g>{lines}{years}{marks}{names}</g> }.into_any()
}

fn points(chart: &Chart, plot: &Plot, series: &Series) -> Vec<(i32, f64, f64)> {
    let known = chart.known(series);
    known
        .map(|(year, value)| (year, plot.x(year), plot.y(value)))
        .collect()
}

fn lines_of(chart: &Chart, plot: &Plot) -> AnyView {
    let radius = if plot.band > 9.0 { 5.0 } else { 3.0 };
    let line = |series: &Series| {
        let points = points(chart, plot, series);
        let (mut solid, mut bridges, mut dots) = (String::new(), String::new(), String::new());
        for (_, x, y) in &points {
            dots.push_str(&format!("M{x:.1} {y:.1}h0"));
        }
        for pair in points.windows(2) {
            let ((year, x1, y1), (next, x2, y2)) = (pair[0], pair[1]);
            // Years without a known value are bridged, but not drawn as if they were known.
            let path = if next - year == 1 {
                &mut solid
            } else {
                &mut bridges
            };
            path.push_str(&format!("M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}"));
        }
        view! {
            <g class=format!("c{}", series.colour)>
                <path class="line bridge" d=bridges></path>
                <path class="line" d=solid></path>
                <path class="dots" d=dots stroke-width=radius></path>
            </g>
        }
    };
    chart.series.iter().map(line).collect_view().into_any()
}

fn bars_of(chart: &Chart, plot: &Plot) -> AnyView {
    let zero = plot.y(0.0).floor();
    let bars = chart.series.iter().flat_map(|series| {
        let known = chart.known(series);
        known.map(move |(year, value)| {
            let (left, wide) = plot.bar(year, f64::MAX);
            let end = plot.y(value).round();
            let class = if value < 0.0 {
                "bar below".to_owned()
            } else {
                format!("bar c{}", series.colour)
            };
            view! {
                <rect class=class x=left width=wide y=end.min(zero) height=(end - zero).abs().max(1.0)></rect>
            }
        })
    });
    bars.collect_view().into_any()
}

fn stack_of(chart: &Chart, plot: &Plot) -> AnyView {
    let mut bars = Vec::new();
    for (index, year) in chart.years.iter().enumerate() {
        let (left, wide) = plot.bar(*year, 48.0);
        let mut below = 0.0;
        for series in &chart.series {
            if let Some(value) = series.values.get(index).copied().flatten() {
                let (bottom, top) = (plot.y(below).round(), plot.y(below + value).round());
                below += value;
                bars.push(view! {
                    <rect class=format!("bar c{}", series.colour) x=left width=wide y=top height=bottom - top></rect>
                });
            }
        }
    }
    bars.collect_view().into_any()
}

/// The names of the series at the right end: of lines where each ends, of a stack in its order.
fn names_of(chart: &Chart, plot: &Plot) -> AnyView {
    let low = HEIGHT - BOTTOM;
    let ends: Vec<f64> = match chart.shape {
        Shape::Stack => {
            let count = chart.series.len() as f64;
            let step = 18.0_f64.min((low - TOP) / count.max(1.0));
            let places = (0..chart.series.len()).map(|index| index as f64);
            places.map(|index| low - 4.0 - step * index).collect()
        }
        _ => {
            let ends = chart.series.iter().map(|series| {
                let points = points(chart, plot, series);
                points.last().map_or(low, |(_, _, y)| *y)
            });
            spread(&ends.collect::<Vec<_>>(), 14.0, TOP + 4.0, low)
        }
    };
    let names = chart.series.iter().zip(ends).map(|(series, y)| {
        let class = format!("name c{}", series.colour);
        view! { <text class=class x=plot.right + 8.0 y=y + 4.0>{series.name.clone()}</text> }
    });
    names.collect_view().into_any()
}

/// The upright line at a year, and a ring at each line's value.
pub fn pointer(chart: &Chart, width: f64, index: usize) -> AnyView {
    let plot = Plot::new(chart, width);
    let Some(year) = chart.years.get(index) else {
        return ().into_any();
    };
    let x = crisp(plot.x(*year));
    let rings = (chart.shape == Shape::Lines).then(|| {
        let rings = chart.series.iter().filter_map(|series| {
            let value = series.values.get(index).copied().flatten()?;
            let class = format!("ring c{}", series.colour);
            Some(view! { <circle class=class cx=plot.x(*year) cy=plot.y(value) r="4"></circle> })
        });
        rings.collect_view()
    });
    view! { <line class="pointer" x1=x x2=x y1=TOP y2=HEIGHT - BOTTOM></line> {rings} }.into_any()
}
