//! The order of a list, the cursors in it, and the conditions that find the rows beside a cursor.
//!
//! Nulls come last in either direction on both engines. The first column is therefore read in two parts,
//! the rows that have a value and then those that have none, each of which an index gives in order.

use super::{error::Failure, page::Direction};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sea_orm::{
    ColumnTrait, ColumnType, Condition, EntityTrait, ModelTrait, Order, QueryOrder, Select, Value,
    sea_query::{Expr, ExprTrait},
};

/// One column of a list's order.
pub struct Key<C> {
    column: C,
    descending: bool,
    nullable: bool,
}

impl<C: ColumnTrait> Key<C> {
    fn new(column: C, direction: Direction) -> Self {
        Self {
            column,
            descending: direction == Direction::Desc,
            nullable: column.def().is_null(),
        }
    }
}

/// The order's columns and at last the row's key, in the last column's direction: as the indexes have them.
pub fn keys<C: ColumnTrait>(order: &[(C, Direction)], id: C) -> Vec<Key<C>> {
    let mut keys: Vec<Key<C>> = Vec::new();
    for (column, direction) in order {
        if keys
            .iter()
            .any(|key| key.column.as_str() == column.as_str())
        {
            continue;
        }
        keys.push(Key::new(*column, *direction));
        if column.as_str() == id.as_str() {
            // The key tells all rows apart; what follows decides nothing.
            return keys;
        }
    }
    let descending = keys.last().is_some_and(|key| key.descending);
    let direction = if descending {
        Direction::Desc
    } else {
        Direction::Asc
    };
    keys.push(Key::new(id, direction));
    keys
}

/// A part of a list by its first column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The column is never null.
    All,
    /// Rows that have a value.
    Known,
    /// Rows that have none.
    Unknown,
}

/// A list's parts in the order in which they are read.
pub fn parts<C>(keys: &[Key<C>], backward: bool) -> &'static [Part] {
    match (keys.first().is_some_and(|key| key.nullable), backward) {
        (false, _) => &[Part::All],
        (true, false) => &[Part::Known, Part::Unknown],
        (true, true) => &[Part::Unknown, Part::Known],
    }
}

impl Part {
    /// The condition of this part's rows between two cursors; `None` when no row can be.
    pub fn within<C: ColumnTrait>(
        self,
        keys: &[Key<C>],
        after: Option<&[Value]>,
        before: Option<&[Value]>,
    ) -> Option<Condition> {
        let first = keys.first()?;
        let mut within = Condition::all();
        match self {
            Self::All => {}
            Self::Known => within = within.add(first.column.is_not_null()),
            Self::Unknown => within = within.add(first.column.is_null()),
        }
        for (cursor, side) in [(after, Side::After), (before, Side::Before)] {
            let Some(values) = cursor else { continue };
            let unknown = values.first().is_none_or(is_null);
            let beyond = match (self, unknown, side) {
                (Self::Known, true, Side::After) | (Self::Unknown, false, Side::Before) => {
                    return None;
                }
                (Self::Known, true, Side::Before) | (Self::Unknown, false, Side::After) => continue,
                (Self::Unknown, true, _) => beyond(keys.get(1..)?, values.get(1..)?, side),
                (Self::All | Self::Known, ..) => {
                    // Says nothing new, but gives the index a bound that an OR would hide.
                    let bound = values.first()?.clone();
                    within = within.add(match side.upward(first) {
                        true => first.column.gte(bound),
                        false => first.column.lte(bound),
                    });
                    beyond(keys, values, side)
                }
            };
            within = within.add(beyond);
        }
        Some(within)
    }

    /// The rows in order, or in reverse.
    pub fn ordered<E: EntityTrait>(
        self,
        mut select: Select<E>,
        keys: &[Key<E::Column>],
        backward: bool,
    ) -> Select<E> {
        for (place, key) in keys.iter().enumerate() {
            if place == 0 && self == Self::Unknown {
                continue;
            }
            if place > 0 && key.nullable {
                let nulls = if backward { Order::Desc } else { Order::Asc };
                select = select.order_by(key.column.is_null(), nulls);
            }
            let down = key.descending != backward;
            select = select.order_by(key.column, if down { Order::Desc } else { Order::Asc });
        }
        select
    }
}

