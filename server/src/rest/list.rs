//! Lists: a page in JSON, all of it as a stream in CSV.

use super::{
    asked::Asked,
    form::Form,
    problem::Problem,
    query::Whole,
    table::{self, Row},
};
use crate::{
    app::App,
    fresh::{Version, version},
    graphql::page::{DEFAULT_SIZE, MAX_SIZE, Rows},
};
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use futures::{Stream, StreamExt, stream};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde::Serialize;
use std::sync::Arc;
use tokio_util::task::AbortOnDropHandle;
use utoipa::ToSchema;

/// Rows that are read at once for CSV.
const CHUNK: u64 = 500;

/// How many rows are wanted.
pub type Size = Whole<1, { MAX_SIZE as i64 }>;

/// Rows of a list, and the cursor of those that follow them, if there are any.
pub struct Slice<T> {
    pub rows: Vec<T>,
    pub next: Option<String>,
}

impl<T> Slice<T> {
    /// A slice of rows that were found.
    pub fn of<M>(found: Rows<M>, made: impl Fn(M) -> T) -> Self {
        let last = found.rows.last().filter(|_| found.after);
        let next = last.map(|(cursor, _)| cursor.clone());
        let rows = found.rows.into_iter().map(|(_, row)| made(row));
        Self {
            rows: rows.collect(),
            next,
        }
    }
}

/// What a counting statement has counted.
///
/// # Errors
/// When the database does not answer.
pub async fn total(db: &DatabaseConnection, count: Statement) -> Result<i64, Problem> {
    let row = db.query_one_raw(count).await?;
    let count = row.map(|row| row.try_get("", "total_count")).transpose()?;
    Ok(count.unwrap_or_default())
}

/// A list that is read page by page.
pub trait List: Send + Sync + 'static {
    /// What it is a list of.
    type Row: Row + Sync;

    /// Whether it can be read as of a data version that is no longer the newest.
    const PAST: bool;

    /// Rows after a cursor, now or as of a data version.
    ///
    /// # Errors
    /// 400 for a cursor of another list or order.
    fn slice(
        &self,
        db: &DatabaseConnection,
        as_of: Option<i32>,
        after: Option<&str>,
        size: u64,
    ) -> impl Future<Output = Result<Slice<Self::Row>, Problem>> + Send;

    /// How many rows there are in all.
    ///
    /// # Errors
    /// When the database does not answer.
    fn count(
        &self,
        db: &DatabaseConnection,
        as_of: Option<i32>,
    ) -> impl Future<Output = Result<i64, Problem>> + Send;
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub first: Option<Size>,
    pub after: Option<String>,
    pub count: bool,
    pub as_of: Option<i32>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    pub data: Vec<T>,
    pub page: PageInfo,
    /// The state of the mart that this is of.
    #[schema(minimum = 0)]
    pub data_version: i32,
}

/// Where a page lies in its list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageInfo {
    /// Rows of this page.
    #[schema(minimum = 0, maximum = 500)]
    pub size: usize,
    /// The parameter `after` of the next page; null on the last one. The header `Link` has its whole address.
    #[schema(required)]
    pub next: Option<String>,
    /// Rows of the whole list, where `count` was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub total: Option<i64>,
}

/// Answers with a page of a list in JSON, or with all of it from there on in CSV.
///
/// # Errors
/// 400 for a cursor of another list or order.
pub async fn answer<L: List>(
    app: &App,
    mut asked: Asked,
    list: L,
    part: Part,
) -> Result<Response, Problem> {
    let db = &app.services.db;
    if asked.form == Form::Csv {
        let reading = Reading {
            // The stream goes on when the request has been answered.
            db: app.services.work.clone(),
            list: Arc::new(list),
            version: asked.version,
            as_of: part.as_of,
        };
        let limit = part.first.map(|first| first.0 as u64);
        return Ok(asked.csv(reading.csv(part.after, limit).await?));
    }
    let size = part
        .first
        .map_or(DEFAULT_SIZE as u64, |first| first.0 as u64);
    let read = || async {
        let total = match part.count {
            true => Some(list.count(db, part.as_of).await?),
            false => None,
        };
        let after = part.after.as_deref();
        Ok((list.slice(db, part.as_of, after, size).await?, total))
    };
    let (slice, total) = asked.steady(app, read).await?;
    let mut more = HeaderMap::new();
    if let Some(next) = &slice.next {
        let link = format!("<{}>; rel=\"next\"", following(asked.uri(), next));
        let link = HeaderValue::from_str(&link).map_err(Problem::internal)?;
        more.insert(header::LINK, link);
    }
    let page = Page {
        page: PageInfo {
            size: slice.rows.len(),
            next: slice.next,
            total,
        },
        data: slice.rows,
        data_version: asked.version.number,
    };
    Ok(asked.json(more, &page))
}

