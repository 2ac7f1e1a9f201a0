//! The log of a run.

use super::{
    filter::{
        filter,
        value::{Among, DateTimeFilter, IdFilter, StringFilter, stored},
    },
    order::order,
    scalar::DateTime,
};
use async_graphql::{Enum, ID, SimpleObject};
use entity::ingest::{self, run_event};
use sea_orm::ActiveEnum;

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

stored! {
    EventLevel: |level| ingest::EventLevel::from(*level).to_value(),
}

filter! {
    /// Which lines of a run's log.
    RunEventFilter of run_event {
        id: IdFilter = Id,
        at: DateTimeFilter = At,
        level: Among<EventLevel> = Level,
        message: StringFilter = Message,
    }
}

order! {
    /// What lines of a run's log can be ordered by.
    RunEventOrderField RunEventOrder of run_event {
        Id = Id,
        At = At,
        Level = Level,
    }
}
