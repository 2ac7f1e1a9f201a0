//! Relay connections over keyset cursors: the one way lists are paged.
//!
//! A list has an order: some columns, and the row's key last, so that no two rows are equal. A cursor holds a
//! row's values of these columns. A page is the rows after (or before) a cursor, found through an index
//! however far down the list they are; [`super::keyset`] has the conditions.

use super::{
    error::Failure,
    filter::{self, Filter},
    keyset::{Part, decode, encode, keys, parts},
    order::{Order, Sort, sorts},
    scalar::Long,
};
use async_graphql::{Context, Enum, Object, OutputType, Result, SimpleObject, TypeName};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, ModelTrait,
    QueryFilter, QuerySelect, QueryTrait, Select, Statement, sea_query::Expr,
};
use std::{borrow::Cow, sync::Arc};

/// Rows of a page when nothing else is asked for.
pub const DEFAULT_SIZE: i32 = 50;
/// Most rows of a page.
pub const MAX_SIZE: i32 = 500;

/// Which way a list is ordered; rows without a value come last either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(name = "OrderDirection")]
pub enum Direction {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}

/// The paging arguments of a list.
#[derive(Clone, Debug, Default)]
pub struct PageArgs {
    /// Rows from the beginning, or after `after`.
    pub first: Option<i32>,
    /// Only rows after this cursor.
    pub after: Option<String>,
    /// Rows from the end, or before `before`.
    pub last: Option<i32>,
    /// Only rows before this cursor.
    pub before: Option<String>,
}

impl PageArgs {
    /// From the arguments `first` and `after`, `last` and `before`.
    pub fn new(
        (first, after): (Option<i32>, Option<String>),
        (last, before): (Option<i32>, Option<String>),
    ) -> Self {
        Self {
            first,
            after,
            last,
            before,
        }
    }

    /// How many rows, and whether they are counted from the end.
    pub fn size(&self) -> Result<(u64, bool), Failure> {
        let (name, size, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Failure::Input("give first or last, not both".to_owned()));
            }
            (None, Some(last)) => ("last", last, true),
            (first, None) => ("first", first.unwrap_or(DEFAULT_SIZE), false),
        };
        match u64::try_from(size) {
            Ok(size) if size <= MAX_SIZE as u64 => Ok((size, backward)),
            _ => Err(Failure::Input(format!(
                "{name} must be between 0 and {MAX_SIZE}, not {size}"
            ))),
        }
    }
}

/// The highest cost there is; sums and small multiples of it can still be counted.
const MOST: usize = 1 << 40;

/// What it costs of a request's complexity to read a whole table once: as much as some rows that are found by index.
pub const READING: usize = 20;

/// What a list costs of a request's complexity: its rows, each with what is asked of it.
pub fn cost(first: Option<i32>, last: Option<i32>, row: usize) -> usize {
    let rows = first.or(last).unwrap_or(DEFAULT_SIZE).clamp(1, MAX_SIZE);
    // Lists within lists may cost more than can be counted.
    (rows as usize).saturating_mul(row).min(MOST)
}

/// What a list of years costs: those that are asked for, or some where that is not said.
pub fn years_cost(from: Option<i32>, to: Option<i32>, year: usize) -> usize {
    const SOME: usize = 20;
    const MANY: i64 = 50;
    let span = from
        .zip(to)
        .map(|(from, to)| i64::from(to) - i64::from(from) + 1);
    let years = span.map_or(SOME, |span| span.clamp(1, MANY) as usize);
    years.saturating_mul(year).min(MOST)
}

/// Where a page lies in its list.
#[derive(Clone, Debug, SimpleObject)]
pub struct PageInfo {
    /// Whether there are rows before this page.
    has_previous_page: bool,
    /// Whether there are rows after this page.
    has_next_page: bool,
    /// The first row's cursor.
    start_cursor: Option<String>,
    /// The last row's cursor.
    end_cursor: Option<String>,
}

/// A row and its cursor.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name_type)]
pub struct Edge<N: OutputType> {
    /// For `after` and `before`.
    pub cursor: String,
    /// The row.
    pub node: N,
}

impl<N: OutputType> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::type_name()).into()
    }
}

