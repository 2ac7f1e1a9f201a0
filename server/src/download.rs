//! `GET /api/v1/runs/{id}/rejects.csv`, `.parquet`, `issues.csv` and `.parquet`: what a run found wrong, as a
//! stream, for whoever may read files; and `/api/v1/audit.csv` and `.jsonl`: the audit trail, oldest first, for
//! whoever may read it.
//!
//! Parameters choose as the filters of the GraphQL API do: `code`, `severity`, `rule` and `column` (any of those
//! given), `contains`, `fromLine` and `toLine`. What is wrong with a request is told as
//! `{"error": {"code": …, "message": …}}`, with the codes of the GraphQL API.

use crate::{
    app::App,
    auth::{
        AccessError, Client, Permission,
        audit::{self, Outcome, Shape},
        require, viewer_of,
    },
};
use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use chrono::{DateTime, Utc};
use entity::ingest::{Severity, run};
use etl::finding::{Export, Filter, Format, Noun, stream};
use futures::TryStreamExt;
use sea_orm::{ActiveEnum, DbErr, EntityTrait};
use serde_json::json;

/// The addresses.
pub fn routes() -> Router<App> {
    let of = |noun, format| {
        get(
            async move |State(app): State<App>,
                        Path(id): Path<String>,
                        RawQuery(query): RawQuery,
                        Extension(client): Extension<Client>,
                        headers: HeaderMap| {
                let asked = (id, query.unwrap_or_default());
                answer(&app, (&headers, client), asked, noun, format).await
            },
        )
    };
    let at = "/api/v1/runs/{id}";
    Router::new()
        .route(&format!("{at}/rejects.csv"), of(Noun::Reject, Format::Csv))
        .route(
            &format!("{at}/rejects.parquet"),
            of(Noun::Reject, Format::Parquet),
        )
        .route(&format!("{at}/issues.csv"), of(Noun::Issue, Format::Csv))
        .route(
            &format!("{at}/issues.parquet"),
            of(Noun::Issue, Format::Parquet),
        )
        .route("/api/v1/audit.csv", trail(Shape::Csv))
        .route("/api/v1/audit.jsonl", trail(Shape::JsonLines))
}

/// The audit trail as a file.
fn trail(shape: Shape) -> MethodRouter<App> {
    get(
        async move |State(app): State<App>,
                    RawQuery(query): RawQuery,
                    Extension(client): Extension<Client>,
                    headers: HeaderMap|
                    -> Result<Response, Refusal> {
            let subject = "audit trail";
            granted(&app, &headers, client, Permission::AuditRead, subject).await?;
            let filter = events(&query.unwrap_or_default())?;
            let (kind, end) = match shape {
                Shape::Csv => ("text/csv; charset=utf-8", "csv"),
                Shape::JsonLines => ("application/jsonl", "jsonl"),
            };
            let name = format!("attachment; filename=\"audit.{end}\"");
            let bytes = audit::stream(app.services.db.clone(), filter, shape)
                .inspect_err(|error| tracing::error!("download broken off: {error}"));
            Ok((head(kind, name), Body::from_stream(bytes)).into_response())
        },
    )
}

fn head(kind: &str, disposition: String) -> [(HeaderName, String); 3] {
    [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ]
}

/// Lets those in who have the permission; a person or token without it is written down.
///
/// # Errors
/// Whatever keeps them from it.
async fn granted(
    app: &App,
    headers: &HeaderMap,
    client: Client,
    permission: Permission,
    subject: &str,
) -> Result<(), Refusal> {
    let viewer = viewer_of(&app.services.access, headers, client).await?;
    let Err(denied) = require(viewer.as_deref(), permission) else {
        return Ok(());
    };
    if let Some(viewer) = &viewer {
        let event = audit::Event {
            actor: &viewer.name,
            action: "download",
            subject: subject.to_owned(),
            address: client.address,
            outcome: Outcome::Refused,
            code: Some(denied.code()),
            reason: Some(denied.to_string()),
            ..Default::default()
        };
        audit::record(&app.services.db, event).await?;
    }
    Err(AccessError::from(denied).into())
}

/// Why nothing is given.
pub enum Refusal {
    /// Who asks may not have it, or it cannot be told who asks.
    Access(AccessError),
    /// The request cannot be used.
    Input(String),
    /// What is asked for does not exist.
    NotFound(String),
    /// Ours.
    Internal(String),
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}

