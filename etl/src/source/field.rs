//! Reading single fields; what cannot be read is cleared and becomes an issue.

use crate::{
    literal::{self, Value},
    record::{Issue, Named},
};
use chrono::NaiveDate;

/// The longest part of a value that an issue or a reject repeats.
const SHOWN: usize = 500;

/// A value shortened for people.
pub fn shown(value: &str) -> String {
    value.chars().take(SHOWN).collect()
}

/// Collects the issues of one record.
#[derive(Default)]
pub struct Issues(pub Vec<Issue>);

impl Issues {
    /// Records that a field was cleared.
    fn cleared(&mut self, code: &'static str, column: &'static str, value: &str, why: &str) {
        self.0.push(Issue {
            code: code.into(),
            rule: "source.format".into(),
            column: Some(column),
            old_value: Some(shown(value)),
            new_value: None,
            message: format!("{column} {why}; cleared"),
        });
    }

    /// Records that an element of a list was left out.
    fn left_out(&mut self, code: &'static str, column: &'static str, item: &Value, why: &str) {
        self.0.push(Issue {
            code: code.into(),
            rule: "source.format".into(),
            column: Some(column),
            old_value: Some(shown(&item.to_string())),
            new_value: None,
            message: format!("an element of {column} {why}; left out"),
        });
    }

    /// Text; the empty text is none.
    pub fn text(&self, value: &str) -> Option<String> {
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A truth value in Python's or a spreadsheet's spelling.
    pub fn truth(&mut self, column: &'static str, value: &str) -> Option<bool> {
        match value.trim_ascii() {
            "" => None,
            v if v.eq_ignore_ascii_case("true") => Some(true),
            v if v.eq_ignore_ascii_case("false") => Some(false),
            _ => {
                self.cleared(
                    "invalid_boolean",
                    column,
                    value,
                    "is neither True nor False",
                );
                None
            }
        }
    }

    /// A real number, in plain or scientific notation.
    pub fn real(&mut self, column: &'static str, value: &str) -> Option<f64> {
        let text = value.trim_ascii();
        if text.is_empty() {
            return None;
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number),
            _ => {
                self.cleared("invalid_number", column, value, "is not a number");
                None
            }
        }
    }

    /// A whole number; `3e7` and `1000.0` are whole too.
    pub fn whole(&mut self, column: &'static str, value: &str) -> Option<i64> {
        let text = value.trim_ascii();
        if text.is_empty() {
            return None;
        }
        if let Ok(number) = text.parse() {
            return Some(number);
        }
        match text.parse::<f64>() {
            // Every whole f64 below 2⁵³ is exact.
            Ok(number) if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 => {
                Some(number as i64)
            }
            _ => {
                self.cleared("invalid_number", column, value, "is not a whole number");
                None
            }
        }
    }

    /// A date as `YYYY-MM-DD`.
    pub fn date(&mut self, column: &'static str, value: &str) -> Option<NaiveDate> {
        let text = value.trim_ascii();
        if text.is_empty() {
            return None;
        }
        let date = iso_date(text.as_bytes());
        if date.is_none() {
            self.cleared("invalid_date", column, value, "is not a date (YYYY-MM-DD)");
        }
        date
    }

    /// A list of dicts with a key and a `name`; each key counts once, the first time.
    pub fn list<K: PartialEq>(
        &mut self,
        column: &'static str,
        value: &str,
        key: &str,
        read_key: fn(&Value) -> Option<K>,
    ) -> Vec<Named<K>> {
        if matches!(value.trim_ascii(), "" | "[]") {
            return Vec::new();
        }
        let items = match literal::parse(value) {
            Ok(Value::List(items)) => items,
            Ok(_) => {
                self.cleared("invalid_list", column, value, "is not a list");
                return Vec::new();
            }
            Err(error) => {
                let why = format!("is not a list ({error})");
                self.cleared("invalid_list", column, value, &why);
                return Vec::new();
            }
        };
        let mut list: Vec<Named<K>> = Vec::with_capacity(items.len());
        for item in &items {
            match named(item, key, read_key) {
                None => self.left_out("invalid_element", column, item, "lacks a key or a name"),
                Some(named) if list.iter().any(|known| known.id == named.id) => {
                    self.left_out("repeated_in_list", column, item, "is there already");
                }
                Some(named) => list.push(named),
            }
        }
        list
    }

    /// One dict with an `id` and a `name`.
    pub fn named(&mut self, column: &'static str, value: &str) -> Option<Named<i64>> {
        if value.trim_ascii().is_empty() {
            return None;
        }
        let named = literal::parse(value)
            .ok()
            .and_then(|value| named(&value, "id", integer_key));
        if named.is_none() {
            self.cleared(
                "invalid_dict",
                column,
                value,
                "is not a dict with id and name",
            );
        }
        named
    }
}

/// A date as exactly `YYYY-MM-DD`.
fn iso_date(text: &[u8]) -> Option<NaiveDate> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |number, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u32::from(digit - b'0'))
        })
    };
    match (text.len(), text.get(4), text.get(7)) {
        (10, Some(b'-'), Some(b'-')) => NaiveDate::from_ymd_opt(
            number(&text[..4])? as i32,
            number(&text[5..7])?,
            number(&text[8..])?,
        ),
        _ => None,
    }
}

/// Whether a value is a truth value or empty.
pub fn is_truth(value: &str) -> bool {
    let value = value.trim_ascii();
    value.is_empty() || value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
}

/// Whether a value in a column of numbers or dates can only be that of another column: a truth value, a
/// list, a dict or the path of an image.
pub fn is_no_number(value: &str) -> bool {
    let value = value.trim_ascii();
    match value.as_bytes().first() {
        None | Some(b'0'..=b'9' | b'-') => false,
        Some(b'[' | b'{') => true,
        Some(b'/') => [".jpg", ".png", ".svg"]
            .iter()
            .any(|end| value.ends_with(end)),
        Some(_) => is_truth(value),
    }
}

/// Whether a value in a column of lists can only be that of another column: a truth value or a number.
pub fn is_no_list(value: &str) -> bool {
    let value = value.trim_ascii();
    match value.as_bytes().first() {
        None | Some(b'[') => false,
        Some(_) => is_truth(value) || value.parse::<f64>().is_ok(),
    }
}

fn named<K>(item: &Value, key: &str, read_key: fn(&Value) -> Option<K>) -> Option<Named<K>> {
    match (item.get(key).and_then(read_key), item.get("name")) {
        (Some(id), Some(Value::Str(name))) if !name.is_empty() => Some(Named {
            id,
            name: name.clone().into_owned(),
        }),
        _ => None,
    }
}

/// A key that is a number greater than 0.
pub fn integer_key(value: &Value) -> Option<i64> {
    match value {
        Value::Int(id) if *id > 0 => Some(*id),
        _ => None,
    }
}

/// A key that is a short code.
pub fn code_key(value: &Value) -> Option<String> {
    match value {
        Value::Str(code) if !code.is_empty() && code.len() <= 16 => Some(code.clone().into_owned()),
        _ => None,
    }
}