/// A side of a cursor, in the list's own order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    After,
    Before,
}

impl Side {
    /// Whether the values on this side are larger.
    fn upward<C>(self, key: &Key<C>) -> bool {
        (self == Self::After) != key.descending
    }
}

/// Rows strictly on one side of a cursor, comparing column by column.
fn beyond<C: ColumnTrait>(keys: &[Key<C>], values: &[Value], side: Side) -> Condition {
    let nothing = || Condition::any().add(Expr::val(1).eq(0));
    let (Some(key), Some(value)) = (keys.first(), values.first()) else {
        return nothing();
    };
    let column = key.column;
    let mut strictly = Condition::any();
    let equal = if is_null(value) {
        if side == Side::Before {
            strictly = strictly.add(column.is_not_null());
        }
        column.is_null()
    } else {
        strictly = strictly.add(match side.upward(key) {
            true => column.gt(value.clone()),
            false => column.lt(value.clone()),
        });
        if key.nullable && side == Side::After {
            strictly = strictly.add(column.is_null());
        }
        column.eq(value.clone())
    };
    if keys.len() == 1 {
        // Without any comparison there is nothing on that side of the last null.
        return if strictly.is_empty() {
            nothing()
        } else {
            strictly
        };
    }
    let rest = beyond(&keys[1..], &values[1..], side);
    strictly.add(Condition::all().add(equal).add(rest))
}

/// The columns of an order as a cursor names them, such as `title+`.
fn names<C: ColumnTrait>(keys: &[Key<C>]) -> impl Iterator<Item = String> {
    keys.iter().map(|key| {
        let sign = if key.descending { '-' } else { '+' };
        format!("{}{sign}", key.column.as_str())
    })
}

/// The cursor of a row.
pub fn encode<M: ModelTrait>(keys: &[Key<<M::Entity as EntityTrait>::Column>], row: &M) -> String
where
    <M::Entity as EntityTrait>::Column: Copy,
{
    let values = keys.iter().map(|key| text(row.get(key.column)));
    let pairs: Vec<_> = names(keys).zip(values).collect();
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::json!(pairs).to_string())
}

/// The values a cursor holds.
///
/// # Errors
/// [`Failure::Input`] when it is not a cursor of this order.
pub fn decode<C: ColumnTrait>(keys: &[Key<C>], cursor: &str) -> Result<Vec<Value>, Failure> {
    let wrong = || Failure::Input("this cursor is not one of this list in this order".to_owned());
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    let pairs: Vec<(String, Option<String>)> =
        serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    if !names(keys).eq(pairs.iter().map(|(name, _)| name.clone())) {
        return Err(wrong());
    }
    let values = keys.iter().zip(pairs);
    values
        .map(|(key, (_, text))| match text {
            None if key.nullable => Ok(Value::String(None)),
            None => Err(wrong()),
            Some(text) => value(key.column.def().get_column_type(), text).ok_or_else(wrong),
        })
        .collect()
}

/// A column's value as a cursor holds it; every finite float is read back as it was.
fn text(value: Value) -> Option<String> {
    match value {
        Value::BigInt(value) => value.map(|value| value.to_string()),
        Value::Int(value) => value.map(|value| value.to_string()),
        Value::Double(value) => value.map(|value| value.to_string()),
        Value::ChronoDate(value) => value.map(|value| value.to_string()),
        Value::String(value) => value,
        _ => None,
    }
}

fn value(column: &ColumnType, text: String) -> Option<Value> {
    Some(match column {
        ColumnType::BigInteger => text.parse::<i64>().ok()?.into(),
        ColumnType::Integer => text.parse::<i32>().ok()?.into(),
        ColumnType::Double => text.parse::<f64>().ok().filter(|v| v.is_finite())?.into(),
        ColumnType::Date => text.parse::<chrono::NaiveDate>().ok()?.into(),
        _ => text.into(),
    })
}

fn is_null(value: &Value) -> bool {
    matches!(value, Value::String(None))
}
