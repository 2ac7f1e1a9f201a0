//! Files in: `PUT /api/v1/uploads/{name}` with the file as the body, which may be broken off and gone on with.
//!
//! The bytes are streamed into the [`super::spool`]; once they are whole they go into the archive, as every file
//! does, and a run of them waits in the queue, whichever instance takes it. What is broken off loads nothing:
//! `GET` tells how far it has come, `PUT` with that as `Upload-Offset` sends the rest.

use super::{
    caller::caller,
    problem::{Problem, ProblemBody},
    query::{self, Version},
    spool::{Part, SpoolError},
};
use crate::{
    app::App,
    auth::{Client, Permission, Viewer},
};
use axum::{
    Extension, Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use entity::ingest::RunMode;
use etl::{
    asker::{Asker, By},
    control, custody, rules,
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use std::{net::IpAddr, sync::Arc, time::Duration};
use utoipa::{IntoParams, ToSchema};

/// How far an upload has come, in bytes.
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// How long a request may send nothing.
const SILENCE: Duration = Duration::from_secs(60);
/// Longest name of a file, in letters.
const MAX_NAME: usize = 200;
/// What a file may be sent as, besides nothing at all.
const MEDIA_TYPES: [&str; 6] = [
    "application/octet-stream",
    "text/csv",
    "application/zip",
    "application/gzip",
    "application/x-gzip",
    "application/zstd",
];

/// How a file is to be loaded.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// The SHA-256 that the bytes must have, in hexadecimal.
    #[param(pattern = "^[0-9a-f]{64}$")]
    sha256: Option<String>,
    /// Under this version of the rules instead of the newest.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 2147483647, example = 1)]
    rules: Option<Version>,
    /// Whether to hold the run before merging.
    #[serde(default)]
    #[param(nullable = false)]
    hold: bool,
}

/// A file that has come, and the run that loads it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Uploaded {
    /// The id of the run that waits to load it.
    #[schema(minimum = 1)]
    run: i64,
    file: UploadedFile,
}

/// A file that the archive has.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadedFile {
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    /// The name it first arrived under.
    name: String,
    #[schema(minimum = 0)]
    bytes: i64,
}

/// An upload that is not whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct Received {
    /// The file's name.
    name: String,
    /// How many bytes of it have come: the `Upload-Offset` to go on at.
    #[schema(minimum = 0)]
    received: u64,
}

