//! From staging into the mart, inside the caller's transaction: set-based statements only.
//!
//! Order matters: what is touched and what was there before is written down before anything changes.

use crate::{aggregate, compare::Changes, database};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Value};

/// The list tables of a movie: (noun, key column of the noun's table, its column in the link tables).
const LISTS: [(&str, &str, &str); 4] = [
    ("company", "id", "company_id"),
    ("genre", "id", "genre_id"),
    ("country", "code", "country_code"),
    ("language", "code", "language_code"),
];

/// The columns that a staged movie and a movie of the mart share, besides the key.
const MOVIE_COLUMNS: [&str; 26] = [
    "title",
    "original_title",
    "imdb_id",
    "adult",
    "budget",
    "revenue",
    "popularity",
    "release_date",
    "release_year",
    "runtime",
    "status",
    "original_language",
    "overview",
    "tagline",
    "homepage",
    "poster_path",
    "video",
    "vote_average",
    "vote_count",
    "collection_id",
    "row_hash",
    "run_id",
    "line",
    "byte_offset",
    "byte_length",
    "id",
];

/// Merges what the comparison of the run found, as data version `version`, and notes the groups whose
/// aggregates that changes.
///
/// The caller holds the lock on `mart_state`, has compared against the very rows that are there now, and
/// commits.
pub async fn merge<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    version: i32,
    changes: &Changes,
) -> Result<(), DbErr> {
    if changes.superseded > 0 {
        record_superseded(db, run_id).await?;
    }
    if changes.inserted + changes.updated == 0 {
        return Ok(());
    }
    aggregate::note_touched(db, run_id).await?;
    record_revisions(db, run_id, version, changes).await?;
    if changes.updated > 0 {
        unlink_updated(db, run_id).await?;
    }
    upsert_named(db, run_id).await?;
    upsert_movies(db, run_id).await?;
    link(db, run_id).await
}

async fn record_superseded<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    database::execute(
        db,
        "INSERT INTO issue (run_id, line, movie_id, code, rule, column_name, message)
         SELECT run_id, line, movie_id, 'superseded', 'id.last_wins', 'id',
                'a later line of the same file gives this id again; that one counts'
         FROM staging_change WHERE run_id = ? AND kind = 'superseded' ORDER BY line",
        [run_id.into()],
    )
    .await?;
    Ok(())
}

/// Writes down every change, and for updates the row and its links as they were.
async fn record_revisions<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    version: i32,
    changes: &Changes,
) -> Result<(), DbErr> {
    let values: [Value; 2] = [version.into(), run_id.into()];
    if changes.inserted > 0 {
        database::execute(
            db,
            "INSERT INTO revision (run_id, version, movie_id, kind, line)
             SELECT run_id, ?, movie_id, kind, line FROM staging_change
             WHERE run_id = ? AND kind = 'inserted' ORDER BY line",
            values.clone(),
        )
        .await?;
    }
    if changes.updated > 0 {
        let before = json_of_movie(db.get_database_backend());
        database::execute(
            db,
            &format!(
                "INSERT INTO revision (run_id, version, movie_id, kind, line, fields_before)
                 SELECT c.run_id, ?, c.movie_id, c.kind, c.line, {before}
                 FROM staging_change c JOIN movie m ON m.id = c.movie_id
                 WHERE c.run_id = ? AND c.kind = 'updated' ORDER BY c.line"
            ),
            values,
        )
        .await?;
    }
    Ok(())
}

/// The SQL of a JSON object with every column of movie `m` and its links as `[key, position]`.
fn json_of_movie(backend: DatabaseBackend) -> String {
    let mut pairs: Vec<String> = MOVIE_COLUMNS
        .iter()
        .map(|column| match *column {
            "row_hash" => "'row_hash', HEX(m.row_hash)".to_owned(),
            column => format!("'{column}', m.{column}"),
        })
        .collect();
    for (noun, _, key) in LISTS {
        let array = database::json_array(
            backend,
            &format!("JSON_ARRAY({key}, position)"),
            &format!("movie_{noun} WHERE movie_id = m.id"),
        );
        pairs.push(format!("'{noun}', {array}"));
    }
    format!("JSON_OBJECT({})", pairs.join(", "))
}

