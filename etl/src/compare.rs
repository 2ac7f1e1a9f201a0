//! What merging a run would do to each row: one set-based statement.

use crate::{companion, database, rules::Keep};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};

/// How many rows of a run would do what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub inserted: i64,
    pub updated: i64,
    pub unchanged: i64,
    /// Rows of an id that a later (or, where the rules keep the first, earlier) line of the same file, or a file that arrived later, gives again.
    pub superseded: i64,
    /// Movies taken out of the mart; no rows that were read.
    pub deleted: i64,
    /// Rows staged in brief that the mart no longer has just so: they have to be staged again, whole.
    pub stale: i64,
}

impl Changes {
    /// Of rows of a kind and how many are of it.
    pub(crate) fn of(rows: &[QueryResult]) -> Result<Self, DbErr> {
        let mut changes = Self::default();
        for row in rows {
            let count: i64 = row.try_get_by_index(1)?;
            match row.try_get_by_index::<String>(0)?.as_str() {
                "inserted" => changes.inserted = count,
                "updated" => changes.updated = count,
                "unchanged" => changes.unchanged = count,
                "superseded" => changes.superseded = count,
                "deleted" => changes.deleted = count,
                "stale" => changes.stale = count,
                other => return Err(DbErr::Custom(format!("unknown kind of change {other}"))),
            }
        }
        Ok(changes)
    }

    /// Movies that become others.
    pub fn changed(&self) -> i64 {
        self.inserted + self.updated + self.deleted
    }

    /// All rows compared.
    pub fn total(&self) -> i64 {
        self.inserted + self.updated + self.unchanged + self.superseded
    }
}

/// The changes of movies and those of what companion files say of them, together.
impl std::ops::Add for Changes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            inserted: self.inserted + other.inserted,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            superseded: self.superseded + other.superseded,
            deleted: self.deleted + other.deleted,
            stale: self.stale + other.stale,
        }
    }
}

/// What a comparison finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub movies: Changes,
    /// Of what companion files say of movies.
    pub companions: Changes,
}

impl Found {
    /// All records.
    pub fn all(&self) -> Changes {
        self.movies + self.companions
    }
}

/// Compares what a run has staged with what is there; may be repeated.
pub async fn compare<C: ConnectionTrait>(db: &C, run_id: i64, keep: Keep) -> Result<Found, DbErr> {
    Ok(Found {
        movies: movies(db, run_id, keep).await?,
        companions: companion::compare(db, run_id, keep).await?,
    })
}

/// Fills `staging_change` for the run from its staged movies and the mart.
///
/// The row of the file that arrived last counts, in whatever order files are read: so an old file that is
/// read again changes no movie that a newer one has given since.
async fn movies<C: ConnectionTrait>(db: &C, run_id: i64, keep: Keep) -> Result<Changes, DbErr> {
    let kept = keep.aggregate();
    database::execute(
        db,
        "DELETE FROM staging_change WHERE run_id = ?",
        [run_id.into()],
    )
    .await?;
    database::execute(
        db,
        &format!(
            "INSERT INTO staging_change (run_id, line, movie_id, kind)
         SELECT s.run_id, s.line, s.movie_id,
                CASE WHEN s.line <> l.kept THEN 'superseded'
                     WHEN m.row_hash = s.row_hash THEN 'unchanged'
                     WHEN owner.source_file_id > mine.source_file_id THEN 'superseded'
                     WHEN s.whole = 0 THEN 'stale'
                     WHEN m.id IS NULL THEN 'inserted'
                     ELSE 'updated' END
         FROM staging_movie s
         JOIN (SELECT movie_id, {kept}(line) AS kept FROM staging_movie
               WHERE run_id = ? GROUP BY movie_id) l ON l.movie_id = s.movie_id
         JOIN run mine ON mine.id = s.run_id
         LEFT JOIN movie m ON m.id = s.movie_id
         LEFT JOIN run owner ON owner.id = m.run_id
         WHERE s.run_id = ?"
        ),
        [run_id.into(), run_id.into()],
    )
    .await?;
    leave_out(db, run_id).await?;
    count(db, run_id).await
}

/// Where a file is read again: the movies that the mart has from it and that are none under these rules are
/// to be deleted.
async fn leave_out<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<(), DbErr> {
    let found = format!("SELECT movie_id FROM staging_change WHERE run_id = {run_id}");
    let others = database::where_not_among(db.get_database_backend(), "m.id", &found);
    database::execute(
        db,
        &format!(
            "INSERT INTO staging_change (run_id, line, movie_id, kind)
         SELECT mine.id, m.line, m.id, 'deleted'
         FROM run mine
         JOIN run owner ON owner.source_file_id = mine.source_file_id
         JOIN movie m ON m.run_id = owner.id
         {others} AND mine.id = ? AND mine.kind = 'reprocess'"
        ),
        [run_id.into()],
    )
    .await?;
    Ok(())
}

/// Counts the changes of movies.
pub async fn count<C: ConnectionTrait>(db: &C, run_id: i64) -> Result<Changes, DbErr> {
    let rows = database::query(
        db,
        "SELECT kind, COUNT(*) FROM staging_change WHERE run_id = ? GROUP BY kind",
        [run_id.into()],
    )
    .await?;
    Changes::of(&rows)
}
