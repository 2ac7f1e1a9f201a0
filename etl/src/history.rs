//! What was: the mart as of a version, and what a run changes, field by field.

use crate::{
    Result, aggregate, database,
    merge::{LISTS, MOVIE_COLUMNS, nouns},
};
use entity::{
    ingest::{RunStatus, run},
    mart::movie,
};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DbErr, FromQueryResult, Iterable, ModelTrait, Value,
};
use serde::Serialize;
use std::collections::HashMap;

mod field;

pub use field::fields_sql;

/// Words to put before a `SELECT` so that it reads movies, their links, what they refer to and the figures of all
/// these as they were in `version`: they stand in for the tables of the same names.
///
/// A movie's state then, and a name, is the one that the first later change has replaced, or else the present one.
/// What companion files say is not among it.
pub fn as_of(backend: DatabaseBackend, version: i32) -> String {
    // Inside, SQLite would take a table's bare name for the stand-in's.
    let main = match backend {
        DatabaseBackend::Sqlite => "main.",
        _ => "",
    };
    let unchanged = |id: &str| {
        format!(
            "NOT EXISTS (SELECT 1 FROM revision r WHERE r.movie_id = {id} AND r.version > {version})"
        )
    };
    let replaced = |id: &str| {
        format!(
            "t.until_version = (SELECT MIN(r.version) FROM revision r
             WHERE r.movie_id = {id} AND r.version > {version})"
        )
    };
    let columns: Vec<String> = MOVIE_COLUMNS
        .iter()
        .map(|column| format!("t.{column}"))
        .collect();
    let columns = columns.join(", ");
    let mut tables = vec![format!(
        "movie AS (SELECT {columns} FROM {main}movie t WHERE {}
         UNION ALL SELECT {columns} FROM past_movie t WHERE {})",
        unchanged("t.id"),
        replaced("t.id")
    )];
    for (noun, _, key) in LISTS {
        tables.push(format!(
            "movie_{noun} AS (
             SELECT t.movie_id, t.{key}, t.position FROM {main}movie_{noun} t WHERE {}
             UNION ALL SELECT t.movie_id, t.{key}, t.position FROM past_movie_{noun} t WHERE {})",
            unchanged("t.movie_id"),
            replaced("t.movie_id")
        ));
    }
    for (noun, key) in nouns() {
        let (own, past) = match key {
            "id" => ("CAST(t.id AS CHAR)", "CAST(p.name_key AS SIGNED)"),
            _ => ("t.code", "p.name_key"),
        };
        let count = |id: &str| match noun {
            "company" | "genre" => format!(
                ", (SELECT COUNT(*) FROM movie_{noun} l WHERE l.{noun}_id = {id}) AS movie_count"
            ),
            _ => String::new(),
        };
        tables.push(format!(
            "{noun} AS (
             SELECT t.{key}, t.name{} FROM {main}{noun} t WHERE NOT EXISTS (
                 SELECT 1 FROM past_name p
                 WHERE p.noun = '{noun}' AND p.name_key = {own} AND p.until_version > {version})
             UNION ALL
             SELECT {past}, p.name{} FROM past_name p
             WHERE p.noun = '{noun}' AND p.until_version > {version} AND p.name IS NOT NULL
             AND NOT EXISTS (
                 SELECT 1 FROM past_name q WHERE q.noun = '{noun}' AND q.name_key = p.name_key
                 AND q.until_version > {version} AND q.until_version < p.until_version))",
            count(&format!("t.{key}")),
            count(past),
        ));
    }
    for (table, select) in aggregate::tables(backend) {
        tables.push(format!("{table} AS ({select})"));
    }
    format!("WITH {} ", tables.join(", "))
}

/// The newest version; 0 before the first merge.
pub async fn newest<C: ConnectionTrait>(db: &C) -> Result<i32, DbErr> {
    let rows = database::query(db, "SELECT version FROM mart_state WHERE id = 1", []).await?;
    rows.first().map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// A movie with what it is linked to, by name, in the file's order.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub movie: movie::Model,
    lists: [Vec<String>; LISTS.len()],
}

/// A field that a change gives another value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field, such as `budget` or `companies`.
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A movie that a run changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub movie_id: i64,
    /// `inserted`, `updated` or `deleted`.
    pub kind: String,
    pub line: i64,
    pub title: String,
    /// What becomes of each field; for a movie that is new or gone, of all that have a value.
    pub fields: Vec<FieldChange>,
}

/// Names of lists as fields.
pub(crate) const LIST_FIELDS: [&str; LISTS.len()] =
    ["companies", "genres", "countries", "languages"];

/// Columns that are about the record, not the movie.
const PLACE: [&str; 7] = [
    "id",
    "row_hash",
    "run_id",
    "line",
    "byte_offset",
    "byte_length",
    "release_year",
];

