//! Ingest runs: what happened, what was wrong with the rows, and what can be done about it.

mod action;
pub mod bulk;
mod change;
mod chooser;
mod companion;
pub mod compare;
mod correct;
pub mod detail;
mod diff;
mod event;
mod filter;
mod flow;
mod issue;
mod lineage;
pub mod list;
mod mover;
mod phases;
mod preview;
mod record;
mod reject;
pub mod reprocess;
mod rules;
mod stats;
mod tabs;
mod undo;