/// A page of a list.
pub struct Connection<N: OutputType> {
    edges: Vec<Edge<N>>,
    info: PageInfo,
    /// Run only when the count is asked for.
    count: Statement,
}

impl<N: OutputType> Connection<N> {
    /// A page of these rows, with whether there are further ones (before, after) and the statement that
    /// counts all as `total_count`.
    pub fn new(edges: Vec<Edge<N>>, (before, after): (bool, bool), count: Statement) -> Self {
        let info = PageInfo {
            has_previous_page: before,
            has_next_page: after,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Self { edges, info, count }
    }

    /// The rows alone.
    pub fn into_nodes(self) -> impl Iterator<Item = N> {
        self.edges.into_iter().map(|edge| edge.node)
    }

    /// The rows, to be completed.
    pub fn nodes_mut(&mut self) -> impl Iterator<Item = &mut N> {
        self.edges.iter_mut().map(|edge| &mut edge.node)
    }
}

impl<N: OutputType> TypeName for Connection<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", N::type_name()).into()
    }
}

/// A page of a list.
#[Object(name_type)]
impl<N: OutputType> Connection<N> {
    async fn edges(&self) -> &[Edge<N>] {
        &self.edges
    }

    async fn nodes(&self) -> Vec<&N> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    async fn page_info(&self) -> &PageInfo {
        &self.info
    }

    /// Rows of the whole list; costs a statement of its own.
    async fn total_count(&self, ctx: &Context<'_>) -> Result<Long> {
        let db = super::together(ctx);
        let row = db.query_one_raw(self.count.clone()).await?;
        let count = row.map(|row| row.try_get("", "total_count")).transpose()?;
        Ok(Long(count.unwrap_or_default()))
    }
}

/// What is asked of a list.
pub struct List<F, O> {
    /// Which rows.
    pub filter: Option<F>,
    /// In which order.
    pub order_by: Option<Vec<O>>,
    /// Which part of these.
    pub page: PageArgs,
}

impl<F: Filter, O: Order> List<F, O> {
    /// The page of the rows among those of `select`, with the words `with` before each statement; in the order that
    /// is asked for, and where that leaves rows equal in the order `usual`.
    ///
    /// # Errors
    /// [`Failure::Input`] for a filter that cannot be compiled, arguments that contradict each other and cursors of
    /// another list or order.
    pub async fn of<N>(
        self,
        db: &impl ConnectionTrait,
        with: &str,
        mut select: Select<O::Entity>,
        usual: Vec<Sort<O::Entity>>,
        id: <O::Entity as EntityTrait>::Column,
    ) -> Result<Connection<N>>
    where
        <O::Entity as EntityTrait>::Model: ModelTrait<Entity = O::Entity>,
        <O::Entity as EntityTrait>::Column: Copy,
        N: From<<O::Entity as EntityTrait>::Model> + OutputType,
    {
        if let Some(filter) = &self.filter {
            select = select.filter(filter::condition(filter, db.get_database_backend())?);
        }
        page(
            db,
            with,
            select,
            sorts(self.order_by, usual)?,
            id,
            &self.page,
        )
        .await
    }
}

/// Rows of a list between two cursors.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window<'a> {
    /// Most rows.
    pub size: u64,
    /// Whether they are counted from the end.
    pub backward: bool,
    /// Only rows after this cursor.
    pub after: Option<&'a str>,
    /// Only rows before this cursor.
    pub before: Option<&'a str>,
}

/// The rows of a window in the list's order, each with its cursor.
#[derive(Clone, Debug)]
pub struct Rows<M> {
    /// Cursors and rows.
    pub rows: Vec<(String, M)>,
    /// Whether there are rows before these.
    pub before: bool,
    /// Whether there are rows after these.
    pub after: bool,
}

