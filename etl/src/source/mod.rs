//! The formats Marquee reads: each recognises a file by its header and turns records into movies.

mod field;
mod movies_dataset;

pub use field::shown;
pub use movies_dataset::{MoviesDataset, field_count};

use crate::{Error, Result};

/// Finds the format a header belongs to; names are compared without regard to case and outer blanks.
///
/// # Errors
/// [`Error::Input`] naming the nearest format and the columns that differ.
pub fn recognise(file: &str, header: &[&str]) -> Result<MoviesDataset> {
    let names: Vec<String> = header
        .iter()
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let columns = movies_dataset::COLUMNS;
    let order: Option<Vec<usize>> = columns
        .iter()
        .map(|column| names.iter().position(|name| name == column))
        .collect();
    if let Some(order) = order
        && names.len() == columns.len()
    {
        return Ok(MoviesDataset::new(order));
    }
    let missing: Vec<&str> = columns
        .iter()
        .copied()
        .filter(|column| !names.iter().any(|name| name == column))
        .collect();
    let unknown: Vec<String> = names
        .iter()
        .enumerate()
        .filter(|(at, name)| !columns.contains(&name.as_str()) || names[..*at].contains(name))
        .map(|(_, name)| name.chars().take(40).collect())
        .take(24)
        .collect();
    let mut what = Vec::new();
    if !missing.is_empty() {
        what.push(format!("it lacks {}", missing.join(", ")));
    }
    if !unknown.is_empty() {
        what.push(format!("it has besides {}", unknown.join(", ")));
    }
    Err(Error::Input(format!(
        "{file}, line 1: the header is of no known format; the nearest is {}, but {}. \
         Send the file with that header",
        MoviesDataset::NAME,
        what.join(" and ")
    )))
}
