//! Ingest runs: what happened, and what was wrong with the rows.

mod action;
mod change;
pub mod detail;
pub mod event;
pub mod issue;
pub mod list;
pub mod phases;
pub mod reject;
pub mod tabs;
