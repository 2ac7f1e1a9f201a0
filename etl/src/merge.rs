//! From staging, or from the past, into the mart, inside the caller's transaction: set-based statements only.
//!
//! `staging_change` says which movies change and how; [`After`] says where their new state stands. Order
//! matters: what is touched and what was there before is written down before anything changes.

use crate::{aggregate, compare::Changes, database};
use sea_orm::{ConnectionTrait, DbErr};

/// The list tables of a movie: (noun, key column of the noun's table, its column in the link tables).
pub(crate) const LISTS: [(&str, &str, &str); 4] = [
    ("company", "id", "company_id"),
    ("genre", "id", "genre_id"),
    ("country", "code", "country_code"),
    ("language", "code", "language_code"),
];

/// The columns that a staged movie and a movie of the mart share, besides the key.
pub(crate) const MOVIE_COLUMNS: [&str; 26] = [
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

/// Where the state of the changed movies after a merge stands.
#[derive(Clone, Copy, Debug)]
pub enum After {
    /// In the staging tables, as read from a file.
    Staged,
    /// In the past, as it was before this version.
    Before(i32),
}

impl After {
    /// The join of a changed movie's new row `s` to its change `c`.
    pub fn movie(self) -> String {
        match self {
            Self::Staged => "staging_movie s ON s.run_id = c.run_id AND s.line = c.line".to_owned(),
            Self::Before(version) => {
                format!("past_movie s ON s.id = c.movie_id AND s.until_version = {version}")
            }
        }
    }

    /// The join of a changed movie's new links `l` to its change `c`.
    pub fn links(self, noun: &str) -> String {
        match self {
            Self::Staged => {
                format!("staging_movie_{noun} l ON l.run_id = c.run_id AND l.line = c.line")
            }
            Self::Before(version) => {
                format!(
                    "past_movie_{noun} l ON l.movie_id = c.movie_id AND l.until_version = {version}"
                )
            }
        }
    }

    /// The names that the change brings, as (key, name).
    fn names(self, noun: &str, key: &str, run_id: i64) -> String {
        match self {
            Self::Staged => format!(
                "SELECT s.{key} AS name_key, s.name FROM staging_{noun} s
                 JOIN (SELECT {key}, MAX(line) AS last_line FROM staging_{noun}
                       WHERE run_id = {run_id} GROUP BY {key}) l
                   ON l.{key} = s.{key} AND l.last_line = s.line
                 WHERE s.run_id = {run_id}"
            ),
            Self::Before(version) => {
                let name_key = match key {
                    "id" => "CAST(p.name_key AS SIGNED)",
                    _ => "p.name_key",
                };
                let mention = match noun {
                    "collection" => format!(
                        "past_movie l WHERE l.until_version = {version} AND l.collection_id"
                    ),
                    _ => format!(
                        "past_movie_{noun} l WHERE l.until_version = {version} AND l.{}",
                        link_column(noun)
                    ),
                };
                // What was renamed or dropped by that version; and what is mentioned again but was dropped
                // later, when others had ceased to mention it as well.
                format!(
                    "SELECT {name_key} AS name_key, p.name FROM past_name p
                     WHERE p.noun = '{noun}' AND p.until_version = {version} AND p.name IS NOT NULL
                     UNION
                     SELECT {name_key}, p.name FROM past_name p
                     WHERE p.noun = '{noun}' AND p.until_version > {version} AND p.name IS NOT NULL
                     AND EXISTS (SELECT 1 FROM {mention} = {name_key})
                     AND NOT EXISTS (SELECT 1 FROM {noun} n WHERE n.{key} = {name_key})
                     AND NOT EXISTS (
                         SELECT 1 FROM past_name q WHERE q.noun = p.noun AND q.name_key = p.name_key
                         AND q.name IS NOT NULL
                         AND (q.until_version > p.until_version OR q.until_version = {version}))"
                )
            }
        }
    }
}

/// Merges the changes of a run as data version `version`, and notes the groups whose aggregates that
/// changes; answers whether anything changed. Where no movie does, names may all the same, with `names`.
///
/// The caller holds the lock on `mart_state`, has compared against the very rows that are there now, and
/// commits.
pub async fn merge<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    version: i32,
    changes: &Changes,
    after: After,
    names: bool,
) -> Result<bool, DbErr> {
    if changes.superseded > 0 {
        record_superseded(db, run_id).await?;
    }
    if changes.changed() == 0 {
        if !names {
            return Ok(false);
        }
        return upsert_named(db, run_id, version, after).await;
    }
    aggregate::note_touched(db, run_id, after).await?;
    record_revisions(db, run_id, version).await?;
    if changes.updated + changes.deleted > 0 {
        keep_past(db, run_id, version).await?;
        unlink(db, run_id).await?;
    }
    upsert_named(db, run_id, version, after).await?;
    if changes.deleted > 0 {
        delete_movies(db, run_id).await?;
    }
    upsert_movies(db, run_id, after).await?;
    link(db, run_id, after).await?;
    Ok(true)
}

