//! Reading the mart as it was.
//!
//! What is read as of a data version passes the version on to all it is asked for: the companies of a past movie
//! are those of then, by their names of then, with their figures of then.

use super::{error::Failure, loaders, services};
use async_graphql::{Context, Result};
use etl::history;

/// The words before a statement that reads a data version, which must be one there is; none for the newest one.
///
/// # Errors
/// [`Failure::Input`] when there is no such version.
pub async fn past(ctx: &Context<'_>, as_of: Option<i32>) -> Result<String> {
    let Some(version) = as_of else {
        return Ok(String::new());
    };
    let newest = loaders(ctx).newest.load(()).await?.unwrap_or_default();
    if !(0..=newest).contains(&version) {
        let message =
            format!("asOf: there is no data version {version}; they go from 0 to {newest}");
        return Err(Failure::Input(message).into());
    }
    let backend = services(ctx).db.get_database_backend();
    Ok(history::as_of(backend, version))
}

/// Refuses to answer with the present what is asked as of a version, where only the present is kept.
///
/// # Errors
/// [`Failure::Input`] when a version is asked for.
pub fn only_now(as_of: Option<i32>, what: &str) -> Result<(), Failure> {
    match as_of {
        None => Ok(()),
        Some(version) => Err(Failure::Input(format!(
            "{what} are not kept as of a data version: leave them out, or asOf ({version})"
        ))),
    }
}
