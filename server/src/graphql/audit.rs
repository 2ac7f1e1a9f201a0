//! What people did, and what they tried and were not let.

use super::{
    order::Sort,
    page::{Connection, Direction, PageArgs, cost, page},
    scalar::{DateTime, Long},
    services,
};
use crate::auth::{Permission, audit};
use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use entity::access::audit_event;
use sea_orm::{EntityTrait, QueryFilter};

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

/// Which events; what is left out leaves none out.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AuditFilter {
    /// By any of these: a user, by password or by any of the user's tokens.
    actor: Option<Vec<String>>,
    /// Any of these actions, such as `run.undo`; a noun such as `run` is all that is done to it.
    action: Option<Vec<String>>,
    /// A text that the subject contains, without regard to case.
    subject: Option<String>,
    /// From any of these addresses.
    address: Option<Vec<String>>,
    /// With any of these outcomes.
    outcome: Option<Vec<AuditOutcome>>,
    /// At this instant or later.
    since: Option<DateTime>,
    /// Before this instant.
    until: Option<DateTime>,
}

impl From<AuditFilter> for audit::Filter {
    fn from(filter: AuditFilter) -> Self {
        let outcomes = filter.outcome;
        Self {
            actors: filter.actor,
            actions: filter.action,
            subject: filter.subject,
            addresses: filter.address,
            outcomes: outcomes.map(|list| list.into_iter().map(Into::into).collect()),
            since: filter.since.map(|at| at.0),
            until: filter.until.map(|at| at.0),
        }
    }
}

/// Queries for the audit trail.
#[derive(Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// What was done and tried, newest first.
    #[graphql(
        guard = "Permission::AuditRead",
        complexity = "cost(first, last, child_complexity)"
    )]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        filter: Option<AuditFilter>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<AuditEvent>> {
        let args = PageArgs::new((first, after), (last, before));
        let id = audit_event::Column::Id;
        let db = &services(ctx).db;
        let filter = audit::Filter::from(filter.unwrap_or_default());
        let select =
            audit_event::Entity::find().filter(filter.condition(db.get_database_backend()));
        page(
            db,
            "",
            select,
            vec![Sort::by(id, Direction::Desc)],
            id,
            &args,
        )
        .await
    }
}
