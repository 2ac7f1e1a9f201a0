//! The order of a list, the cursors in it, and the conditions that find the rows beside a cursor.
//!
//! Nulls come last in either direction on both engines. The first column is therefore read in two parts,
//! the rows that have a value and then those that have none, each of which an index gives in order.

use super::{error::Failure, order::Sort};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use etl::database::exactly;
use sea_orm::{
    ColumnType, Condition, DatabaseBackend, EntityTrait, Order, QueryOrder, Select, Value,
    prelude::DateTimeUtc,
    sea_query::{Expr, ExprTrait},
};

/// The list's order and at last the row's key, in the last one's direction: as the indexes have them. Texts are
/// ordered to the last byte.
pub fn keys<E: EntityTrait>(
    order: Vec<Sort<E>>,
    id: Sort<E>,
    backend: DatabaseBackend,
) -> Vec<Sort<E>> {
    let mut keys: Vec<Sort<E>> = Vec::new();
    let mut complete = false;
    for sort in order {
        if complete || keys.iter().any(|key| key.name == sort.name) {
            continue;
        }
        // The key tells all rows apart; what follows decides nothing.
        complete = sort.name == id.name;
        keys.push(sort);
    }
    if !complete {
        let descending = keys.last().is_some_and(|key| key.descending);
        keys.push(Sort { descending, ..id });
    }
    for key in &mut keys {
        if matches!(key.kind, ColumnType::String(_) | ColumnType::Text) {
            key.expression = exactly(backend, key.expression.clone());
        }
    }
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
pub fn parts<E: EntityTrait>(keys: &[Sort<E>], backward: bool) -> &'static [Part] {
    match (keys.first().is_some_and(|key| key.nullable), backward) {
        (false, _) => &[Part::All],
        (true, false) => &[Part::Known, Part::Unknown],
        (true, true) => &[Part::Unknown, Part::Known],
    }
}

impl Part {
    /// The condition of this part's rows between two cursors; `None` when no row can be.
    pub fn within<E: EntityTrait>(
        self,
        keys: &[Sort<E>],
        after: Option<&[Value]>,
        before: Option<&[Value]>,
    ) -> Option<Condition> {
        let first = keys.first()?;
        let mut within = Condition::all();
        match self {
            Self::All => {}
            Self::Known => within = within.add(first.expression.clone().is_not_null()),
            Self::Unknown => within = within.add(first.expression.clone().is_null()),
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
                        true => first.expression.clone().gte(bound),
                        false => first.expression.clone().lte(bound),
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
        keys: &[Sort<E>],
        backward: bool,
    ) -> Select<E> {
        for (place, key) in keys.iter().enumerate() {
            if place == 0 && self == Self::Unknown {
                continue;
            }
            if place > 0 && key.nullable {
                let nulls = if backward { Order::Desc } else { Order::Asc };
                select = select.order_by(key.expression.clone().is_null(), nulls);
            }
            let down = key.descending != backward;
            let direction = if down { Order::Desc } else { Order::Asc };
            select = select.order_by(key.expression.clone(), direction);
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
    fn upward<E: EntityTrait>(self, key: &Sort<E>) -> bool {
        (self == Self::After) != key.descending
    }
}

/// Rows strictly on one side of a cursor, comparing column by column.
fn beyond<E: EntityTrait>(keys: &[Sort<E>], values: &[Value], side: Side) -> Condition {
    let nothing = || Condition::any().add(Expr::val(1).eq(0));
    let (Some(key), Some(value)) = (keys.first(), values.first()) else {
        return nothing();
    };
    let column = &key.expression;
    let mut strictly = Condition::any();
    let equal = if is_null(value) {
        if side == Side::Before {
            strictly = strictly.add(column.clone().is_not_null());
        }
        column.clone().is_null()
    } else {
        strictly = strictly.add(match side.upward(key) {
            true => column.clone().gt(value.clone()),
            false => column.clone().lt(value.clone()),
        });
        if key.nullable && side == Side::After {
            strictly = strictly.add(column.clone().is_null());
        }
        column.clone().eq(value.clone())
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

/// An order as a cursor names it, such as `title+`.
fn names<E: EntityTrait>(keys: &[Sort<E>]) -> impl Iterator<Item = String> {
    keys.iter().map(|key| {
        let sign = if key.descending { '-' } else { '+' };
        format!("{}{sign}", key.name)
    })
}

/// The cursor of a row.
pub fn encode<E: EntityTrait>(keys: &[Sort<E>], row: &E::Model) -> String {
    let values = keys.iter().map(|key| text((key.value)(row)));
    let pairs: Vec<_> = names(keys).zip(values).collect();
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::json!(pairs).to_string())
}

/// The values a cursor holds.
///
/// # Errors
/// [`Failure::Input`] when it is not a cursor of this order.
pub fn decode<E: EntityTrait>(keys: &[Sort<E>], cursor: &str) -> Result<Vec<Value>, Failure> {
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
            Some(text) => value(&key.kind, text).ok_or_else(wrong),
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
        Value::ChronoDateTimeUtc(value) => value.map(|value| value.to_rfc3339()),
        Value::String(value) => value,
        _ => None,
    }
}

fn value(column: &ColumnType, text: String) -> Option<Value> {
    Some(match column {
        ColumnType::BigInteger => text.parse::<i64>().ok()?.into(),
        ColumnType::Integer => text.parse::<i32>().ok()?.into(),
        ColumnType::Double => text.parse::<f64>().ok().filter(|v| v.is_finite())?.into(),
        ColumnType::TimestampWithTimeZone => text.parse::<DateTimeUtc>().ok()?.into(),
        ColumnType::Date => text.parse::<chrono::NaiveDate>().ok()?.into(),
        _ => text.into(),
    })
}

fn is_null(value: &Value) -> bool {
    matches!(value, Value::String(None))
}
