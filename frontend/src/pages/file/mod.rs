//! Files that arrived and what is kept of them.

pub mod detail;
pub mod list;
