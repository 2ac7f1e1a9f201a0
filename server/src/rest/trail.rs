//! The audit trail as a file, oldest first, for whoever may read it.

use super::{caller::caller, problem::Problem};
use crate::{
    app::App,
    auth::{
        Client, Permission,
        audit::{self, Outcome, Shape},
    },
};
use axum::{
    Extension,
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sea_orm::ActiveEnum;
use utoipa::IntoParams;

/// Which events; of parameters that may be given several times, any may hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub struct TrailQuery {
    /// Who did it.
    actor: Option<Vec<String>>,
    /// What was done, such as `run.retry`.
    action: Option<Vec<String>>,
    /// What it was done to, such as `run 7`.
    #[param(nullable = false)]
    subject: Option<String>,
    /// Where it came from.
    address: Option<Vec<String>>,
    /// How it ended.
    #[param(value_type = Option<Vec<String>>, pattern = "^(done|refused|failed)$")]
    outcome: Option<Vec<String>>,
    /// Not before this instant.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    since: Option<String>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime, nullable = false)]
    until: Option<String>,
}

/// The trail as CSV.
#[utoipa::path(get, path = "/audit.csv", operation_id = "auditCsv", tag = "audit", params(TrailQuery), responses(
    (status = 200, description = "Events", body = String, content_type = "text/csv"),
))]
pub async fn csv(
    app: State<App>,
    query: RawQuery,
    client: Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(app, (client, headers), query, Shape::Csv).await
}

/// The trail as a JSON object a line.
#[utoipa::path(get, path = "/audit.jsonl", operation_id = "auditJsonLines", tag = "audit", params(TrailQuery), responses(
    (status = 200, description = "Events", body = String, content_type = "application/jsonl"),
))]
pub async fn json_lines(
    app: State<App>,
    query: RawQuery,
    client: Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(app, (client, headers), query, Shape::JsonLines).await
}

async fn answer(
    State(app): State<App>,
    (Extension(client), headers): (Extension<Client>, HeaderMap),
    RawQuery(query): RawQuery,
    shape: Shape,
) -> Result<Response, Problem> {
    caller(
        &app,
        (&headers, client),
        Permission::AuditRead,
        "audit trail",
    )
    .await?;
    let filter = events(&query.unwrap_or_default())?;
    let (kind, end) = match shape {
        Shape::Csv => ("text/csv; charset=utf-8", "csv"),
        Shape::JsonLines => ("application/jsonl", "jsonl"),
    };
    let head = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"audit.{end}\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    // The stream goes on when the request has been answered.
    let bytes = audit::stream(app.services.work.clone(), filter, shape)
        .inspect_err(|error| tracing::error!("download broken off: {error}"));
    Ok((head, Body::from_stream(bytes)).into_response())
}

/// The filter of the audit trail that a query string gives.
fn events(query: &str) -> Result<audit::Filter, Problem> {
    let mut filter = audit::Filter::default();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let instant = || {
            let wrong = |_| {
                Problem::input(format!(
                    "{key} is an instant such as 2026-11-25T12:00:00Z, not {value:?}"
                ))
            };
            value.parse::<DateTime<Utc>>().map(Some).map_err(wrong)
        };
        let outcome = || {
            let wrong =
                |_| Problem::input(format!("outcome is done, refused or failed, not {value:?}"));
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
                return Err(Problem::input(format!(
                    "there is no parameter {key}; there are actor, action, subject, address, outcome, since and until"
                )));
            }
        }
    }
    Ok(filter)
}
