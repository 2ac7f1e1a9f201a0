//! What an instance answers over HTTP, put together.
//!
//! Without a session only `/healthz`, `/readyz`, the sign-in and the UI's own files (which hold no data)
//! answer; every other field and address asks [`crate::auth::require`].

use crate::{
    auth::{Client, viewer_of},
    compress::compressed,
    console,
    fresh::Answers,
    graphql::{self, Schema, Services, http, operation::Operations},
    live::{Live, socket},
    observe::{self, Costs, Metrics},
    rest::{self, problem::Problem, spool::Spool},
    secure, ui,
};
use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use etl::database::reading;
use serde_json::json;
use std::{ops::Deref, sync::Arc};
use tower_http::catch_panic::CatchPanicLayer;

/// What requests are answered with; cheap to clone, which every layer does with every request.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an app consists of.
pub struct Parts {
    /// The database, the archive and the rest that fields work with.
    pub services: Arc<Services>,
    /// The GraphQL schema over them.
    pub schema: Schema,
    /// What is known of the operations that are asked.
    pub operations: Operations,
    /// Answers that are kept.
    pub answers: Answers,
    /// Where uploads lie until they are whole.
    pub spool: Spool,
    /// What is measured.
    pub metrics: Metrics,
    /// The sockets of subscriptions.
    pub live: Live,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// The app over these services.
    ///
    /// # Errors
    /// When the operations that are allowed cannot be read.
    pub fn new(
        services: Services,
        spool: Spool,
        metrics: Metrics,
        live: Live,
    ) -> anyhow::Result<Self> {
        let services = Arc::new(services);
        let limits = &services.limits;
        Ok(Self(Arc::new(Parts {
            schema: graphql::schema(services.clone()),
            operations: Operations::new(limits)?,
            answers: Answers::new(limits.cache, limits.timeout),
            services,
            spool,
            metrics,
            live,
        })))
    }
}

/// Every address.
pub fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/graphql", get(http::get).post(http::post))
        .route("/graphql/ws", get(socket::open))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/console/page", get(console::page))
        .fallback(ui::serve)
        .layer(DefaultBodyLimit::max(app.services.limits.body))
        .layer(middleware::from_fn_with_state(app.clone(), bounded))
        .nest(rest::ROOT, rest::routes(&app))
        .layer(CatchPanicLayer::new());
    secure::cors(compressed(routes), &app.services.access.origins)
        .layer(middleware::from_fn_with_state(app.clone(), secure::secured))
        .layer(middleware::from_fn(observe::request))
        .with_state(app)
}

/// Lets an answer take no longer than it may; what it has asked of the database ends with it.
pub async fn bounded(State(app): State<App>, request: Request, next: Next) -> Response {
    let limit = app.services.limits.timeout;
    let graphql = request.uri().path() == "/graphql";
    let (done, spent) = reading::within(limit, next.run(request)).await;
    let mut response = match done {
        Ok(response) => response,
        Err(timed_out) if graphql => http::out_of_time(timed_out),
        Err(timed_out) => {
            let error = json!({"code": "TIMEOUT", "message": timed_out.to_string()});
            (StatusCode::GATEWAY_TIMEOUT, Json(json!({"error": error}))).into_response()
        }
    };
    if response.status() == StatusCode::GATEWAY_TIMEOUT {
        observe::timed_out();
    }
    if response.extensions_mut().remove::<Costs>().is_some() {
        observe::tell_costs(&mut response, spent);
    }
    response
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
) -> Result<Response, Problem> {
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
