//! The instances, whether they live, and what they work on.

use leptos::prelude::*;

use crate::api::fragment::RunLink;
use crate::api::schema;
use crate::components::status::chip;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::time::{ahead, since};
use crate::components::value::whole;

#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct Lease {
    run: RunLink,
    until: String,
}

#[derive(cynic::QueryFragment, Clone, PartialEq)]
pub struct Instance {
    name: String,
    version: String,
    started_at: String,
    seen_at: String,
    pub alive: bool,
    pub workers: i32,
    leases: Vec<Lease>,
}

/// The table; the instance that answers is marked.
pub fn instances(rows: &[Instance], own: &str) -> AnyView {
    let mut rows = rows.to_vec();
    if let Some(place) = rows.iter().position(|row| row.name == own) {
        // The one that answers comes first.
        let answering = rows.remove(place);
        rows.insert(0, answering);
    }
    let columns = vec![
        Column::text("Instance", "name", |row: &Instance| {
            Cell::new(
                view! { <span class="file-name" title=row.name.clone()>{row.name.clone()}</span> },
            )
        }),
        Column::text("State", "state", |row: &Instance| {
            let chip = match row.alive {
                true => view! { <span class="chip good">"alive"</span> }.into_any(),
                false => view! { <span class="chip bad">"silent"</span> }.into_any(),
            };
            Cell::exact(chip, Some(row.alive))
        }),
        Column::number("Workers", "workers", |row: &Instance| {
            Cell::exact(whole(row.workers.into()), Some(row.workers))
        })
        .wide(),
        Column::text("Works on", "leases", |row: &Instance| {
            Cell::new(leases(&row.leases))
        }),
        Column::text("Version", "version", |row: &Instance| {
            Cell::new(row.version.clone())
        })
        .wide(),
        Column::number("Started", "startedAt", |row: &Instance| {
            Cell::new(since(row.started_at.clone()))
        })
        .wide(),
        Column::number("Heard of", "seenAt", |row: &Instance| {
            Cell::new(since(row.seen_at.clone()))
        }),
    ];
    let options = TableOptions {
        caption: "Instances",
        mark: Some(("data-instance", |row: &Instance| row.name.clone())),
        sorted: None,
    };
    table(options, columns, &rows)
}

fn leases(leases: &[Lease]) -> AnyView {
    if leases.is_empty() {
        return view! { <span class="quiet">"nothing"</span> }.into_any();
    }
    let rows = leases.iter().map(|lease| {
        let id = lease.run.id.inner().to_owned();
        view! {
            <li><a href=format!("/runs/{id}")>"run "{id.clone()}</a>" "{chip(lease.run.status)}
                <span class="quiet small">" lease ends "{ahead(lease.until.clone())}</span></li>
        }
    });
    view! { <ul>{rows.collect_view()}</ul> }.into_any()
}
