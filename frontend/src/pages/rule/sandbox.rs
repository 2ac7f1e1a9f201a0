//! What came of trying a draft: movies gained, lost and changed, rejects by reason, figures that move.

use leptos::prelude::*;

use super::preview::{
    MoverMeasure, PreviewedField, PreviewedMover, PreviewedMovie, PreviewedRows, RejectDifference,
    RulePreview, TriedFile,
};
use crate::components::layout::section;
use crate::components::table::{Cell, Column, TableOptions, table};
use crate::components::value::{decimal, dollars, money, text, unknown, whole};
use crate::format::plural;

/// The result of a draft without faults.
pub fn result(preview: RulePreview, measure: MoverMeasure) -> AnyView {
    let RulePreview {
        files,
        gained,
        lost,
        changed,
        rejects,
        companies,
        genres,
        ..
    } = preview;
    let difference = |of: fn(&RejectDifference) -> i64| rejects.iter().map(of).sum::<i64>();
    let rejected = difference(|row| row.after) - difference(|row| row.before);
    let nothing = gained.count + lost.count + changed.count == 0
        && rejects.iter().all(|row| row.before == row.after);
    let verdict = nothing.then(|| {
        view! { <p class="alert alert-still" data-testid="sandbox-nothing">"Nothing would change on these files."</p> }
    });
    let tiles = [
        ("gained", "Movies gained", gained.count),
        ("lost", "Movies lost", lost.count),
        ("changed", "Movies changed", changed.count),
        ("rejected", "Rejected rows", rejected),
    ];
    let tiles = tiles.map(|(id, label, value)| {
        let shown = match (id, value) {
            ("rejected", 1..) => format!("+{}", whole(value)),
            _ => whole(value),
        };
        let place = format!("#{id}");
        let name = if value != 0 && id != "rejected" {
            view! { <a rel="external" href=place>{label}</a> }.into_any()
        } else {
            label.into_any()
        };
        view! {
            <div class="tile">
                <dt>{name}</dt>
                <dd class="tile-value" data-testid=format!("sandbox-{id}") data-value=value>{shown}</dd>
            </div>
        }
    });
    view! {
        {tried(files)}
        {verdict}
        <dl class="tiles">{tiles.collect_view()}</dl>
        {rows("changed", "Changed", changed, true)}
        {rows("lost", "Lost: no movies under the draft", lost, true)}
        {rows("gained", "Gained: no movies until now", gained, false)}
        {reject_table(rejects)}
        {movers("Companies", "companies", companies, measure)}
        {movers("Genres", "genres", genres, measure)}
    }
    .into_any()
}

fn tried(files: Vec<TriedFile>) -> AnyView {
    let count = plural(
        files.len() as i64,
        &files.len().to_string(),
        "file",
        "files",
    );
    let held: Vec<_> = files
        .iter()
        .filter(|file| file.held_because.is_some())
        .cloned()
        .collect();
    let held = held.into_iter().map(|file| {
        view! {
            <p class="alert alert-warn" data-testid="sandbox-held">
                <span><a href=format!("/files/{}", file.sha256)>{file.name}</a>" would be held before merging: "{file.held_because}</span>
            </p>
        }
    });
    let names = files.into_iter().map(|file| {
        view! { <li><a href=format!("/files/{}", file.sha256)>{file.name}</a></li> }
    });
    view! {
        <p class="quiet">{format!("Tried on {count}, oldest first; the mart is as it was.")}</p>
        <ul class="inline linked">{names.collect_view()}</ul>
        {held.collect_view()}
    }
    .into_any()
}

fn rows(id: &'static str, title: &'static str, rows: PreviewedRows, linked: bool) -> AnyView {
    if rows.count == 0 {
        return ().into_any();
    }
    let options = TableOptions {
        caption: title,
        mark: Some(("data-movie", |row: &PreviewedMovie| {
            row.movie_id.inner().to_owned()
        })),
        sorted: None,
    };
    let shown = rows.rows.len() as i64;
    let more = (shown < rows.count).then(|| {
        let words = format!("The first {shown} of {} by id.", whole(rows.count));
        view! { <p class="quiet">{words}</p> }
    });
    let columns = movie_columns(linked);
    let title = view! { <span id=id>{title}</span> };
    let content = view! { {table(options, columns, &rows.rows)} {more} };
    section(title, content)
}

