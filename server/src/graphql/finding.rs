//! What rejects and issues have in common: a filter, and a list over one run or all.

use super::{
    number,
    page::{Connection, Direction, PageArgs, page},
    scalar::Long,
    services, together,
};
use async_graphql::{Context, Enum, ID, InputObject, OutputType, Result};
use entity::ingest::{self, run, source_file};
use etl::finding::Filter;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, ModelTrait, QueryFilter, QuerySelect,
};

/// How much a reject or an issue matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "ingest::Severity")]
pub enum Severity {
    /// Good to know; there is nothing to do.
    Info,
    /// A value was changed or left out, or is doubtful.
    Warning,
    /// Somebody should see to it, as where a record is no movie.
    Error,
}

/// Declares a filter of the API; rejects and issues have their own, so that each may grow.
macro_rules! filter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, InputObject)]
        pub struct $name {
            /// Any of these reason codes.
            code: Option<Vec<String>>,
            /// Of any of these severities.
            severity: Option<Vec<Severity>>,
            /// Found by any of these rules.
            rule: Option<Vec<String>>,
            /// About any of these columns of the file.
            column: Option<Vec<String>>,
            /// A text that a value or the message contains, without regard to case.
            contains: Option<String>,
            /// Records that begin on this line or after it.
            from_line: Option<Long>,
            /// Records that begin on this line or before it.
            to_line: Option<Long>,
        }

        impl From<$name> for Filter {
            fn from(given: $name) -> Self {
                let severities = |list: Vec<Severity>| list.into_iter().map(Into::into).collect();
                Self {
                    codes: given.code,
                    severities: given.severity.map(severities),
                    rules: given.rule,
                    columns: given.column,
                    contains: given.contains,
                    from_line: given.from_line.map(|line| line.0),
                    to_line: given.to_line.map(|line| line.0),
                }
            }
        }
    };
}

filter! {
    /// Which rejects to list; a field that is not given leaves none out.
    RejectFilter
}

filter! {
    /// Which issues to list; a field that is not given leaves none out.
    IssueFilter
}

/// A run's rows that fulfil a condition, in the file's order.
pub async fn of_run<E, N>(
    ctx: &Context<'_>,
    (run_column, line, id): (E::Column, E::Column, E::Column),
    run_id: i64,
    condition: Condition,
    args: PageArgs,
) -> Result<Connection<N>>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
    E::Column: Copy,
    N: From<E::Model> + OutputType,
{
    let select = E::find().filter(run_column.eq(run_id)).filter(condition);
    let order = [(line, Direction::Asc)];
    page(together(ctx), "", select, &order, id, &args).await
}

/// Rows of all runs that fulfil a condition, newest first: those of one run, or of the runs of the file of
/// one SHA-256, where it is given.
pub async fn of_all<E, N>(
    ctx: &Context<'_>,
    (run_column, id): (E::Column, E::Column),
    (run_id, sha256): (Option<ID>, Option<String>),
    condition: Condition,
    args: PageArgs,
) -> Result<Connection<N>>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E>,
    E::Column: Copy,
    N: From<E::Model> + OutputType,
{
    let mut select = E::find().filter(condition);
    if let Some(run_id) = run_id {
        select = select.filter(run_column.eq(number(&run_id)?));
    }
    if let Some(sha256) = sha256 {
        select = select.filter(run_column.is_in(runs_of(ctx, &sha256).await?));
    }
    let order = [(id, Direction::Desc)];
    page(&services(ctx).db, "", select, &order, id, &args).await
}

/// The runs of a file.
async fn runs_of(ctx: &Context<'_>, sha256: &str) -> Result<Vec<i64>> {
    #[derive(FromQueryResult)]
    struct Key {
        id: i64,
    }
    let db = &services(ctx).db;
    let file = source_file::Entity::find()
        .filter(source_file::Column::Sha256.eq(sha256.to_ascii_lowercase()))
        .one(db)
        .await?;
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let runs = run::Entity::find()
        .select_only()
        .column(run::Column::Id)
        .filter(run::Column::SourceFileId.eq(file.id))
        .into_model::<Key>()
        .all(db)
        .await?;
    Ok(runs.into_iter().map(|run| run.id).collect())
}
