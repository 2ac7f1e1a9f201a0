//! Rows as CSV.

use super::problem::Problem;
use axum::body::Bytes;
use etl::finding::spreadsheet;
use serde::Serialize;
use std::borrow::Cow;

/// What a list holds: an object in JSON, a line in CSV.
pub trait Row: Serialize + Send + 'static {
    /// The names of the line's columns, which stay as they are.
    const COLUMNS: &'static [&'static str];

    /// A cell for each column: numbers plain, nothing where there is no value.
    fn cells(&self) -> Vec<Cow<'_, str>>;
}

/// The header row.
///
/// # Errors
/// When it cannot be written.
pub fn head<T: Row>() -> Result<Bytes, Problem> {
    let names = T::COLUMNS.iter().map(|name| (*name).into()).collect();
    Ok(spreadsheet::rows([names])?.into())
}

/// Some rows, in RFC 4180's form and safe for spreadsheets.
///
/// # Errors
/// When they cannot be written.
pub fn body<T: Row>(rows: &[T]) -> Result<Bytes, Problem> {
    Ok(spreadsheet::rows(rows.iter().map(Row::cells))?.into())
}

/// The header and all rows.
///
/// # Errors
/// When they cannot be written.
pub fn whole<T: Row>(rows: &[T]) -> Result<Bytes, Problem> {
    Ok([head::<T>()?, body(rows)?].concat().into())
}

/// A value as a cell.
pub fn cell<T: ToString>(value: Option<T>) -> Cow<'static, str> {
    value.map_or(Cow::Borrowed(""), |value| value.to_string().into())
}

/// A text as a cell.
pub fn text(value: &Option<String>) -> Cow<'_, str> {
    value.as_deref().unwrap_or_default().into()
}
