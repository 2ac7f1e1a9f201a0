//! The trail of what people did, and of what they tried and were not let.
//!
//! Events are only ever added. Each has a number and holds the hash of the one before, so that none can be
//! changed or taken out without the rest showing it; `audit_head` has the last one's number and hash, so that the
//! end cannot be cut off either. [`check`] looks at all of that.

mod check;
mod export;
mod filter;
mod hash;

pub use check::check;
pub use entity::access::audit_event::Outcome;
pub use export::{Shape, stream};
pub use filter::Filter;

use crate::database;
use chrono::{SubsecRound, Utc};
use entity::access::{audit_event, audit_head};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, TransactionSession,
    TransactionTrait,
};
use std::net::IpAddr;

/// Longest actor and subject the table takes.
const MAX_NAME: usize = 190;
/// Longest value and reason that are kept, in characters.
const MAX_VALUE: usize = 10_000;

/// Who acts when a command is typed on the machine itself.
pub const COMMAND_LINE: &str = "command line";
/// Who acts when nobody is signed in; no user can be called so.
pub const STRANGER: &str = "not signed in";

/// Something somebody did that changed something, or tried to do.
#[derive(Clone, Debug, Default)]
pub struct Event<'a> {
    /// The user's name (with the token's where one was used), [`COMMAND_LINE`] or [`STRANGER`].
    pub actor: &'a str,
    /// A noun and a verb such as `run.retry`, or `login`.
    pub action: &'a str,
    /// What it was done to, such as `user ada` or `run 7`.
    pub subject: String,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// What became of it; `Done` where nothing else is said.
    pub outcome: Outcome,
    /// The error's code, where there was one.
    pub code: Option<&'static str>,
    /// Why it was not done.
    pub reason: Option<String>,
    /// The value before.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
}

/// Writes an event down: in the change's own transaction where there is one, as the last thing in it, because
/// from here to its end nobody else can write one.
///
/// # Errors
/// When the database does not answer.
pub async fn record<C>(db: &C, event: Event<'_>) -> Result<(), DbErr>
where
    C: ConnectionTrait + TransactionTrait,
{
    const COUNT: &str = "UPDATE audit_head SET sequence = sequence + 1 WHERE id = 1";
    const MOVE: &str = "UPDATE audit_head SET hash = ? WHERE id = 1";
    let tx = db.begin().await?;
    // Locks the head until the transaction ends, so that events are chained one after another.
    database::execute(&tx, COUNT, []).await?;
    let head = audit_head::Entity::find_by_id(1).one(&tx).await?;
    let head = head.ok_or_else(|| DbErr::Custom("the audit trail has no head".to_owned()))?;
    let value = |text: Option<String>| text.map(|text| short(&text, MAX_VALUE));
    let mut row = audit_event::Model {
        id: head.sequence,
        // As precise as both engines keep it.
        at: Utc::now().trunc_subsecs(6),
        actor: short_name(event.actor),
        action: event.action.to_owned(),
        subject: short_name(&event.subject),
        address: event.address.map(|address| address.to_string()),
        outcome: event.outcome,
        code: event.code.map(str::to_owned),
        reason: value(event.reason),
        value_before: value(event.before),
        value_after: value(event.after),
        previous_hash: head.hash,
        hash: String::new(),
    };
    row.hash = hash::of(&row);
    let hash = row.hash.clone();
    audit_event::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(&tx)
        .await?;
    database::execute(&tx, MOVE, [hash.into()]).await?;
    tx.commit().await
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// A name as long as the tables take it.
pub(crate) fn short_name(name: &str) -> String {
    short(name, MAX_NAME)
}