/// The rows of a window of those that `select` gives, with the words `with` before each statement.
///
/// # Errors
/// [`Failure::Input`] for cursors of another list or order.
pub async fn rows<E>(
    db: &impl ConnectionTrait,
    with: &str,
    select: &Select<E>,
    order: Vec<Sort<E>>,
    id: E::Column,
    window: Window<'_>,
) -> Result<Rows<E::Model>, Failure>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
    E::Column: Copy,
{
    let database = |error: DbErr| Failure::Database(Arc::new(error));
    let Window { size, backward, .. } = window;
    let backend = db.get_database_backend();
    let keys = keys(order, Sort::by(id, Direction::Asc), backend);
    let decoded = |cursor: Option<&str>| cursor.map(|text| decode(&keys, text)).transpose();
    let (after, before) = (decoded(window.after)?, decoded(window.before)?);
    let mut rows: Vec<E::Model> = Vec::new();
    for part in parts(&keys, backward) {
        // One more than asked for tells whether there is a further page.
        let missing = (size + 1).saturating_sub(rows.len() as u64);
        if size == 0 || missing == 0 {
            break;
        }
        let Some(within) = part.within(&keys, after.as_deref(), before.as_deref()) else {
            continue;
        };
        let part = part.ordered(select.clone().filter(within), &keys, backward);
        let mut statement = part.limit(missing).build(backend);
        statement.sql.insert_str(0, with);
        for row in db.query_all_raw(statement).await.map_err(database)? {
            rows.push(E::Model::from_query_result(&row, "").map_err(database)?);
        }
    }
    let more = rows.len() as u64 > size;
    rows.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    if backward {
        rows.reverse();
    }
    let (before, after) = match backward {
        true => (more, before.is_some()),
        false => (after.is_some(), more),
    };
    let rows = rows.into_iter().map(|row| (encode(&keys, &row), row));
    Ok(Rows {
        rows: rows.collect(),
        before,
        after,
    })
}

/// The statement that counts the rows of `select` as `total_count`.
pub fn count<E: EntityTrait>(
    db: &impl ConnectionTrait,
    with: &str,
    select: Select<E>,
) -> Statement {
    let mut count = select
        .select_only()
        .expr_as(Expr::cust("COUNT(*)"), "total_count")
        .build(db.get_database_backend());
    count.sql.insert_str(0, with);
    count
}

/// A page of the rows that `select` gives, with the words `with` before each of its statements.
///
/// # Errors
/// [`Failure::Input`] for arguments that contradict each other and cursors of another list or order.
async fn page<E, N>(
    db: &impl ConnectionTrait,
    with: &str,
    select: Select<E>,
    order: Vec<Sort<E>>,
    id: E::Column,
    args: &PageArgs,
) -> Result<Connection<N>>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
    E::Column: Copy,
    N: From<E::Model> + OutputType,
{
    let (size, backward) = args.size()?;
    let window = Window {
        size,
        backward,
        after: args.after.as_deref(),
        before: args.before.as_deref(),
    };
    let found = rows(db, with, &select, order, id, window).await?;
    let edge = |(cursor, row): (String, E::Model)| Edge {
        cursor,
        node: N::from(row),
    };
    let edges: Vec<_> = found.rows.into_iter().map(edge).collect();
    let further = (found.before, found.after);
    Ok(Connection::new(edges, further, count(db, with, select)))
}

/// The row that `select` gives, with the words `with` before the statement.
///
/// # Errors
/// When the database does not answer.
pub async fn one<E: EntityTrait>(
    db: &DatabaseConnection,
    with: &str,
    select: Select<E>,
) -> Result<Option<E::Model>, DbErr> {
    let mut statement = select.build(db.get_database_backend());
    statement.sql.insert_str(0, with);
    let row = db.query_one_raw(statement).await?;
    row.map(|row| E::Model::from_query_result(&row, ""))
        .transpose()
}

/// All rows that `select` gives in an order, with the words `with` before the statement.
///
/// # Errors
/// When the database does not answer.
pub async fn all<E>(
    db: &DatabaseConnection,
    with: &str,
    select: Select<E>,
    order: Vec<Sort<E>>,
    id: E::Column,
) -> Result<Vec<E::Model>, DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
    E::Column: Copy,
{
    let backend = db.get_database_backend();
    let keys = keys(order, Sort::by(id, Direction::Asc), backend);
    let mut statement = Part::All.ordered(select, &keys, false).build(backend);
    statement.sql.insert_str(0, with);
    let rows = db.query_all_raw(statement).await?;
    rows.iter()
        .map(|row| E::Model::from_query_result(row, ""))
        .collect()
}