impl From<etl::Error> for Refusal {
    fn from(error: etl::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<DbErr> for Refusal {
    fn from(error: DbErr) -> Self {
        Self::Internal(error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut wait = None;
        let (code, message) = match self {
            Self::Access(error) => {
                if let AccessError::TooSoon { seconds } = error {
                    wait = Some(seconds);
                }
                (error.code(), error.to_string())
            }
            Self::Input(message) => ("BAD_USER_INPUT", message),
            Self::NotFound(message) => ("NOT_FOUND", message),
            Self::Internal(message) => ("INTERNAL", message),
        };
        let status = match code {
            "UNAUTHENTICATED" => StatusCode::UNAUTHORIZED,
            "FORBIDDEN" => StatusCode::FORBIDDEN,
            "TOO_MANY_REQUESTS" => StatusCode::TOO_MANY_REQUESTS,
            "BAD_USER_INPUT" => StatusCode::BAD_REQUEST,
            "NOT_FOUND" => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let message = match status {
            StatusCode::INTERNAL_SERVER_ERROR => {
                tracing::error!("download: {message}");
                "something went wrong on the server; its log has the detail".to_owned()
            }
            _ => message,
        };
        let body = json!({"error": {"code": code, "message": message}});
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = wait {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

async fn answer(
    app: &App,
    (headers, client): (&HeaderMap, Client),
    (id, query): (String, String),
    noun: Noun,
    format: Format,
) -> Result<Response, Refusal> {
    let db = &app.services.db;
    let subject = format!("run {id}");
    granted(app, headers, client, Permission::FileRead, &subject).await?;
    let missing = || Refusal::NotFound(format!("there is no run {id}"));
    let run_id: i64 = id.parse().map_err(|_| missing())?;
    if run::Entity::find_by_id(run_id).one(db).await?.is_none() {
        return Err(missing());
    }
    let export = Export::of(db, noun, run_id, filter(&query)?).await?;
    let noun = match noun {
        Noun::Reject => "rejects",
        Noun::Issue => "issues",
    };
    let (kind, end) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Parquet => ("application/vnd.apache.parquet", "parquet"),
    };
    let name = format!("attachment; filename=\"run-{run_id}-{noun}.{end}\"");
    // The connection is cut off, so that nobody takes a part for the whole.
    let bytes = stream(export, format)
        .inspect_err(move |error| tracing::error!(run = run_id, "download broken off: {error}"));
    Ok((head(kind, name), Body::from_stream(bytes)).into_response())
}

/// The filter that a query string gives.
fn filter(query: &str) -> Result<Filter, Refusal> {
    let mut filter = Filter::default();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let line = || {
            let wrong = |_| Refusal::Input(format!("{key} is a line's number, not {value:?}"));
            value.parse::<i64>().map(Some).map_err(wrong)
        };
        let severity = || {
            let wrong = || format!("severity is info, warning or error, not {value:?}");
            Severity::parse(&value).ok_or_else(|| Refusal::Input(wrong()))
        };
        let value = value.clone().into_owned();
        match &*key {
            "code" => filter.codes.get_or_insert_default().push(value),
            "severity" => filter.severities.get_or_insert_default().push(severity()?),
            "rule" => filter.rules.get_or_insert_default().push(value),
            "column" => filter.columns.get_or_insert_default().push(value),
            "contains" => filter.contains = Some(value),
            "fromLine" => filter.from_line = line()?,
            "toLine" => filter.to_line = line()?,
            _ => {
                return Err(Refusal::Input(format!(
                    "there is no parameter {key}; there are code, severity, rule, column, contains, \
                     fromLine and toLine"
                )));
            }
        }
    }
    Ok(filter)
}

/// The filter of the audit trail that a query string gives.
fn events(query: &str) -> Result<audit::Filter, Refusal> {
    let mut filter = audit::Filter::default();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let instant = || {
            let wrong = |_| {
                Refusal::Input(format!(
                    "{key} is an instant such as 2026-11-25T12:00:00Z, not {value:?}"
                ))
            };
            value.parse::<DateTime<Utc>>().map(Some).map_err(wrong)
        };
        let outcome = || {
            let wrong =
                |_| Refusal::Input(format!("outcome is done, refused or failed, not {value:?}"));
            Outcome::try_from_value(&value.clone().into_owned()).map_err(wrong)
        };
        let text = value.clone().into_owned();
        match &*key {
            "actor" => filter.actors.get_or_insert_default().push(text),
            "action" => filter.actions.get_or_insert_default().push(text),
            "subject" => filter.subject = Some(text),
            "address" => filter.addresses.get_or_insert_default().push(text),
            "outcome" => filter.outcomes.get_or_insert_default().push(outcome()?),
            "since" => filter.since = instant()?,
            "until" => filter.until = instant()?,
            _ => {
                return Err(Refusal::Input(format!(
                    "there is no parameter {key}; there are actor, action, subject, address, outcome, since and until"
                )));
            }
        }
    }
    Ok(filter)
}
