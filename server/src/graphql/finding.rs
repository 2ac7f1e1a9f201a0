//! What rejects and issues have in common.

use super::filter::value::stored;
use async_graphql::Enum;
use entity::ingest;
use sea_orm::ActiveEnum;

/// How much a reject or an issue matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ingest::Severity")]
pub enum Severity {
    /// Good to know; there is nothing to do.
    Info,
    /// A value was changed or left out, or is doubtful.
    Warning,
    /// Somebody should see to it, as where a record is no movie.
    Error,
}

stored! {
    Severity: |severity| ingest::Severity::from(*severity).to_value(),
}
