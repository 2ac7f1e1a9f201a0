//! Which events are looked at.

use super::Outcome;
use crate::database::{comparable, containing};
use chrono::{DateTime, Utc};
use entity::access::audit_event::Column::{
    Action, Actor, Address, At, Outcome as OutcomeIs, Subject,
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseBackend,
    sea_query::{Expr, ExprTrait},
};

/// Which events; what is none leaves none out.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// By any of these: a user, by password or by any of the user's tokens.
    pub actors: Option<Vec<String>>,
    /// Any of these actions, such as `run.undo`; a noun such as `run` is all that is done to it.
    pub actions: Option<Vec<String>>,
    /// A text that the subject contains, without regard to case.
    pub subject: Option<String>,
    /// From any of these addresses.
    pub addresses: Option<Vec<String>>,
    /// With any of these outcomes.
    pub outcomes: Option<Vec<Outcome>>,
    /// At this instant or later.
    pub since: Option<DateTime<Utc>>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
}

impl Filter {
    /// The condition that chooses them.
    pub fn condition(&self, backend: DatabaseBackend) -> Condition {
        let mut all = Condition::all();
        if let Some(actors) = &self.actors {
            all = all.add(actors.iter().fold(none(), |any, actor| {
                let tokens = Actor.gte(format!("{actor} (token "));
                let tokens = tokens.and(Actor.lt(format!("{actor} (token !")));
                any.add(Actor.eq(actor)).add(tokens)
            }));
        }
        if let Some(actions) = &self.actions {
            all = all.add(actions.iter().fold(none(), |any, action| {
                let of_noun = Action.gte(format!("{action}."));
                let of_noun = of_noun.and(Action.lt(format!("{action}/")));
                any.add(Action.eq(action)).add(of_noun)
            }));
        }
        if let Some(part) = &self.subject {
            let subject = Expr::col(Subject.as_column_ref());
            all = all.add(containing(backend, subject, part));
        }
        if let Some(addresses) = &self.addresses {
            all = all.add(Address.is_in(addresses));
        }
        if let Some(outcomes) = &self.outcomes {
            all = all.add(OutcomeIs.is_in(outcomes.iter().copied()));
        }
        if let Some(since) = self.since {
            all = all.add(At.gte(comparable(since)));
        }
        if let Some(until) = self.until {
            all = all.add(At.lt(comparable(until)));
        }
        all
    }
}

/// A condition that nothing meets, until something is added to it.
fn none() -> Condition {
    Condition::any().add(Expr::cust("1 = 0"))
}
