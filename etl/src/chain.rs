//! What every step of the chain works with.

use crate::{archive::Archive, source::Catalog};
use sea_orm::DatabaseConnection;
use std::sync::Arc;
use tokio::sync::Notify;

/// The stores of one instance; cheap to clone.
#[derive(Clone)]
pub struct Chain {
    /// Where staging, mart, aggregates and the ledger live.
    pub db: DatabaseConnection,
    /// Where raw and transformed files live.
    pub archive: Archive,
    /// By which files are recognised.
    pub sources: Catalog,
    /// This worker's name in leases, such as `host-4711`.
    pub worker: String,
    /// Notified when this process has changed a run. A hint: what other processes change, only the database tells.
    pub news: Arc<Notify>,
}
