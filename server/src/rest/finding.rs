//! What a run found wrong, rejects and issues, as a stream of CSV or Parquet.

use super::{caller::caller, problem::Problem, query};
use crate::{
    app::App,
    auth::{Client, Permission},
};
use axum::{
    Extension,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use entity::ingest::{Severity, run};
use etl::finding::{Export, Filter, Format, Noun, stream};
use futures::TryStreamExt;
use sea_orm::EntityTrait;
use utoipa::{IntoParams, ToSchema};

/// Which rejects or issues, as the filters of the GraphQL API choose them; parameters of lists may be given several
/// times.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes the parameters that `filter` reads")]
pub struct FindingQuery {
    /// Any of these reason codes.
    code: Option<Vec<String>>,
    /// Of any of these severities.
    #[param(inline)]
    severity: Option<Vec<SeverityName>>,
    /// Found by any of these rules.
    rule: Option<Vec<String>>,
    /// About any of these columns of the file.
    column: Option<Vec<String>>,
    /// A text that a value or the message contains, without regard to case.
    contains: Option<String>,
    /// Records that begin on this line or after it.
    #[param(minimum = 0, maximum = 9007199254740991i64)]
    from_line: Option<i64>,
    /// Records that begin on this line or before it.
    #[param(minimum = 0, maximum = 9007199254740991i64)]
    to_line: Option<i64>,
}

/// How much a reject or an issue matters.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes what `Severity::parse` reads")]
enum SeverityName {
    Info,
    Warning,
    Error,
}

/// What a run rejected, as CSV.
#[utoipa::path(get, path = "/runs/{id}/rejects.csv", operation_id = "rejectsCsv", tag = "run", params(
    ("id" = i64, Path, minimum = 1, maximum = 9007199254740991i64, example = 1), FindingQuery,
), responses((status = 200, description = "A row for each reject", body = String, content_type = "text/csv")))]
pub async fn rejects_csv(
    app: State<App>,
    id: Path<String>,
    query: RawQuery,
    client: Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(
        app,
        (client, headers),
        (id, query),
        Noun::Reject,
        Format::Csv,
    )
    .await
}

/// What a run rejected, as Parquet.
#[utoipa::path(get, path = "/runs/{id}/rejects.parquet", operation_id = "rejectsParquet", tag = "run", params(
    ("id" = i64, Path, minimum = 1, maximum = 9007199254740991i64, example = 1), FindingQuery,
), responses((status = 200, description = "A row for each reject", body = Vec<u8>, content_type = "application/vnd.apache.parquet")))]
pub async fn rejects_parquet(
    app: State<App>,
    id: Path<String>,
    query: RawQuery,
    client: Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(
        app,
        (client, headers),
        (id, query),
        Noun::Reject,
        Format::Parquet,
    )
    .await
}

/// What a run corrected or found doubtful, as CSV.
#[utoipa::path(get, path = "/runs/{id}/issues.csv", operation_id = "issuesCsv", tag = "run", params(
    ("id" = i64, Path, minimum = 1, maximum = 9007199254740991i64, example = 1), FindingQuery,
), responses((status = 200, description = "A row for each issue", body = String, content_type = "text/csv")))]
pub async fn issues_csv(
    app: State<App>,
    id: Path<String>,
    query: RawQuery,
    client: Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(
        app,
        (client, headers),
        (id, query),
        Noun::Issue,
        Format::Csv,
    )
    .await
}

/// What a run corrected or found doubtful, as Parquet.
#[utoipa::path(get, path = "/runs/{id}/issues.parquet", operation_id = "issuesParquet", tag = "run", params(
    ("id" = i64, Path, minimum = 1, maximum = 9007199254740991i64, example = 1), FindingQuery,
), responses((status = 200, description = "A row for each issue", body = Vec<u8>, content_type = "application/vnd.apache.parquet")))]
pub async fn issues_parquet(
    app: State<App>,
    id: Path<String>,
    query: RawQuery,
    client: Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    answer(
        app,
        (client, headers),
        (id, query),
        Noun::Issue,
        Format::Parquet,
    )
    .await
}

async fn answer(
    State(app): State<App>,
    (Extension(client), headers): (Extension<Client>, HeaderMap),
    (Path(id), RawQuery(query)): (Path<String>, RawQuery),
    noun: Noun,
    format: Format,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    caller(
        &app,
        (&headers, client),
        Permission::FileRead,
        &format!("run {id}"),
    )
    .await?;
    let filter = filter(&query.unwrap_or_default())?;
    let missing = || Problem::not_found(format!("there is no run {id}"));
    let run_id = query::id(&id).ok_or_else(missing)?;
    if run::Entity::find_by_id(run_id).one(db).await?.is_none() {
        return Err(missing());
    }
    // The stream goes on when the request has been answered.
    let export = Export::of(&app.services.work, noun, run_id, filter).await?;
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
fn filter(query: &str) -> Result<Filter, Problem> {
    let mut filter = Filter::default();
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let line = |so_far: Option<i64>| {
            if so_far.is_some() {
                return Err(Problem::input(format!("{key} is given twice")));
            }
            let line = query::id(&value).filter(|line| (0..=query::MAX_WHOLE).contains(line));
            let wrong = || Problem::input(format!("{key} is a line's number, not {value:?}"));
            line.map(Some).ok_or_else(wrong)
        };
        let severity = || {
            let wrong = || format!("severity is info, warning or error, not {value:?}");
            Severity::parse(&value).ok_or_else(|| Problem::input(wrong()))
        };
        let text = value.clone().into_owned();
        match &*key {
            "code" => filter.codes.get_or_insert_default().push(text),
            "severity" => filter.severities.get_or_insert_default().push(severity()?),
            "rule" => filter.rules.get_or_insert_default().push(text),
            "column" => filter.columns.get_or_insert_default().push(text),
            "contains" if filter.contains.is_some() => {
                return Err(Problem::input("contains is given twice"));
            }
            "contains" => filter.contains = Some(text),
            "fromLine" => filter.from_line = line(filter.from_line)?,
            "toLine" => filter.to_line = line(filter.to_line)?,
            _ => {
                return Err(Problem::input(format!(
                    "there is no parameter {key}; there are code, severity, rule, column, contains, \
                     fromLine and toLine"
                )));
            }
        }
    }
    Ok(filter)
}
