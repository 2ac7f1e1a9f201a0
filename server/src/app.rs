//! What an instance answers over HTTP, put together.
//!
//! Without a session only `/healthz`, `/readyz`, the sign-in and the UI's own files (which hold no data)
//! answer; every other field and address asks [`crate::auth::require`].

use crate::{
    auth::session::{self, Token},
    download,
    graphql::{self, Schema, Services, http},
    live::{Live, socket},
    observe::{self, Metrics},
    ui,
};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};

/// Most bytes of a request's body.
const MAX_BODY: usize = 1 << 20;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What requests are answered with; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database, the archive and the rest that fields work with.
    pub services: Arc<Services>,
    /// The GraphQL schema over them.
    pub schema: Schema,
    /// What is measured.
    pub metrics: Metrics,
    /// The sockets of subscriptions.
    pub live: Live,
}

impl App {
    /// The app over these services.
    pub fn new(services: Services, metrics: Metrics, live: Live) -> Self {
        let services = Arc::new(services);
        Self {
            schema: graphql::schema(services.clone()),
            services,
            metrics,
            live,
        }
    }
}

/// Every address.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/graphql", get(http::get).post(http::post))
        .route("/graphql/ws", get(socket::open))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .merge(download::routes())
        .fallback(ui::serve)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            TIMEOUT,
        ))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(secured))
        .layer(middleware::from_fn(observe::request))
        .with_state(app)
}

/// Whether the database and the archive answer.
async fn ready(State(app): State<App>) -> Response {
    let said = |result: Result<(), String>, what: &str| match result {
        Ok(()) => "ok",
        Err(error) => {
            tracing::warn!("not ready: {what}: {error}");
            "does not answer"
        }
    };
    let database = app
        .services
        .db
        .ping()
        .await
        .map_err(|error| error.to_string());
    let archive = app
        .services
        .archive
        .ping()
        .await
        .map_err(|error| error.to_string());
    let ready = database.is_ok() && archive.is_ok();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = json!({
        "ready": ready,
        "database": said(database, "database"),
        "archive": said(archive, "archive"),
    });
    (status, Json(body)).into_response()
}

/// Measurements in Prometheus' text format, for whoever is signed in.
async fn metrics(State(app): State<App>, headers: HeaderMap) -> Response {
    let db = &app.services.db;
    let viewer = match Token::of(&headers) {
        Some(token) => session::viewer(db, &token).await,
        None => Ok(None),
    };
    let shown = match viewer {
        Ok(None) => return (StatusCode::UNAUTHORIZED, "sign in first\n").into_response(),
        Ok(Some(_)) => app.metrics.render(db).await,
        Err(error) => Err(error),
    };
    match shown {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => {
            tracing::error!("metrics: {error}");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// What browsers are told of every answer.
async fn secured(request: Request, next: Next) -> Response {
    const HEADERS: [(header::HeaderName, &str); 5] = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