/// The column of a noun's link table that refers to it.
fn link_column(noun: &str) -> &'static str {
    LISTS
        .iter()
        .find(|list| list.0 == noun)
        .map_or("", |list| list.2)
}

/// The nouns that movies refer to, with their keys.
pub(crate) fn nouns() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lists = LISTS.iter().map(|(noun, key, _)| (*noun, *key));
    lists.chain([("collection", "id")])
}

async fn record_superseded<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    let join = database::ordered_join(db.get_database_backend());
    let sql = format!(
        "INSERT INTO issue
            (run_id, line, byte_offset, byte_length, movie_id, code, severity, rule, column_name,
             message)
         SELECT c.run_id, c.line, s.byte_offset, s.byte_length, c.movie_id, 'superseded', 'info',
                'id.last_wins', 'id', 'a later row gives this id again; that one counts'
         FROM staging_change c {join} staging_movie s ON s.run_id = c.run_id AND s.line = c.line
         WHERE c.run_id = ? AND c.kind = 'superseded' ORDER BY c.line"
    );
    database::execute(db, &sql, [run_id.into()]).await?;
    Ok(())
}

/// Writes down every change.
async fn record_revisions<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    version: i32,
) -> Result<(), DbErr> {
    database::execute(
        db,
        "INSERT INTO revision (run_id, version, movie_id, kind, line)
         SELECT run_id, ?, movie_id, kind, line FROM staging_change
         WHERE run_id = ? AND kind IN ('inserted', 'updated', 'deleted') ORDER BY kind, line",
        [version.into(), run_id.into()],
    )
    .await?;
    Ok(())
}

/// Keeps the rows and links that are about to be replaced or deleted.
async fn keep_past<C: ConnectionTrait>(db: &C, run_id: i64, version: i32) -> Result<(), DbErr> {
    let columns = MOVIE_COLUMNS.join(", ");
    let of_movie: Vec<String> = MOVIE_COLUMNS
        .iter()
        .map(|column| format!("m.{column}"))
        .collect();
    let changed = "WHERE c.run_id = ? AND c.kind IN ('updated', 'deleted')";
    database::execute(
        db,
        &format!(
            "INSERT INTO past_movie ({columns}, until_version)
             SELECT {}, {version} FROM staging_change c JOIN movie m ON m.id = c.movie_id {changed}",
            of_movie.join(", ")
        ),
        [run_id.into()],
    )
    .await?;
    for (noun, _, key) in LISTS {
        database::execute(
            db,
            &format!(
                "INSERT INTO past_movie_{noun} (movie_id, until_version, {key}, position)
                 SELECT l.movie_id, {version}, l.{key}, l.position
                 FROM staging_change c JOIN movie_{noun} l ON l.movie_id = c.movie_id {changed}"
            ),
            [run_id.into()],
        )
        .await?;
    }
    Ok(())
}

async fn unlink<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    for (noun, ..) in LISTS {
        database::execute(
            db,
            &database::delete_among(
                db.get_database_backend(),
                &format!("movie_{noun}"),
                &["movie_id"],
                "SELECT movie_id FROM staging_change WHERE run_id = ? AND kind IN ('updated', 'deleted')",
            ),
            [run_id.into()],
        )
        .await?;
    }
    Ok(())
}

async fn delete_movies<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    database::execute(
        db,
        &database::delete_among(
            db.get_database_backend(),
            "movie",
            &["id"],
            "SELECT movie_id AS id FROM staging_change WHERE run_id = ? AND kind = 'deleted'",
        ),
        [run_id.into()],
    )
    .await?;
    Ok(())
}