/// The fields in which two states differ.
pub fn differences(before: Option<&State>, after: Option<&State>) -> Vec<FieldChange> {
    use sea_orm::IdenStatic;
    let value = |state: Option<&State>, column: movie::Column| text(state?.movie.get(column));
    let columns = movie::Column::iter().filter(|column| !PLACE.contains(&column.as_str()));
    let plain = columns.map(|column| FieldChange {
        field: column.as_str().to_owned(),
        before: value(before, column),
        after: value(after, column),
    });
    let list = |state: Option<&State>, at: usize| {
        let list = state.map(|state| &state.lists[at])?;
        (!list.is_empty()).then(|| list.join(", "))
    };
    let lists = LIST_FIELDS
        .iter()
        .enumerate()
        .map(|(at, field)| FieldChange {
            field: (*field).to_owned(),
            before: list(before, at),
            after: list(after, at),
        });
    // The year is that of the date, unless the rules do not count the movie.
    let year = |state: Option<&State>| text(state?.movie.release_year.into());
    let date = |state: Option<&State>| state.map(|state| state.movie.release_date);
    let counted = (date(before) == date(after)).then(|| FieldChange {
        field: "release_year".to_owned(),
        before: year(before),
        after: year(after),
    });
    plain
        .chain(counted)
        .chain(lists)
        .filter(|change| change.before != change.after)
        .collect()
}

/// A value as people read it.
pub(crate) fn text(value: Value) -> Option<String> {
    match value {
        Value::Bytes(value) => value.map(hex::encode),
        Value::Bool(value) => value.map(|value| value.to_string()),
        Value::Int(value) => value.map(|value| value.to_string()),
        Value::BigInt(value) => value.map(|value| value.to_string()),
        Value::Double(value) => value.map(|value| value.to_string()),
        Value::ChronoDate(value) => value.map(|value| value.to_string()),
        Value::String(value) => value,
        _ => None,
    }
}

/// Where states are read from.
#[derive(Clone, Copy, Debug)]
pub enum At {
    /// The mart as of a version.
    Version(i32),
    /// The mart as it is.
    Now,
    /// What a run has staged and merging it would make of them.
    Staged(i64),
}

/// The states of movies, by id.
pub async fn states<C: ConnectionTrait>(
    db: &C,
    at: At,
    movie_ids: &[i64],
) -> Result<HashMap<i64, State>> {
    if movie_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<String> = movie_ids.iter().map(i64::to_string).collect();
    let ids = ids.join(", ");
    let columns = |alias: &str| -> String {
        let columns = MOVIE_COLUMNS.iter().filter(|column| **column != "id");
        columns
            .map(|column| format!(", {alias}.{column}"))
            .collect()
    };
    // A staged row's change says whether it is the one of its id that counts.
    let change = "JOIN staging_change c ON c.run_id = s.run_id AND c.line = s.line
                  AND c.kind IN ('inserted', 'updated')";
    let (with, sql) = match at {
        At::Version(version) => (as_of(db.get_database_backend(), version), None),
        At::Now => (String::new(), None),
        At::Staged(run_id) => (
            String::new(),
            Some(format!(
                "SELECT s.movie_id AS id{} FROM staging_movie s {change}
                 WHERE s.run_id = {run_id} AND s.movie_id IN ({ids})",
                columns("s")
            )),
        ),
    };
    let sql = sql.unwrap_or_else(|| {
        format!(
            "{with}SELECT m.id{} FROM movie m WHERE m.id IN ({ids})",
            columns("m")
        )
    });
    let mut states = HashMap::new();
    for row in database::query(db, &sql, []).await? {
        let movie = movie::Model::from_query_result(&row, "")?;
        let lists = Default::default();
        states.insert(movie.id, State { movie, lists });
    }
    for (at_list, (noun, name_key, key)) in LISTS.iter().enumerate() {
        let sql = match at {
            At::Staged(run_id) => format!(
                "SELECT s.movie_id, COALESCE(
                     (SELECT n.name FROM staging_{noun} n WHERE n.run_id = s.run_id
                      AND n.{name_key} = l.{key} ORDER BY n.line DESC LIMIT 1),
                     (SELECT n.name FROM {noun} n WHERE n.{name_key} = l.{key}), '?') AS name
                 FROM staging_movie s {change}
                 JOIN staging_movie_{noun} l ON l.run_id = s.run_id AND l.line = s.line
                 WHERE s.run_id = {run_id} AND s.movie_id IN ({ids}) ORDER BY s.movie_id, l.position"
            ),
            _ => format!(
                "{with}SELECT l.movie_id, n.name FROM movie_{noun} l
                 JOIN {noun} n ON n.{name_key} = l.{key}
                 WHERE l.movie_id IN ({ids}) ORDER BY l.movie_id, l.position"
            ),
        };
        for row in database::query(db, &sql, []).await? {
            if let Some(state) = states.get_mut(&row.try_get_by_index::<i64>(0)?) {
                state.lists[at_list].push(row.try_get_by_index(1)?);
            }
        }
    }
    Ok(states)
}