async fn unlink_updated<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    for (noun, ..) in LISTS {
        database::execute(
            db,
            &database::delete_among(
                db.get_database_backend(),
                &format!("movie_{noun}"),
                &["movie_id"],
                "SELECT movie_id FROM staging_change WHERE run_id = ? AND kind = 'updated'",
            ),
            [run_id.into()],
        )
        .await?;
    }
    Ok(())
}

/// Adds companies, genres, countries, languages and collections that are new or renamed.
async fn upsert_named<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let nouns = LISTS.iter().map(|(noun, key, _)| (*noun, *key));
    for (noun, key) in nouns.chain([("collection", "id")]) {
        let tail = database::on_conflict_update(backend, key, &["name"]);
        database::execute(
            db,
            &format!(
                "INSERT INTO {noun} ({key}, name)
                 SELECT s.{key}, s.name FROM staging_{noun} s
                 JOIN (SELECT {key}, MAX(line) AS last_line FROM staging_{noun}
                       WHERE run_id = ? GROUP BY {key}) l
                   ON l.{key} = s.{key} AND l.last_line = s.line
                 LEFT JOIN {noun} n ON n.{key} = s.{key}
                 WHERE s.run_id = ? AND (n.{key} IS NULL OR n.name <> s.name)
                 {tail}"
            ),
            [run_id.into(), run_id.into()],
        )
        .await?;
    }
    Ok(())
}

async fn upsert_movies<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    let columns = MOVIE_COLUMNS.join(", ");
    let staged: Vec<String> = MOVIE_COLUMNS
        .iter()
        .map(|column| match *column {
            "id" => "s.movie_id".to_owned(),
            column => format!("s.{column}"),
        })
        .collect();
    let (_, updated) = MOVIE_COLUMNS.split_last().unwrap_or((&"", &[]));
    let tail = database::on_conflict_update(db.get_database_backend(), "id", updated);
    database::execute(
        db,
        &format!(
            "INSERT INTO movie ({columns})
             SELECT {} FROM staging_change c
             JOIN staging_movie s ON s.run_id = c.run_id AND s.line = c.line
             WHERE c.run_id = ? AND c.kind IN ('inserted', 'updated')
             {tail}",
            staged.join(", ")
        ),
        [run_id.into()],
    )
    .await?;
    Ok(())
}

async fn link<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    for (noun, _, key) in LISTS {
        database::execute(
            db,
            &format!(
                "INSERT INTO movie_{noun} (movie_id, {key}, position)
                 SELECT c.movie_id, l.{key}, l.position FROM staging_change c
                 JOIN staging_movie_{noun} l ON l.run_id = c.run_id AND l.line = c.line
                 WHERE c.run_id = ? AND c.kind IN ('inserted', 'updated')"
            ),
            [run_id.into()],
        )
        .await?;
    }
    Ok(())
}

/// Removes the companies, genres, countries, languages and collections that no movie mentions (any more).
/// Comes after the aggregates, which refer to them.
pub async fn drop_orphans<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    for (noun, key, link) in LISTS {
        database::execute(
            db,
            &format!(
                "DELETE FROM {noun} WHERE NOT EXISTS
                 (SELECT 1 FROM movie_{noun} l WHERE l.{link} = {noun}.{key})"
            ),
            [],
        )
        .await?;
    }
    database::execute(
        db,
        "DELETE FROM collection WHERE NOT EXISTS
         (SELECT 1 FROM movie m WHERE m.collection_id = collection.id)",
        [],
    )
    .await?;
    Ok(())
}

/// Empties the staging tables of a run.
pub async fn clear_staging<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    for table in [
        "staging_movie",
        "staging_company",
        "staging_genre",
        "staging_collection",
        "staging_country",
        "staging_language",
        "staging_movie_company",
        "staging_movie_genre",
        "staging_movie_country",
        "staging_movie_language",
        "staging_change",
        "staging_touched_company",
        "staging_touched_genre",
        "staging_touched_year",
    ] {
        database::execute(
            db,
            &format!("DELETE FROM {table} WHERE run_id = ?"),
            [run_id.into()],
        )
        .await?;
    }
    Ok(())
}
