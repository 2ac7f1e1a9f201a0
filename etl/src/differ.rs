//! The marts of two databases side by side: a merge-join of two streams of rows in the order of their keys.
//!
//! Neither side is held in memory, and each may be of either engine.

use crate::{aggregate, history};
use entity::{aggregate as figures, companion, mart};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DbErr, EntityName, EntityTrait, IdenStatic, Iterable,
    ModelTrait, Order, QueryOrder, StreamTrait, Value, sea_query::Expr,
};
use serde::Serialize;
use std::{cmp::Ordering, collections::VecDeque, fmt, pin::Pin};

/// A database that rows can be streamed from.
pub trait Source: ConnectionTrait + StreamTrait {}
impl<C: ConnectionTrait + StreamTrait> Source for C {}

/// A part of a row's key, in the order in which both engines give them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Number(i64),
    Text(String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl Key {
    fn of(value: Value) -> Result<Self, DbErr> {
        match value {
            Value::Int(Some(number)) => Ok(Self::Number(number.into())),
            Value::BigInt(Some(number)) => Ok(Self::Number(number)),
            Value::String(Some(text)) => Ok(Self::Text(text)),
            other => Err(DbErr::Type(format!("{other:?} is no key"))),
        }
    }
}

/// A row: its key, and its other columns.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: Vec<Key>,
    pub columns: Vec<(&'static str, Value)>,
}

impl Row {
    /// A part of its key that is a number.
    pub fn number(&self, part: usize) -> Option<i64> {
        match self.key.get(part) {
            Some(Key::Number(number)) => Some(*number),
            _ => None,
        }
    }
}

/// Rows in the order of their keys.
pub type Rows<'a> = Pin<Box<dyn Stream<Item = Result<Row, DbErr>> + Send + 'a>>;

/// All rows of a table by these columns as their key.
pub async fn rows<'a, E, C>(db: &'a C, keys: &'static [E::Column]) -> Result<Rows<'a>, DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + Send + 'a,
    E::Column: Send + Sync + Copy + 'static,
    C: Source,
{
    let mut select = E::find();
    for key in keys {
        select = match key.def().get_column_type() {
            // By bytes, whatever the engine thinks of letters.
            ColumnType::String(_) | ColumnType::Text => {
                let bytes = Expr::cust(format!("HEX({})", key.as_str()));
                select.order_by(bytes, Order::Asc)
            }
            _ => select.order_by_asc(*key),
        };
    }
    let named = |column: &E::Column| keys.iter().any(|key| key.as_str() == column.as_str());
    let others: Vec<E::Column> = E::Column::iter().filter(|c| !named(c)).collect();
    let row = move |model: E::Model| {
        let key = keys.iter().map(|key| Key::of(model.get(*key)));
        let columns = others.iter().map(|c| (c.as_str(), model.get(*c)));
        Ok(Row {
            key: key.collect::<Result<_, _>>()?,
            columns: columns.collect(),
        })
    };
    let found = select.stream(db).await?;
    Ok(Box::pin(found.map(move |model| model.and_then(&row))))
}

/// The lists of movies as rows of one column, made of the rows of a table of links: their first key is the
/// movie, their second what it is linked to.
fn lists<'a>(links: Rows<'a>, column: &'static str) -> Rows<'a> {
    let state = (links, VecDeque::<Row>::new());
    Box::pin(stream::try_unfold(
        state,
        move |(mut links, mut kept)| async move {
            while let Some(link) = links.try_next().await? {
                let another = kept
                    .front()
                    .is_some_and(|first| first.key[0] != link.key[0]);
                kept.push_back(link);
                if another {
                    break;
                }
            }
            let Some(movie) = kept.front().map(|first| first.key[0].clone()) else {
                return Ok(None);
            };
            let of_movie = kept.iter().take_while(|link| link.key[0] == movie).count();
            let list: Vec<Row> = kept.drain(..of_movie).collect();
            let row = Row {
                key: vec![movie],
                columns: vec![(column, Value::from(list_text(list)))],
            };
            Ok(Some((row, (links, kept))))
        },
    ))
}

/// What a movie is linked to, in order; a position that is not its place is told.
fn list_text(list: Vec<Row>) -> String {
    let position = |row: &Row| row.columns.first().map(|(_, value)| value.clone());
    let mut list: Vec<(Option<i32>, String)> = list
        .iter()
        .map(|row| {
            let position = match position(row) {
                Some(Value::Int(position)) => position,
                _ => None,
            };
            (position, row.key[1].to_string())
        })
        .collect();
    list.sort();
    let names = list.into_iter().zip(0..).map(|((position, key), place)| {
        match position.filter(|position| *position != place) {
            None => key,
            Some(position) => format!("{key} (position {position})"),
        }
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Goes through two streams at once: `visit` gets the rows of each key there is, one or both.
///
/// # Errors
/// When a database does not answer.
pub async fn join(
    mut left: Rows<'_>,
    mut right: Rows<'_>,
    mut visit: impl FnMut(Option<&Row>, Option<&Row>),
) -> Result<(), DbErr> {
    let (mut a, mut b) = (left.try_next().await?, right.try_next().await?);
    loop {
        let order = match (&a, &b) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.key.cmp(&b.key),
        };
        match order {
            Ordering::Less => visit(a.as_ref(), None),
            Ordering::Greater => visit(None, b.as_ref()),
            Ordering::Equal => visit(a.as_ref(), b.as_ref()),
        }
        if order.is_le() {
            a = left.try_next().await?;
        }
        if order.is_ge() {
            b = right.try_next().await?;
        }
    }
}

/// A value in which the replay and the mart differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The row's key: a movie's id, or a company's and a year.
    pub key: String,
    /// The column or list; none where the whole row is on one side only.
    pub column: Option<String>,
    /// What the mart has; for a whole row, whether it has it.
    pub live: Option<String>,
    /// What the other database has.
    pub replayed: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, .. } = self;
        let value = |value: &Option<String>| match value {
            Some(value) => format!("{value:?}"),
            None => "nothing".to_owned(),
        };
        match (&self.column, &self.live) {
            (Some(column), live) => write!(
                f,
                "{key}: {column} is {}, the replay gives {}",
                value(live),
                value(&self.replayed)
            ),
            (None, Some(_)) => write!(f, "{key}: the replay does not give this row"),
            (None, None) => write!(f, "{key}: is missing, the replay gives it"),
        }
    }
}

