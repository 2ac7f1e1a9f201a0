//! Files that arrived and what is kept of them.

mod custody;
pub mod detail;
mod filter;
pub mod format;
pub mod list;
pub mod queue;
mod upload;
