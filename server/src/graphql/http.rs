//! GraphQL over HTTP: `POST /graphql` with a JSON body, and `GET /graphql?query=…` for queries.
//!
//! A request goes through [`asker`] (who asks?), [`Operations::open`] (is it within the limits?),
//! [`Operations::permit`] (may it be asked here?) and [`execute`]. Reads come with the data version and an
//! `ETag`, see [`crate::fresh`].

use super::{
    error::{Failure, finish},
    limit::Exceeded,
    load::Current,
    operation::{Opened, Operation, Operations, again},
    stranger,
    witness::{self, Attempts},
};
use crate::{
    app::App,
    auth::{AccessError, Client, Viewer, session::Token, viewer_of},
    fresh::{self, FreshError, Made, Version},
    observe::Costs,
};
use async_graphql::{
    Request, Response, ServerError, Value, http::parse_query_string, parser::types::OperationType,
};
use axum::{
    Extension, Json,
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, RawQuery, Request as HttpRequest, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response as HttpResponse},
};
use etl::database::reading::{self, TimedOut};
use std::{io, sync::Arc};

/// What answers are.
const JSON: &str = "application/json";

/// Most bytes of the body of whoever is not signed in, and so can do nothing but sign in.
const STRANGERS_BODY: usize = 16 << 10;

/// Answers a request in the body.
///
/// The body must be declared as JSON: a foreign page cannot send that without the browser asking first.
pub async fn post(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    mut request: HttpRequest,
) -> HttpResponse {
    let headers = request.headers().clone();
    let json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON));
    if !json {
        let what = "send the request as JSON, with the header content-type: application/json";
        return refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Failure::Input(what.to_owned()),
        );
    }
    let asker = match asker(&app, &headers, client).await {
        Ok(asker) => asker,
        Err(error) => return unknown(&app, error),
    };
    let most = match asker.viewer {
        Some(_) => app.services.limits.body,
        None => app.services.limits.body.min(STRANGERS_BODY),
    };
    DefaultBodyLimit::max(most).apply(&mut request);
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return refused(rejection.status(), too_long(most, &headers).into());
        }
        Err(rejection) => {
            return refused(rejection.status(), Failure::Input(rejection.body_text()));
        }
    };
    if body.trim_ascii_start().starts_with(b"[") {
        return refused(StatusCode::BAD_REQUEST, Failure::Batch);
    }
    match serde_json::from_slice::<Request>(&body) {
        Ok(request) => answer(&app, asker, &headers, request, true).await,
        Err(error) => refused(
            StatusCode::BAD_REQUEST,
            Failure::Input(format!(
                "the body is not a GraphQL request in JSON: {error}"
            )),
        ),
    }
}

/// How much longer than it may a body is; one of no declared length was not read to its end.
fn too_long(maximum: usize, headers: &HeaderMap) -> Exceeded {
    let declared = headers.get(header::CONTENT_LENGTH);
    let declared = declared.and_then(|value| value.to_str().ok()?.parse().ok());
    Exceeded::new("body", maximum, declared.unwrap_or(maximum + 1))
}

