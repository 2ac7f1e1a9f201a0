//! Rows as CSV (RFC 4180) that a spreadsheet opens without taking a cell for a formula: the rule is the server's.

/// A header and rows as one text.
pub fn csv(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = String::new();
    line(&mut text, head.iter().copied());
    for row in rows {
        line(&mut text, row.iter().map(String::as_str));
    }
    text
}

fn line<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        let mark = if formula(cell) { "'" } else { "" };
        if cell.contains(['"', ',', '\n', '\r']) {
            text.push_str(&format!("\"{mark}{}\"", cell.replace('"', "\"\"")));
        } else {
            text.push_str(mark);
            text.push_str(cell);
        }
    }
    text.push_str("\r\n");
}

/// Whether a spreadsheet may take a cell for a formula; a number with a sign is none.
fn formula(cell: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let number = number.split_once('.').map_or_else(
        || digits(number),
        |(whole, rest)| digits(whole) && digits(rest),
    );
    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number
}

/// A value as a cell; nothing where there is none.
pub fn cell<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A name for a file: `Releases by genre` is `releases-by-genre.csv`.
pub fn file_name(title: &str) -> String {
    let mut name = String::new();
    for letter in title.to_lowercase().chars() {
        if letter.is_alphanumeric() {
            name.push(letter);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    format!("{}.csv", name.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cell: &str, written: &str) {
        let rows = [vec![cell.to_owned(), "end".to_owned()]];
        assert_eq!(csv(&["a", "b"], rows), format!("a,b\r\n{written},end\r\n"));
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        check("=1+1", "'=1+1");
        check("=HYPERLINK(\"a\")", "\"'=HYPERLINK(\"\"a\"\")\"");
        check("@SUM(A1)", "'@SUM(A1)");
        check("\t=1", "'\t=1");
        check("-", "'-");
        check("-1.", "'-1.");
        check("-2+3", "'-2+3");
    }

    #[test]
    fn numbers_and_texts_stay_as_they_are() {
        check("-340000000", "-340000000");
        check("+1.5", "+1.5");
        check("", "");
        check("Amélie", "Amélie");
        check("a,b", "\"a,b\"");
        check("a\nb", "\"a\nb\"");
    }

    #[test]
    fn files_have_plain_names() {
        assert_eq!(file_name("Releases by genre"), "releases-by-genre.csv");
        assert_eq!(file_name("«Amélie» (2001)"), "amélie-2001.csv");
    }
}