/// Sends a file, or the rest of one, to be loaded. The same bytes again make a run that is a duplicate.
#[utoipa::path(put, path = "/uploads/{name}", operation_id = "upload", tag = "file", params(
    ("name" = String, Path, pattern = r"^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,199}$", example = "movies_metadata.csv", description = "The file's name, which tells how it is packed"),
    ("Upload-Offset" = Option<i64>, Header, minimum = 0, maximum = 9007199254740991i64, description = "Where to go on; without it the upload begins anew"),
    UploadQuery,
), request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, or the rest of it"), responses(
    (status = 202, description = "The file is archived and waits to be loaded", body = Uploaded),
    (status = 408, description = "Nothing has come for a minute", body = ProblemBody, content_type = "application/problem+json"),
    (status = 409, description = "It has come to another offset (the header tells), another request is sending it, or the bytes have another SHA-256", body = ProblemBody, content_type = "application/problem+json", headers(("Upload-Offset" = i64, description = "How far it has come"))),
    (status = 413, description = "It is too large", body = ProblemBody, content_type = "application/problem+json"),
    (status = 415, description = "It is no file but a form or the like", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn put(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let viewer = caller(
        &app,
        (&headers, client),
        Permission::FileCreate,
        &format!("upload {name}"),
    )
    .await?;
    checked(&name)?;
    let query: UploadQuery = query::parse(&uri)?;
    if let Some(sha256) = &query.sha256 {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if sha256.len() != 64 || !sha256.bytes().all(hexadecimal) {
            return Err(Problem::input(
                "sha256 is 64 digits in lower-case hexadecimal",
            ));
        }
    }
    media_type(&headers)?;
    let rule_version = query.rules.map(|version| version.0 as i32);
    let rule_version = match rules::store::chosen(&app.services.db, rule_version).await {
        Err(etl::Error::Input(detail)) => return Err(Problem::not_found(detail)),
        chosen => chosen?,
    };
    let offset = offset(&headers)?;
    announced(&app, &headers, 0)?;
    let part = app.spool.begin(viewer.user_id, &name, offset).await?;
    announced(&app, &headers, part.bytes())?;
    let part = receive(&app, part, body).await?;
    let whole = Whole {
        part,
        name,
        sha256: query.sha256,
        rule_version,
        mode: if query.hold {
            RunMode::Hold
        } else {
            RunMode::Merge
        },
        viewer,
        address: client.address,
    };
    // Once it has come, it is loaded, whether or not the person waits for the answer.
    let taken = tokio::spawn(async move { take(&app, whole).await });
    let uploaded = taken.await.map_err(Problem::internal)??;
    Ok((StatusCode::ACCEPTED, Json(uploaded)).into_response())
}

/// Tells how far an upload has come.
#[utoipa::path(get, path = "/uploads/{name}", operation_id = "uploadState", tag = "file", params(
    ("name" = String, Path, pattern = r"^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,199}$", example = "movies_metadata.csv", description = "The file's name"),
), responses(
    (status = 200, description = "Some of it has come", body = Received, headers(("Upload-Offset" = i64))),
))]
pub async fn get(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller(
        &app,
        (&headers, client),
        Permission::FileCreate,
        &format!("upload {name}"),
    )
    .await?;
    checked(&name)?;
    let query::Nothing {} = query::parse(&uri)?;
    let received = app.spool.received(viewer.user_id, &name).await?;
    let received = received.ok_or_else(|| nothing(&name))?;
    let head = [
        (OFFSET, received.to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((head, Json(Received { name, received })).into_response())
}

/// Gives an upload up.
#[utoipa::path(delete, path = "/uploads/{name}", operation_id = "uploadEnd", tag = "file", params(
    ("name" = String, Path, pattern = r"^[^./\\\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,199}$", example = "movies_metadata.csv", description = "The file's name"),
), responses(
    (status = 204, description = "What had come of it is gone"),
    (status = 409, description = "It is being sent", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn delete(
    State(app): State<App>,
    Extension(client): Extension<Client>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let viewer = caller(
        &app,
        (&headers, client),
        Permission::FileCreate,
        &format!("upload {name}"),
    )
    .await?;
    checked(&name)?;
    let query::Nothing {} = query::parse(&uri)?;
    let received = app.spool.received(viewer.user_id, &name).await?;
    let received = received.ok_or_else(|| nothing(&name))?;
    let part = app
        .spool
        .begin(viewer.user_id, &name, Some(received))
        .await?;
    part.discard().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn nothing(name: &str) -> Problem {
    Problem::not_found(format!("nothing of {name:?} has come that is not whole"))
}

/// Checks that a name is one of a file, and of no other place.
fn checked(name: &str) -> Result<(), Problem> {
    let letters = name.chars().count();
    let wrong = |letter: char| matches!(letter, '/' | '\\' | '\x00'..='\x1f' | '\x7f');
    if (1..=MAX_NAME).contains(&letters) && !name.starts_with('.') && !name.contains(wrong) {
        return Ok(());
    }
    Err(Problem::input(format!(
        "a file's name is 1 to {MAX_NAME} letters, of which none is a slash or a control character and the first \
         is no point"
    )))
}

fn media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let kind = kind.to_str().unwrap_or_default().split(';').next();
    let kind = kind.unwrap_or_default().trim().to_ascii_lowercase();
    if MEDIA_TYPES.contains(&kind.as_str()) {
        return Ok(());
    }
    let detail = format!(
        "send the file itself, as one of {}; not as {kind:?}",
        MEDIA_TYPES.join(", ")
    );
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
}

fn offset(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(OFFSET) else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(query::id);
    let number = number.filter(|number| (0..=query::MAX_WHOLE).contains(number));
    let wrong = || Problem::input("Upload-Offset is a number of bytes");
    Ok(Some(number.ok_or_else(wrong)?.unsigned_abs()))
}

/// Refuses what is said to be too large before any of it comes.
fn announced(app: &App, headers: &HeaderMap, before: u64) -> Result<(), Problem> {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let whole = length.unwrap_or_default().saturating_add(before);
    match whole > app.spool.most() {
        true => Err(too_large(app)),
        false => Ok(()),
    }
}

fn too_large(app: &App) -> Problem {
    let detail = format!(
        "a file may have {} bytes (MARQUEE_MAX_UPLOAD); put a larger one into the inbox",
        app.spool.most()
    );
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

/// Writes the body down as it comes; what has come stays when it breaks off.
async fn receive(app: &App, mut part: Part, body: Body) -> Result<Part, Problem> {
    let mut chunks = body.into_data_stream();
    loop {
        let chunk = match tokio::time::timeout(SILENCE, chunks.next()).await {
            Err(_) => {
                let detail = "nothing has come for a minute; go on with Upload-Offset";
                return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, detail));
            }
            Ok(Some(Err(error))) => {
                return Err(Problem::input(format!("the body broke off: {error}")));
            }
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) => return Ok(part),
        };
        if part.bytes().saturating_add(chunk.len() as u64) > app.spool.most() {
            part.discard().await?;
            return Err(too_large(app));
        }
        part = part.write(chunk).await?;
    }
}

/// An upload that has come whole.
struct Whole {
    part: Part,
    name: String,
    sha256: Option<String>,
    rule_version: i32,
    mode: RunMode,
    viewer: Arc<Viewer>,
    address: Option<IpAddr>,
}

/// Archives an upload and queues its run.
async fn take(app: &App, whole: Whole) -> Result<Uploaded, Problem> {
    let mut part = whole.part;
    if let Some(wanted) = whole.sha256 {
        let found;
        (part, found) = part.sha256().await?;
        if found != wanted {
            part.discard().await?;
            let detail = format!("the bytes that came have the SHA-256 {found}; send them again");
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
    }
    let services = &app.services;
    let taken = custody::take(&services.chain(), part.path(), &whole.name, None).await?;
    let by = By {
        actor: &whole.viewer.name,
        address: whole.address,
    };
    let run = control::upload(
        &services.db,
        &taken,
        whole.name,
        Asker::api(by),
        whole.rule_version,
        whole.mode,
    );
    let (run, file) = (run.await?, taken.file);
    services.wake.notify_one();
    part.discard().await?;
    Ok(Uploaded {
        run,
        file: UploadedFile {
            sha256: file.sha256,
            name: file.name,
            bytes: file.bytes,
        },
    })
}

impl From<SpoolError> for Problem {
    fn from(error: SpoolError) -> Self {
        let detail = error.to_string();
        match error {
            SpoolError::Busy => Self::new(StatusCode::CONFLICT, detail),
            SpoolError::TooMany => Self::new(StatusCode::TOO_MANY_REQUESTS, detail),
            SpoolError::Offset { received } => {
                Self::new(StatusCode::CONFLICT, detail).with(OFFSET, received.into())
            }
            SpoolError::Io { .. } => Self::internal(detail),
        }
    }
}
