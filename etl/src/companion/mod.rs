//! What companion files say of movies: compared, merged and taken back by set-based statements, beside the
//! movies themselves and in the same transaction.
//!
//! `companion` holds what was read, by kind and key, whether the movie is there or not; the tables made of
//! it (`movie_keyword`, `movie_cast`, …) are renewed for the keys that change, and join the movies by id.

pub mod changes;

use crate::{aggregate::Recount, compare::Changes, database, merge::After, rules::Keep};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr};

/// The columns of `companion` besides its key.
const VALUES: [&str; 5] = ["payload", "run_id", "line", "byte_offset", "byte_length"];

/// A table that is made of the companions of a kind.
struct Made {
    kind: &'static str,
    table: &'static str,
    /// Its column with the companion's id.
    key: &'static str,
    columns: &'static [&'static str],
    rows: Rows,
}

/// What of a payload becomes rows.
enum Rows {
    /// Each element of the list at a path: (name, type in MySQL) of each value.
    Elements(&'static str, &'static [(&'static str, &'static str)]),
    /// The payload itself: its values.
    Whole(&'static [&'static str]),
    /// All payloads of the id together: how many, and the mean of a value.
    Mean(&'static str),
}

const TEXT: &str = "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

const MADE: [Made; 5] = [
    Made {
        kind: "keywords",
        table: "movie_keyword",
        key: "movie_id",
        columns: &["position", "keyword_id", "name"],
        rows: Rows::Elements("$", &[("id", "BIGINT"), ("name", TEXT)]),
    },
    Made {
        kind: "credits",
        table: "movie_cast",
        key: "movie_id",
        columns: &["position", "person_id", "name", "character_name"],
        rows: Rows::Elements(
            "$.cast",
            &[("id", "BIGINT"), ("name", TEXT), ("character", TEXT)],
        ),
    },
    Made {
        kind: "credits",
        table: "movie_crew",
        key: "movie_id",
        columns: &["position", "person_id", "name", "department", "job"],
        rows: Rows::Elements(
            "$.crew",
            &[
                ("id", "BIGINT"),
                ("name", TEXT),
                ("department", TEXT),
                ("job", TEXT),
            ],
        ),
    },
    Made {
        kind: "links",
        table: "movie_link",
        key: "movielens_id",
        columns: &["movie_id", "imdb_id"],
        rows: Rows::Whole(&["movie_id", "imdb_id"]),
    },
    Made {
        kind: "ratings",
        table: "movie_rating",
        key: "movielens_id",
        columns: &["rating_count", "rating_average"],
        rows: Rows::Mean("rating"),
    },
];

impl Made {
    /// The rows of the companions for which `condition` (about `c`) holds.
    fn select(&self, backend: DatabaseBackend, condition: &str) -> String {
        let of = format!("c.kind = '{}' AND {condition}", self.kind);
        match &self.rows {
            Rows::Elements(path, values) => {
                let list = database::json_rows(backend, "c.payload", path, values);
                format!(
                    "SELECT c.id, {}, {} FROM companion c JOIN {} WHERE {of}",
                    list.position,
                    list.values.join(", "),
                    list.source
                )
            }
            Rows::Whole(values) => {
                let values: Vec<String> = values
                    .iter()
                    .map(|value| database::json_value(backend, "c.payload", value))
                    .collect();
                format!(
                    "SELECT c.id, {} FROM companion c WHERE {of}",
                    values.join(", ")
                )
            }
            Rows::Mean(value) => {
                let value = database::json_value(backend, "c.payload", value);
                format!(
                    "SELECT c.id, COUNT(*), AVG(CAST({value} AS DOUBLE)) FROM companion c
                     WHERE {of} GROUP BY c.id"
                )
            }
        }
    }

    /// The table's columns, the key first.
    fn all_columns(&self) -> String {
        format!("{}, {}", self.key, self.columns.join(", "))
    }
}

