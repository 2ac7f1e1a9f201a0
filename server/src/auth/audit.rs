//! The trail of what people did.

use chrono::Utc;
use entity::access::audit_event;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbErr};
use std::net::IpAddr;

/// Longest actor and subject the table takes.
const MAX_NAME: usize = 190;

/// Something a person did that changed something.
#[derive(Clone, Debug, Default)]
pub struct Event<'a> {
    /// The user's name, or `command line`.
    pub actor: &'a str,
    /// A verb such as `login` or `run.retry`.
    pub action: &'static str,
    /// What it was done to, such as `user ada` or `run 7`.
    pub subject: String,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// The value before.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
}

/// Who acts when a command is typed on the machine itself.
pub const COMMAND_LINE: &str = "command line";

/// Writes an event down; in the change's own transaction where there is one.
///
/// # Errors
/// When the database does not answer.
pub async fn record<C: ConnectionTrait>(db: &C, event: Event<'_>) -> Result<(), DbErr> {
    let short = |text: &str| text.chars().take(MAX_NAME).collect::<String>();
    audit_event::ActiveModel {
        at: Set(Utc::now()),
        actor: Set(short(event.actor)),
        action: Set(event.action.to_owned()),
        subject: Set(short(&event.subject)),
        address: Set(event.address.map(|address| address.to_string())),
        value_before: Set(event.before),
        value_after: Set(event.after),
        ..Default::default()
    }
    .insert(db)
    .await?;
    Ok(())
}
