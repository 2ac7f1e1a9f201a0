//! Tests of what a row is related to, by the filter of that.

use super::{
    super::{change, company, country, error::Failure, genre, language, movie, run_filter, user},
    Filter, Scope, Test, combined,
    given::Given,
};
use async_graphql::InputObject;
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{DynIden, Expr, ExprTrait, Query, SelectStatement},
};

/// How a row is related to rows of another table, which is not its own.
#[derive(Clone)]
pub struct Link {
    own: Column,
    /// The column of the pairs that holds `own`, and the one that holds `theirs`.
    pairs: Option<(Column, Column)>,
    theirs: Column,
    /// Whether their rows are computed by the statement, and so have no index.
    computed: bool,
}

/// A table and a column of it.
type Column = (DynIden, DynIden);

impl Link {
    /// To the rows whose `theirs` is the row's `own`.
    pub fn to(own: impl ColumnTrait, theirs: impl ColumnTrait) -> Self {
        Self {
            own: own.as_column_ref(),
            pairs: None,
            theirs: theirs.as_column_ref(),
            computed: false,
        }
    }

    /// The same, where the statement computes the rows.
    pub fn to_computed(own: impl ColumnTrait, theirs: impl ColumnTrait) -> Self {
        Self {
            computed: true,
            ..Self::to(own, theirs)
        }
    }

    /// To the rows that a table of pairs (`ours`, `other`) joins to it.
    pub fn through<P: ColumnTrait>(
        own: impl ColumnTrait,
        (ours, other): (P, P),
        theirs: impl ColumnTrait,
    ) -> Self {
        Self {
            own: own.as_column_ref(),
            pairs: Some((ours.as_column_ref(), other.as_column_ref())),
            theirs: theirs.as_column_ref(),
            computed: false,
        }
    }

    /// The condition that among the related rows is one that meets the filter, or its opposite where not `meets`;
    /// the opposite of that condition where not `holds`.
    ///
    /// Asked for what there is, an engine may begin with it; what there is not is looked up row by row, because
    /// MariaDB now and then takes ages over `NOT IN`: in the table, or in what was computed, once.
    fn exists(
        self,
        filter: &impl Filter,
        meets: bool,
        scope: &mut Scope,
        holds: bool,
    ) -> Result<Condition, Failure> {
        scope.relation()?;
        let found = filter.compile(scope, meets)?;
        let Self {
            own,
            pairs,
            theirs,
            computed,
        } = self;
        let own = Expr::col(own);
        let among = match (pairs, holds) {
            (None, true) => own.in_subquery(select(theirs, found)),
            (Some((ours, other)), true) => {
                let found = Expr::col(other).in_subquery(select(theirs, found));
                own.in_subquery(select(ours, found.into()))
            }
            (None, false) if computed => {
                const FOUND: &str = "found";
                let key = theirs.1.clone();
                let found = select(theirs, found).distinct().take();
                let mut rows = Query::select();
                rows.expr(Expr::val(1)).from_subquery(found, FOUND);
                rows.and_where(Expr::col((FOUND, key)).eq(own));
                Expr::not_exists(rows)
            }
            (None, false) => {
                let related = Expr::col(theirs.clone()).eq(own);
                Expr::not_exists(select(theirs, Condition::all().add(related).add(found)))
            }
            (Some((ours, other)), false) => {
                let related = Expr::col(ours.clone()).eq(own);
                let found = Expr::col(other).in_subquery(select(theirs, found));
                Expr::not_exists(select(ours, Condition::all().add(related).add(found)))
            }
        };
        Ok(Condition::all().add(among))
    }
}

/// The column's values in the rows of its table that meet a condition.
fn select((table, column): Column, condition: Condition) -> SelectStatement {
    Query::select()
        .column((table.clone(), column))
        .from(table)
        .cond_where(condition)
        .take()
}

/// Which of a list of related things there must be.
#[derive(Clone, Debug, InputObject)]
#[graphql(
    concrete(name = "MovieListFilter", params(movie::MovieFilter)),
    concrete(name = "CompanyListFilter", params(company::CompanyFilter)),
    concrete(name = "CompanyYearListFilter", params(company::CompanyYearFilter)),
    concrete(name = "GenreListFilter", params(genre::GenreFilter)),
    concrete(name = "GenreYearListFilter", params(genre::GenreYearFilter)),
    concrete(name = "CountryListFilter", params(country::CountryFilter)),
    concrete(name = "LanguageListFilter", params(language::LanguageFilter)),
    concrete(name = "RunListFilter", params(run_filter::RunFilter)),
    concrete(name = "FieldChangeListFilter", params(change::FieldChangeFilter)),
    concrete(name = "UserRoleListFilter", params(user::UserRoleFilter))
)]
pub struct ListFilter<F: Filter> {
    /// At least one is such.
    pub some: Given<Box<F>>,
    /// None is such, as where there are none.
    pub none: Given<Box<F>>,
    /// There is none that is not such, as where there are none.
    pub every: Given<Box<F>>,
}

impl<F: Filter> Test for ListFilter<F> {
    type Of = Link;

    fn compile(&self, of: Link, scope: &mut Scope, holds: bool) -> Result<Condition, Failure> {
        let mut parts = Vec::new();
        for (filter, meets, there) in [
            (&self.some, true, true),
            (&self.none, true, false),
            (&self.every, false, false),
        ] {
            if let Some(filter) = filter.get() {
                parts.push(of.clone().exists(&**filter, meets, scope, there == holds)?);
            }
        }
        Ok(combined(parts, holds))
    }
}

/// The one thing that a row is related to is such; false where there is none.
impl<F: Filter> Test for Box<F> {
    type Of = Link;

    fn compile(&self, of: Link, scope: &mut Scope, holds: bool) -> Result<Condition, Failure> {
        of.exists(&**self, true, scope, holds)
    }
}