/// How a table compares.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    pub table: String,
    /// Rows looked at.
    pub rows: u64,
    /// Rows that differ or are on one side only.
    pub differing: u64,
    /// The first of the values that differ.
    pub first: Vec<Difference>,
}

/// Compares a mart, its names, lists and aggregates with another's; of each table the first `most`
/// differences are told. Sums of reals may differ in their last digits.
///
/// # Errors
/// When a database does not answer.
pub async fn compare<L: Source, R: Source>(
    live: &L,
    other: &R,
    most: usize,
) -> Result<Vec<Compared>, DbErr> {
    let mut compared = Vec::new();
    macro_rules! streams {
        ($family:ident::$table:ident, $($key:ident)*) => {{
            use $family::$table::{Column, Entity};
            const KEYS: &[Column] = &[$(Column::$key),*];
            (rows::<Entity, _>(live, KEYS).await?, rows::<Entity, _>(other, KEYS).await?)
        }};
    }
    macro_rules! tables {
        ($($family:ident::$table:ident: $($key:ident)*;)*) => {$(
            let (a, b) = streams!($family::$table, $($key)*);
            let name = $family::$table::Entity.table_name();
            compared.push(table(name, a, b, most).await?);
        )*};
    }
    // Within a movie the order is that of the fold, which needs none.
    macro_rules! links {
        ($($table:ident: $key:ident $field:literal;)*) => {$(
            let (a, b) = streams!(mart::$table, MovieId $key);
            let (a, b) = (lists(a, $field), lists(b, $field));
            compared.push(table(stringify!($table), a, b, most).await?);
        )*};
    }
    tables! { mart::movie: Id; }
    links! {
        movie_company: CompanyId "companies";
        movie_genre: GenreId "genres";
        movie_country: CountryCode "countries";
        movie_language: LanguageCode "languages";
    }
    tables! {
        mart::company: Id;
        mart::genre: Id;
        mart::collection: Id;
        mart::country: Code;
        mart::language: Code;
        figures::year_total: Year;
        figures::company_year: CompanyId Year;
        figures::genre_year: GenreId Year;
        figures::company_genre_year: CompanyId Year GenreId;
        companion::fact: Kind Id Sub;
    }
    Ok(compared)
}

async fn table(
    name: &str,
    live: Rows<'_>,
    other: Rows<'_>,
    most: usize,
) -> Result<Compared, DbErr> {
    let mut compared = Compared {
        table: name.to_owned(),
        rows: 0,
        differing: 0,
        first: Vec::new(),
    };
    join(live, other, |live, other| {
        let differences = between(live, other);
        compared.rows += 1;
        compared.differing += u64::from(!differences.is_empty());
        let room = most - compared.first.len();
        compared.first.extend(differences.into_iter().take(room));
    })
    .await?;
    Ok(compared)
}

/// How two rows of one key differ.
fn between(live: Option<&Row>, other: Option<&Row>) -> Vec<Difference> {
    let Some(row) = live.or(other) else {
        return Vec::new();
    };
    let key: Vec<String> = row.key.iter().map(ToString::to_string).collect();
    let difference = |column: Option<&str>, live, replayed| Difference {
        key: key.join(", "),
        column: column.map(str::to_owned),
        live,
        replayed,
    };
    let (Some(live), Some(other)) = (live, other) else {
        let is_there = |row: Option<&Row>| row.map(|_| "a row".to_owned());
        return match row.columns.as_slice() {
            // A list: what is not there is empty.
            [(column, _)] if row.key.len() == 1 && list_column(column) => {
                let list = |row: Option<&Row>| row.and_then(|row| shown(&row.columns[0].1));
                vec![difference(Some(column), list(live), list(other))]
            }
            _ => vec![difference(None, is_there(live), is_there(other))],
        };
    };
    let columns = live.columns.iter().zip(&other.columns);
    columns
        .filter(|((column, a), (_, b))| !same(column, a, b))
        .map(|((column, a), (_, b))| difference(Some(column), shown(a), shown(b)))
        .collect()
}

fn list_column(column: &str) -> bool {
    history::LIST_FIELDS.contains(&column)
}

fn shown(value: &Value) -> Option<String> {
    history::text(value.clone())
}

fn same(column: &str, a: &Value, b: &Value) -> bool {
    match (column, a, b) {
        (
            "average_popularity" | "total_popularity",
            Value::Double(Some(a)),
            Value::Double(Some(b)),
        ) => aggregate::close(*a, *b),
        _ => a == b,
    }
}
