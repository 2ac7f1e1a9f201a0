//! Orders: what lists can be ordered by, in one vocabulary.

use super::{error::Failure, page::Direction};
use sea_orm::{
    ColumnTrait, ColumnType, EntityTrait, IdenStatic, ModelTrait, Value, sea_query::Expr,
};
use std::sync::Arc;

/// Most orders of a list.
const MAX_ORDERS: usize = 16;

/// Something that rows of a table are ordered by, and which way.
pub struct Sort<E: EntityTrait> {
    /// As cursors call it.
    pub name: String,
    /// As statements write it.
    pub expression: Expr,
    /// What kind of value it is.
    pub kind: ColumnType,
    /// Whether rows may have none.
    pub nullable: bool,
    /// Largest first.
    pub descending: bool,
    /// A row's value.
    pub value: Read<E>,
}

/// Reads a value from a row.
type Read<E> = Arc<dyn Fn(&<E as EntityTrait>::Model) -> Value + Send + Sync>;

impl<E: EntityTrait> Clone for Sort<E> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            expression: self.expression.clone(),
            kind: self.kind.clone(),
            nullable: self.nullable,
            descending: self.descending,
            value: self.value.clone(),
        }
    }
}

impl<E> Sort<E>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
    E::Column: Copy,
{
    /// By a column.
    pub fn by(column: E::Column, direction: Direction) -> Self {
        let definition = column.def();
        Self {
            name: column.as_str().to_owned(),
            expression: Expr::col(column.as_column_ref()),
            kind: definition.get_column_type().clone(),
            nullable: definition.is_null(),
            descending: direction == Direction::Desc,
            value: Arc::new(move |row: &E::Model| row.get(column)),
        }
    }
}

/// What an order of the API stands for.
pub trait Order {
    /// The table.
    type Entity: EntityTrait;

    /// The table's order.
    fn sort(&self) -> Sort<Self::Entity>;
}

/// The orders that are asked for, and after them those that a list has by itself.
///
/// # Errors
/// [`Failure::Input`] for too many.
pub fn sorts<O: Order>(
    asked: Option<Vec<O>>,
    usual: Vec<Sort<O::Entity>>,
) -> Result<Vec<Sort<O::Entity>>, Failure> {
    let asked = asked.unwrap_or_default();
    if asked.len() > MAX_ORDERS {
        return Err(Failure::Input(format!(
            "orderBy takes at most {MAX_ORDERS} orders, not {}",
            asked.len()
        )));
    }
    let asked = asked.iter().map(Order::sort);
    Ok(asked.chain(usual).collect())
}

/// Declares what a list can be ordered by: `Field Order of table { Name = Column, … }`, and further sorts that are
/// computed.
macro_rules! order {
    (
        $(#[$doc:meta])* $field:ident $order:ident of $table:ident {
            $($(#[$name_doc:meta])* $name:ident = $column:ident,)*
            $(; $($(#[$other_doc:meta])* $other:ident = $sort:expr,)*)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, async_graphql::Enum)]
        pub enum $field {
            $($(#[$name_doc])* $name,)*
            $($($(#[$other_doc])* $other,)*)?
        }

        /// One order of a list; rows without the value come last either way.
        #[derive(Clone, Copy, Debug, async_graphql::InputObject)]
        pub struct $order {
            field: $field,
            #[graphql(default)]
            direction: $crate::graphql::page::Direction,
        }

        impl $crate::graphql::order::Order for $order {
            type Entity = $table::Entity;

            fn sort(&self) -> $crate::graphql::order::Sort<$table::Entity> {
                use $crate::graphql::order::Sort;
                match self.field {
                    $($field::$name => Sort::by($table::Column::$column, self.direction),)*
                    $($($field::$other => $sort(self.direction),)*)?
                }
            }
        }
    };
}
pub(crate) use order;
