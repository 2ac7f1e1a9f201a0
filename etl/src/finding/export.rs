//! A run's rejects or issues as rows of a table, page by page in the file's order.

use super::{Filter, Noun};
use crate::{Result, control, database, queue};
use entity::ingest::{issue, reject};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, EntityTrait, FromQueryResult, ModelTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

/// Rows that are read at once.
const PAGE: u64 = 1000;
/// Lines of the file that are looked at first.
const WINDOW: i64 = 10_000;

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A whole number.
    Number(Option<i64>),
    /// A text.
    Text(Option<String>),
}

impl From<Cell> for serde_json::Value {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Number(number) => number.into(),
            Cell::Text(text) => text.into(),
        }
    }
}

/// What is exported, and how far it has come. Memory does not grow with the number of rows.
pub struct Export {
    db: DatabaseConnection,
    noun: Noun,
    filter: Filter,
    run_id: i64,
    rule_version: i32,
    file_name: String,
    sha256: Option<String>,
    /// Line and key of the last row given.
    after: (i64, i64),
    /// Lines that are looked at next.
    window: i64,
    /// The last line there is anything about.
    last_line: i64,
}

impl Export {
    /// The export of a run's rejects or issues.
    ///
    /// # Errors
    /// [`crate::Error::Input`] when there is no such run.
    pub async fn of(
        db: &DatabaseConnection,
        noun: Noun,
        run_id: i64,
        filter: Filter,
    ) -> Result<Self> {
        let run = control::find(db, run_id).await?;
        let file = queue::file_of(db, &run).await?;
        let table = match noun {
            Noun::Reject => "reject",
            Noun::Issue => "issue",
        };
        let sql = format!("SELECT MAX(line) FROM {table} WHERE run_id = ?");
        let last: Option<i64> = match database::query(db, &sql, [run_id.into()]).await?.first() {
            Some(row) => row.try_get_by_index(0)?,
            None => None,
        };
        let last = last.unwrap_or_default();
        Ok(Self {
            db: db.clone(),
            noun,
            after: (
                filter.from_line.unwrap_or_default().saturating_sub(1),
                i64::MAX,
            ),
            window: WINDOW,
            last_line: filter.to_line.map_or(last, |line| line.min(last)),
            filter,
            run_id,
            rule_version: run.rule_version,
            file_name: run.file_name,
            sha256: file.map(|file| file.sha256),
        })
    }

    /// The columns' names, each with whether it holds numbers.
    pub fn columns(&self) -> &'static [(&'static str, bool)] {
        match self.noun {
            Noun::Reject => &[
                ("id", true),
                ("run", true),
                ("file", false),
                ("sha256", false),
                ("line", true),
                ("byte_offset", true),
                ("byte_length", true),
                ("code", false),
                ("severity", false),
                ("rule", false),
                ("rule_version", true),
                ("column", false),
                ("value", false),
                ("message", false),
            ],
            Noun::Issue => &[
                ("id", true),
                ("run", true),
                ("file", false),
                ("sha256", false),
                ("line", true),
                ("byte_offset", true),
                ("byte_length", true),
                ("movie_id", true),
                ("code", false),
                ("severity", false),
                ("rule", false),
                ("rule_version", true),
                ("column", false),
                ("old_value", false),
                ("new_value", false),
                ("message", false),
            ],
        }
    }

    /// The next rows, each with a cell for every column; none at the end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn next(&mut self) -> Result<Vec<Vec<Cell>>> {
        while self.after < (self.last_line, i64::MAX) {
            let (rows, end) = match self.noun {
                Noun::Reject => {
                    use reject::Column::{Id, Line, RunId};
                    let rows: Vec<reject::Model> = self.page((RunId, Line, Id)).await?;
                    let end = rows.last().map(|row| (row.line, row.id));
                    (rows.into_iter().map(|row| self.reject(row)).collect(), end)
                }
                Noun::Issue => {
                    use issue::Column::{Id, Line, RunId};
                    let rows: Vec<issue::Model> = self.page((RunId, Line, Id)).await?;
                    let end = rows.last().map(|row| (row.line, row.id));
                    (rows.into_iter().map(|row| self.issue(row)).collect(), end)
                }
            };
            let rows: Vec<Vec<Cell>> = rows;
            match end {
                Some(end) if rows.len() as u64 == PAGE => self.after = end,
                // The window is empty now; where little is found, the next one is wider.
                _ => {
                    self.after = (self.after.0.saturating_add(self.window), i64::MAX);
                    self.window = self.window.saturating_mul(4);
                }
            }
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    /// Rows after the last one given, of the lines within the window. An engine that were asked for all that
    /// follow would look at the beginning of the run again for every page.
    async fn page<M, E>(
        &self,
        (run_id, line, id): (E::Column, E::Column, E::Column),
    ) -> Result<Vec<M>>
    where
        E: EntityTrait<Model = M>,
        M: ModelTrait<Entity = E> + FromQueryResult,
        E::Column: Copy,
    {
        let (last_line, last_id) = self.after;
        let same_line = Condition::all().add(line.eq(last_line)).add(id.gt(last_id));
        let rows = E::find()
            .filter(run_id.eq(self.run_id))
            .filter(line.between(last_line, last_line.saturating_add(self.window)))
            .filter(Condition::any().add(line.gt(last_line)).add(same_line))
            .filter(
                self.filter
                    .condition(self.db.get_database_backend(), self.noun),
            )
            .order_by_asc(line)
            .order_by_asc(id)
            .limit(PAGE)
            .all(&self.db)
            .await?;
        Ok(rows)
    }

    fn reject(&self, row: reject::Model) -> Vec<Cell> {
        let place = [
            row.line.into(),
            row.byte_offset.into(),
            row.byte_length.into(),
        ];
        let mut cells = self.place(row.id, place);
        cells.extend([
            Cell::Text(Some(row.code)),
            Cell::Text(Some(row.severity.name())),
            Cell::Text(Some(row.rule)),
            Cell::Number(Some(self.rule_version.into())),
            Cell::Text(row.column_name),
            Cell::Text(row.value),
            Cell::Text(Some(row.message)),
        ]);
        cells
    }

    fn issue(&self, row: issue::Model) -> Vec<Cell> {
        let place = [row.line.into(), row.byte_offset, row.byte_length];
        let mut cells = self.place(row.id, place);
        cells.extend([
            Cell::Number(row.movie_id),
            Cell::Text(Some(row.code)),
            Cell::Text(Some(row.severity.name())),
            Cell::Text(Some(row.rule)),
            Cell::Number(Some(self.rule_version.into())),
            Cell::Text(row.column_name),
            Cell::Text(row.old_value),
            Cell::Text(row.new_value),
            Cell::Text(Some(row.message)),
        ]);
        cells
    }

    /// What every row begins with.
    fn place(&self, id: i64, place: [Option<i64>; 3]) -> Vec<Cell> {
        let mut cells = vec![
            Cell::Number(Some(id)),
            Cell::Number(Some(self.run_id)),
            Cell::Text(Some(self.file_name.clone())),
            Cell::Text(self.sha256.clone()),
        ];
        cells.extend(place.map(Cell::Number));
        cells
    }
}
