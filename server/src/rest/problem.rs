//! What is wrong with a request, as RFC 9457 has it: `application/problem+json` with the stable `code` that the
//! GraphQL API gives in the same case.
//!
//! | status | code |
//! |---|---|
//! | 400 | `BAD_USER_INPUT` |
//! | 401 | `UNAUTHENTICATED` |
//! | 403 | `FORBIDDEN` |
//! | 404 | `NOT_FOUND` |
//! | 405 | `METHOD_NOT_ALLOWED` |
//! | 406 | `NOT_ACCEPTABLE` |
//! | 408, 504 | `TIMEOUT` |
//! | 409 | `CONFLICT` |
//! | 410 | `GONE` |
//! | 413 | `TOO_LARGE` |
//! | 415 | `UNSUPPORTED_MEDIA_TYPE` |
//! | 416 | `RANGE_NOT_SATISFIABLE` |
//! | 429 | `TOO_MANY_REQUESTS` |
//! | 500 | `INTERNAL` |
//! | 503 | `UNAVAILABLE` |

use crate::{
    auth::{AccessError, Denied},
    fresh::FreshError,
    graphql::error::Failure,
};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use sea_orm::DbErr;
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

const INTERNAL: &str = "something went wrong on the server; its log has the detail";
/// Seconds after which it may be worth asking a database again that did not answer.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Why a request is not answered as asked.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The status of the answer, which decides the code.
    pub status: StatusCode,
    /// What is wrong, for the person who asks.
    pub detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What went wrong with a request (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "about:blank", "title": "Not Found", "status": 404, "code": "NOT_FOUND", "detail": "there is no company 7",
}))]
pub struct ProblemBody {
    /// Always `about:blank`: the status says what kind of problem it is.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// A stable code, for programs.
    #[schema(pattern = "^[A-Z_]+$")]
    code: &'static str,
    /// What is wrong, for people.
    detail: String,
}

impl Problem {
    /// A problem of a status, in words.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            headers: Vec::new(),
        }
    }

    /// The request cannot be understood.
    pub fn input(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Ours; the detail goes into the log only.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        tracing::error!("REST: {detail}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, INTERNAL)
    }

    /// With a header on the answer.
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    fn code(&self) -> &'static str {
        match self.status {
            StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
            StatusCode::FORBIDDEN => "FORBIDDEN",
            StatusCode::NOT_FOUND => "NOT_FOUND",
            StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_ALLOWED",
            StatusCode::NOT_ACCEPTABLE => "NOT_ACCEPTABLE",
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => "TIMEOUT",
            StatusCode::CONFLICT => "CONFLICT",
            StatusCode::GONE => "GONE",
            StatusCode::PAYLOAD_TOO_LARGE => "TOO_LARGE",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "UNSUPPORTED_MEDIA_TYPE",
            StatusCode::RANGE_NOT_SATISFIABLE => "RANGE_NOT_SATISFIABLE",
            StatusCode::TOO_MANY_REQUESTS => "TOO_MANY_REQUESTS",
            StatusCode::SERVICE_UNAVAILABLE => "UNAVAILABLE",
            status if status.is_server_error() => "INTERNAL",
            _ => "BAD_USER_INPUT",
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code(),
            detail: self.detail,
        };
        let kind = [
            (header::CONTENT_TYPE, MEDIA_TYPE),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (self.status, AppendHeaders(self.headers), kind, Json(body)).into_response()
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let detail = denied.to_string();
        match denied {
            Denied::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, detail).with(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"Marquee\""),
            ),
            _ => Self::new(StatusCode::FORBIDDEN, detail),
        }
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Denied(denied) => denied.into(),
            AccessError::Database(error) => error.into(),
            AccessError::TooSoon { seconds } | AccessError::TooFast { seconds, .. } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string())
                    .with(header::RETRY_AFTER, seconds.into())
            }
            error => Self::internal(error),
        }
    }
}

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        Self::from(&error)
    }
}

impl From<FreshError> for Problem {
    fn from(error: FreshError) -> Self {
        match error {
            FreshError::Database(error) => error.into(),
            FreshError::TimedOut(late) => Failure::from(late).into(),
        }
    }
}

impl From<&DbErr> for Problem {
    fn from(error: &DbErr) -> Self {
        if !etl::database::is_away(error) {
            return Self::internal(error);
        }
        tracing::error!("REST: {error}");
        let detail = "the database does not answer; try again in a while";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(header::RETRY_AFTER, RETRY_AFTER)
    }
}

impl From<etl::Error> for Problem {
    fn from(error: etl::Error) -> Self {
        match error {
            etl::Error::Input(detail) => Self::input(detail),
            etl::Error::Database(error) => error.into(),
            error => Self::internal(error),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Input(detail) => Self::input(detail),
            Failure::NotFound(detail) => Self::not_found(detail),
            Failure::Busy(detail) => Self::new(StatusCode::TOO_MANY_REQUESTS, detail),
            Failure::Database(error) => Self::from(&*error),
            Failure::Broken(detail) => Self::internal(detail),
            Failure::TimedOut(late) => Self::new(StatusCode::GATEWAY_TIMEOUT, late.to_string()),
            refused => Self::input(refused.to_string()),
        }
    }
}

/// Makes a problem of whatever else refuses a request: extractors, limits, time-outs, caught panics.
pub async fn complete(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let described = kind.is_some_and(|kind| kind == MEDIA_TYPE);
    if described || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let detail = match status {
        StatusCode::GATEWAY_TIMEOUT => "this took too long; ask for less at once",
        StatusCode::METHOD_NOT_ALLOWED => {
            "this address does not know this method; see the header Allow"
        }
        StatusCode::NOT_FOUND => {
            "there is nothing at this address; /api/v1/openapi.json tells what there is"
        }
        status if status.is_server_error() => INTERNAL,
        _ => "this request cannot be understood",
    };
    let mut problem = Problem::new(status, detail);
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem = problem.with(header::ALLOW, allow.clone());
    }
    problem.into_response()
}
