//! The companies' and genres' figures that a run has moved most, or would move while it is held.

use cynic::QueryBuilder;
use leptos::prelude::*;

use crate::api::live::Change as Live;
use crate::api::query::use_live_query;
use crate::api::schema;
use crate::components::list::ListState;
use crate::components::state::{empty, loaded};
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::{decimal, dollars, unknown, whole};

use super::tabs::choices;

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum MoverNoun {
    Company,
    Genre,
}

#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
enum MoverMeasure {
    Revenue,
    Budget,
    Profit,
    MovieCount,
    AveragePopularity,
}

const MEASURES: [(&str, &str, MoverMeasure); 5] = [
    ("", "Revenue", MoverMeasure::Revenue),
    ("budget", "Budget", MoverMeasure::Budget),
    ("profit", "Profit", MoverMeasure::Profit),
    ("movies", "Movies", MoverMeasure::MovieCount),
    ("popularity", "Popularity", MoverMeasure::AveragePopularity),
];

#[derive(cynic::QueryVariables)]
struct MoverVariables {
    id: cynic::Id,
    of: MoverNoun,
    measure: MoverMeasure,
    first: i32,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
struct Mover {
    id: cynic::Id,
    name: String,
    year: i32,
    before: Option<f64>,
    after: Option<f64>,
    change: f64,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Run", variables = "MoverVariables")]
struct RunMovers {
    #[arguments(of: $of, measure: $measure, first: $first)]
    movers: Vec<Mover>,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "MoverVariables")]
struct MoversQuery {
    #[arguments(id: $id)]
    run: Option<RunMovers>,
}

/// A line of the table with what its numbers are and where its name leads.
struct Line {
    mover: Mover,
    noun: MoverNoun,
    measure: MoverMeasure,
}

/// The figures that move most.
pub fn movers(id: Memo<String>, state: ListState) -> AnyView {
    let noun = move || match state.get("of").as_deref() {
        Some("genres") => MoverNoun::Genre,
        _ => MoverNoun::Company,
    };
    let measure = move || {
        let key = state.get("measure").unwrap_or_default();
        let found = MEASURES.into_iter().find(|(name, _, _)| *name == key);
        found.map_or(MoverMeasure::Revenue, |(_, _, measure)| measure)
    };
    let query = use_live_query(
        move || {
            MoversQuery::build(MoverVariables {
                id: cynic::Id::new(id.get()),
                of: noun(),
                measure: measure(),
                first: 20,
            })
        },
        Live::Run(id.into()),
    );
    view! {
        <div class="controls">
            {choices(state, "Whose figures", "of", &[("", "Companies"), ("genres", "Genres")])}
            {choices(state, "Which figure", "measure", &MEASURES.map(|(key, label, _)| (key, label)))}
        </div>
        {loaded(query, 8, move |data: MoversQuery| {
            let rows: Vec<Line> = data
                .run
                .into_iter()
                .flat_map(|run| run.movers)
                .map(|mover| Line { mover, noun: untrack(noun), measure: untrack(measure) })
                .collect();
            if rows.is_empty() {
                return empty(
                    "No figure moves",
                    "A run that has merged, or is held, lists here the years of companies and genres that it moves most.",
                );
            }
            let options = TableOptions { caption: "Figures that move most", mark: None, sorted: None };
            table(options, columns(), &rows)
        })}
    }
    .into_any()
}

fn columns() -> Vec<Column<Line>> {
    vec![
        Column::text("Name", "name", |row: &Line| {
            let section = match row.noun {
                MoverNoun::Company => "companies",
                MoverNoun::Genre => "genres",
            };
            let link = format!("/{section}/{}", row.mover.id.inner());
            Cell::new(view! { <a href=link>{row.mover.name.clone()}</a> })
        }),
        Column::number("Year", "year", |row: &Line| {
            Cell::exact(row.mover.year, Some(row.mover.year))
        }),
        Column::number("Before", "before", |row: &Line| {
            figure(row.measure, row.mover.before)
        })
        .wide(),
        Column::number("After", "after", |row: &Line| {
            figure(row.measure, row.mover.after)
        })
        .wide(),
        Column::number("Change", "change", |row: &Line| {
            let change = row.mover.change;
            let sign = if change > 0.0 { "+" } else { "" };
            let text = format!("{sign}{}", written(row.measure, change));
            Cell::exact(
                view! { <span class:negative=change < 0.0>{text}</span> },
                Some(change),
            )
        }),
    ]
}

fn figure(measure: MoverMeasure, value: Option<f64>) -> Cell {
    Cell::exact(
        value.map_or_else(unknown, |value| written(measure, value).into_any()),
        value,
    )
}

fn written(measure: MoverMeasure, value: f64) -> String {
    match measure {
        MoverMeasure::MovieCount => whole(value as i64),
        MoverMeasure::AveragePopularity => decimal(value),
        _ => dollars(value as i64),
    }
}
