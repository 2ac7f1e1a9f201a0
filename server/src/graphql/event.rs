//! The log of a run.

use super::scalar::DateTime;
use async_graphql::{Enum, ID, SimpleObject};
use entity::ingest::{self, run_event};

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ingest::EventLevel")]
pub enum EventLevel {
    Info,
    Warn,
    Error,
}

/// A line of a run's log.
#[derive(Clone, Debug, SimpleObject)]
pub struct RunEvent {
    id: ID,
    at: DateTime,
    level: EventLevel,
    message: String,
}

impl From<run_event::Model> for RunEvent {
    fn from(row: run_event::Model) -> Self {
        Self {
            id: row.id.into(),
            at: row.at.into(),
            level: row.level.into(),
            message: row.message,
        }
    }
}