/// The address of the page after a cursor.
fn following(uri: &Uri, cursor: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if name != "after" {
            query.append_pair(&name, &value);
        }
    }
    query.append_pair("after", cursor);
    format!("{}?{}", uri.path(), query.finish())
}

/// A list that is read to its end, all of it as of one data version, without holding a connection in between.
struct Reading<L> {
    db: DatabaseConnection,
    list: Arc<L>,
    /// The newest version when it was begun.
    version: Version,
    as_of: Option<i32>,
}

impl<L> Clone for Reading<L> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            list: self.list.clone(),
            ..*self
        }
    }
}

/// What is still to be read.
struct Rest<L: List> {
    reading: Reading<L>,
    /// The next rows, which are read while those before them are sent.
    ahead: Option<AbortOnDropHandle<Result<Slice<L::Row>, Problem>>>,
    /// Most rows that are still wanted.
    left: u64,
}

impl<L: List> Reading<L> {
    /// The rows after a cursor, `limit` of them at most, as CSV. The first ones are read at once, so that what is
    /// wrong with a request is said in place of an answer.
    async fn csv(
        self,
        after: Option<String>,
        limit: Option<u64>,
    ) -> Result<impl Stream<Item = Result<Bytes, Problem>> + Send + use<L>, Problem> {
        let mut rest = Rest {
            left: limit.unwrap_or(u64::MAX),
            reading: self,
            ahead: None,
        };
        let first = rest.reading.slice(after.as_deref(), rest.size()).await?;
        let head = [table::head::<L::Row>()?, rest.take(first)?].concat();
        let tail = stream::try_unfold(rest, |mut rest| async move {
            let Some(ahead) = rest.ahead.take() else {
                return Ok(None);
            };
            let slice = ahead.await.map_err(Problem::internal)??;
            let bytes = rest.take(slice)?;
            Ok(Some((bytes, rest)))
        });
        Ok(stream::once(async { Ok(head.into()) }).chain(tail))
    }

    /// Rows of the version that the reading was begun at: where another one has come meanwhile, of the past.
    async fn slice(&self, after: Option<&str>, size: u64) -> Result<Slice<L::Row>, Problem> {
        let found = self.list.slice(&self.db, self.as_of, after, size).await?;
        if self.as_of.is_some() || version(&self.db).await? == self.version {
            return Ok(found);
        }
        if L::PAST {
            let past = Some(self.version.number);
            return self.list.slice(&self.db, past, after, size).await;
        }
        tracing::warn!("CSV of a list broken off: the mart has changed");
        let detail = "the mart has changed meanwhile; ask again";
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail))
    }
}

impl<L: List> Rest<L> {
    fn size(&self) -> u64 {
        self.left.min(CHUNK)
    }

    /// Writes rows, while those after them are read.
    fn take(&mut self, slice: Slice<L::Row>) -> Result<Bytes, Problem> {
        self.left = self.left.saturating_sub(slice.rows.len() as u64);
        if let Some(after) = slice.next.filter(|_| self.left > 0) {
            let (reading, size) = (self.reading.clone(), self.size());
            let ahead = tokio::spawn(async move { reading.slice(Some(&after), size).await });
            self.ahead = Some(AbortOnDropHandle::new(ahead));
        }
        table::body(&slice.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_all_other_parameters() {
        let uri = "/api/v1/movies?search=a%26b&after=x&first=2"
            .parse()
            .unwrap();
        assert_eq!(
            following(&uri, "y-_1"),
            "/api/v1/movies?search=a%26b&first=2&after=y-_1"
        );
    }
}
