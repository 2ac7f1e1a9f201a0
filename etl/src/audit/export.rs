//! Events as a stream of CSV or of JSON lines, oldest first, page by page.

use super::Filter;
use crate::{Error, Result, finding::spreadsheet};
use bytes::Bytes;
use chrono::SecondsFormat;
use entity::access::audit_event;
use futures::{Stream, stream::try_unfold};
use sea_orm::{
    ActiveEnum, ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::{Map, Value};

/// Events that are read at once.
const PAGE: u64 = 1000;

const COLUMNS: [&str; 13] = [
    "id",
    "at",
    "actor",
    "action",
    "subject",
    "address",
    "outcome",
    "code",
    "reason",
    "before",
    "after",
    "previous_hash",
    "hash",
];

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// RFC 4180 with a header; a text that a spreadsheet would take for a formula gets an apostrophe before it.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

/// The events that a filter chooses.
pub fn stream(
    db: DatabaseConnection,
    filter: Filter,
    shape: Shape,
) -> impl Stream<Item = Result<Bytes>> + Send {
    try_unfold(Some(None), move |after: Option<Option<i64>>| {
        let (db, filter) = (db.clone(), filter.clone());
        async move {
            let Some(after) = after else {
                return Ok(None);
            };
            let page = audit_event::Entity::find()
                .filter(audit_event::Column::Id.gt(after.unwrap_or(0)))
                .filter(filter.condition(db.get_database_backend()))
                .order_by_asc(audit_event::Column::Id)
                .limit(PAGE)
                .all(&db)
                .await?;
            let next = match page.last() {
                Some(last) if page.len() as u64 == PAGE => Some(Some(last.id)),
                _ => None,
            };
            Ok(Some((write(page, shape, after.is_none())?, next)))
        }
    })
}

fn write(page: Vec<audit_event::Model>, shape: Shape, first: bool) -> Result<Bytes> {
    let rows = page.into_iter().map(row);
    match shape {
        Shape::Csv => {
            let head = first.then(|| COLUMNS.map(Into::into).to_vec());
            let rows = rows.map(|row| row.map(|text| text.unwrap_or_default().into()).to_vec());
            Ok(spreadsheet::rows(head.into_iter().chain(rows))?.into())
        }
        Shape::JsonLines => {
            let mut text = String::new();
            for row in rows {
                let [id, rest @ ..] = row;
                let id = id.and_then(|id| id.parse::<i64>().ok());
                let values = std::iter::once(Value::from(id)).chain(rest.map(Value::from));
                let names = COLUMNS.iter().map(|name| (*name).to_owned());
                let object: Map<String, Value> = names.zip(values).collect();
                let line = serde_json::to_string(&object);
                text += &line.map_err(|error| Error::Internal(format!("export: {error}")))?;
                text.push('\n');
            }
            Ok(text.into())
        }
    }
}

fn row(event: audit_event::Model) -> [Option<String>; 13] {
    [
        Some(event.id.to_string()),
        Some(event.at.to_rfc3339_opts(SecondsFormat::Micros, true)),
        Some(event.actor),
        Some(event.action),
        Some(event.subject),
        event.address,
        Some(event.outcome.to_value()),
        event.code,
        event.reason,
        event.value_before,
        event.value_after,
        Some(event.previous_hash),
        Some(event.hash),
    ]
}
