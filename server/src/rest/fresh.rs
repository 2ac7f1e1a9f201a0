//! Which state of the mart an answer is of, and whether whoever asks has it already.

use super::form::Form;
use crate::{
    auth::Viewer,
    fresh::{self, Tag, VERSION, Version},
};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

/// The strong tag of the answer to a request: another one whenever the answer may be.
pub fn etag(version: &Version, uri: &Uri, viewer: &Viewer, form: Form) -> Tag {
    // A newer server may write the same data otherwise.
    let server = env!("CARGO_PKG_VERSION").as_bytes();
    let (uri, form) = (uri.to_string(), [form as u8]);
    let permissions = viewer.permissions.iter().map(|one| one.name().as_bytes());
    let parts: Vec<_> = [b"REST", server, uri.as_bytes(), &form]
        .into_iter()
        .chain(permissions)
        .collect();
    fresh::etag(version, &parts)
}

/// The headers of an answer, whether it has a body or not.
pub fn headers(version: &Version, etag: Tag) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(VERSION, version.number.into());
    if let Ok(etag) = HeaderValue::from_str(&etag.header()) {
        headers.insert(header::ETAG, etag);
    }
    // Browsers keep it, but ask whether it is still so.
    let private = HeaderValue::from_static("private, no-cache");
    headers.insert(header::CACHE_CONTROL, private);
    let vary = HeaderValue::from_static("accept, authorization, cookie");
    headers.insert(header::VARY, vary);
    headers
}

/// The answer that whoever asks has the right one already.
pub fn not_modified(version: &Version, etag: Tag) -> Response {
    (StatusCode::NOT_MODIFIED, headers(version, etag)).into_response()
}