/// Fills `staging_companion_change` for the run; answers the changes of the records of companion files.
///
/// As with movies, of several lines of a file the one the rules keep counts, and of files the one that
/// arrived last.
pub async fn compare<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    keep: Keep,
) -> Result<Changes, DbErr> {
    let kept = keep.aggregate();
    forget_changes(db, run_id).await?;
    database::execute(
        db,
        &format!(
            "INSERT INTO staging_companion_change (run_id, line, kind, id, sub, own, change_kind)
         SELECT s.run_id, s.line, s.kind, s.id, s.sub, s.own,
                CASE WHEN s.line <> l.kept THEN 'superseded'
                     WHEN c.id IS NULL THEN 'inserted'
                     WHEN c.payload = s.payload THEN 'unchanged'
                     WHEN owner.source_file_id > mine.source_file_id THEN 'superseded'
                     ELSE 'updated' END
         FROM staging_companion s
         JOIN (SELECT kind, id, sub, {kept}(line) AS kept FROM staging_companion
               WHERE run_id = ? GROUP BY kind, id, sub) l
           ON l.kind = s.kind AND l.id = s.id AND l.sub = s.sub
         JOIN run mine ON mine.id = s.run_id
         LEFT JOIN companion c ON c.kind = s.kind AND c.id = s.id AND c.sub = s.sub
         LEFT JOIN run owner ON owner.id = c.run_id
         WHERE s.run_id = ?"
        ),
        [run_id.into(), run_id.into()],
    )
    .await?;
    // What a file that is read again no longer says.
    database::execute(
        db,
        "INSERT INTO staging_companion_change (run_id, line, kind, id, sub, own, change_kind)
         SELECT mine.id, c.line, c.kind, c.id, c.sub, 1, 'deleted'
         FROM run mine
         JOIN run owner ON owner.source_file_id = mine.source_file_id
         JOIN companion c ON c.run_id = owner.id
         WHERE mine.id = ? AND mine.kind = 'reprocess'
         AND NOT EXISTS (SELECT 1 FROM staging_companion_change s WHERE s.run_id = mine.id
             AND s.kind = c.kind AND s.id = c.id AND s.sub = c.sub)",
        [run_id.into()],
    )
    .await?;
    count(db, run_id).await
}

/// Fills `staging_companion_change` with the inverse of what version `version` has changed.
pub async fn invert<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    version: i32,
) -> Result<Changes, DbErr> {
    forget_changes(db, run_id).await?;
    database::execute(
        db,
        "INSERT INTO staging_companion_change (run_id, line, kind, id, sub, own, change_kind)
         SELECT ?, COALESCE(line, 0), kind, id, sub, 1,
                CASE change_kind WHEN 'inserted' THEN 'deleted'
                     WHEN 'deleted' THEN 'inserted' ELSE change_kind END
         FROM companion_revision WHERE version = ?",
        [run_id.into(), version.into()],
    )
    .await?;
    count(db, run_id).await
}

async fn forget_changes<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    let sql = "DELETE FROM staging_companion_change WHERE run_id = ?";
    database::execute(db, sql, [run_id.into()]).await?;
    Ok(())
}

async fn count<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<Changes, DbErr> {
    let rows = database::query(
        db,
        "SELECT change_kind, COUNT(*) FROM staging_companion_change
         WHERE run_id = ? AND own = 1 GROUP BY change_kind",
        [run_id.into()],
    )
    .await?;
    Changes::of(&rows)
}

