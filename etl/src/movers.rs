//! What a run does to the figures of companies and genres, the largest changes first.
//!
//! Of a held run it is what merging would make of them, of a merged one what it made of them, however long ago.
//! Only the years that the changed movies belong to, or belonged to, are computed.

use crate::{
    Result,
    database::{self, integer_sum, ordered_join},
};
use entity::ingest::{RunStatus, run};
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, QueryResult};
use serde::Serialize;

/// Whose years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Company,
    Genre,
}

impl Of {
    pub const ALL: [Self; 2] = [Self::Company, Self::Genre];

    /// The noun's table.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Genre => "genre",
        }
    }
}

/// Which figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Revenue,
    Budget,
    Profit,
    MovieCount,
    AveragePopularity,
}

impl Measure {
    pub const ALL: [Self; 5] = [
        Self::Revenue,
        Self::Budget,
        Self::Profit,
        Self::MovieCount,
        Self::AveragePopularity,
    ];

    /// Its column in the aggregate tables.
    pub fn column(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Budget => "budget",
            Self::Profit => "profit",
            Self::MovieCount => "movie_count",
            Self::AveragePopularity => "average_popularity",
        }
    }

    /// The figure over movies `x`.
    fn over(self, backend: DatabaseBackend) -> String {
        match self {
            Self::Revenue => integer_sum(backend, "x.revenue"),
            Self::Budget => integer_sum(backend, "x.budget"),
            Self::Profit => integer_sum(backend, "x.revenue - x.budget"),
            Self::MovieCount => "COUNT(*)".to_owned(),
            Self::AveragePopularity => "AVG(x.popularity)".to_owned(),
        }
    }

    /// The smallest change that is one: averages may differ by the order of summing.
    pub fn least(self) -> f64 {
        match self {
            Self::AveragePopularity => 1e-9,
            _ => 0.5,
        }
    }
}

/// A company's or genre's year whose figure changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mover {
    /// The company or genre.
    pub id: i64,
    pub name: String,
    pub year: i32,
    /// None where no movie of the year has a known value.
    pub before: Option<f64>,
    pub after: Option<f64>,
    /// `after - before`, where nothing counts as 0.
    pub change: f64,
}

/// A state of the mart.
#[derive(Clone, Copy)]
enum State {
    /// As of a version.
    Version(i32),
    Now,
    /// As merging what a run has staged would make it.
    Staged(i64),
}

/// The largest changes of a figure by a run, at most `first` of them; none where the run has neither merged nor
/// is held.
///
/// # Errors
/// When the database does not answer.
pub async fn movers<C: ConnectionTrait>(
    db: &C,
    run: &run::Model,
    of: Of,
    measure: Measure,
    first: u64,
) -> Result<Vec<Mover>> {
    let (before, after) = match (run.status, run.data_version) {
        (_, Some(version)) => (State::Version(version - 1), State::Version(version)),
        (RunStatus::Held, None) => (State::Now, State::Staged(run.id)),
        _ => return Ok(Vec::new()),
    };
    let statement = Statement {
        backend: db.get_database_backend(),
        noun: of.noun(),
        run_id: run.id,
    };
    let sql = statement.all(before, after, measure, first);
    let rows = database::query(db, &sql, []).await?;
    let movers: Result<Vec<Mover>, DbErr> = rows.iter().map(|row| read(row, measure)).collect();
    Ok(movers?)
}

fn read(row: &QueryResult, measure: Measure) -> Result<Mover, DbErr> {
    let figure = |index| -> Result<Option<f64>, DbErr> {
        match measure {
            Measure::AveragePopularity => row.try_get_by_index(index),
            _ => {
                let whole: Option<i64> = row.try_get_by_index(index)?;
                Ok(whole.map(|whole| whole as f64))
            }
        }
    };
    let (before, after) = (figure(2)?, figure(3)?);
    Ok(Mover {
        id: row.try_get_by_index(0)?,
        year: row.try_get_by_index(1)?,
        before,
        after,
        change: after.unwrap_or_default() - before.unwrap_or_default(),
        name: row.try_get_by_index(4)?,
    })
}

/// The parts of the statement for a run and a noun.
struct Statement {
    backend: DatabaseBackend,
    noun: &'static str,
    run_id: i64,
}

impl Statement {
    fn all(&self, before: State, after: State, measure: Measure, first: u64) -> String {
        let touched = self.touched(before, after);
        let movies = [self.movies(before, 0), self.movies(after, 1)].concat();
        let movies = movies.join(" UNION ALL ");
        let value = measure.over(self.backend);
        let change = "COALESCE(f.after_value, 0) - COALESCE(f.before_value, 0)";
        format!(
            "WITH touched AS ({touched})
             SELECT w.noun_id, w.year, w.before_value, w.after_value, {} FROM (
                 SELECT f.noun_id, f.year, f.before_value, f.after_value, ABS({change}) AS size FROM (
                     SELECT g.noun_id, g.year,
                            MAX(CASE WHEN g.side = 0 THEN g.value END) AS before_value,
                            MAX(CASE WHEN g.side = 1 THEN g.value END) AS after_value
                     FROM (SELECT x.noun_id, x.year, x.side, {value} AS value FROM ({movies}) x
                           GROUP BY x.noun_id, x.year, x.side) g
                     GROUP BY g.noun_id, g.year) f
                 WHERE ABS({change}) > {}
                 ORDER BY size DESC, f.noun_id, f.year LIMIT {first}) w
             ORDER BY w.size DESC, w.noun_id, w.year",
            self.name(after),
            measure.least(),
        )
    }

