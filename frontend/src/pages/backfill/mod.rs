//! Backfills: groups of runs that read archived files again.

pub mod detail;
pub mod list;
pub mod progress;
pub mod start;
