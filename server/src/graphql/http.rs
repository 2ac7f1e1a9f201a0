//! GraphQL over HTTP: `POST /graphql` with a JSON body, and `GET /graphql?query=…` for queries.

use super::{
    error::finish,
    load::Loaders,
    stranger,
    witness::{self, Attempts},
};
use crate::{
    app::App,
    auth::{AccessError, Client, Viewer, session::Token, viewer_of},
};
use async_graphql::{
    Request, Response, ServerError, http::parse_query_string, parser::types::OperationType,
};
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response as HttpResponse},
};
use std::sync::Arc;

/// Answers a request in the body.
///
/// The body must be declared as JSON: a foreign page cannot send that without the browser asking first.
pub async fn post(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    body: Bytes,
) -> HttpResponse {
    let json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !json {
        return refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send the request as JSON, with the header content-type: application/json".to_owned(),
        );
    }
    match serde_json::from_slice::<Request>(&body) {
        Ok(request) => answer(&app, client, &headers, request).await,
        Err(error) => refused(
            StatusCode::BAD_REQUEST,
            format!("the body is not a GraphQL request in JSON: {error}"),
        ),
    }
}

/// Answers a query in the URL; a mutation there is refused.
pub async fn get(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> HttpResponse {
    let mut request = match parse_query_string(&query.unwrap_or_default()) {
        Ok(request) => request,
        Err(error) => return refused(StatusCode::BAD_REQUEST, error.to_string()),
    };
    let name = request.operation_name.clone();
    if let Ok(document) = request.parsed_query() {
        let mut operations = document.operations.iter();
        let asked = |found: Option<&str>| name.is_none() || name.as_deref() == found;
        if operations.any(|(found, operation)| {
            asked(found.map(|found| found.as_str())) && operation.node.ty != OperationType::Query
        }) {
            return refused(
                StatusCode::METHOD_NOT_ALLOWED,
                "GET is for queries; send this operation with POST".to_owned(),
            );
        }
    }
    answer(&app, client, &headers, request).await
}

async fn answer(app: &App, client: Client, headers: &HeaderMap, request: Request) -> HttpResponse {
    let mut response = match viewer_of(&app.services.access, headers, client).await {
        Ok(viewer) => execute(app, client, headers, request, viewer).await,
        Err(error) => unknown(error),
    };
    finish(&mut response);
    let headers = std::mem::take(&mut response.http_headers);
    (
        headers,
        [(header::CACHE_CONTROL, "no-store")],
        Json(response),
    )
        .into_response()
}

/// Executes a request with who is asking and loaders of its own, and writes down what was refused.
async fn execute(
    app: &App,
    client: Client,
    headers: &HeaderMap,
    mut request: Request,
    viewer: Option<Arc<Viewer>>,
) -> Response {
    let attempts = Attempts::of(&mut request);
    let closed = match &viewer {
        Some(_) => Vec::new(),
        None => stranger::closed(&mut request),
    };
    let response = if closed.is_empty() {
        let db = &app.services.db;
        let mut request = request.data(Loaders::new(db)).data(client);
        if let Some(viewer) = &viewer {
            request = request.data(viewer.clone());
        }
        if let Some(token) = Token::of(headers) {
            request = request.data(token);
        }
        app.schema.execute(request).await
    } else {
        Response::from_errors(closed)
    };
    witness::refusals(
        &app.services,
        viewer.as_deref(),
        client,
        &attempts,
        &response,
    )
    .await;
    response
}

/// The answer when it cannot be told who is asking.
fn unknown(error: AccessError) -> Response {
    Response::from_errors(vec![ServerError {
        message: error.to_string(),
        source: Some(Arc::new(error)),
        ..ServerError::new("", None)
    }])
}

fn refused(status: StatusCode, message: String) -> HttpResponse {
    let mut response = Response::from_errors(vec![ServerError::new(message, None)]);
    finish(&mut response);
    (status, Json(response)).into_response()
}
