//! Reading single fields; what cannot be read is cleared and becomes an issue.

use super::{
    definition::{Column, Format, NameKey, Syntax},
    list::{self, Key},
};
use crate::{
    literal::Value,
    record::{Issue, Named},
};
use chrono::NaiveDate;
use entity::ingest::Severity;
use std::{borrow::Cow, collections::HashMap};

/// The longest part of a value that an issue or a reject repeats.
const SHOWN: usize = 500;

/// A value shortened for people.
pub fn shown(value: &str) -> String {
    value.chars().take(SHOWN).collect()
}

/// Reads the fields of one record, whose values are written in a format, and collects its issues.
pub struct Reading<'a> {
    format: &'a Format,
    pub issues: Vec<Issue>,
}

impl<'a> Reading<'a> {
    /// Of a record of which nothing has been read.
    pub fn new(format: &'a Format) -> Self {
        Self {
            format,
            issues: Vec::new(),
        }
    }

    fn issue(
        &mut self,
        severity: Severity,
        code: &'static str,
        column: &Column,
        old: String,
        new: Option<String>,
        message: String,
    ) {
        self.issues.push(Issue {
            code: code.into(),
            severity,
            rule: "source.format".into(),
            column: Some(column.name.clone().into()),
            old_value: Some(shown(&old)),
            new_value: new,
            message,
        });
    }

    /// Records that a field was cleared.
    fn cleared(&mut self, code: &'static str, column: &Column, value: &str, why: &str) {
        let message = format!("{} {why}; cleared", column.name);
        let old = value.to_owned();
        self.issue(Severity::Warning, code, column, old, None, message);
    }

    /// Records that an element of a list lacks what it needs and was left out.
    fn incomplete(&mut self, column: &Column, item: &Value) {
        let why = "lacks a key or a name";
        self.left_out(Severity::Warning, "invalid_element", column, item, why);
    }

    /// Records that an element of a list was left out.
    fn left_out(
        &mut self,
        severity: Severity,
        code: &'static str,
        column: &Column,
        item: &Value,
        why: &str,
    ) {
        let message = format!("an element of {} {why}; left out", column.name);
        self.issue(severity, code, column, item.to_string(), None, message);
    }

