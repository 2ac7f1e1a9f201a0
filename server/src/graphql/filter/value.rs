//! Tests of a row's values.

use super::{
    super::{
        audit, change,
        error::Failure,
        event, file, finding, number, run,
        scalar::{Date, DateTime, Long},
    },
    MAX_PART, Scope, Test, combined,
    given::Given,
};
use async_graphql::{ID, InputObject, InputType};
use chrono::{Datelike, SubsecRound, TimeDelta};
use etl::database::{beginning, comparable, containing, exactly};
use sea_orm::{
    ColumnTrait, Condition, Value,
    sea_query::{Expr, ExprTrait},
};

/// What is tested: a column, or what is computed of some.
#[derive(Clone)]
pub struct Operand {
    expression: Expr,
    nullable: bool,
}

impl Operand {
    /// Something that is computed and may be null.
    pub fn computed(expression: Expr) -> Self {
        Self {
            expression,
            nullable: true,
        }
    }
}

impl<C: ColumnTrait> From<C> for Operand {
    fn from(column: C) -> Self {
        Self {
            expression: Expr::col(column.as_column_ref()),
            nullable: column.def().is_null(),
        }
    }
}

/// A value that the API takes and the database compares.
pub trait Stored: InputType {
    /// Whether it is a text, which is compared to the last byte.
    const TEXT: bool = false;

    /// The value in the database.
    ///
    /// # Errors
    /// [`Failure::Input`] when the database knows no such value.
    fn value(&self) -> Result<Value, Failure>;

    /// The next value that the API shows, where the database keeps others in between that look the same.
    fn next(&self) -> Result<Option<Value>, Failure> {
        Ok(None)
    }
}

/// Declares what is stored of values of a type.
macro_rules! stored {
    ($($type:ty: |$given:ident| $value:expr,)*) => {$(
        impl $crate::graphql::filter::value::Stored for $type {
            fn value(&self) -> Result<sea_orm::Value, $crate::graphql::error::Failure> {
                let $given = self;
                Ok($value.into())
            }
        }
    )*};
}
pub(crate) use stored;

stored! {
    i32: |number| *number,
    f64: |number| *number,
    bool: |flag| *flag,
    Long: |number| number.0,
    ID: |id| number(id)?,
    Date: |date| in_calendar(date.0).map(|()| date.0)?,
}

impl Stored for String {
    const TEXT: bool = true;

    fn value(&self) -> Result<Value, Failure> {
        Ok(self.clone().into())
    }
}

/// Instants are shown in whole microseconds, and SQLite keeps nanoseconds.
impl Stored for DateTime {
    fn value(&self) -> Result<Value, Failure> {
        in_calendar(self.0)?;
        Ok(comparable(self.0.trunc_subsecs(6)).into())
    }

    fn next(&self) -> Result<Option<Value>, Failure> {
        let next = self.0.trunc_subsecs(6) + TimeDelta::microseconds(1);
        Ok(Some(comparable(next).into()))
    }
}

/// MySQL refuses other years.
fn in_calendar(date: impl Datelike) -> Result<(), Failure> {
    match date.year() {
        1..9999 => Ok(()),
        year => Err(Failure::Input(format!(
            "a date in a filter is of the years 1 to 9998, not {year}"
        ))),
    }
}

/// Compiles the tests of one field, which must all hold.
struct Tests<'a> {
    of: Operand,
    scope: &'a mut Scope,
    holds: bool,
    parts: Vec<Condition>,
}

impl<'a> Tests<'a> {
    fn new(of: Operand, scope: &'a mut Scope, holds: bool) -> Self {
        Self {
            of,
            scope,
            holds,
            parts: Vec::new(),
        }
    }

    /// What is compared with values of this type.
    fn side<T: Stored>(&self) -> Expr {
        match T::TEXT {
            true => exactly(self.scope.backend, self.of.expression.clone()),
            false => self.of.expression.clone(),
        }
    }

    /// Adds the test that `passes` holds, or that it does not.
    fn push(&mut self, passes: Expr, holds: bool) -> Result<(), Failure> {
        self.scope.test()?;
        self.parts.push(match holds {
            true => passes.into(),
            false => {
                let opposite = Condition::any().add(passes.not());
                match self.of.nullable {
                    true => opposite.add(self.of.expression.clone().is_null()),
                    false => opposite,
                }
            }
        });
        Ok(())
    }

    fn equal<T: Stored>(&mut self, value: &T) -> Result<Expr, Failure> {
        self.scope.values(1)?;
        let (given, side) = (value.value()?, self.side::<T>());
        Ok(match (value.next()?, T::TEXT) {
            (Some(next), _) => side.clone().gte(given).and(side.lt(next)),
            // An index knows the column only as it is.
            (None, true) => {
                let plain = self.of.expression.clone().eq(given.clone());
                plain.and(side.eq(given))
            }
            (None, false) => side.eq(given),
        })
    }

