//! What every step of the chain works with.

use crate::{archive::Archive, rules::RuleSet};
use sea_orm::DatabaseConnection;
use std::sync::Arc;

/// The stores and rules of one instance; cheap to clone.
#[derive(Clone)]
pub struct Chain {
    /// Where staging, mart, aggregates and the ledger live.
    pub db: DatabaseConnection,
    /// Where raw and transformed files live.
    pub archive: Archive,
    /// The rules new runs are read under.
    pub rules: Arc<RuleSet>,
    /// This worker's name in leases, such as `host-4711`.
    pub worker: String,
}
