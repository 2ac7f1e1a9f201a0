//! Filters: one vocabulary for every list, compiled to one SQL condition.
//!
//! A filter is declared by the macro `filter`: its fields, each with what it tests ([`value`], [`relation`]), and with
//! them `and`, `or` and `not`. A row either meets a filter or its opposite, never neither: a comparison with a
//! value that is not there is false, and `ne`, `notIn`, `none` and `not` are true of exactly those rows of which
//! `eq`, `in`, `some` and the filter itself are not. SQL's third truth value is kept out by compiling the opposite
//! of every test on its own, rather than putting `NOT` before it.

pub mod given;
pub mod relation;
pub mod value;

use super::error::Failure;
use async_graphql::InputType;
use given::Given;
use sea_orm::{
    Condition, DatabaseBackend,
    sea_query::{Expr, ExprTrait},
};

/// Most levels of filters in each other.
pub const MAX_DEPTH: usize = 8;
/// Most tests of values, and filters, in a filter and all in it.
pub const MAX_TESTS: usize = 200;
/// Most tests of relations in a filter and all in it. Each is two tables to be joined, in one order out of many:
/// MariaDB thinks about 16 of them for minutes.
pub const MAX_RELATIONS: usize = 8;
/// Most values of a list.
pub const MAX_LIST: usize = 1000;
/// Most values in a filter and all in it (SQLite takes 32,766 in a statement).
pub const MAX_VALUES: usize = 10_000;
/// Most characters of a text that is looked for in others.
pub const MAX_PART: usize = 500;

/// What is known while a filter is compiled: the engine, and how much of what is allowed has been used.
pub struct Scope {
    backend: DatabaseBackend,
    depth: usize,
    tests: usize,
    relations: usize,
    values: usize,
}

impl Scope {
    fn within(used: &mut usize, more: usize, most: usize, what: &str) -> Result<(), Failure> {
        *used += more;
        if *used > most {
            return Err(Failure::Input(format!(
                "a filter has at most {most} {what}"
            )));
        }
        Ok(())
    }

    /// Counts a test of a value, or a filter.
    pub fn test(&mut self) -> Result<(), Failure> {
        Self::within(&mut self.tests, 1, MAX_TESTS, "tests")
    }

    /// Counts a test of a relation.
    fn relation(&mut self) -> Result<(), Failure> {
        Self::within(&mut self.relations, 1, MAX_RELATIONS, "tests of relations")
    }

    /// Counts the values of a test.
    fn values(&mut self, values: usize) -> Result<(), Failure> {
        if values > MAX_LIST {
            return Err(Failure::Input(format!(
                "a list in a filter has at most {MAX_LIST} values, not {values}"
            )));
        }
        Self::within(&mut self.values, values, MAX_VALUES, "values")
    }

    /// What `compile` makes of a filter one level down.
    pub fn deeper<T>(
        &mut self,
        compile: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.test()?;
        Self::within(&mut self.depth, 1, MAX_DEPTH, "levels")?;
        let compiled = compile(self)?;
        self.depth -= 1;
        Ok(compiled)
    }
}

/// Which rows of a noun.
pub trait Filter: InputType {
    /// The condition of the rows that meet it; of all others where not `holds`.
    fn compile(&self, scope: &mut Scope, holds: bool) -> Result<Condition, Failure>;
}

/// What a field of a filter tests.
pub trait Test {
    /// What it is applied to: an [`value::Operand`] or a [`relation::Link`].
    type Of;

    /// The condition of the rows that pass it; of all others where not `holds`.
    fn compile(&self, of: Self::Of, scope: &mut Scope, holds: bool) -> Result<Condition, Failure>;
}

/// The condition of the rows that meet a filter, of a statement that reads their table under its own name.
///
/// # Errors
/// [`Failure::Input`] for a filter that is too large and for values that cannot be compared.
pub fn condition<F: Filter>(filter: &F, backend: DatabaseBackend) -> Result<Condition, Failure> {
    let mut scope = Scope {
        backend,
        depth: 0,
        tests: 0,
        relations: 0,
        values: 0,
    };
    filter.compile(&mut scope, true)
}

/// The condition that `every` one of these holds, or else that at least one does.
fn combined(parts: Vec<Condition>, every: bool) -> Condition {
    let start = match (parts.is_empty(), every) {
        (true, _) => Condition::all().add(Expr::val(1).eq(i32::from(every))),
        (false, true) => Condition::all(),
        (false, false) => Condition::any(),
    };
    parts.into_iter().fold(start, Condition::add)
}

/// What every filter has besides its fields: `and`, `or` and `not`.
type Joined<'a, F> = (&'a Given<Vec<F>>, &'a Given<Vec<F>>, &'a Given<Box<F>>);

/// Adds what every filter has besides its fields to the parts that these make, and combines all.
///
/// Filters call it for themselves, one level down.
pub fn completed<F: Filter>(
    mut parts: Vec<Condition>,
    (and, or, not): Joined<'_, F>,
    scope: &mut Scope,
    holds: bool,
) -> Result<Condition, Failure> {
    let compiled = |filters: &Vec<F>, scope: &mut Scope| -> Result<Vec<Condition>, Failure> {
        filters
            .iter()
            .map(|one| one.compile(scope, holds))
            .collect()
    };
    if let Some(filters) = and.get() {
        parts.push(combined(compiled(filters, scope)?, holds));
    }
    if let Some(filters) = or.get() {
        parts.push(combined(compiled(filters, scope)?, !holds));
    }
    if let Some(filter) = not.get() {
        parts.push(F::compile(filter, scope, !holds)?);
    }
    // The opposite of all is the opposite of at least one.
    Ok(combined(parts, holds))
}

/// Declares a filter: `Name of table { field: what is tested = the column, or a link, … }`.
macro_rules! filter {
    ($(#[$doc:meta])* $name:ident of $table:ident {
        $($(#[$field_doc:meta])* $field:ident: $test:ty = $of:expr,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, async_graphql::InputObject)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $crate::graphql::filter::given::Given<$test>,)*
            /// All of these hold as well.
            pub and: $crate::graphql::filter::given::Given<Vec<$name>>,
            /// At least one of these holds as well.
            pub or: $crate::graphql::filter::given::Given<Vec<$name>>,
            /// This does not hold.
            pub not: $crate::graphql::filter::given::Given<Box<$name>>,
        }

        impl $crate::graphql::filter::Filter for $name {
            fn compile(
                &self,
                scope: &mut $crate::graphql::filter::Scope,
                holds: bool,
            ) -> Result<sea_orm::Condition, $crate::graphql::error::Failure> {
                use $crate::graphql::filter::{Test, completed};
                use $table::Column::*;
                scope.deeper(|scope| {
                    let mut parts = Vec::new();
                    $(if let Some(test) = self.$field.get() {
                        parts.push(test.compile($of.into(), scope, holds)?);
                    })*
                    completed(parts, (&self.and, &self.or, &self.not), scope, holds)
                })
            }
        }
    };
}
pub(crate) use filter;
