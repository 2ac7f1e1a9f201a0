//! One table for every list.

use leptos::prelude::*;

use super::list::ListState;

/// What stands in one cell.
pub struct Cell {
    view: AnyView,
    /// The exact value behind what is shown, for `data-value`.
    raw: Option<String>,
}

impl Cell {
    /// A cell that shows `view`.
    pub fn new(view: impl IntoView + 'static) -> Self {
        Self {
            view: view.into_any(),
            raw: None,
        }
    }

    /// A cell whose exact value is `raw`; empty when there is none.
    pub fn exact(view: impl IntoView + 'static, raw: Option<impl ToString>) -> Self {
        Self {
            view: view.into_any(),
            raw: Some(raw.map(|raw| raw.to_string()).unwrap_or_default()),
        }
    }
}

/// One column: its heading and how a row becomes a cell.
pub struct Column<T> {
    label: &'static str,
    /// Name of the field, for `data-field`.
    field: &'static str,
    sort: Option<&'static str>,
    numeric: bool,
    /// Left out on narrow screens.
    wide: bool,
    cell: fn(&T) -> Cell,
}

impl<T> Column<T> {
    /// A column of text.
    pub fn text(label: &'static str, field: &'static str, cell: fn(&T) -> Cell) -> Self {
        Self {
            label,
            field,
            sort: None,
            numeric: false,
            wide: false,
            cell,
        }
    }

    /// A column of numbers.
    pub fn number(label: &'static str, field: &'static str, cell: fn(&T) -> Cell) -> Self {
        Self {
            numeric: true,
            ..Self::text(label, field, cell)
        }
    }

    /// Lets the reader sort by this column; `key` is what stands in the URL.
    pub fn sorted_by(mut self, key: &'static str) -> Self {
        self.sort = Some(key);
        self
    }

    /// Leaves the column out on narrow screens.
    pub fn wide(mut self) -> Self {
        self.wide = true;
        self
    }

    fn class(&self) -> String {
        let mut class = String::new();
        if self.numeric {
            class.push_str("number ");
        }
        if self.wide {
            class.push_str("wide");
        }
        class
    }
}

/// The name of an attribute and its value for a row.
pub type Mark<T> = (&'static str, fn(&T) -> String);

/// How a table is named, marked and sorted.
pub struct TableOptions<T> {
    /// What the table holds, for assistive technology.
    pub caption: &'static str,
    /// An attribute such as `data-year`, and its value for a row.
    pub mark: Option<Mark<T>>,
    /// The field the rows are sorted by, and whether from high to low.
    pub sorted: Option<(String, bool)>,
}

/// The table. Its first column is the rows' heading.
pub fn table<T>(options: TableOptions<T>, columns: Vec<Column<T>>, rows: &[T]) -> AnyView {
    let body = rows
        .iter()
        .map(|row| line(&columns, options.mark, row, None))
        .collect_view();
    let head = headings(&columns, options.sorted.as_ref());
    view! {
        <div class="table" role="region" tabindex="0" aria-label=options.caption>
            <table>
                <caption class="sr">{options.caption}</caption>
                <thead><tr>{head}</tr></thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A row; in a table that holds only some of its rows in the page, with its place among all of them.
pub(super) fn line<T>(
    columns: &[Column<T>],
    mark: Option<Mark<T>>,
    row: &T,
    place: Option<usize>,
) -> AnyView {
    let cells: Vec<AnyView> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| cell(column, row, index == 0))
        .collect();
    let mark = match mark {
        Some((name, value)) => (name, value(row)),
        None => ("class", "row".to_owned()),
    };
    row_of(cells, mark, place)
}

fn row_of(
    cells: Vec<AnyView>,
    (name, value): (&'static str, String),
    place: Option<usize>,
) -> AnyView {
    leptos::html::tr()
        .child(cells)
        .attr(name, value)
        .attr("aria-rowindex", place.map(|place| place.to_string()))
        .into_any()
}

/// The heading cells.
pub(super) fn headings<T>(columns: &[Column<T>], sorted: Option<&(String, bool)>) -> Vec<AnyView> {
    columns
        .iter()
        .map(|column| header(column, sorted))
        .collect()
}

fn cell<T>(column: &Column<T>, row: &T, heading: bool) -> AnyView {
    let Cell { view, raw } = (column.cell)(row);
    if heading {
        view! { <th scope="row" class=column.class() data-field=column.field data-value=raw>{view}</th> }.into_any()
    } else {
        view! { <td class=column.class() data-field=column.field data-value=raw>{view}</td> }
            .into_any()
    }
}

fn header<T>(column: &Column<T>, sorted: Option<&(String, bool)>) -> AnyView {
    let label = column.label;
    let Some(key) = column.sort else {
        return view! { <th scope="col" class=column.class()>{label}</th> }.into_any();
    };
    let now = sorted
        .filter(|(field, _)| field == key)
        .map(|(_, descending)| *descending);
    // A first click sorts numbers from the highest and text from A; the next one turns it round.
    let descending = now.map_or(column.numeric, |descending| !descending);
    let (aria, mark) = match now {
        Some(true) => ("descending", " ↓"),
        Some(false) => ("ascending", " ↑"),
        None => ("none", ""),
    };
    let state = ListState::here();
    let link = move || {
        state.link(&[
            ("sort", Some(key.to_owned())),
            (
                "dir",
                Some(if descending { "desc" } else { "asc" }.to_owned()),
            ),
            ("after", None),
            ("before", None),
        ])
    };
    view! {
        <th scope="col" class=column.class() aria-sort=aria>
            <a href=link>{label}<span class="sort-mark" aria-hidden="true">{mark}</span></a>
        </th>
    }
    .into_any()
}