/// Adds companies, genres, countries, languages and collections that are new or renamed, and keeps the
/// names they had; answers whether there are any. A thing goes by the name it has in the file that was read last.
async fn upsert_named<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    version: i32,
    after: After,
) -> Result<bool, DbErr> {
    let backend = db.get_database_backend();
    let mut any = false;
    for (noun, key) in nouns() {
        if !brings_names(db, run_id, after, noun, key).await? {
            continue;
        }
        let fresh = after.names(noun, key, run_id);
        let news = format!(
            "FROM ({fresh}) f LEFT JOIN {noun} n ON n.{key} = f.name_key
             WHERE n.{key} IS NULL OR {} <> f.name",
            database::exact(backend, "n.name")
        );
        let renamed = database::execute(
            db,
            &format!(
                "INSERT INTO past_name (noun, name_key, until_version, name)
                 SELECT '{noun}', f.name_key, {version}, n.name {news}"
            ),
            [],
        )
        .await?;
        any |= renamed > 0;
        let tail = database::on_conflict_update(backend, key, &["name"]);
        database::execute(
            db,
            &format!("INSERT INTO {noun} ({key}, name) SELECT f.name_key, f.name {news} {tail}"),
            [],
        )
        .await?;
    }
    Ok(any)
}

/// Whether a run may bring a name that is not there: a quick look, for most files bring none.
async fn brings_names<C: ConnectionTrait>(
    db: &C,
    run_id: i64,
    after: After,
    noun: &str,
    key: &str,
) -> Result<bool, DbErr> {
    if let After::Before(_) = after {
        return Ok(true);
    }
    let backend = db.get_database_backend();
    let sql = format!(
        "SELECT s.line FROM staging_{noun} s LEFT JOIN {noun} n ON n.{key} = s.{key}
         WHERE s.run_id = ? AND (n.{key} IS NULL OR {} <> s.name) LIMIT 1",
        database::exact(backend, "n.name")
    );
    Ok(!database::query(db, &sql, [run_id.into()]).await?.is_empty())
}

async fn upsert_movies<C: ConnectionTrait>(db: &C, run_id: i64, after: After) -> Result<(), DbErr> {
    let columns = MOVIE_COLUMNS.join(", ");
    let fresh: Vec<String> = MOVIE_COLUMNS
        .iter()
        .map(|column| match *column {
            "id" => "c.movie_id".to_owned(),
            column => format!("s.{column}"),
        })
        .collect();
    let (_, updated) = MOVIE_COLUMNS.split_last().unwrap_or((&"", &[]));
    let tail = database::on_conflict_update(db.get_database_backend(), "id", updated);
    database::execute(
        db,
        &format!(
            "INSERT INTO movie ({columns})
             SELECT {} FROM staging_change c JOIN {}
             WHERE c.run_id = ? AND c.kind IN ('inserted', 'updated')
             {tail}",
            fresh.join(", "),
            after.movie()
        ),
        [run_id.into()],
    )
    .await?;
    Ok(())
}

async fn link<C: ConnectionTrait>(db: &C, run_id: i64, after: After) -> Result<(), DbErr> {
    for (noun, _, key) in LISTS {
        database::execute(
            db,
            &format!(
                "INSERT INTO movie_{noun} (movie_id, {key}, position)
                 SELECT c.movie_id, l.{key}, l.position FROM staging_change c JOIN {}
                 WHERE c.run_id = ? AND c.kind IN ('inserted', 'updated')",
                after.links(noun)
            ),
            [run_id.into()],
        )
        .await?;
    }
    Ok(())
}

/// Removes the companies, genres, countries, languages and collections that no movie mentions (any more),
/// and keeps their names. Comes after the aggregates, which refer to them.
pub async fn drop_orphans<C: ConnectionTrait>(db: &C, version: i32) -> Result<(), DbErr> {
    for (noun, key) in nouns() {
        let link = match noun {
            "collection" => "movie l WHERE l.collection_id".to_owned(),
            _ => format!("movie_{noun} l WHERE l.{}", link_column(noun)),
        };
        let orphan = format!("NOT EXISTS (SELECT 1 FROM {link} = {noun}.{key})");
        // What this very merge has named and nothing mentions was not there before.
        database::execute(
            db,
            &format!(
                "INSERT INTO past_name (noun, name_key, until_version, name)
                 SELECT '{noun}', {noun}.{key}, {version}, {noun}.name FROM {noun}
                 WHERE {orphan} AND NOT EXISTS (
                     SELECT 1 FROM past_name p WHERE p.noun = '{noun}'
                     AND p.name_key = {noun}.{key} AND p.until_version = {version})"
            ),
            [],
        )
        .await?;
        database::execute(db, &format!("DELETE FROM {noun} WHERE {orphan}"), []).await?;
    }
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
        "staging_companion",
        "staging_companion_change",
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