/// Answers a query in the URL; a mutation there is refused.
pub async fn get(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> HttpResponse {
    let asker = match asker(&app, &headers, client).await {
        Ok(asker) => asker,
        Err(error) => return unknown(&app, error),
    };
    match parse_query_string(&query.unwrap_or_default()) {
        Ok(request) => answer(&app, asker, &headers, request, false).await,
        Err(error) => refused(StatusCode::BAD_REQUEST, Failure::Input(error.to_string())),
    }
}

async fn answer(
    app: &App,
    asker: Asker,
    headers: &HeaderMap,
    mut request: Request,
    may_change: bool,
) -> HttpResponse {
    let opened = match app.operations.open(&mut request) {
        Ok(opened) => opened,
        Err(error) => return respond(app, finished(error)),
    };
    if opened.operation.kind != OperationType::Query && !may_change {
        let what = "GET is for queries; send this operation with POST";
        return refused(
            StatusCode::METHOD_NOT_ALLOWED,
            Failure::Input(what.to_owned()),
        );
    }
    let viewer = asker.viewer.as_deref();
    if let Err(failure) = app.operations.permit(&opened, &request, viewer) {
        witness::not_allowed(&app.services, viewer, asker.client, &request).await;
        return respond(app, failed(failure));
    }
    if opened.operation.only_tries && opened.operation.kind != OperationType::Query {
        return respond(app, execute(app, &asker, &opened.operation, request).await);
    }
    if opened.operation.kind != OperationType::Query {
        return change(app, asker, opened.operation, request).await;
    }
    let signed_in = asker.viewer.is_some();
    let mut response = read(app, headers, asker, opened, request)
        .await
        .unwrap_or_else(|error| match error {
            FreshError::TimedOut(timed_out) => out_of_time(timed_out),
            FreshError::Database(error) => respond(app, failed(Failure::Database(Arc::new(error)))),
        });
    if signed_in {
        response.extensions_mut().insert(Costs);
    }
    response
}

/// Does what is not a query. It comes to its end, and into the audit trail, whether or not somebody still waits for it.
async fn change(
    app: &App,
    asker: Asker,
    operation: Arc<Operation>,
    request: Request,
) -> HttpResponse {
    let own = app.clone();
    let work = async move { execute(&own, &asker, &operation, request).await };
    let work = reading::within(app.services.limits.timeout, work);
    match tokio::spawn(work).await {
        Ok((Ok(response), _)) => respond(app, response),
        Ok((Err(timed_out), _)) => out_of_time(timed_out),
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

/// Answers a query.
async fn read(
    app: &App,
    headers: &HeaderMap,
    asker: Asker,
    opened: Opened,
    request: Request,
) -> Result<HttpResponse, FreshError> {
    let db = &app.services.db;
    let operation = opened.operation;
    let variables = serde_json::to_vec(&request.variables).unwrap_or_default();
    let asked = again(&request);
    let make = {
        let (app, operation) = (app.clone(), operation.clone());
        let asker = Arc::new(asker.clone());
        move |version: Version| {
            let (app, asker, operation) = (app.clone(), asker.clone(), operation.clone());
            let request = again(&asked);
            async move {
                let response = execute(&app, &asker, &operation, request).await;
                let number = Value::from(version.number);
                made(&app, response.extension("dataVersion", number))
            }
        }
    };
    if operation.only_mart {
        let permissions = asker.permissions();
        let schema = &app.operations.schema;
        let parts: [&[u8]; 4] = [schema, &operation.id, &variables, permissions.as_bytes()];
        return app.answers.answer_with(db, headers, &parts, make).await;
    }
    let version = app.answers.newest(db).await?;
    Ok(fresh::whole(headers, &version, make(version).await))
}

/// Who asks: nobody in particular, or the viewer whose session or token it is.
#[derive(Clone)]
pub struct Asker {
    /// Who is signed in.
    pub viewer: Option<Arc<Viewer>>,
    /// Where the request comes from.
    pub client: Client,
    token: Option<Token>,
}

impl Asker {
    /// What the asker may do, as one text.
    fn permissions(&self) -> String {
        let viewer = self.viewer.iter();
        let permissions = viewer.flat_map(|viewer| &viewer.permissions);
        let names: Vec<_> = permissions.map(|permission| permission.name()).collect();
        names.join(" ")
    }
}

/// Finds out who asks.
///
/// # Errors
/// When that cannot be told, or too much has been guessed from there.
pub async fn asker(app: &App, headers: &HeaderMap, client: Client) -> Result<Asker, AccessError> {
    let viewer = viewer_of(&app.services.access, headers, client).await?;
    let token = Token::of(headers);
    Ok(Asker {
        viewer,
        client,
        token,
    })
}

/// Executes an operation that was opened and permitted, with loaders of its own, and writes down what was refused.
pub async fn execute(
    app: &App,
    asker: &Asker,
    operation: &Operation,
    request: Request,
) -> Response {
    let asked = again(&request);
    let mut request = operation.prepare(request);
    let attempts = Attempts::of(&mut request);
    let closed = match &asker.viewer {
        Some(_) => Vec::new(),
        None => stranger::closed(&mut request),
    };
    let mut response = if closed.is_empty() {
        let current = Current::new(&app.services.db);
        let mut request = request.data(current).data(asker.client);
        if let Some(viewer) = &asker.viewer {
            request = request.data(viewer.clone());
        }
        if let Some(token) = &asker.token {
            request = request.data(token.clone());
        }
        let mut response = app.schema.execute(request).await;
        let operations: &Operations = &app.operations;
        operations.explain(operation, &asked, &mut response).await;
        response
    } else {
        Response::from_errors(closed)
    };
    let viewer = asker.viewer.as_deref();
    witness::refusals(&app.services, viewer, asker.client, &attempts, &response).await;
    finish(&mut response);
    response
}

/// The answer when it cannot be told who is asking, or they ask too often.
fn unknown(app: &App, error: AccessError) -> HttpResponse {
    let seconds = match &error {
        AccessError::TooSoon { seconds } | AccessError::TooFast { seconds, .. } => Some(*seconds),
        _ => None,
    };
    let mut response = respond(
        app,
        finished(ServerError {
            message: error.to_string(),
            source: Some(Arc::new(error)),
            ..ServerError::new("", None)
        }),
    );
    if let Some(seconds) = seconds {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// The bytes of an answer, unless they are more than they may be.
fn made(app: &App, mut response: Response) -> Made {
    let maximum = app.services.limits.result;
    let mut bytes = Bounded::new(maximum);
    let mut written = serde_json::to_writer(&mut bytes, &response);
    if bytes.count > maximum {
        response = failed(Exceeded::new("result", maximum, bytes.count));
        bytes = Bounded::new(maximum);
        written = serde_json::to_writer(&mut bytes, &response);
    }
    if let Err(error) = written {
        tracing::error!("an answer cannot be written: {error}");
        bytes.kept.clear();
    }
    let timed_out = |error: &ServerError| {
        let extensions = error.extensions.as_ref();
        extensions.and_then(|extensions| extensions.get("code")) == Some(&Value::from("TIMEOUT"))
    };
    Made {
        status: match response.errors.iter().any(timed_out) {
            true => StatusCode::GATEWAY_TIMEOUT,
            false => StatusCode::OK,
        },
        kind: JSON,
        whole: response.errors.is_empty() && !bytes.kept.is_empty(),
        bytes: bytes.kept.into(),
    }
}

/// Keeps what is written up to a limit, and counts the rest.
struct Bounded {
    kept: Vec<u8>,
    maximum: usize,
    count: usize,
}

impl Bounded {
    fn new(maximum: usize) -> Self {
        Self {
            kept: Vec::new(),
            maximum,
            count: 0,
        }
    }
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.count += bytes.len();
        if self.count <= self.maximum {
            self.kept.extend_from_slice(bytes);
        } else {
            self.kept = Vec::new();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is answered and not to be kept by anyone.
fn respond(app: &App, mut response: Response) -> HttpResponse {
    let headers = std::mem::take(&mut response.http_headers);
    let made = made(app, response);
    let own = [
        (header::CONTENT_TYPE, made.kind),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (made.status, headers, own, made.bytes).into_response()
}

fn failed(failure: impl Into<Failure>) -> Response {
    finished(failure.into().of_request())
}

fn finished(error: ServerError) -> Response {
    let mut response = Response::from_errors(vec![error]);
    finish(&mut response);
    response
}

/// The answer to a request that has taken as long as it may.
pub fn out_of_time(timed_out: TimedOut) -> HttpResponse {
    refused(StatusCode::GATEWAY_TIMEOUT, timed_out.into())
}

fn refused(status: StatusCode, failure: Failure) -> HttpResponse {
    let own = [(header::CACHE_CONTROL, "no-store")];
    (status, own, Json(failed(failure))).into_response()
}
