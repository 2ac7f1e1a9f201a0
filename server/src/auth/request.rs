//! Whose a request is: what it shows of it is read here, whatever way the request came.

use super::{
    Viewer,
    session::{self, Token},
};
use axum::http::HeaderMap;
use sea_orm::{DatabaseConnection, DbErr};
use std::collections::HashMap;

/// Who is asking, and what shows it; none where the request shows nothing that holds.
///
/// # Errors
/// When the database does not answer.
pub async fn viewer_of_request(
    db: &DatabaseConnection,
    headers: &HeaderMap,
) -> Result<Option<(Viewer, Token)>, DbErr> {
    let Some(token) = Token::of(headers) else {
        return Ok(None);
    };
    let viewer = session::viewer(db, &token).await?;
    Ok(viewer.map(|viewer| (viewer, token)))
}

/// Who these are now: what no longer holds is not among the answer.
///
/// # Errors
/// When the database does not answer.
pub async fn viewers(
    db: &DatabaseConnection,
    tokens: &[Token],
) -> Result<HashMap<Token, Viewer>, DbErr> {
    session::viewers(db, tokens).await
}