    fn among<T: Stored>(&mut self, list: &[T]) -> Result<Expr, Failure> {
        self.scope.values(list.len())?;
        let nothing = Expr::val(1).eq(0);
        if list.is_empty() {
            return Ok(nothing);
        }
        let side = self.side::<T>();
        let values: Result<Vec<Value>, Failure> = list.iter().map(Stored::value).collect();
        let values = values?;
        let mut any = match T::TEXT {
            true => {
                let plain = self.of.expression.clone().is_in(values.clone());
                plain.and(side.clone().is_in(values.clone()))
            }
            false => side.clone().is_in(values.clone()),
        };
        for (value, given) in list.iter().zip(values) {
            if let Some(next) = value.next()? {
                self.scope.test()?;
                any = any.or(side.clone().gte(given).and(side.clone().lt(next)));
            }
        }
        Ok(any)
    }

    fn eq_or_in<T: Stored>(
        &mut self,
        (eq, ne): (&Given<T>, &Given<T>),
        (among, outside): (&Given<Vec<T>>, &Given<Vec<T>>),
    ) -> Result<(), Failure> {
        for (value, same) in [(eq, true), (ne, false)] {
            if let Some(value) = value.get() {
                let equal = self.equal(value)?;
                self.push(equal, same == self.holds)?;
            }
        }
        for (list, within) in [(among, true), (outside, false)] {
            if let Some(list) = list.get() {
                let among = self.among(list)?;
                self.push(among, within == self.holds)?;
            }
        }
        Ok(())
    }

    /// Rows below (or `beyond`) a value; `with` those that have just this one.
    fn side_of<T: Stored>(&mut self, value: &T, beyond: bool, with: bool) -> Result<Expr, Failure> {
        self.scope.values(1)?;
        let side = self.side::<T>();
        let given = value.value()?;
        // Whether what looks like the value but is larger is among them.
        let bound = value.next()?.filter(|_| beyond != with);
        Ok(match (bound, beyond, with) {
            (Some(next), true, _) => side.gte(next),
            (Some(next), false, _) => side.lt(next),
            (None, true, true) => side.gte(given),
            (None, true, false) => side.gt(given),
            (None, false, true) => side.lte(given),
            (None, false, false) => side.lt(given),
        })
    }

    fn between<T: Stored>(&mut self, ends: &[T]) -> Result<(), Failure> {
        let [least, most] = ends else {
            return Err(Failure::Input(format!(
                "between takes two values, the least and the greatest, not {}",
                ends.len()
            )));
        };
        let from = self.side_of(least, true, true)?;
        let within = from.and(self.side_of(most, false, true)?);
        self.push(within, self.holds)
    }

    fn null(&mut self, wanted: &Given<bool>) -> Result<(), Failure> {
        let Some(wanted) = wanted.get() else {
            return Ok(());
        };
        self.scope.test()?;
        let missing = self.of.expression.clone();
        let missing = match *wanted == self.holds {
            true => missing.is_null(),
            false => missing.is_not_null(),
        };
        self.parts.push(missing.into());
        Ok(())
    }

    fn text(&mut self, part: &Given<String>, begins: bool) -> Result<(), Failure> {
        let Some(part) = part.get() else {
            return Ok(());
        };
        self.scope.values(1)?;
        if part.chars().count() > MAX_PART || part.contains('\0') {
            return Err(Failure::Input(format!(
                "what a text contains or starts with has at most {MAX_PART} characters, none of them U+0000"
            )));
        }
        let (backend, text) = (self.scope.backend, self.of.expression.clone());
        let found = match begins {
            true => beginning(backend, text, part),
            false => containing(backend, text, part),
        };
        self.push(found, self.holds)
    }

    fn condition(self) -> Condition {
        combined(self.parts, self.holds)
    }
}

/// Tests of a value that has no order. All that are given must hold.
#[derive(Clone, Debug, InputObject)]
#[graphql(
    concrete(name = "IdFilter", params(ID)),
    concrete(name = "BooleanFilter", params(bool)),
    concrete(name = "RunKindFilter", params(run::RunKind)),
    concrete(name = "RunModeFilter", params(run::RunMode)),
    concrete(name = "RunStatusFilter", params(run::RunStatus)),
    concrete(name = "TriggerFilter", params(run::Trigger)),
    concrete(name = "FileAreaFilter", params(file::FileArea)),
    concrete(name = "SeverityFilter", params(finding::Severity)),
    concrete(name = "EventLevelFilter", params(event::EventLevel)),
    concrete(name = "ChangeKindFilter", params(change::ChangeKind)),
    concrete(name = "AuditOutcomeFilter", params(audit::AuditOutcome))
)]
pub struct Among<T: Stored> {
    /// It is this.
    pub eq: Given<T>,
    /// It is not this, or there is none.
    pub ne: Given<T>,
    /// It is one of these.
    #[graphql(name = "in")]
    pub among: Given<Vec<T>>,
    /// It is none of these, or there is none.
    pub not_in: Given<Vec<T>>,
    /// Whether there is none.
    pub is_null: Given<bool>,
}

