//! One statement for what many rows of a level ask in the same words.
//!
//! Where each row of a list has a list of its own, a page of it is best found through an index, row by row; but
//! not by a statement for each row. A [`Bundle`] is a connection that waits, as every [`Batch`] does, until the
//! whole level has asked, and joins statements that differ in their values and numbers only into one.

use super::batch::Batch;
use async_graphql::async_trait::async_trait;
use futures::future::join_all;
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, ExecResult, QueryResult,
    Statement, Value,
};
use std::{
    collections::HashMap,
    fmt::Write,
    hash::{Hash, Hasher},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Most statements that are joined (SQLite takes 500).
const MOST: usize = 250;
/// Most values of them together (SQLite takes 32,766).
const MOST_VALUES: usize = 16_384;

type Rows = Result<Vec<QueryResult>, DbErr>;
/// The rows of one asker, who takes them out.
type Given = Arc<Mutex<Option<Rows>>>;

/// The database, as the fields of one request ask it.
pub struct Bundle {
    db: DatabaseConnection,
    asked: Batch<Ask, Given>,
    count: AtomicU64,
}

/// A statement of one asker.
#[derive(Clone)]
struct Ask {
    id: u64,
    statement: Arc<Statement>,
}

impl PartialEq for Ask {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Ask {}

impl Hash for Ask {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl Bundle {
    /// For one request.
    pub fn new(db: &DatabaseConnection) -> Self {
        let own = db.clone();
        Self {
            asked: Batch::new(move |asks: Vec<Ask>| {
                let db = own.clone();
                async move { Ok(all(&db, asks).await) }
            }),
            db: db.clone(),
            count: AtomicU64::new(0),
        }
    }

    async fn rows(&self, statement: Statement) -> Rows {
        let ask = Ask {
            id: self.count.fetch_add(1, Ordering::Relaxed),
            statement: Arc::new(statement),
        };
        let given = self.asked.load(ask).await;
        let given = given.map_err(|failure| DbErr::Custom(failure.to_string()))?;
        let rows = given.and_then(|given| {
            let mut given = given.lock().unwrap_or_else(PoisonError::into_inner);
            given.take()
        });
        rows.unwrap_or_else(|| Err(DbErr::Custom("a statement was not answered".to_owned())))
    }
}

#[async_trait]
impl ConnectionTrait for Bundle {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.db.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.db.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.db.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Rows {
        self.rows(statement).await
    }
}

/// What each is given.
async fn all(db: &DatabaseConnection, asks: Vec<Ask>) -> HashMap<Ask, Given> {
    let mut same: HashMap<String, Vec<Ask>> = HashMap::new();
    for ask in asks {
        let asks = same.entry(shape(&ask.statement.sql)).or_default();
        asks.push(ask);
    }
    let groups = same.into_values().map(|asks| async move {
        let values = asks.iter().map(|ask| values(ask).len()).max();
        let values = values.unwrap_or_default().max(1);
        let mut given = Vec::new();
        for some in asks.chunks(MOST.min(MOST_VALUES / values).max(1)) {
            let rows = match some {
                [one] => vec![db.query_all_raw((*one.statement).clone()).await],
                some => joined(db, some).await,
            };
            given.extend(some.iter().cloned().zip(rows));
        }
        given
    });
    let groups = join_all(groups).await;
    let given = groups.into_iter().flatten();
    given
        .map(|(ask, rows)| (ask, Arc::new(Mutex::new(Some(rows)))))
        .collect()
}

/// A statement without its numbers: what is of one shape gives the same columns.
fn shape(sql: &str) -> String {
    sql.split(|c: char| c.is_ascii_digit() || c == ',' || c == ' ')
        .collect()
}

/// A statement that is limited, be it to everything: engines need not keep the order of what is not.
fn limited(sql: &str) -> String {
    let end = sql.rfind(')').map_or(sql, |at| &sql[at..]);
    match end.contains(" LIMIT ") {
        true => sql.to_owned(),
        false => format!("{sql} LIMIT {}", i64::MAX),
    }
}

fn values(ask: &Ask) -> &[Value] {
    ask.statement
        .values
        .as_ref()
        .map_or(&[], |values| &values.0)
}

/// The rows of each of several statements of one shape, by one statement. The key comes last, so that columns
/// are where they were.
async fn joined(db: &DatabaseConnection, asks: &[Ask]) -> Vec<Rows> {
    let mut sql = String::new();
    for (key, ask) in asks.iter().enumerate() {
        let union = if key == 0 { "" } else { " UNION ALL " };
        let part = limited(&ask.statement.sql);
        let _ = write!(
            sql,
            "{union}SELECT t.*, {key} AS bundle_key FROM ({part}) t"
        );
    }
    let values = asks.iter().flat_map(values).cloned();
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let split = async {
        let mut parts: Vec<Vec<QueryResult>> = asks.iter().map(|_| Vec::new()).collect();
        for row in db.query_all_raw(statement).await? {
            let key: i64 = row.try_get("", "bundle_key")?;
            let part = usize::try_from(key).ok().and_then(|key| parts.get_mut(key));
            part.ok_or_else(|| DbErr::Custom(format!("there is no part {key}")))?
                .push(row);
        }
        Ok::<_, DbErr>(parts)
    };
    match split.await {
        Ok(parts) => parts.into_iter().map(Ok).collect(),
        Err(error) => asks.iter().map(|_| Err(error.clone())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_one_shape_are_told_from_others() {
        let one = shape("SELECT a, b FROM t WHERE id IN (1, 2) LIMIT 11");
        assert_eq!(one, shape("SELECT a, b FROM t WHERE id IN (37) LIMIT 2"));
        assert_ne!(one, shape("SELECT a FROM t WHERE id IN (1, 2) LIMIT 11"));
    }

    #[test]
    fn a_limit_within_is_none_of_the_whole() {
        let check = |sql: &str, added: bool| assert_eq!(limited(sql) != sql, added, "{sql}");
        check("SELECT a FROM t ORDER BY (a IS NULL), a LIMIT ?", false);
        check("SELECT a FROM t LIMIT 3", false);
        check("SELECT a FROM (SELECT a FROM t LIMIT 3) u ORDER BY a", true);
        check("SELECT COUNT(*) FROM t", true);
        check("SELECT a FROM t WHERE id IN (1)", true);
    }
}