    /// The years of the companies or genres of the changed movies, as they were and as they are after.
    fn touched(&self, before: State, after: State) -> String {
        let (noun, run_id) = (self.noun, self.run_id);
        let then = ordered_join(self.backend);
        let year =
            |table: &str| format!("SELECT l.{noun}_id AS noun_id, {table}.release_year AS year");
        let past = |until: &str| {
            format!(
                "{} FROM revision c {then} past_movie p ON p.id = c.movie_id AND p.until_version = {until}
                 {then} past_movie_{noun} l
                     ON l.movie_id = p.id AND l.until_version = p.until_version
                 WHERE c.run_id = {run_id} AND p.release_year IS NOT NULL",
                year("p")
            )
        };
        let mut parts = Vec::new();
        for (state, is_before) in [(before, true), (after, false)] {
            match state {
                // What the run itself has replaced.
                State::Version(version) if is_before => {
                    parts.push(past(&(version + 1).to_string()));
                }
                State::Version(version) => {
                    parts.push(past(&format!(
                        "(SELECT MIN(n.version) FROM revision n
                          WHERE n.movie_id = c.movie_id AND n.version > {version})"
                    )));
                    parts.push(format!(
                        "{} FROM revision c {then} movie m ON m.id = c.movie_id
                         {then} movie_{noun} l ON l.movie_id = m.id
                         WHERE c.run_id = {run_id} AND m.release_year IS NOT NULL AND {}",
                        year("m"),
                        unchanged_since("m.id", version)
                    ));
                }
                State::Now => parts.push(format!(
                    "{} FROM staging_change c {then} movie m ON m.id = c.movie_id
                     {then} movie_{noun} l ON l.movie_id = m.id
                     WHERE c.run_id = {run_id} AND c.kind IN ('updated', 'deleted')
                     AND m.release_year IS NOT NULL",
                    year("m")
                )),
                State::Staged(_) => parts.push(format!(
                    "{} FROM {} WHERE {} AND s.release_year IS NOT NULL",
                    year("s"),
                    self.staged(),
                    self.comes()
                )),
            }
        }
        // UNION, for each but once.
        parts.join(" UNION ")
    }

    /// Each movie of a touched year in a state, as statements: those that are there now, and those that were or
    /// will be.
    fn movies(&self, state: State, side: i32) -> Vec<String> {
        let noun = self.noun;
        let then = ordered_join(self.backend);
        let columns = |table: &str| {
            format!(
                "SELECT t.noun_id, t.year, {side} AS side, {table}.budget, {table}.revenue, {table}.popularity"
            )
        };
        let now = |but: &str| {
            format!(
                "{} FROM touched t {then} movie_{noun} l ON l.{noun}_id = t.noun_id
                 {then} movie m ON m.id = l.movie_id AND m.release_year = t.year {but}",
                columns("m")
            )
        };
        match state {
            State::Now => vec![now("")],
            State::Version(version) => vec![
                now(&format!("WHERE {}", unchanged_since("m.id", version))),
                // What each movie that was changed later was before.
                format!(
                    "{} FROM (SELECT r.movie_id, MIN(r.version) AS version
                         FROM data_version d JOIN revision r ON r.run_id = d.run_id
                         WHERE d.version > {version} GROUP BY r.movie_id) n
                     {then} past_movie p ON p.id = n.movie_id AND p.until_version = n.version
                     {then} past_movie_{noun} l
                         ON l.movie_id = p.id AND l.until_version = p.until_version
                     {then} touched t ON t.noun_id = l.{noun}_id AND t.year = p.release_year",
                    columns("p")
                ),
            ],
            State::Staged(run_id) => vec![
                now(&database::where_not_among(
                    self.backend,
                    "m.id",
                    &format!(
                        "SELECT c.movie_id FROM staging_change c
                         WHERE c.run_id = {run_id} AND c.kind IN ('updated', 'deleted')"
                    ),
                )),
                format!(
                    "{} FROM {} {then} touched t ON t.noun_id = l.{noun}_id AND t.year = s.release_year
                     WHERE {}",
                    columns("s"),
                    self.staged(),
                    self.comes()
                ),
            ],
        }
    }

    /// The staged rows `s` that come into the mart, and their links `l`.
    fn staged(&self) -> String {
        let then = ordered_join(self.backend);
        format!(
            "staging_change c
             {then} staging_movie s ON s.run_id = c.run_id AND s.line = c.line
             {then} staging_movie_{} l ON l.run_id = c.run_id AND l.line = c.line",
            self.noun
        )
    }

    fn comes(&self) -> String {
        format!(
            "c.run_id = {} AND c.kind IN ('inserted', 'updated')",
            self.run_id
        )
    }

    /// The name of `w.noun_id`: the present one, or that which the run brings, or the last it had.
    fn name(&self, after: State) -> String {
        let noun = self.noun;
        let now = format!("(SELECT n.name FROM {noun} n WHERE n.id = w.noun_id)");
        let other = match after {
            State::Staged(run_id) => {
                let staged = format!(
                    "(SELECT s.name FROM staging_{noun} s
                      WHERE s.run_id = {run_id} AND s.id = w.noun_id ORDER BY s.line DESC LIMIT 1)"
                );
                return format!("COALESCE({staged}, {now}, '?')");
            }
            _ => format!(
                "(SELECT p.name FROM past_name p
                  WHERE p.noun = '{noun}' AND p.name_key = CAST(w.noun_id AS CHAR)
                  AND p.name IS NOT NULL ORDER BY p.until_version DESC LIMIT 1)"
            ),
        };
        format!("COALESCE({now}, {other}, '?')")
    }
}

/// The condition that a movie is now as it was in a version.
fn unchanged_since(id: &str, version: i32) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM revision r WHERE r.movie_id = {id} AND r.version > {version})"
    )
}
