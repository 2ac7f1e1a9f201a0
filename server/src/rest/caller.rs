//! Who asks.

use super::problem::Problem;
use crate::{
    app::App,
    auth::{
        Permission, Viewer, require,
        session::{self, Token},
    },
};
use axum::http::HeaderMap;

/// Who sends a request, where they have the permission.
///
/// # Errors
/// 401 and 403.
pub async fn caller(
    app: &App,
    headers: &HeaderMap,
    permission: Permission,
) -> Result<Viewer, Problem> {
    let viewer = match Token::of(headers) {
        Some(token) => session::viewer(&app.services.db, &token).await?,
        None => None,
    };
    Ok(require(viewer.as_ref(), permission)?.clone())
}
