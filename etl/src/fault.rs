//! What is wrong with a TOML document, by line and column.

use std::fmt;

/// Something that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

/// Collects the problems of a text.
pub struct Faults<'a> {
    text: &'a str,
    pub found: Vec<Problem>,
}

impl<'a> Faults<'a> {
    /// None yet.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            found: Vec::new(),
        }
    }

    /// Notes a problem at a byte of the text.
    pub fn at(&mut self, offset: usize, message: impl Into<String>) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        self.found.push(Problem {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        });
    }

    /// Reads the text as TOML.
    ///
    /// # Errors
    /// The one problem that keeps it from being read.
    pub fn read<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Vec<Problem>> {
        toml::from_str(self.text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            self.at(offset, error.message());
            std::mem::take(&mut self.found)
        })
    }

    /// The document, if nothing is wrong with it.
    ///
    /// # Errors
    /// All problems in the text's order.
    pub fn or<T>(mut self, document: T) -> Result<T, Vec<Problem>> {
        if self.found.is_empty() {
            return Ok(document);
        }
        self.found
            .sort_by_key(|problem| (problem.line, problem.column));
        Err(self.found)
    }
}
