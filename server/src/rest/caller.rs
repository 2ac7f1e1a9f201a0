//! Who asks.

use super::problem::Problem;
use crate::{
    app::App,
    auth::{
        AccessError, Client, Denied, Permission, Viewer,
        audit::{self, Outcome},
        require, viewer_of,
    },
};
use axum::http::HeaderMap;
use std::sync::Arc;

/// Who sends a request, where they have the permission for what is called `subject`; a person or token without it is
/// written down.
///
/// # Errors
/// 401, 403, and 429 after too many guesses.
pub async fn caller(
    app: &App,
    (headers, client): (&HeaderMap, Client),
    permission: Permission,
    subject: &str,
) -> Result<Arc<Viewer>, Problem> {
    let viewer = viewer_of(&app.services.access, headers, client).await?;
    let Some(viewer) = viewer else {
        return Err(AccessError::from(Denied::Unauthenticated).into());
    };
    let Err(denied) = require(Some(&viewer), permission) else {
        return Ok(viewer);
    };
    let event = audit::Event {
        actor: &viewer.name,
        action: "read",
        subject: subject.to_owned(),
        address: client.address,
        outcome: Outcome::Refused,
        code: Some(denied.code()),
        reason: Some(denied.to_string()),
        ..Default::default()
    };
    audit::record(&app.services.work, event).await?;
    Err(AccessError::from(denied).into())
}
