//! Figures by year: the charts and the table that totals, companies and genres share.

use leptos::prelude::*;

use super::chart::YearChart;
use super::table::{Cell, Column, TableOptions, table};
use super::value::{decimal, dollars, percentage, unknown, whole};
use crate::chart_data::{Chart, Series, Shape, Unit};

/// What is known of one year. Money in whole dollars; `None` is unknown, never zero.
#[derive(Clone, Debug, PartialEq)]
pub struct YearFigures {
    pub year: i32,
    pub movie_count: i32,
    pub budget: Option<i64>,
    pub revenue: Option<i64>,
    pub profit: Option<i64>,
    pub average_popularity: Option<f64>,
    /// The part of all movies of the year, 0 to 1, where it is asked for.
    pub share: Option<f64>,
}

/// A `From` of a fragment with the same fields.
#[macro_export]
macro_rules! year_figures_from {
    ($fragment:ty) => {
        impl From<&$fragment> for $crate::components::figure::YearFigures {
            fn from(row: &$fragment) -> Self {
                Self {
                    year: row.year,
                    movie_count: row.movie_count,
                    budget: row.budget,
                    revenue: row.revenue,
                    profit: row.profit,
                    average_popularity: row.average_popularity,
                    share: None,
                }
            }
        }
    };
}

fn series(
    name: &str,
    colour: usize,
    rows: &[YearFigures],
    of: fn(&YearFigures) -> Option<f64>,
) -> Series {
    Series {
        name: name.into(),
        colour,
        values: rows.iter().map(of).collect(),
    }
}

fn chart(
    title: &str,
    unit: Unit,
    shape: Shape,
    rows: &[YearFigures],
    series: Vec<Series>,
) -> AnyView {
    let chart = Chart {
        title: title.into(),
        unit,
        shape,
        years: rows.iter().map(|row| row.year).collect(),
        series,
    };
    view! { <YearChart chart/> }.into_any()
}

/// Budget, revenue and profit as lines.
pub fn money_chart(rows: &[YearFigures]) -> AnyView {
    let lines = vec![
        series("Revenue", 0, rows, |row| {
            row.revenue.map(|value| value as f64)
        }),
        series("Budget", 1, rows, |row| {
            row.budget.map(|value| value as f64)
        }),
        series("Profit", 2, rows, |row| {
            row.profit.map(|value| value as f64)
        }),
    ];
    chart(
        "Budget, revenue and profit",
        Unit::Dollars,
        Shape::Lines,
        rows,
        lines,
    )
}

/// Profit as bars above and below zero.
pub fn profit_chart(rows: &[YearFigures]) -> AnyView {
    let bars = vec![series("Profit", 2, rows, |row| {
        row.profit.map(|value| value as f64)
    })];
    chart(
        "Profit by year of release",
        Unit::Dollars,
        Shape::Bars,
        rows,
        bars,
    )
}

/// Average popularity as a line.
pub fn popularity_chart(rows: &[YearFigures]) -> AnyView {
    let line = vec![series("Popularity", 3, rows, |row| row.average_popularity)];
    chart("Average popularity", Unit::Score, Shape::Lines, rows, line)
}

/// The part of each year's movies as a line.
pub fn share_chart(rows: &[YearFigures]) -> AnyView {
    let line = vec![series("Share", 4, rows, |row| row.share)];
    chart(
        "Share of the year's movies",
        Unit::Share,
        Shape::Lines,
        rows,
        line,
    )
}

/// How many movies came out, as bars.
pub fn count_chart(rows: &[YearFigures]) -> AnyView {
    let bars = vec![series("Movies", 4, rows, |row| {
        Some(f64::from(row.movie_count))
    })];
    chart("Movies released", Unit::Count, Shape::Bars, rows, bars)
}

/// Exact dollars in a cell.
pub fn dollar_cell(value: Option<i64>) -> Cell {
    Cell::exact(
        value.map_or_else(unknown, |value| dollars(value).into_any()),
        value,
    )
}

/// A score with two decimals in a cell; the exact one is its value.
pub fn score_cell(value: Option<f64>) -> Cell {
    Cell::exact(
        value.map_or_else(unknown, |value| decimal(value).into_any()),
        value,
    )
}

/// A part of one in per cent in a cell; the exact one is its value.
pub fn share_cell(value: Option<f64>) -> Cell {
    Cell::exact(
        value.map_or_else(unknown, |value| percentage(value).into_any()),
        value,
    )
}

/// The figures as a table, the latest year first.
pub fn year_table(caption: &'static str, rows: &[YearFigures]) -> AnyView {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| std::cmp::Reverse(row.year));
    let mut columns: Vec<Column<YearFigures>> = vec![
        Column::text("Year", "year", |row: &YearFigures| {
            Cell::exact(row.year, Some(row.year))
        }),
        Column::number("Movies", "movieCount", |row: &YearFigures| {
            Cell::exact(whole(row.movie_count.into()), Some(row.movie_count))
        }),
        Column::number("Budget", "budget", |row: &YearFigures| {
            dollar_cell(row.budget)
        })
        .wide(),
        Column::number("Revenue", "revenue", |row: &YearFigures| {
            dollar_cell(row.revenue)
        }),
        Column::number("Profit", "profit", |row: &YearFigures| {
            dollar_cell(row.profit)
        }),
        Column::number(
            "Avg. popularity",
            "averagePopularity",
            |row: &YearFigures| score_cell(row.average_popularity),
        )
        .wide(),
    ];
    if rows.iter().any(|row| row.share.is_some()) {
        let share =
            Column::number("Share", "share", |row: &YearFigures| share_cell(row.share)).wide();
        columns.insert(2, share);
    }
    let options = TableOptions {
        caption,
        mark: Some(("data-year", |row: &YearFigures| row.year.to_string())),
        sorted: None,
    };
    table(options, columns, &rows)
}
