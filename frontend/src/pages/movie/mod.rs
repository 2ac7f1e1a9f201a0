//! Movies and where their values come from.

pub mod detail;
pub mod list;
