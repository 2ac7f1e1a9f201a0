//! The order of groups, and cursors among them.
//!
//! Groups are computed before they are put in order, so there is no index to be served: a cursor's condition
//! compares the groups' own values. A group's keys come last in every order, so that no two are equal; nulls come
//! last in either direction.

use super::{
    group::MovieGroup,
    measure::{Figure, Measure, Statistic},
};
use crate::graphql::{error::Failure, page::Direction};
use async_graphql::{Enum, InputObject};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sea_orm::{
    Condition, DbErr, Order, QueryResult, Value,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

/// What groups can be ordered by: what they are grouped by (companies, genres, collections, countries and languages
/// by name), how many movies they have, or a statistic of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum MovieStatsOrderField {
    Company,
    Genre,
    Year,
    Decade,
    Country,
    Language,
    Collection,
    Status,
    MovieCount,
    Budget,
    Revenue,
    Profit,
    Runtime,
    Popularity,
    VoteAverage,
    VoteCount,
}

/// What a field is.
enum By {
    Group(MovieGroup),
    Count,
    Measure(Measure),
}

impl MovieStatsOrderField {
    fn by(self) -> By {
        match self {
            Self::Company => By::Group(MovieGroup::Company),
            Self::Genre => By::Group(MovieGroup::Genre),
            Self::Year => By::Group(MovieGroup::Year),
            Self::Decade => By::Group(MovieGroup::Decade),
            Self::Country => By::Group(MovieGroup::Country),
            Self::Language => By::Group(MovieGroup::Language),
            Self::Collection => By::Group(MovieGroup::Collection),
            Self::Status => By::Group(MovieGroup::Status),
            Self::MovieCount => By::Count,
            Self::Budget => By::Measure(Measure::Budget),
            Self::Revenue => By::Measure(Measure::Revenue),
            Self::Profit => By::Measure(Measure::Profit),
            Self::Runtime => By::Measure(Measure::Runtime),
            Self::Popularity => By::Measure(Measure::Popularity),
            Self::VoteAverage => By::Measure(Measure::VoteAverage),
            Self::VoteCount => By::Measure(Measure::VoteCount),
        }
    }
}

/// One order of groups; those without the value come last either way.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct MovieStatsOrder {
    field: MovieStatsOrderField,
    /// Of a measure; says nothing of the other fields.
    #[graphql(default_with = "Statistic::Sum")]
    statistic: Statistic,
    #[graphql(default_with = "Direction::Asc")]
    direction: Direction,
}

impl MovieStatsOrder {
    /// The figure it orders by, if it does by one.
    pub fn figure(self) -> Option<Figure> {
        match self.field.by() {
            By::Measure(measure) => Some(Figure {
                measure,
                statistic: self.statistic,
            }),
            By::Group(_) | By::Count => None,
        }
    }

    fn key(self, groups: &[MovieGroup]) -> Result<Key, Failure> {
        let key = match self.field.by() {
            By::Group(group) if !groups.contains(&group) => {
                let name = group.column();
                return Err(Failure::Input(format!(
                    "movies that are not grouped by {name} cannot be ordered by it"
                )));
            }
            By::Group(group) => match group.named() {
                None => Key::of_group(group),
                Some(_) => Key {
                    name: format!("{}.name", group.column()),
                    sql: format!("{}_named.name", group.column()),
                    kind: Kind::Text,
                    nullable: true,
                    descending: false,
                    named: Some(group),
                },
            },
            By::Count => Key {
                name: "movie_count".to_owned(),
                sql: "g.movie_count".to_owned(),
                kind: Kind::Whole,
                nullable: false,
                descending: false,
                named: None,
            },
            By::Measure(measure) => {
                let statistic = self.statistic;
                let figure = Figure { measure, statistic };
                Key {
                    name: figure.column(),
                    sql: figure.comparable(),
                    kind: if figure.is_whole() {
                        Kind::Whole
                    } else {
                        Kind::Real
                    },
                    nullable: !figure.is_never_null(),
                    descending: false,
                    named: None,
                }
            }
        };
        let descending = self.direction == Direction::Desc;
        Ok(Key { descending, ..key })
    }
}

/// What a value is.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Whole,
    Real,
    Text,
}

/// A value that groups are ordered by.
#[derive(Debug)]
pub struct Key {
    name: String,
    sql: String,
    kind: Kind,
    nullable: bool,
    descending: bool,
    /// What has to be joined for it.
    named: Option<MovieGroup>,
}

impl Key {
    fn of_group(group: MovieGroup) -> Self {
        Self {
            name: group.column().to_owned(),
            sql: format!("g.{}", group.column()),
            kind: if group.is_text() {
                Kind::Text
            } else {
                Kind::Whole
            },
            nullable: true,
            descending: false,
            named: None,
        }
    }

