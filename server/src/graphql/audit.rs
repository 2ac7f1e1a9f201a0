//! What people did, and what they tried and were not let.

use super::{
    filter::{
        filter,
        value::{Among, DateTimeFilter, LongFilter, StringFilter, stored},
    },
    order::{Sort, order},
    page::{Connection, Direction, List, PageArgs, cost},
    scalar::{DateTime, Long},
    services,
};
use crate::auth::{Permission, audit};
use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use entity::access::audit_event;
use sea_orm::{ActiveEnum, EntityTrait};

/// What became of something that was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "audit::Outcome")]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// Whoever tried was not allowed to.
    Refused,
    /// It was allowed, and not done for another reason.
    Failed,
}

/// Something that was done or tried; never changed.
#[derive(Clone, Debug, SimpleObject)]
pub struct AuditEvent {
    /// Counts from 1 without a gap.
    id: Long,
    at: DateTime,
    /// The user's name (with the token's where one was used), `command line` or `not signed in`.
    actor: String,
    /// A noun and a verb such as `run.retry`, or `login`.
    action: String,
    /// What it was done to, such as `run 7`.
    subject: String,
    /// Where the request came from.
    address: Option<String>,
    outcome: AuditOutcome,
    /// The error's code, where there was one.
    code: Option<String>,
    /// Why it was not done.
    reason: Option<String>,
    before: Option<String>,
    after: Option<String>,
    /// The hash of the event before.
    previous_hash: String,
    /// The SHA-256 over all of this.
    hash: String,
}

impl From<audit_event::Model> for AuditEvent {
    fn from(event: audit_event::Model) -> Self {
        Self {
            id: event.id.into(),
            at: event.at.into(),
            actor: event.actor,
            action: event.action,
            subject: event.subject,
            address: event.address,
            outcome: event.outcome.into(),
            code: event.code,
            reason: event.reason,
            before: event.value_before,
            after: event.value_after,
            previous_hash: event.previous_hash,
            hash: event.hash,
        }
    }
}

stored! {
    AuditOutcome: |outcome| audit::Outcome::from(*outcome).to_value(),
}

filter! {
    /// Which events.
    AuditFilter of audit_event {
        id: LongFilter = Id,
        at: DateTimeFilter = At,
        /// The user's name; `ada (token nightly)` where one of ada's tokens was used.
        actor: StringFilter = Actor,
        /// A noun and a verb such as `run.undo`, or `login`.
        action: StringFilter = Action,
        /// What it was done to, such as `run 7`.
        subject: StringFilter = Subject,
        address: StringFilter = Address,
        outcome: Among<AuditOutcome> = Outcome,
        code: StringFilter = Code,
        reason: StringFilter = Reason,
        before: StringFilter = ValueBefore,
        after: StringFilter = ValueAfter,
    }
}

order! {
    /// What events can be ordered by.
    AuditOrderField AuditOrder of audit_event {
        Id = Id,
        At = At,
        Actor = Actor,
        Action = Action,
        Subject = Subject,
        Address = Address,
        Outcome = Outcome,
        Code = Code,
    }
}

/// Queries for the audit trail.
#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// What was done and tried, newest first unless ordered otherwise.
    #[graphql(
        guard = "Permission::AuditRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        filter: Option<AuditFilter>,
        order_by: Option<Vec<AuditOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<AuditEvent>> {
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        let (select, key) = (audit_event::Entity::find(), audit_event::Column::Id);
        let usual = vec![Sort::by(key, Direction::Desc)];
        list.of(&services(ctx).db, "", select, usual, key).await
    }
}