/// Merges the changes of a run as data version `version`.
pub async fn merge<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    version: i32,
    after: After,
) -> Result<(), DbErr> {
    let changed = database::execute(
        db,
        "INSERT INTO companion_revision
             (kind, id, sub, version, change_kind, payload, run_id, line, byte_offset, byte_length)
         SELECT s.kind, s.id, s.sub, ?, s.change_kind, c.payload, c.run_id, c.line, c.byte_offset,
                c.byte_length
         FROM staging_companion_change s
         LEFT JOIN companion c ON c.kind = s.kind AND c.id = s.id AND c.sub = s.sub
         WHERE s.run_id = ? AND s.change_kind IN ('inserted', 'updated', 'deleted')",
        [version.into(), run_id.into()],
    )
    .await?;
    database::execute(
        db,
        "INSERT INTO issue
             (run_id, line, byte_offset, byte_length, movie_id, code, severity, rule, column_name,
              message)
         SELECT c.run_id, c.line, s.byte_offset, s.byte_length, NULL, 'superseded', 'info',
                'id.last_wins', NULL, 'a later row gives this key again; that one counts'
         FROM staging_companion_change c
         JOIN staging_companion s ON s.run_id = c.run_id AND s.line = c.line AND s.kind = c.kind
         WHERE c.run_id = ? AND c.own = 1 AND c.change_kind = 'superseded' ORDER BY c.line",
        [run_id.into()],
    )
    .await?;
    if changed == 0 {
        return Ok(());
    }
    let backend = db.get_database_backend();
    for made in &MADE {
        let gone = format!(
            "SELECT DISTINCT id AS {} FROM staging_companion_change
             WHERE run_id = ? AND kind = '{}' AND change_kind IN ('inserted', 'updated', 'deleted')",
            made.key, made.kind
        );
        let delete = database::delete_among(backend, made.table, &[made.key], &gone);
        database::execute(db, &delete, [run_id.into()]).await?;
    }
    let deleted = "SELECT kind, id, sub FROM staging_companion_change
         WHERE run_id = ? AND change_kind = 'deleted'";
    let delete = database::delete_among(backend, "companion", &["kind", "id", "sub"], deleted);
    database::execute(db, &delete, [run_id.into()]).await?;
    put(db, run_id, after).await?;
    for made in &MADE {
        let touched = format!(
            "c.id IN (SELECT id FROM staging_companion_change WHERE run_id = {run_id}
                 AND kind = '{}' AND change_kind IN ('inserted', 'updated', 'deleted'))",
            made.kind
        );
        let sql = format!(
            "INSERT INTO {} ({}) {}",
            made.table,
            made.all_columns(),
            made.select(backend, &touched)
        );
        database::execute(db, &sql, []).await?;
    }
    Ok(())
}

/// Writes the new state of what is inserted and updated.
async fn put<C: ConnectionTrait>(db: &C, run_id: i64, after: After) -> Result<(), DbErr> {
    let source = match after {
        After::Staged => {
            "staging_companion s ON s.run_id = c.run_id AND s.line = c.line AND s.kind = c.kind"
                .to_owned()
        }
        After::Before(version) => format!(
            "companion_revision s ON s.kind = c.kind AND s.id = c.id AND s.sub = c.sub
             AND s.version = {version}"
        ),
    };
    let values: Vec<String> = VALUES.iter().map(|value| format!("s.{value}")).collect();
    let tail = database::on_conflict_update(db.get_database_backend(), "kind, id, sub", &VALUES);
    let sql = format!(
        "INSERT INTO companion (kind, id, sub, {})
         SELECT c.kind, c.id, c.sub, {} FROM staging_companion_change c JOIN {source}
         WHERE c.run_id = ? AND c.change_kind IN ('inserted', 'updated') {tail}",
        VALUES.join(", "),
        values.join(", ")
    );
    database::execute(db, &sql, [run_id.into()]).await?;
    Ok(())
}

/// Makes every table anew in thought and compares it with the one that is there.
pub async fn recount<C: ConnectionTrait>(db: &C) -> Result<Vec<Recount>, DbErr> {
    let backend = db.get_database_backend();
    let mut recounts = Vec::new();
    for made in &MADE {
        let (table, columns) = (made.table, made.all_columns());
        let kept = format!("SELECT {columns} FROM {table}");
        let fresh = made.select(backend, "1 = 1");
        let only = |one: &str, other: &str| {
            format!(
                "(SELECT COUNT(*) FROM
                 (SELECT * FROM ({one}) a EXCEPT SELECT * FROM ({other}) b) x)"
            )
        };
        let sql = format!(
            "SELECT (SELECT COUNT(*) FROM {table}), {}, {}",
            only(&kept, &fresh),
            only(&fresh, &kept)
        );
        for row in database::query(db, &sql, []).await? {
            let groups: i64 = row.try_get_by_index(0)?;
            let surplus: i64 = row.try_get_by_index(1)?;
            let missing: i64 = row.try_get_by_index(2)?;
            let mut differences = Vec::new();
            if surplus + missing > 0 {
                differences.push(format!(
                    "{table}: {surplus} rows should not be there and {missing} are missing"
                ));
            }
            recounts.push(Recount {
                table,
                groups: groups.unsigned_abs(),
                differences,
            });
        }
    }
    Ok(recounts)
}
