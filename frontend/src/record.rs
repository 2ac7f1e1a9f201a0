//! Where in a record of a file, as received, the value of a column stands.

use std::ops::Range;

/// The cells of a CSV record as ranges of its bytes, quotes and all. A quote that is never closed runs to the end.
pub fn cells(raw: &str) -> Vec<Range<usize>> {
    let raw = raw.trim_end_matches(['\r', '\n']);
    let (mut cells, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, byte) in raw.bytes().enumerate() {
        match byte {
            // A quote inside quotes is written twice: that closes and opens again.
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                cells.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    cells.push(start..raw.len());
    cells
}

/// What a cell says, without its quotes.
pub fn text(cell: &str) -> String {
    let cell = cell.trim();
    match cell
        .strip_prefix('"')
        .and_then(|cell| cell.strip_suffix('"'))
    {
        Some(inner) => inner.replace("\"\"", "\""),
        None => cell.to_owned(),
    }
}

/// Where the value of `column` stands in `raw`. `columns` are those of the source in the order that its files have;
/// they are trusted when there are as many cells and the cell of column `id` holds `id`. Else the only cell that
/// says `value` is taken, if there is just one.
pub fn find(
    raw: &str,
    columns: &[&str],
    id: (&str, &str),
    column: &str,
    value: Option<&str>,
) -> Option<Range<usize>> {
    let cells = cells(raw);
    let of = |name: &str| columns.iter().position(|column| *column == name);
    let said = |cell: &Range<usize>| text(&raw[cell.clone()]);
    let key = of(id.0).and_then(|at| cells.get(at));
    if cells.len() == columns.len() && key.is_some_and(|cell| same(&said(cell), id.1)) {
        return of(column).map(|at| cells[at].clone());
    }
    let value = value?;
    let mut alike = cells.into_iter().filter(|cell| same(&said(cell), value));
    alike.next().filter(|_| alike.next().is_none())
}

/// Whether two texts say the same, be it a number written otherwise.
fn same(a: &str, b: &str) -> bool {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &str = "False,\"[{'name': \"\"A, B\"\"}]\",30000000,862,Toy Story\r\n";
    const COLUMNS: [&str; 5] = ["adult", "genres", "budget", "id", "title"];

    fn check(raw: &str, column: &str, value: Option<&str>, found: Option<&str>) {
        let range = find(raw, &COLUMNS, ("id", "862"), column, value);
        assert_eq!(range.map(|range| &raw[range]), found, "{column} of {raw}");
    }

    #[test]
    fn a_column_is_found_by_its_place() {
        check(RAW, "budget", None, Some("30000000"));
        check(RAW, "title", Some("anything"), Some("Toy Story"));
        check(RAW, "genres", None, Some("\"[{'name': \"\"A, B\"\"}]\""));
        check(RAW, "revenue", Some("862"), None);
    }

    #[test]
    fn a_record_in_another_order_is_searched_for_the_value() {
        let turned = "862,Toy Story,30000000.0,False,x";
        check(turned, "budget", Some("30000000"), Some("30000000.0"));
        check(turned, "budget", Some("5"), None);
        check("862,5,5", "budget", Some("5"), None);
        check("862,5", "budget", None, None);
    }

    #[test]
    fn quotes_are_taken_off() {
        assert_eq!(text("\"He said \"\"no\"\"\""), "He said \"no\"");
        assert_eq!(text(" a "), "a");
        assert_eq!(cells("\"open, never closed\n2"), [0..21]);
    }
}
