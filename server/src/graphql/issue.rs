//! What was corrected or is doubtful in usable rows.

use super::scalar::Long;
use async_graphql::{ID, SimpleObject};
use entity::ingest::issue;

/// A usable row's field that was corrected, cleared or is doubtful.
#[derive(Clone, Debug, SimpleObject)]
pub struct Issue {
    id: ID,
    /// 1-based line of the file on which the record begins.
    line: Long,
    movie_id: Option<ID>,
    /// Stable reason code such as `rejoined`.
    code: String,
    /// The rule that found it.
    rule: String,
    /// The file's column, where it is about one.
    column: Option<String>,
    old_value: Option<String>,
    new_value: Option<String>,
    message: String,
}

impl From<issue::Model> for Issue {
    fn from(row: issue::Model) -> Self {
        Self {
            id: row.id.into(),
            line: row.line.into(),
            movie_id: row.movie_id.map(ID::from),
            code: row.code,
            rule: row.rule,
            column: row.column_name,
            old_value: row.old_value,
            new_value: row.new_value,
            message: row.message,
        }
    }
}
