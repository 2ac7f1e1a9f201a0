//! Companies and what they earned.

pub mod detail;
pub mod list;