    fn expression(&self) -> Expr {
        Expr::cust(self.sql.clone())
    }

    /// Its name in a cursor, such as `revenue_sum-`.
    fn signed(&self) -> String {
        let sign = if self.descending { '-' } else { '+' };
        format!("{}{sign}", self.name)
    }

    fn value(&self, text: Option<String>) -> Option<Value> {
        let Some(text) = text else {
            return self.nullable.then_some(Value::String(None));
        };
        Some(match self.kind {
            Kind::Whole => text.parse::<i64>().ok()?.into(),
            Kind::Real => text.parse::<f64>().ok().filter(|v| v.is_finite())?.into(),
            Kind::Text => text.into(),
        })
    }
}

/// The order's keys, and at last those of the groups.
///
/// # Errors
/// [`Failure::Input`] for an order by what is not grouped by.
pub fn keys(groups: &[MovieGroup], order: &[MovieStatsOrder]) -> Result<Vec<Key>, Failure> {
    let mut keys: Vec<Key> = Vec::new();
    let ordered = order.iter().map(|order| order.key(groups));
    for key in ordered.chain(groups.iter().map(|group| Ok(Key::of_group(*group)))) {
        let key = key?;
        if !keys.iter().any(|other| other.name == key.name) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// A side of a cursor, in the order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    After,
    Before,
}

/// The groups strictly on one side of a cursor, comparing value by value.
pub fn beyond(keys: &[Key], values: &[Value], side: Side) -> Condition {
    let (Some((key, keys)), Some((value, values))) = (keys.split_first(), values.split_first())
    else {
        // Equal in everything, which is on neither side.
        return Condition::any().add(Expr::val(1).eq(0));
    };
    let mut strictly = Condition::any();
    let equal = if matches!(value, Value::String(None)) {
        if side == Side::Before {
            strictly = strictly.add(key.expression().is_not_null());
        }
        key.expression().is_null()
    } else {
        let upward = (side == Side::After) != key.descending;
        strictly = strictly.add(match upward {
            true => key.expression().gt(value.clone()),
            false => key.expression().lt(value.clone()),
        });
        if key.nullable && side == Side::After {
            strictly = strictly.add(key.expression().is_null());
        }
        key.expression().eq(value.clone())
    };
    let rest = beyond(keys, values, side);
    strictly.add(Condition::all().add(equal).add(rest))
}

/// Selects the keys' values of groups `g` and puts the groups in order, or in reverse; joins what that takes.
pub fn ordered(select: &mut SelectStatement, keys: &[Key], backward: bool) {
    for (place, key) in keys.iter().enumerate() {
        select.expr_as(key.expression(), format!("o{place}"));
        if let Some(group) = key.named
            && let Some((table, id)) = group.named()
        {
            let column = group.column();
            let on = Expr::cust(format!("{column}_named.{id} = g.{column}"));
            let alias = format!("{column}_named");
            select.join_as(sea_orm::JoinType::LeftJoin, table, alias, on);
        }
        if key.nullable {
            let nulls = if backward { Order::Desc } else { Order::Asc };
            select.order_by_expr(key.expression().is_null(), nulls);
        }
        let down = key.descending != backward;
        let order = if down { Order::Desc } else { Order::Asc };
        select.order_by_expr(key.expression(), order);
    }
}

/// The cursor of a row that [`ordered`] has selected.
pub fn encode(keys: &[Key], row: &QueryResult) -> Result<String, DbErr> {
    let mut pairs: Vec<(String, Option<String>)> = Vec::with_capacity(keys.len());
    for (place, key) in keys.iter().enumerate() {
        let column = format!("o{place}");
        let value = match key.kind {
            Kind::Whole => row
                .try_get::<Option<i64>>("", &column)?
                .map(|v| v.to_string()),
            Kind::Real => row
                .try_get::<Option<f64>>("", &column)?
                .map(|v| v.to_string()),
            Kind::Text => row.try_get("", &column)?,
        };
        pairs.push((key.signed(), value));
    }
    Ok(BASE64_URL_SAFE_NO_PAD.encode(serde_json::json!(pairs).to_string()))
}

/// The values a cursor holds.
///
/// # Errors
/// [`Failure::Input`] when it is not a cursor of these groups in this order.
pub fn decode(keys: &[Key], cursor: &str) -> Result<Vec<Value>, Failure> {
    let wrong =
        || Failure::Input("this cursor is not one of these groups in this order".to_owned());
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    let pairs: Vec<(String, Option<String>)> =
        serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    if !keys
        .iter()
        .map(Key::signed)
        .eq(pairs.iter().map(|(name, _)| name.clone()))
    {
        return Err(wrong());
    }
    let values = keys.iter().zip(pairs);
    values
        .map(|(key, (_, text))| key.value(text).ok_or_else(wrong))
        .collect()
}
