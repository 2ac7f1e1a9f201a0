//! Who asks for a run, and by which way.

use crate::audit::{COMMAND_LINE, short_name};
use entity::ingest::{Trigger, run};
use sea_orm::ActiveValue::Set;

/// Whoever asks for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker<'a> {
    trigger: Trigger,
    name: Option<&'a str>,
}

impl<'a> Asker<'a> {
    /// Who asks through the API, by the name under which it is written down in the audit trail.
    pub fn api(name: &'a str) -> Self {
        Self {
            trigger: Trigger::Api,
            name: Some(name),
        }
    }

    /// The columns of a run that say so.
    pub(crate) fn columns(self) -> run::ActiveModel {
        run::ActiveModel {
            triggered_by: Set(self.trigger),
            requested_by: Set(self.name.map(short_name)),
            ..Default::default()
        }
    }
}

/// Who types a command is the command line; nobody asks for what arrives in the inbox, or has a name where only the
/// way is known.
impl From<Trigger> for Asker<'_> {
    fn from(trigger: Trigger) -> Self {
        let name = match trigger {
            Trigger::Command => Some(COMMAND_LINE),
            Trigger::Inbox | Trigger::Api => None,
        };
        Self { trigger, name }
    }
}
