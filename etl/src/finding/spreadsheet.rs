//! CSV that a spreadsheet opens without taking a cell for a formula.

use super::Cell;
use crate::{Error, Result};
use std::borrow::Cow;

/// What a spreadsheet may take for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Rows in RFC 4180's form; a text that looks like a formula gets an apostrophe before it.
pub fn rows<'a>(rows: impl IntoIterator<Item = Vec<Cow<'a, str>>>) -> Result<Vec<u8>> {
    let wrong = |error: &dyn std::fmt::Display| Error::Internal(format!("writing CSV: {error}"));
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        let safe = row.iter().map(|text| guarded(text));
        let safe = safe.collect::<Vec<_>>();
        let bytes = safe.iter().map(|text| text.as_bytes());
        writer.write_record(bytes).map_err(|error| wrong(&error))?;
    }
    writer.into_inner().map_err(|error| wrong(&error))
}

/// A cell's text; nothing where there is no value.
pub fn text(cell: &Cell) -> Cow<'_, str> {
    match cell {
        Cell::Number(Some(number)) => number.to_string().into(),
        Cell::Text(Some(text)) => text.as_str().into(),
        Cell::Number(None) | Cell::Text(None) => "".into(),
    }
}

fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA) && !is_number(text) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

/// Whether a text is digits with at most a sign before and a point among them.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    match text.split_once('.') {
        Some((whole, rest)) => digits(whole) && digits(rest),
        None => digits(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, written: &str) {
        let bytes = rows([vec![text.into(), "end".into()]]).unwrap();
        let expected = format!("{written},end\r\n");
        assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{text:?}");
        // What is read back is the text again, but for the apostrophe.
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(expected.as_bytes());
        let read = reader.records().next().unwrap().unwrap();
        assert_eq!(read[0].strip_prefix('\'').unwrap_or(&read[0]), text);
    }

    #[test]
    fn what_looks_like_a_formula_is_made_a_text() {
        check("=1+1", "'=1+1");
        check("=HYPERLINK(\"a\")", "\"'=HYPERLINK(\"\"a\"\")\"");
        check("+cmd", "'+cmd");
        check("-2+3", "'-2+3");
        check("@SUM(A1)", "'@SUM(A1)");
        check("\t=1", "'\t=1");
        check("\r=1", "\"'\r=1\"");
        check("-", "'-");
        check("-1.", "'-1.");
        check("--1", "'--1");
    }

    #[test]
    fn numbers_and_other_texts_stay_as_they_are() {
        for text in ["-1", "+49", "-0.5", "12", "", "a=b", " =1", "Ä, b"] {
            let written = if text.contains(',') {
                format!("\"{text}\"")
            } else {
                text.to_owned()
            };
            check(text, &written);
        }
        check("two\nlines", "\"two\nlines\"");
    }
}
