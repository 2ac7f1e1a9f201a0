//! Answers in a compressed form, for whoever accepts it.

use crate::fresh;
use axum::{
    Router,
    extract::Request,
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header},
    middleware::{self, Next},
    response::Response,
};
use tower_http::compression::{
    CompressionLayer, CompressionLevel,
    predicate::{Predicate, SizeAbove},
};

/// Answers of fewer bytes gain nothing.
const LEAST: u64 = 1024;

/// Compresses what is long and is text: answers in JSON and CSV. The UI's files have been compressed when it was
/// built, and files are sent as they lie in the archive.
pub fn compressed<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    let layer = CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(SizeAbove::new(LEAST).and(
            |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| is_text(headers),
        ));
    routes.layer(layer).layer(middleware::from_fn(tagged))
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let is_file = headers.contains_key(header::ACCEPT_RANGES);
    !is_file && (kind == "text/csv" || kind.starts_with("application/") && kind.ends_with("json"))
}

/// Gives the compressed form of an answer a tag of its own, as a strong one must be.
async fn tagged(request: Request, next: Next) -> Response {
    let asked = request.headers().get_all(header::IF_NONE_MATCH);
    let asked: Vec<HeaderValue> = asked.iter().cloned().collect();
    let mut response = next.run(request).await;
    let Some(tag) = response.headers().get(header::ETAG) else {
        return response;
    };
    let Some(tag) = tag.to_str().ok().and_then(fresh::compressed) else {
        return response;
    };
    let is_compressed = match response.status() {
        StatusCode::NOT_MODIFIED => asked
            .iter()
            .any(|given| given.to_str().is_ok_and(|given| given.contains(&tag))),
        _ => {
            let headers = response.headers();
            let coding = headers.get(header::CONTENT_ENCODING);
            is_text(headers) && coding.is_some_and(|coding| coding == "gzip")
        }
    };
    if is_compressed && let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