/// Tests of a key.
pub type IdFilter = Among<ID>;
/// Tests of a truth value.
pub type BooleanFilter = Among<bool>;

impl<T: Stored> Test for Among<T> {
    type Of = Operand;

    fn compile(&self, of: Operand, scope: &mut Scope, holds: bool) -> Result<Condition, Failure> {
        let mut tests = Tests::new(of, scope, holds);
        tests.eq_or_in((&self.eq, &self.ne), (&self.among, &self.not_in))?;
        tests.null(&self.is_null)?;
        Ok(tests.condition())
    }
}

/// Tests of a value that has an order; where there is none, only `ne`, `notIn` and `isNull` can hold. All that are
/// given must hold.
#[derive(Clone, Debug, InputObject)]
#[graphql(
    concrete(name = "IntFilter", params(i32)),
    concrete(name = "LongFilter", params(Long)),
    concrete(name = "FloatFilter", params(f64)),
    concrete(name = "DateFilter", params(Date)),
    concrete(name = "DateTimeFilter", params(DateTime)),
    concrete(name = "TextComparison", params(String))
)]
pub struct Ordered<T: Stored> {
    /// It is this.
    pub eq: Given<T>,
    /// It is not this, or there is none.
    pub ne: Given<T>,
    /// It is one of these.
    #[graphql(name = "in")]
    pub among: Given<Vec<T>>,
    /// It is none of these, or there is none.
    pub not_in: Given<Vec<T>>,
    /// It is less than this.
    pub lt: Given<T>,
    /// It is this or less.
    pub lte: Given<T>,
    /// It is more than this.
    pub gt: Given<T>,
    /// It is this or more.
    pub gte: Given<T>,
    /// It is from the first to the second of these two, both included.
    pub between: Given<Vec<T>>,
    /// Whether there is none.
    pub is_null: Given<bool>,
}

/// Tests of a 32-bit integer.
pub type IntFilter = Ordered<i32>;
/// Tests of a 64-bit integer.
pub type LongFilter = Ordered<Long>;
/// Tests of a real number.
pub type FloatFilter = Ordered<f64>;
/// Tests of a calendar day.
pub type DateFilter = Ordered<Date>;
/// Tests of an instant, in whole microseconds.
pub type DateTimeFilter = Ordered<DateTime>;

impl<T: Stored> Ordered<T> {
    fn add(&self, tests: &mut Tests<'_>) -> Result<(), Failure> {
        tests.eq_or_in((&self.eq, &self.ne), (&self.among, &self.not_in))?;
        for (value, beyond, with) in [
            (&self.lt, false, false),
            (&self.lte, false, true),
            (&self.gt, true, false),
            (&self.gte, true, true),
        ] {
            if let Some(value) = value.get() {
                let side = tests.side_of(value, beyond, with)?;
                tests.push(side, tests.holds)?;
            }
        }
        if let Some(ends) = self.between.get() {
            tests.between(ends)?;
        }
        tests.null(&self.is_null)
    }
}

impl<T: Stored> Test for Ordered<T> {
    type Of = Operand;

    fn compile(&self, of: Operand, scope: &mut Scope, holds: bool) -> Result<Condition, Failure> {
        let mut tests = Tests::new(of, scope, holds);
        self.add(&mut tests)?;
        Ok(tests.condition())
    }
}

/// Tests of a text. `eq` and the other comparisons are of every character as it is, in the order of code points;
/// `contains` and `startsWith` find letters in upper and lower case, and nothing in what is looked for has a
/// meaning of its own. All that are given must hold.
#[derive(Clone, Debug, InputObject)]
pub struct StringFilter {
    /// Comparisons of the whole.
    #[graphql(flatten)]
    pub whole: Ordered<String>,
    /// This is part of it.
    pub contains: Given<String>,
    /// It begins with this.
    pub starts_with: Given<String>,
}

impl Test for StringFilter {
    type Of = Operand;

    fn compile(&self, of: Operand, scope: &mut Scope, holds: bool) -> Result<Condition, Failure> {
        let mut tests = Tests::new(of, scope, holds);
        self.whole.add(&mut tests)?;
        tests.text(&self.contains, false)?;
        tests.text(&self.starts_with, true)?;
        Ok(tests.condition())
    }
}
