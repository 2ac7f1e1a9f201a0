//! What every request for data has in common: who asks, in which form, and of which state of the mart.

use super::{
    caller::caller,
    form::Form,
    fresh,
    problem::Problem,
    table::{self, Row},
};
use crate::{
    app::App,
    auth::{Permission, Viewer},
    fresh::{Tag, Version},
};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use etl::history;
use futures::{Stream, TryStreamExt};
use sea_orm::ConnectionTrait;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How often an answer is read anew because the mart has changed meanwhile.
const TRIES: usize = 5;

/// A request for data of somebody who may read it and does not have the answer yet.
pub struct Asked {
    /// In which form the answer is wanted.
    pub form: Form,
    /// The data version that the answer is of.
    pub version: Version,
    uri: Uri,
    viewer: Arc<Viewer>,
}

impl FromRequestParts<App> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let refused = |problem: Problem| problem.into_response();
        let client = parts.extensions.get().copied().unwrap_or_default();
        let asking = (&parts.headers, client);
        let viewer = caller(app, asking, Permission::DataRead, parts.uri.path()).await;
        let viewer = viewer.map_err(refused)?;
        let form = Form::of(&parts.uri, &parts.headers).map_err(refused)?;
        let version = app.answers.newest(&app.services.db).await;
        let version = version.map_err(|error| refused(error.into()))?;
        let uri = parts.extensions.get::<axum::extract::OriginalUri>();
        let asked = Self {
            form,
            version,
            uri: uri.map_or_else(|| parts.uri.clone(), |uri| uri.0.clone()),
            viewer,
        };
        let etag = asked.etag();
        match etag.is_had(&parts.headers) {
            true => Err(fresh::not_modified(&version, etag)),
            false => Ok(asked),
        }
    }
}

/// One row.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct One<T> {
    pub data: T,
    /// The state of the mart that this is of.
    #[schema(minimum = 0)]
    pub data_version: i32,
}

/// All rows there are.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct All<T> {
    pub data: Vec<T>,
    /// The state of the mart that this is of.
    #[schema(minimum = 0)]
    pub data_version: i32,
}

impl Asked {
    fn etag(&self) -> Tag {
        fresh::etag(&self.version, &self.uri, &self.viewer, self.form)
    }

    /// The address that was asked for, with its parameters.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Reads something that is all of one data version, which is the answer's from then on.
    ///
    /// # Errors
    /// Those of `read`; 503 when the mart changes again and again.
    pub async fn steady<T, F>(&mut self, app: &App, read: impl Fn() -> F) -> Result<T, Problem>
    where
        F: Future<Output = Result<T, Problem>>,
    {
        for _ in 0..TRIES {
            let found = read().await?;
            let now = app.answers.newest(&app.services.db).await?;
            if now == self.version {
                return Ok(found);
            }
            self.version = now;
        }
        let detail = "the mart is being changed; try again in a while";
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
    }

    /// An answer in JSON, with these headers besides the usual ones.
    pub fn json<T: Serialize>(&self, more: HeaderMap, body: &T) -> Response {
        (fresh::headers(&self.version, self.etag()), more, Json(body)).into_response()
    }

    /// An answer in CSV, to be saved under the address's last part.
    pub fn csv(
        &self,
        bytes: impl Stream<Item = Result<Bytes, Problem>> + Send + 'static,
    ) -> Response {
        let name = self.uri.path().rsplit('/').find(|part| !part.is_empty());
        let name = name.unwrap_or("data").trim_end_matches(".csv");
        let named = format!("inline; filename=\"{name}.csv\"");
        let mut headers = fresh::headers(&self.version, self.etag());
        let kind = HeaderValue::from_static("text/csv; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, kind);
        if let Ok(named) = HeaderValue::from_str(&named) {
            headers.insert(header::CONTENT_DISPOSITION, named);
        }
        // The connection is cut off where something goes wrong, so that nobody takes a part for the whole.
        let bytes = bytes.map_err(|problem| std::io::Error::other(problem.detail));
        (headers, Body::from_stream(bytes)).into_response()
    }

    /// The answer that is one row.
    pub fn one<T: Row>(&self, data: T) -> Result<Response, Problem> {
        match self.form {
            Form::Csv => {
                let bytes = table::whole(&[data])?;
                Ok(self.csv(futures::stream::once(async { Ok(bytes) })))
            }
            Form::Json => {
                let data_version = self.version.number;
                Ok(self.json(HeaderMap::new(), &One { data, data_version }))
            }
        }
    }

    /// The answer that is all rows of a short list.
    pub fn all<T: Row>(&self, data: Vec<T>) -> Result<Response, Problem> {
        match self.form {
            Form::Csv => {
                let bytes = table::whole(&data)?;
                Ok(self.csv(futures::stream::once(async { Ok(bytes) })))
            }
            Form::Json => {
                let data_version = self.version.number;
                Ok(self.json(HeaderMap::new(), &All { data, data_version }))
            }
        }
    }
}

/// Checks that there is a data version, where one is asked for.
///
/// # Errors
/// 404 when there is none.
pub async fn check<C: ConnectionTrait>(db: &C, as_of: Option<i32>) -> Result<(), Problem> {
    let Some(version) = as_of else { return Ok(()) };
    let newest = history::newest(db).await?;
    if (0..=newest).contains(&version) {
        return Ok(());
    }
    let detail = format!("asOf: there is no data version {version}; they go from 0 to {newest}");
    Err(Problem::not_found(detail))
}

/// The words before a statement that reads a data version; none for the newest.
pub fn words<C: ConnectionTrait>(db: &C, as_of: Option<i32>) -> String {
    as_of.map_or_else(String::new, |version| {
        history::as_of(db.get_database_backend(), version)
    })
}
