//! Who does something, and by which way a run is asked for.

use crate::audit::{self, COMMAND_LINE, Event, short_name};
use entity::ingest::{Trigger, run};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, DbErr};
use std::net::IpAddr;

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By<'a> {
    /// The user's name (with the token's where one was used), or `command line`.
    pub actor: &'a str,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

impl By<'static> {
    /// Whoever types a command.
    pub const COMMAND_LINE: Self = Self::named(COMMAND_LINE);
}

impl<'a> By<'a> {
    /// Somebody of that name, from no known address.
    pub const fn named(actor: &'a str) -> Self {
        Self {
            actor,
            address: None,
        }
    }

    /// Writes down what was done, as the last thing in the transaction that does it.
    pub(crate) async fn record(
        self,
        tx: &DatabaseTransaction,
        event: Event<'_>,
    ) -> Result<(), DbErr> {
        let event = Event {
            actor: self.actor,
            address: self.address,
            ..event
        };
        audit::record(tx, event).await
    }
}

/// Whoever asks for a run, or for something to be done with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker<'a> {
    trigger: Trigger,
    by: Option<By<'a>>,
}

impl<'a> Asker<'a> {
    /// Who asks through the API.
    pub fn api(by: By<'a>) -> Self {
        Self {
            trigger: Trigger::Api,
            by: Some(by),
        }
    }

    /// The columns of a run that say so.
    pub(crate) fn columns(self) -> run::ActiveModel {
        run::ActiveModel {
            triggered_by: Set(self.trigger),
            requested_by: Set(self.by.map(|by| short_name(by.actor))),
            ..Default::default()
        }
    }

    /// As [`By::record`]; what nobody is known to have done is not written down.
    pub(crate) async fn record(
        self,
        tx: &DatabaseTransaction,
        event: Event<'_>,
    ) -> Result<(), DbErr> {
        match self.by {
            Some(by) => by.record(tx, event).await,
            None => Ok(()),
        }
    }

    /// Writes down that something was done to the subject by queueing these runs.
    pub(crate) async fn queued(
        self,
        tx: &DatabaseTransaction,
        action: &str,
        subject: String,
        runs: &[i64],
    ) -> Result<(), DbErr> {
        let runs: Vec<String> = runs.iter().map(|id| format!("run {id}")).collect();
        let event = Event {
            action,
            subject,
            after: Some(runs.join(", ")),
            ..Default::default()
        };
        self.record(tx, event).await
    }
}

/// Who types a command is the command line; nobody asks for what arrives in the inbox, or has a name where only the
/// way is known.
impl From<Trigger> for Asker<'_> {
    fn from(trigger: Trigger) -> Self {
        let by = match trigger {
            Trigger::Command => Some(By::COMMAND_LINE),
            Trigger::Inbox | Trigger::Api => None,
        };
        Self { trigger, by }
    }
}
