//! GraphQL over HTTP: `POST /graphql` with a JSON body, and `GET /graphql?query=…` for queries.

use super::{Client, error::finish, load::Current};
use crate::{
    app::App,
    auth::session::{self, Token},
};
use async_graphql::{
    Request, Response, ServerError, http::parse_query_string, parser::types::OperationType,
};
use axum::{
    Json,
    body::Bytes,
    extract::{ConnectInfo, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response as HttpResponse},
};
use std::net::SocketAddr;

/// Answers a request in the body.
///
/// The body must be declared as JSON: a foreign page cannot send that without the browser asking first.
pub async fn post(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
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
        Ok(request) => answer(&app, peer, &headers, request).await,
        Err(error) => refused(
            StatusCode::BAD_REQUEST,
            format!("the body is not a GraphQL request in JSON: {error}"),
        ),
    }
}

/// Answers a query in the URL; a mutation there is refused.
pub async fn get(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
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
    answer(&app, peer, &headers, request).await
}

async fn answer(
    app: &App,
    peer: SocketAddr,
    headers: &HeaderMap,
    request: Request,
) -> HttpResponse {
    let mut response = match signed_in(app, headers, request).await {
        Ok(request) => {
            app.schema
                .execute(request.data(client(peer, headers)))
                .await
        }
        Err(error) => Response::from_errors(vec![ServerError {
            source: Some(std::sync::Arc::new(error)),
            ..ServerError::new("signing in: the database does not answer", None)
        }]),
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

/// The request with who is asking, and loaders of its own.
async fn signed_in(
    app: &App,
    headers: &HeaderMap,
    request: Request,
) -> Result<Request, sea_orm::DbErr> {
    let mut request = request.data(Current::default());
    if let Some(token) = Token::of(headers) {
        if let Some(viewer) = session::viewer(&app.services.db, &token).await? {
            request = request.data(viewer);
        }
        request = request.data(token);
    }
    Ok(request)
}

/// Where a request comes from.
pub fn client(peer: SocketAddr, headers: &HeaderMap) -> Client {
    let forwarded = headers.get("x-forwarded-proto");
    Client {
        address: Some(peer.ip().to_canonical()),
        secure: forwarded.is_some_and(|scheme| scheme == "https"),
    }
}

fn refused(status: StatusCode, message: String) -> HttpResponse {
    let mut response = Response::from_errors(vec![ServerError::new(message, None)]);
    finish(&mut response);
    (status, Json(response)).into_response()
}
