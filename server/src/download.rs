//! `GET /api/v1/runs/{id}/rejects.csv`, `.parquet`, `issues.csv` and `.parquet`: what a run found wrong, as a
//! stream, for whoever may read files.
//!
//! Parameters choose as the filters of the GraphQL API do: `code`, `severity`, `rule` and `column` (any of those
//! given), `contains`, `fromLine` and `toLine`. What is wrong with a request is told as
//! `{"error": {"code": …, "message": …}}`, with the codes of the GraphQL API.

use crate::{
    app::App,
    auth::{
        Denied, Permission, require,
        session::{self, Token},
    },
};
use axum::{
    Json, Router,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use entity::ingest::{Severity, run};
use etl::finding::{Export, Filter, Format, Noun, stream};
use futures::TryStreamExt;
use sea_orm::{DbErr, EntityTrait};
use serde_json::json;

/// The addresses.
pub fn routes() -> Router<App> {
    let of = |noun, format| {
        get(
            async move |State(app): State<App>,
                        Path(id): Path<String>,
                        RawQuery(query): RawQuery,
                        headers: HeaderMap| {
                let asked = (id, query.unwrap_or_default());
                answer(&app, &headers, asked, noun, format)
                    .await
                    .unwrap_or_else(Refusal::into_response)
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
}

/// Why nothing is given.
enum Refusal {
    Denied(Denied),
    Input(String),
    NotFound(String),
    Internal(String),
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
        let (status, code, message) = match self {
            Self::Denied(denied) => match denied {
                Denied::Unauthenticated => (
                    StatusCode::UNAUTHORIZED,
                    "UNAUTHENTICATED",
                    denied.to_string(),
                ),
                Denied::Forbidden(_) => (StatusCode::FORBIDDEN, "FORBIDDEN", denied.to_string()),
            },
            Self::Input(message) => (StatusCode::BAD_REQUEST, "BAD_USER_INPUT", message),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, "NOT_FOUND", message),
            Self::Internal(message) => {
                tracing::error!("download: {message}");
                let shown = "something went wrong on the server; its log has the detail";
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "INTERNAL",
                    shown.to_owned(),
                )
            }
        };
        let body = json!({"error": {"code": code, "message": message}});
        (status, Json(body)).into_response()
    }
}

async fn answer(
    app: &App,
    headers: &HeaderMap,
    (id, query): (String, String),
    noun: Noun,
    format: Format,
) -> Result<Response, Refusal> {
    let db = &app.services.db;
    let viewer = match Token::of(headers) {
        Some(token) => session::viewer(db, &token).await?,
        None => None,
    };
    require(viewer.as_ref(), Permission::FileRead).map_err(Refusal::Denied)?;
    let missing = || Refusal::NotFound(format!("there is no run {id}"));
    let run_id: i64 = id.parse().map_err(|_| missing())?;
    if run::Entity::find_by_id(run_id).one(db).await?.is_none() {
        return Err(missing());
    }
    // The stream goes on when the request has been answered.
    let export = Export::of(&app.services.work, noun, run_id, filter(&query)?).await?;
    let noun = match noun {
        Noun::Reject => "rejects",
        Noun::Issue => "issues",
    };
    let (kind, end) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Parquet => ("application/vnd.apache.parquet", "parquet"),
    };
    let name = format!("attachment; filename=\"run-{run_id}-{noun}.{end}\"");
    let head = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    // The connection is cut off, so that nobody takes a part for the whole.
    let bytes = stream(export, format)
        .inspect_err(move |error| tracing::error!(run = run_id, "download broken off: {error}"));
    Ok((head, Body::from_stream(bytes)).into_response())
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
