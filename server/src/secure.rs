//! What holds for every request, whatever it asks for: where it comes from, whether another site's page sent it,
//! and what browsers are told with the answer.

use crate::{app::App, auth::Client, fresh::VERSION};
use axum::{
    Json, Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{net::SocketAddr, time::Duration};
use tower_http::cors::CorsLayer;

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Finds out where a request comes from, refuses what another site's page has a browser send, and tells browsers
/// to be strict. A page that brings a `Content-Security-Policy` or `X-Frame-Options` of its own keeps it.
pub async fn secured(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let access = &app.services.access;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let client = match peer {
        Some(ConnectInfo(peer)) => access.proxies.client(*peer, request.headers()),
        None => Client::default(),
    };
    request.extensions_mut().insert(client);
    let mut response = match is_forged(&request, client, &access.origins) {
        true => foreign(client),
        false => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if client.secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

fn foreign(client: Client) -> Response {
    tracing::warn!(address = ?client.address, "refused a request that another site's page has sent");
    let message = "another site's page cannot send this";
    let error = json!({"message": message, "extensions": {"code": "FORBIDDEN"}});
    let body = json!({"data": null, "errors": [error]});
    (StatusCode::FORBIDDEN, Json(body)).into_response()
}

/// Whether a request that may change something, or opens a socket that may, was sent by a browser for a page of
/// another site that is not listed. What is no browser says nothing of a page.
fn is_forged(request: &Request, client: Client, origins: &[HeaderValue]) -> bool {
    let headers = request.headers();
    let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if reads && !headers.contains_key(header::UPGRADE) {
        return false;
    }
    let origin = headers.get(header::ORIGIN);
    if origin.is_some_and(|origin| origins.contains(origin)) {
        return false;
    }
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(b"same-origin" | b"none") => false,
        Some(_) => true,
        None => origin.is_some_and(|origin| !is_own(origin, headers, client)),
    }
}

/// Whether an origin is the one that the request was sent to.
fn is_own(origin: &HeaderValue, headers: &HeaderMap, client: Client) -> bool {
    let forwarded = headers.get("x-forwarded-host").filter(|_| client.proxied);
    let host = forwarded.or_else(|| headers.get(header::HOST));
    let Some(host) = host.and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let origin = origin
        .to_str()
        .ok()
        .and_then(|text| url::Url::parse(text).ok());
    let Some(origin) = origin else {
        return false;
    };
    // A host without a port has the origin's scheme's.
    let own = url::Url::parse(&format!("{}://{host}", origin.scheme()));
    own.is_ok_and(|own| origin.has_host() && own.origin() == origin.origin())
}

/// Lets pages of the listed sites ask, with a token of their own and without cookies. Where none is listed there is
/// nothing that answers them.
pub fn cors<S: Clone + Send + Sync + 'static>(
    routes: Router<S>,
    origins: &[HeaderValue],
) -> Router<S> {
    if origins.is_empty() {
        return routes;
    }
    let exposed = [
        header::ETAG,
        header::LINK,
        header::RETRY_AFTER,
        header::CONTENT_DISPOSITION,
        VERSION,
    ];
    let layer = CorsLayer::new()
        .allow_origin(origins.to_vec())
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
        ])
        .expose_headers(exposed)
        .max_age(Duration::from_secs(600));
    routes.layer(layer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn check(method: &str, headers: &[(&str, &str)], forged: bool) {
        let mut request = Request::builder().method(method).uri("/graphql");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let origins = [HeaderValue::from_static("https://reports.example")];
        let found = is_forged(&request, Client::default(), &origins);
        assert_eq!(found, forged, "{method} {headers:?}");
    }

    #[test]
    fn only_own_and_listed_pages_may_change_something() {
        let host = ("host", "mart.example:8080");
        check("POST", &[host], false);
        check(
            "POST",
            &[host, ("origin", "http://mart.example:8080")],
            false,
        );
        check(
            "POST",
            &[("host", "mart.example"), ("origin", "https://mart.example")],
            false,
        );
        check("POST", &[host, ("origin", "http://mart.example")], true);
        check("POST", &[host, ("origin", "https://evil.example")], true);
        check("POST", &[host, ("origin", "null")], true);
        check(
            "POST",
            &[host, ("origin", "https://reports.example")],
            false,
        );
        check("POST", &[host, ("sec-fetch-site", "same-origin")], false);
        check("POST", &[host, ("sec-fetch-site", "none")], false);
        check("POST", &[host, ("sec-fetch-site", "same-site")], true);
        check("POST", &[host, ("sec-fetch-site", "cross-site")], true);
        let listed = ("origin", "https://reports.example");
        check(
            "POST",
            &[host, ("sec-fetch-site", "cross-site"), listed],
            false,
        );
        check("GET", &[host, ("sec-fetch-site", "cross-site")], false);
        let socket = ("upgrade", "websocket");
        check(
            "GET",
            &[host, socket, ("origin", "https://evil.example")],
            true,
        );
        let forwarded = ("x-forwarded-host", "evil.example");
        check(
            "POST",
            &[host, forwarded, ("origin", "https://evil.example")],
            true,
        );
    }
}
