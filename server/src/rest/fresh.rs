//! Which state of the mart an answer is of, and whether whoever asks has it already.

use super::form::Form;
use crate::auth::Viewer;
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use entity::ingest::mart_state;
use sea_orm::{DatabaseConnection, DbErr, EntityTrait};
use sha2::{Digest, Sha256};

/// The header that tells an answer's data version.
pub const DATA_VERSION: HeaderName = HeaderName::from_static("x-marquee-data-version");

/// The newest data version.
///
/// # Errors
/// When the database does not answer.
pub async fn version(db: &DatabaseConnection) -> Result<i32, DbErr> {
    let state = mart_state::Entity::find_by_id(1).one(db).await?;
    Ok(state.map_or(0, |state| state.version))
}

/// The strong tag of the answer to a request: another one whenever the answer may be.
pub fn etag(version: i32, uri: &Uri, viewer: &Viewer, form: Form) -> String {
    let mut hasher = Sha256::new();
    // A newer server may write the same data otherwise.
    hasher.update(env!("CARGO_PKG_VERSION"));
    hasher.update(version.to_le_bytes());
    hasher.update([form as u8]);
    for permission in &viewer.permissions {
        hasher.update(permission.name());
        hasher.update([0]);
    }
    hasher.update(uri.to_string());
    format!("\"{}\"", hex::encode(&hasher.finalize()[..16]))
}

/// The headers of an answer, whether it has a body or not.
pub fn headers(version: i32, etag: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(DATA_VERSION, version.into());
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    // Browsers keep it, but ask whether it is still so.
    let private = HeaderValue::from_static("private, no-cache");
    headers.insert(header::CACHE_CONTROL, private);
    let vary = HeaderValue::from_static("accept, authorization, cookie");
    headers.insert(header::VARY, vary);
    headers
}

/// Whether `If-None-Match` names a tag (RFC 9110, 13.1.2: weakly compared). `*` names none: whether there is anything
/// at all is known only once it has been read.
pub fn matches(asked: &HeaderMap, etag: &str) -> bool {
    let lines = asked.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim);
    tags.any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The answer that whoever asks has the right one already.
pub fn not_modified(version: i32, etag: &str) -> Response {
    (StatusCode::NOT_MODIFIED, headers(version, etag)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(asked: &str, found: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, asked.parse().unwrap());
        assert_eq!(matches(&headers, "\"ab\""), found, "{asked}");
    }

    #[test]
    fn tags_are_found_in_lists_and_weak_ones_too() {
        check("\"ab\"", true);
        check("\"x\", \"ab\"", true);
        check("W/\"ab\"", true);
        check("*", false);
        check("\"abc\"", false);
        check("ab", false);
        check("", false);
        assert!(!matches(&HeaderMap::new(), "\"ab\""));
    }
}
