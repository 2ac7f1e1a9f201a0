//! Genres and their years.

pub mod detail;
pub mod list;
mod popular;