/// The statement that gives the movies a run has changed, or would change while it is held, as `movie_id`, `kind`
/// (`inserted`, `updated` or `deleted`) and `line`; none for other runs.
pub fn changes_sql(run: &run::Model) -> String {
    let table = match (run.status, run.data_version) {
        (RunStatus::Held, None) => "staging_change",
        _ => "revision",
    };
    format!(
        "SELECT movie_id, kind, line FROM {table}
         WHERE run_id = {} AND kind IN ('inserted', 'updated', 'deleted')",
        run.id
    )
}

/// What becomes of movies by a run that has merged or is held, field by field: of each movie by its id, the kind of
/// change and the line of its record, in the order given.
pub async fn changes(
    db: &impl ConnectionTrait,
    run: &run::Model,
    places: &[(i64, String, i64)],
) -> Result<Vec<Change>> {
    let (before, then) = match run.data_version {
        Some(version) => (At::Version(version - 1), At::Version(version)),
        None => (At::Now, At::Staged(run.id)),
    };
    let ids: Vec<i64> = places.iter().map(|(id, ..)| *id).collect();
    let before = states(db, before, &ids).await?;
    let after = states(db, then, &ids).await?;
    let change = |(movie_id, kind, line): &(i64, String, i64)| Change {
        line: *line,
        ..change(*movie_id, kind, before.get(movie_id), after.get(movie_id))
    };
    Ok(places.iter().map(change).collect())
}

/// What becomes of a movie between two states, of which one may be none.
pub fn change(movie_id: i64, kind: &str, before: Option<&State>, after: Option<&State>) -> Change {
    let movie = after.or(before).map(|state| &state.movie);
    Change {
        movie_id,
        kind: kind.to_owned(),
        line: movie.map_or(0, |movie| movie.line),
        title: movie.map(|movie| movie.title.clone()).unwrap_or_default(),
        fields: differences(before, after),
    }
}

/// What became of a movie in one version.
#[derive(Clone, Debug)]
pub struct Revision {
    pub version: i32,
    pub run_id: i64,
    /// `inserted`, `updated` or `deleted`.
    pub kind: String,
    pub fields: Vec<FieldChange>,
}

/// Every change of a movie, oldest first.
pub async fn revisions<C: ConnectionTrait>(db: &C, movie_id: i64) -> Result<Vec<Revision>> {
    let rows = database::query(
        db,
        "SELECT version, run_id, kind FROM revision WHERE movie_id = ? ORDER BY version",
        [movie_id.into()],
    )
    .await?;
    // What each change has replaced.
    let mut past: HashMap<i32, State> = HashMap::new();
    let columns = MOVIE_COLUMNS.join(", ");
    let sql = format!("SELECT {columns}, until_version FROM past_movie WHERE id = ?");
    for row in database::query(db, &sql, [movie_id.into()]).await? {
        let movie = movie::Model::from_query_result(&row, "")?;
        let lists = Default::default();
        past.insert(row.try_get("", "until_version")?, State { movie, lists });
    }
    for (at, (noun, name_key, key)) in LISTS.iter().enumerate() {
        let sql = format!(
            "SELECT l.until_version, COALESCE(n.name, (
                 SELECT p.name FROM past_name p WHERE p.noun = '{noun}' AND p.name_key = l.{key}
                 AND p.name IS NOT NULL ORDER BY p.until_version DESC LIMIT 1), '?') AS name
             FROM past_movie_{noun} l LEFT JOIN {noun} n ON n.{name_key} = l.{key}
             WHERE l.movie_id = ? ORDER BY l.until_version, l.position"
        );
        for row in database::query(db, &sql, [movie_id.into()]).await? {
            if let Some(state) = past.get_mut(&row.try_get_by_index::<i32>(0)?) {
                state.lists[at].push(row.try_get_by_index(1)?);
            }
        }
    }
    let now = states(db, At::Now, &[movie_id]).await?.remove(&movie_id);
    let mut revisions = Vec::with_capacity(rows.len());
    let versions: Result<Vec<i32>, DbErr> =
        rows.iter().map(|row| row.try_get_by_index(0)).collect();
    let versions = versions?;
    for (at, row) in rows.iter().enumerate() {
        let after = match versions.get(at + 1) {
            Some(next) => past.get(next),
            None => now.as_ref(),
        };
        revisions.push(Revision {
            version: versions[at],
            run_id: row.try_get_by_index(1)?,
            kind: row.try_get_by_index(2)?,
            fields: differences(past.get(&versions[at]), after),
        });
    }
    Ok(revisions)
}