fn movie_columns(linked: bool) -> Vec<Column<PreviewedMovie>> {
    fn id(row: &PreviewedMovie) -> &str {
        row.movie_id.inner()
    }
    let name: fn(&PreviewedMovie) -> Cell = match linked {
        true => |row| {
            Cell::new(view! { <a href=format!("/movies/{}", id(row))>{row.title.clone()}</a> })
        },
        // A movie that the draft brings has no page yet.
        false => |row| Cell::new(row.title.clone()),
    };
    vec![
        Column::text("Movie", "title", name),
        Column::text("Id", "id", |row: &PreviewedMovie| {
            Cell::new(id(row).to_owned())
        })
        .wide(),
        Column::text(
            "What becomes of its fields",
            "fields",
            |row: &PreviewedMovie| {
                Cell::new(view! { <div class="prose field-changes">{fields(&row.fields)}</div> })
            },
        ),
    ]
}

/// Fields, folded where there are many.
fn fields(fields: &[PreviewedField]) -> AnyView {
    let list = fields.iter().map(field).collect_view();
    match fields.len() {
        0..=4 => list.into_any(),
        many => view! { <details><summary>{format!("{many} fields")}</summary>{list}</details> }
            .into_any(),
    }
}

fn field(field: &PreviewedField) -> AnyView {
    let side = |value: &Option<String>| text(value.clone());
    view! {
        <div>
            <code>{field.field.clone()}</code>": "{side(&field.before)}
            <span aria-hidden="true">" → "</span><span class="sr">" becomes "</span>{side(&field.after)}
        </div>
    }
    .into_any()
}

fn reject_table(rows: Vec<RejectDifference>) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    let options = TableOptions {
        caption: "Rejected rows by code",
        mark: Some(("data-code", |row: &RejectDifference| row.code.clone())),
        sorted: None,
    };
    fn number(value: i64) -> Cell {
        Cell::exact(whole(value), Some(value))
    }
    let columns = vec![
        Column::text("Code", "code", |row: &RejectDifference| {
            Cell::new(view! { <code>{row.code.clone()}</code> })
        }),
        Column::number("Now", "before", |row: &RejectDifference| number(row.before)),
        Column::number("Under the draft", "after", |row: &RejectDifference| {
            number(row.after)
        }),
        Column::number("Difference", "difference", |row: &RejectDifference| {
            let difference = row.after - row.before;
            let sign = if difference > 0 { "+" } else { "" };
            Cell::exact(format!("{sign}{}", whole(difference)), Some(difference))
        }),
    ];
    section("Rejected rows by code", table(options, columns, &rows))
}

/// A figure that would change, with how it is written.
struct Moved {
    of: &'static str,
    money: bool,
    mover: PreviewedMover,
}

impl Moved {
    fn figure(&self, value: Option<f64>) -> AnyView {
        match value {
            None => unknown(),
            Some(value) if self.money => money(Some(value as i64)),
            Some(value) if value.fract() == 0.0 => whole(value as i64).into_any(),
            Some(value) => decimal(value).into_any(),
        }
    }

    fn change(&self) -> AnyView {
        let sign = if self.mover.change > 0.0 { "+" } else { "" };
        let exact = match self.money {
            true => dollars(self.mover.change as i64),
            false => self.mover.change.to_string(),
        };
        view! { <span title=exact>{sign}{self.figure(Some(self.mover.change))}</span> }.into_any()
    }
}

fn movers(
    title: &'static str,
    of: &'static str,
    movers: Vec<PreviewedMover>,
    measure: MoverMeasure,
) -> AnyView {
    if movers.is_empty() {
        return ().into_any();
    }
    let rows = movers.into_iter().map(|mover| Moved {
        of,
        money: measure.money(),
        mover,
    });
    let rows: Vec<Moved> = rows.collect();
    let options = TableOptions {
        caption: title,
        mark: None,
        sorted: None,
    };
    let columns = vec![
        Column::text("Name", "name", |row: &Moved| {
            let link = format!("/{}/{}", row.of, row.mover.id.inner());
            Cell::new(view! { <a href=link>{row.mover.name.clone()}</a> })
        }),
        Column::number("Year", "year", |row: &Moved| Cell::new(row.mover.year)),
        Column::number("Now", "before", |row: &Moved| {
            Cell::new(row.figure(row.mover.before))
        })
        .wide(),
        Column::number("Under the draft", "after", |row: &Moved| {
            Cell::new(row.figure(row.mover.after))
        })
        .wide(),
        Column::number("Change", "change", |row: &Moved| {
            Cell::exact(row.change(), Some(row.mover.change))
        }),
    ];
    let named = MoverMeasure::ALL
        .into_iter()
        .find(|(known, _, _)| *known == measure);
    let named = named.map_or("", |(_, _, words)| words);
    let words = format!("{title} whose years change most: {}", named.to_lowercase());
    section(words, table(options, columns, &rows))
}
