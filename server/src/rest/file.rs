//! Files out: the raw bytes of one as it came, and the Parquet that runs have written.

use super::{
    caller::caller,
    problem::{Problem, ProblemBody},
    query,
};
use crate::{
    app::App,
    auth::{Client, Permission},
    fresh::is_named,
};
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use entity::ingest::{ArchiveKind, archive_object, run, source_file};
use etl::custody;
use futures::{Stream, TryStreamExt};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::ops::Range;

/// The raw bytes of a file, as they came. A range of them may be asked for.
#[utoipa::path(get, path = "/files/{sha256}/raw", operation_id = "rawFile", tag = "file", params(
    ("sha256" = String, Path, pattern = "^[0-9a-f]{64}$", description = "The SHA-256 of the bytes"),
    ("Range" = Option<String>, Header, example = "bytes=0-1023", description = "Which bytes, such as `bytes=0-1023`"),
    ("If-None-Match" = Option<String>, Header, description = "The `ETag` of bytes that are known"),
), responses(
    (status = 200, description = "All bytes", body = Vec<u8>, content_type = "application/octet-stream", headers(("ETag" = String))),
    (status = 206, description = "The bytes asked for", body = Vec<u8>, content_type = "application/octet-stream", headers(("ETag" = String), ("Content-Range" = String))),
    (status = 304, description = "The bytes are those of this tag", headers(("ETag" = String))),
    (status = 410, description = "They were deleted", body = ProblemBody, content_type = "application/problem+json"),
    (status = 416, description = "There are no such bytes", body = ProblemBody, content_type = "application/problem+json", headers(("Content-Range" = String))),
))]
pub async fn raw(
    State(app): State<App>,
    Path(sha256): Path<String>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller(
        &app,
        (&headers, client),
        Permission::FileRead,
        &format!("file {sha256}"),
    )
    .await?;
    let services = &app.services;
    let file = found(&app, source_file::Column::Sha256.eq(&sha256)).await?;
    let file = file
        .ok_or_else(|| Problem::not_found(format!("there is no file with the SHA-256 {sha256}")))?;
    there(&file)?;
    let what = What {
        name: file.name.clone(),
        kind: "application/octet-stream",
        sha256: file.sha256.clone(),
        bytes: file.bytes.unsigned_abs(),
    };
    send(&headers, what, async |range| {
        Ok(custody::stream(&services.work, &services.archive, &file, range).await?)
    })
    .await
}

/// The movies of a run under its rules, as Parquet.
#[utoipa::path(get, path = "/runs/{id}/movies.parquet", operation_id = "moviesParquet", tag = "run", params(
    ("id" = i64, Path, minimum = 1, maximum = 9007199254740991i64, example = 1),
    ("Range" = Option<String>, Header, example = "bytes=0-1023", description = "Which bytes, such as `bytes=0-1023`"),
    ("If-None-Match" = Option<String>, Header, description = "The `ETag` of bytes that are known"),
), responses(
    (status = 200, description = "All bytes", body = Vec<u8>, content_type = "application/vnd.apache.parquet", headers(("ETag" = String))),
    (status = 206, description = "The bytes asked for", body = Vec<u8>, content_type = "application/vnd.apache.parquet", headers(("ETag" = String), ("Content-Range" = String))),
    (status = 304, description = "The bytes are those of this tag", headers(("ETag" = String))),
    (status = 410, description = "They were deleted", body = ProblemBody, content_type = "application/problem+json"),
    (status = 416, description = "There are no such bytes", body = ProblemBody, content_type = "application/problem+json", headers(("Content-Range" = String))),
))]
pub async fn movies(
    app: State<App>,
    id: Path<String>,
    client: Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    written(
        app,
        id,
        (client, headers),
        ArchiveKind::Transformed,
        "movies",
    )
    .await
}

