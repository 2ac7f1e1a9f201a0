//! A run's rejects or issues as rows of a table, page by page in the file's order.

use super::{Filter, Noun};
use crate::{Result, control, queue};
use entity::ingest::{issue, reject};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// Rows that are read at once.
const PAGE: u64 = 1000;

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
    after: Option<(i64, i64)>,
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
        Ok(Self {
            db: db.clone(),
            noun,
            filter,
            run_id,
            rule_version: run.rule_version,
            file_name: run.file_name,
            sha256: file.map(|file| file.sha256),
            after: None,
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
        let wanted = self.filter.condition(self.noun);
        Ok(match self.noun {
            Noun::Reject => {
                use reject::Column::{Id, Line, RunId};
                let rows = reject::Entity::find()
                    .filter(RunId.eq(self.run_id))
                    .filter(wanted)
                    .filter(beyond(Line, Id, self.after))
                    .order_by_asc(Line)
                    .order_by_asc(Id)
                    .limit(PAGE)
                    .all(&self.db)
                    .await?;
                self.after = rows.last().map(|row| (row.line, row.id)).or(self.after);
                rows.into_iter().map(|row| self.reject(row)).collect()
            }
            Noun::Issue => {
                use issue::Column::{Id, Line, RunId};
                let rows = issue::Entity::find()
                    .filter(RunId.eq(self.run_id))
                    .filter(wanted)
                    .filter(beyond(Line, Id, self.after))
                    .order_by_asc(Line)
                    .order_by_asc(Id)
                    .limit(PAGE)
                    .all(&self.db)
                    .await?;
                self.after = rows.last().map(|row| (row.line, row.id)).or(self.after);
                rows.into_iter().map(|row| self.issue(row)).collect()
            }
        })
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

/// The rows after one in the order of line and key.
fn beyond<C: ColumnTrait>(line: C, id: C, after: Option<(i64, i64)>) -> Condition {
    let Some((last_line, last_id)) = after else {
        return Condition::all();
    };
    let same_line = Condition::all().add(line.eq(last_line)).add(id.gt(last_id));
    let further = Condition::any().add(line.gt(last_line)).add(same_line);
    // The first says nothing new, but gives the index a bound that an OR would hide.
    Condition::all().add(line.gte(last_line)).add(further)
}
