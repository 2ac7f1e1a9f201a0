//! What runs do to the figures of companies and genres.

use super::{error::Failure, page::MAX_SIZE};
use async_graphql::{Enum, ID, SimpleObject};
use etl::movers;

/// Most movers of one answer.
pub const MOST: i32 = 100;

/// Whose years move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "movers::Of")]
pub enum MoverNoun {
    Company,
    Genre,
}

/// Which figure moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "movers::Measure")]
pub enum MoverMeasure {
    Revenue,
    Budget,
    Profit,
    MovieCount,
    AveragePopularity,
}

/// A company's or genre's year whose figure changes.
#[derive(Clone, Debug, SimpleObject)]
pub struct Mover {
    /// The company's or genre's; a held run may bring it only when it merges.
    id: ID,
    name: String,
    year: i32,
    /// Null where no movie of the year has a known value.
    before: Option<f64>,
    after: Option<f64>,
    /// `after - before`, where null counts as 0.
    change: f64,
}

impl From<movers::Mover> for Mover {
    fn from(mover: movers::Mover) -> Self {
        Self {
            id: mover.id.into(),
            name: mover.name,
            year: mover.year,
            before: mover.before,
            after: mover.after,
            change: mover.change,
        }
    }
}

/// How many are asked for.
///
/// # Errors
/// [`Failure::Input`] when that is less than none or more than [`MOST`].
pub fn first(first: i32) -> Result<usize, Failure> {
    match usize::try_from(first) {
        Ok(size) if first <= MOST => Ok(size),
        _ => Err(Failure::Input(format!(
            "first must be between 0 and {MOST}, not {first}"
        ))),
    }
}

/// What some rows cost of a request's complexity.
pub fn cost(first: i32, row: usize) -> usize {
    first.clamp(1, MAX_SIZE).unsigned_abs() as usize * row
}