/// What a run of a companion file says of movies, as Parquet.
#[utoipa::path(get, path = "/runs/{id}/companions.parquet", operation_id = "companionsParquet", tag = "run", params(
    ("id" = i64, Path, minimum = 1, maximum = 9007199254740991i64, example = 1),
    ("Range" = Option<String>, Header, example = "bytes=0-1023", description = "Which bytes, such as `bytes=0-1023`"),
    ("If-None-Match" = Option<String>, Header, description = "The `ETag` of bytes that are known"),
), responses(
    (status = 200, description = "All bytes", body = Vec<u8>, content_type = "application/vnd.apache.parquet", headers(("ETag" = String))),
    (status = 206, description = "The bytes asked for", body = Vec<u8>, content_type = "application/vnd.apache.parquet", headers(("ETag" = String), ("Content-Range" = String))),
    (status = 304, description = "The bytes are those of this tag", headers(("ETag" = String))),
    (status = 410, description = "They were deleted", body = ProblemBody, content_type = "application/problem+json"),
    (status = 416, description = "There are no such bytes", body = ProblemBody, content_type = "application/problem+json", headers(("Content-Range" = String))),
))]
pub async fn companions(
    app: State<App>,
    id: Path<String>,
    client: Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    written(
        app,
        id,
        (client, headers),
        ArchiveKind::Companions,
        "companions",
    )
    .await
}

async fn written(
    State(app): State<App>,
    Path(id): Path<String>,
    (Extension(client), headers): (Extension<Client>, HeaderMap),
    kind: ArchiveKind,
    noun: &str,
) -> Result<Response, Problem> {
    caller(
        &app,
        (&headers, client),
        Permission::FileRead,
        &format!("run {id}"),
    )
    .await?;
    let (db, archive) = (&app.services.db, &app.services.archive);
    let missing = || Problem::not_found(format!("there is no run {id}"));
    let run_id = query::id(&id).ok_or_else(missing)?;
    let run = run::Entity::find_by_id(run_id).one(db).await?;
    let run = run.ok_or_else(missing)?;
    if let Some(file) = run.source_file_id
        && let Some(file) = found(&app, source_file::Column::Id.eq(file)).await?
    {
        there(&file)?;
    }
    let object = archive_object::Entity::find()
        .filter(archive_object::Column::RunId.eq(run_id))
        .filter(archive_object::Column::Kind.eq(kind))
        .order_by_desc(archive_object::Column::Id)
        .one(db)
        .await?;
    let object =
        object.ok_or_else(|| Problem::not_found(format!("run {run_id} has written no {noun}")))?;
    let what = What {
        name: format!("run-{run_id}-{noun}.parquet"),
        kind: "application/vnd.apache.parquet",
        sha256: object.sha256,
        bytes: object.bytes.unsigned_abs(),
    };
    send(&headers, what, async |range| {
        Ok(archive.stream(&object.path, range).await?)
    })
    .await
}

async fn found(
    app: &App,
    which: sea_orm::sea_query::Expr,
) -> Result<Option<source_file::Model>, Problem> {
    let file = source_file::Entity::find().filter(which);
    Ok(file.one(&app.services.db).await?)
}

/// # Errors
/// 410, with who has deleted it, when and why.
fn there(file: &source_file::Model) -> Result<(), Problem> {
    match custody::missing(file) {
        Some(why) => Err(Problem::new(StatusCode::GONE, why)),
        None => Ok(()),
    }
}

/// What is sent.
struct What {
    name: String,
    kind: &'static str,
    sha256: String,
    bytes: u64,
}

