//! What a run changes of what companion files say.

use crate::{Result, database};
use entity::ingest::{RunStatus, run};
use sea_orm::{ConnectionTrait, Value};

/// Something that is said otherwise than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub key: Key,
    /// `inserted`, `updated` or `deleted`.
    pub kind: String,
    /// What was and what will be said, as JSON.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// What a companion is known by, in the order of a list of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `keywords`, `credits`, `links` or `ratings`.
    pub fills: String,
    pub id: i64,
    pub sub: i64,
}

/// Which part of the list.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub limit: u64,
    /// Whether the last ones are asked for.
    pub backward: bool,
    pub after: Option<Key>,
    pub before: Option<Key>,
}

/// The changes of a held run, or of one that has merged: as (SQL that gives `kind`, `id`, `sub`, `change_kind`,
/// `was`, `becomes`, its one value).
fn source(run: &run::Model) -> Option<(&'static str, Value)> {
    match (run.status, run.data_version) {
        (_, Some(version)) => Some((
            "SELECT r.kind, r.id, r.sub, r.change_kind, r.payload AS was,
                    CASE r.change_kind WHEN 'deleted' THEN NULL ELSE COALESCE(
                        (SELECT n.payload FROM companion_revision n WHERE n.kind = r.kind
                         AND n.id = r.id AND n.sub = r.sub AND n.version > r.version
                         ORDER BY n.version LIMIT 1), m.payload) END AS becomes
             FROM companion_revision r
             LEFT JOIN companion m ON m.kind = r.kind AND m.id = r.id AND m.sub = r.sub
             WHERE r.version = ?",
            version.into(),
        )),
        (RunStatus::Held, None) => Some((
            "SELECT c.kind, c.id, c.sub, c.change_kind, m.payload AS was,
                    CASE c.change_kind WHEN 'deleted' THEN NULL ELSE s.payload END AS becomes
             FROM staging_companion_change c
             LEFT JOIN staging_companion s
               ON s.run_id = c.run_id AND s.line = c.line AND s.kind = c.kind
             LEFT JOIN companion m ON m.kind = c.kind AND m.id = c.id AND m.sub = c.sub
             WHERE c.run_id = ? AND c.change_kind IN ('inserted', 'updated', 'deleted')",
            run.id.into(),
        )),
        _ => None,
    }
}

/// The SQL that counts the changes of a run, of one kind or (empty) of all, and its values.
pub fn count(run: &run::Model, kind: &str) -> (String, Vec<Value>) {
    match source(run) {
        None => ("SELECT 0 AS total_count".to_owned(), Vec::new()),
        Some((sql, value)) => (
            format!(
                "SELECT COUNT(*) AS total_count FROM ({sql}) t WHERE ? = '' OR change_kind = ?"
            ),
            vec![value, kind.into(), kind.into()],
        ),
    }
}

/// A page of what a run changes, of one kind or (empty) of all.
pub async fn changes<C: ConnectionTrait>(
    db: &C,
    run: &run::Model,
    kind: &str,
    page: &Page,
) -> Result<Vec<Change>> {
    let Some((source, value)) = source(run) else {
        return Ok(Vec::new());
    };
    let mut values = vec![value, kind.into(), kind.into()];
    let mut bounds = String::new();
    for (key, than) in [(&page.after, ">"), (&page.before, "<")] {
        if let Some(Key { fills, id, sub }) = key {
            bounds += &format!(" AND (kind, id, sub) {than} (?, ?, ?)");
            values.extend([fills.as_str().into(), (*id).into(), (*sub).into()]);
        }
    }
    let direction = if page.backward { "DESC" } else { "ASC" };
    let sql = format!(
        "SELECT kind, id, sub, change_kind, was, becomes FROM ({source}) t
         WHERE (? = '' OR change_kind = ?){bounds}
         ORDER BY kind {direction}, id {direction}, sub {direction} LIMIT {}",
        page.limit
    );
    let mut found = Vec::new();
    for row in database::query(db, &sql, values).await? {
        found.push(Change {
            key: Key {
                fills: row.try_get_by_index(0)?,
                id: row.try_get_by_index(1)?,
                sub: row.try_get_by_index(2)?,
            },
            kind: row.try_get_by_index(3)?,
            before: row.try_get_by_index(4)?,
            after: row.try_get_by_index(5)?,
        });
    }
    if page.backward {
        found.reverse();
    }
    Ok(found)
}