    /// The value, or nothing where it is one that stands for none.
    pub fn known<'v>(&self, value: &'v str) -> &'v str {
        let null = &self.format.null;
        if !null.is_empty() && null.iter().any(|null| null == value.trim_ascii()) {
            return "";
        }
        value
    }

    /// Text; the empty text is none.
    pub fn text(&self, value: &str) -> Option<String> {
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A truth value in Python's or a spreadsheet's spelling.
    pub fn truth(&mut self, column: &Column, value: &str) -> Option<bool> {
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

    /// A number's text as Rust writes numbers.
    fn number<'v>(&self, value: &'v str) -> Cow<'v, str> {
        let mut text = value.trim_ascii();
        for currency in &self.format.currency {
            let bare = text.strip_prefix(currency.as_str());
            text = bare
                .or_else(|| text.strip_suffix(currency.as_str()))
                .unwrap_or(text)
                .trim_ascii();
        }
        if self.format.decimal == '.' && self.format.thousands.is_none() {
            return Cow::Borrowed(text);
        }
        let digits = text.chars().filter(|c| Some(*c) != self.format.thousands);
        let point = |c| if c == self.format.decimal { '.' } else { c };
        Cow::Owned(digits.map(point).collect())
    }

    /// A real number, in plain or scientific notation.
    pub fn real(&mut self, column: &Column, value: &str) -> Option<f64> {
        let text = self.number(value);
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
    pub fn whole(&mut self, column: &Column, value: &str) -> Option<i64> {
        let text = self.number(value);
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

    /// A date in one of the format's writings.
    pub fn date(&mut self, column: &Column, value: &str) -> Option<NaiveDate> {
        let text = value.trim_ascii();
        if text.is_empty() {
            return None;
        }
        let first = self.format.two_digit_years_from;
        for (_, pattern) in &self.format.dates {
            let Some(date) = pattern.date(text, first) else {
                continue;
            };
            if pattern.is_short() {
                let message = format!(
                    "{} has a year of two digits; it was taken to be one from {first} to {}",
                    column.name,
                    first + 99
                );
                let (old, new) = (value.to_owned(), Some(date.to_string()));
                let code = "century_assumed";
                self.issue(Severity::Info, code, column, old, new, message);
            }
            return Some(date);
        }
        let known: Vec<&str> = self
            .format
            .dates
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        let why = format!("is not a date ({})", known.join(" or "));
        self.cleared("invalid_date", column, value, &why);
        None
    }

    /// The elements of a list, of whatever kind.
    pub fn items<'v>(&mut self, column: &Column, value: &'v str) -> Vec<Value<'v>> {
        if matches!(value.trim_ascii(), "" | "[]") {
            return Vec::new();
        }
        match list::parse(value, &column.syntax) {
            Ok(Value::List(items)) => items,
            Ok(_) => {
                self.cleared("invalid_list", column, value, "is not a list");
                Vec::new()
            }
            Err(error) => {
                let why = format!("is not a list ({error})");
                self.cleared("invalid_list", column, value, &why);
                Vec::new()
            }
        }
    }

    /// A list of dicts with a key and a name, or of names alone; each key counts once, the first time.
    pub fn list<K: Key>(
        &mut self,
        column: &Column,
        value: &str,
        keys: Option<&HashMap<String, NameKey>>,
    ) -> Vec<Named<K>> {
        let items = self.items(column, value);
        let mut list: Vec<Named<K>> = Vec::with_capacity(items.len());
        for item in &items {
            match named(item, column, keys) {
                None => self.incomplete(column, item),
                Some(named) if list.iter().any(|known| known.id == named.id) => {
                    let (code, why) = ("repeated_in_list", "is there already");
                    self.left_out(Severity::Info, code, column, item, why);
                }
                Some(named) => list.push(named),
            }
        }
        list
    }

    /// A list of people with what they do, as JSON: of each its `id`, its `name` and these texts.
    pub fn people(
        &mut self,
        column: &Column,
        value: &str,
        texts: &[&str],
    ) -> Vec<serde_json::Value> {
        let mut people = Vec::new();
        for item in self.items(column, value) {
            let Some(person) = named::<i64>(&item, column, None) else {
                self.incomplete(column, &item);
                continue;
            };
            let mut object = serde_json::Map::new();
            object.insert("id".to_owned(), person.id.into());
            object.insert("name".to_owned(), person.name.into());
            for text in texts {
                if let Some(Value::Str(value)) = item.get(text) {
                    object.insert((*text).to_owned(), value.as_ref().into());
                }
            }
            people.push(object.into());
        }
        people
    }

    /// One dict with a key and a name, or one name.
    pub fn named(
        &mut self,
        column: &Column,
        value: &str,
        keys: Option<&HashMap<String, NameKey>>,
    ) -> Option<Named<i64>> {
        if value.trim_ascii().is_empty() {
            return None;
        }
        let found = match list::parse(value, &column.syntax) {
            Ok(Value::List(names)) => names.first().and_then(|item| named(item, column, keys)),
            Ok(item) => named(&item, column, keys),
            Err(_) => None,
        };
        if found.is_none() {
            let why = format!("is not a dict with {} and {}", column.key, column.label);
            self.cleared("invalid_dict", column, value, &why);
        }
        found
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

fn named<K: Key>(
    item: &Value,
    column: &Column,
    keys: Option<&HashMap<String, NameKey>>,
) -> Option<Named<K>> {
    match item {
        Value::Str(name) if matches!(column.syntax, Syntax::Names(_)) => Some(Named {
            id: list::key_of(name, keys),
            name: name.clone().into_owned(),
        }),
        _ => match (
            item.get(&column.key).and_then(K::read),
            item.get(&column.label),
        ) {
            (Some(id), Some(Value::Str(name))) if !name.is_empty() => Some(Named {
                id,
                name: name.clone().into_owned(),
            }),
            _ => None,
        },
    }
}
