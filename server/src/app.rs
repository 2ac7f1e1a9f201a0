//! What an instance answers over HTTP, put together.
//!
//! Without a session only `/healthz`, `/readyz`, the sign-in and the UI's own files (which hold no data)
//! answer; every other field and address asks [`crate::auth::require`].

use crate::{
    auth::{Client, viewer_of},
    download::{self, Refusal},
    graphql::{self, Schema, Services, http},
    observe::{self, Metrics},
    secure, ui,
};
use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    middleware,
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
}

impl App {
    /// The app over these services.
    pub fn new(services: Services, metrics: Metrics) -> Self {
        let services = Arc::new(services);
        Self {
            schema: graphql::schema(services.clone()),
            services,
            metrics,
        }
    }
}

/// Every address.
pub fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/graphql", get(http::get).post(http::post))
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
        .layer(CatchPanicLayer::new());
    secure::cors(routes, &app.services.access.origins)
        .layer(middleware::from_fn_with_state(app.clone(), secure::secured))
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
async fn metrics(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let viewer = viewer_of(&app.services.access, &headers, client).await?;
    if viewer.is_none() {
        return Ok((StatusCode::UNAUTHORIZED, "sign in first\n").into_response());
    }
    match app.metrics.render(&app.services.db).await {
        Ok(text) => {
            let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
            Ok((kind, text).into_response())
        }
        Err(error) => {
            tracing::error!("metrics: {error}");
            Ok(StatusCode::SERVICE_UNAVAILABLE.into_response())
        }
    }
}