/// Answers with all bytes or those of the range that is asked for (RFC 9110, 14).
async fn send<S>(
    asked: &HeaderMap,
    what: What,
    open: impl AsyncFnOnce(Range<u64>) -> Result<S, Problem>,
) -> Result<Response, Problem>
where
    S: Stream<Item = etl::Result<Bytes>> + Send + 'static,
{
    let value = |text: &str| HeaderValue::from_str(text).map_err(Problem::internal);
    let etag = format!("\"{}\"", what.sha256);
    let mut headers = HeaderMap::new();
    headers.insert(header::ETAG, value(&etag)?);
    headers.insert(header::CACHE_CONTROL, value("private, no-cache")?);
    headers.insert(header::ACCEPT_RANGES, value("bytes")?);
    if is_named(asked, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    headers.insert(header::CONTENT_TYPE, value(what.kind)?);
    headers.insert(header::CONTENT_DISPOSITION, value(&attachment(&what.name))?);
    let text = |name| asked.get(name).and_then(|value| value.to_str().ok());
    // A range of what has become something else is of no use.
    let same = text(header::IF_RANGE).is_none_or(|tag| tag == etag);
    let wanted = text(header::RANGE).filter(|_| same);
    let (status, range) = match wanted.map(|text| part(text, what.bytes)) {
        None | Some(Part::Ignored) => (StatusCode::OK, 0..what.bytes),
        Some(Part::Bytes(range)) => {
            let given = format!("bytes {}-{}/{}", range.start, range.end - 1, what.bytes);
            headers.insert(header::CONTENT_RANGE, value(&given)?);
            (StatusCode::PARTIAL_CONTENT, range)
        }
        Some(Part::Unsatisfiable) => {
            let detail = format!("there are {} bytes", what.bytes);
            let of = value(&format!("bytes */{}", what.bytes))?;
            let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, detail);
            return Err(problem.with(header::CONTENT_RANGE, of));
        }
    };
    headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    let bytes = open(range).await?;
    let bytes = bytes.inspect_err(|error| tracing::error!("download broken off: {error}"));
    Ok((status, headers, Body::from_stream(bytes)).into_response())
}

/// What a `Range` asks for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// These bytes.
    Bytes(Range<u64>),
    /// Bytes that there are not.
    Unsatisfiable,
    /// Nothing that is understood, or several parts: all of it is sent.
    Ignored,
}

fn part(text: &str, bytes: u64) -> Part {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let ends = text
        .strip_prefix("bytes=")
        .and_then(|text| text.split_once('-'));
    let Some((first, last)) = ends.filter(|(first, last)| digits(first) && digits(last)) else {
        return Part::Ignored;
    };
    // A number that is too large for us is larger than any file.
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    let range = match (first, last) {
        ("", "") => return Part::Ignored,
        ("", length) => bytes.saturating_sub(number(length))..bytes,
        (first, "") => number(first)..bytes,
        (first, last) if number(last) < number(first) => return Part::Ignored,
        (first, last) => number(first)..number(last).saturating_add(1).min(bytes),
    };
    match range.start < range.end {
        true => Part::Bytes(range),
        false => Part::Unsatisfiable,
    }
}

/// The header that makes a browser save an answer under a name (RFC 6266).
fn attachment(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.() ".contains(letter);
    let ascii: String = name
        .chars()
        .map(|letter| if plain(letter) { letter } else { '_' })
        .collect();
    let mut whole = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => whole.push(byte.into()),
            byte => whole.push_str(&format!("%{byte:02X}")),
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_rfc() {
        let check = |text: &str, expected: Part| assert_eq!(part(text, 10), expected, "{text}");
        check("bytes=0-3", Part::Bytes(0..4));
        check("bytes=4-", Part::Bytes(4..10));
        check("bytes=-3", Part::Bytes(7..10));
        check("bytes=-30", Part::Bytes(0..10));
        check("bytes=8-99999999999999999999", Part::Bytes(8..10));
        check("bytes=10-", Part::Unsatisfiable);
        check("bytes=-0", Part::Unsatisfiable);
        check("bytes=99999999999999999999-", Part::Unsatisfiable);
        for ignored in [
            "bytes=3-2",
            "bytes=-",
            "bytes=1-2,4-5",
            "rows=1-2",
            "bytes=a-b",
            "",
        ] {
            check(ignored, Part::Ignored);
        }
    }

    #[test]
    fn names_are_given_in_both_ways() {
        assert_eq!(
            attachment("a\"\r\nü.csv"),
            "attachment; filename=\"a____.csv\"; filename*=UTF-8''a%22%0D%0A%C3%BC.csv"
        );
    }
}
