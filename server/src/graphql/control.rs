//! What people do with runs.

use super::{
    asker,
    error::Failure,
    number,
    run::{Run, RunMode},
    services,
};
use crate::auth::Permission;
use async_graphql::{Context, ID, InputObject, Object, Result};
use entity::ingest::{self, run};
use etl::{control, correct, rules};
use sea_orm::EntityTrait;

/// A value for a column of the file.
#[derive(Clone, Debug, InputObject)]
pub struct FieldValue {
    /// The column's name in the file's header.
    column: String,
    value: String,
}

/// Mutations of runs.
#[derive(Default)]
pub struct RunMutation;

#[Object]
impl RunMutation {
    /// Tries a failed or cancelled run again: a new run of the same archived file.
    #[graphql(guard = "Permission::RunTrigger")]
    async fn retry_run(&self, ctx: &Context<'_>, id: ID) -> Result<Run> {
        let old = known(ctx, &id).await?;
        let new = control::retry(&services(ctx).db, old, asker(ctx)?).await?;
        told(ctx, new).await
    }

    /// Loads the archived file of the SHA-256 `file`, such as one whose loading has failed, under the newest rules
    /// or those of version `rules`; where its bytes were loaded before, the run is a duplicate. With `hold` it is
    /// held before merging.
    #[graphql(guard = "Permission::RunTrigger")]
    async fn ingest(
        &self,
        ctx: &Context<'_>,
        file: String,
        rules: Option<i32>,
        #[graphql(default)] hold: bool,
    ) -> Result<Run> {
        let db = &services(ctx).db;
        let rules = rules::store::chosen(db, rules).await?;
        let new = control::ingest_file(db, &file, asker(ctx)?, rules, mode(hold)).await?;
        told(ctx, new).await
    }

    /// Reads an archived file again: that of the SHA-256 `file`, or that of run `run`, under the
    /// newest rules or those of version `rules`. With `preview` it is held before merging, so that its changes can be looked at.
    #[graphql(guard = "Permission::RunTrigger")]
    async fn reprocess(
        &self,
        ctx: &Context<'_>,
        file: Option<String>,
        run: Option<ID>,
        rules: Option<i32>,
        #[graphql(default)] preview: bool,
    ) -> Result<Run> {
        let services = services(ctx);
        let db = &services.db;
        let mode = mode(preview);
        let rules = rules::store::chosen(db, rules).await?;
        let asker = asker(ctx)?;
        let new = match (file, run) {
            (Some(sha256), None) => {
                control::reprocess_file(db, &sha256, asker, rules, mode).await?
            }
            (None, Some(id)) => {
                let old = known(ctx, &id).await?;
                control::reprocess_run(db, old, asker, rules, mode).await?
            }
            _ => {
                let words = "give either file or run; reprocessAll reads every file again";
                return Err(Failure::Input(words.to_owned()).into());
            }
        };
        told(ctx, new).await
    }

    /// Sends a rejected record again with other values: a new run of a file that holds just this record. The
    /// file it came from stays as it is.
    #[graphql(guard = "Permission::RunTrigger")]
    async fn correct_reject(
        &self,
        ctx: &Context<'_>,
        id: ID,
        values: Vec<FieldValue>,
    ) -> Result<Run> {
        let services = services(ctx);
        let chain = services.chain();
        let id = number(&id)?;
        let values: Vec<_> = values
            .into_iter()
            .map(|given| (given.column, given.value))
            .collect();
        let new = correct::correct(&chain, id, &values, asker(ctx)?).await?;
        told(ctx, new).await
    }

    /// Lets a held run merge what it has found.
    #[graphql(guard = "Permission::RunApprove")]
    async fn approve_run(&self, ctx: &Context<'_>, id: ID) -> Result<Run> {
        let id = known(ctx, &id).await?;
        control::approve(&services(ctx).db, id, asker(ctx)?).await?;
        told(ctx, id).await
    }

    /// Ends a held run without merging it.
    #[graphql(guard = "Permission::RunApprove")]
    async fn discard_run(&self, ctx: &Context<'_>, id: ID) -> Result<Run> {
        let id = known(ctx, &id).await?;
        control::discard(&services(ctx).db, id, asker(ctx)?).await?;
        told(ctx, id).await
    }

    /// Ends a run that waits or is under way, unless it is merging already.
    #[graphql(guard = "Permission::RunTrigger")]
    async fn cancel_run(&self, ctx: &Context<'_>, id: ID) -> Result<Run> {
        let id = known(ctx, &id).await?;
        control::cancel(&services(ctx).db, id, asker(ctx)?).await?;
        told(ctx, id).await
    }

    /// Takes back what a run has merged, as a run of its own. Where later runs have changed the same movies
    /// or names, it is refused and they are named; with `cascade` they are undone first, each by a run of
    /// its own.
    #[graphql(guard = "Permission::RunApprove")]
    async fn undo_run(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(default)] cascade: bool,
    ) -> Result<Run> {
        let id = known(ctx, &id).await?;
        let runs = control::undo(&services(ctx).db, id, asker(ctx)?, cascade).await?;
        let last = runs.last().copied();
        let last = last.ok_or_else(|| Failure::Broken(format!("run {id}: nothing to undo")))?;
        told(ctx, last).await
    }
}

fn mode(hold: bool) -> ingest::RunMode {
    if hold { RunMode::Hold } else { RunMode::Merge }.into()
}

/// The number of a run that there is.
async fn known(ctx: &Context<'_>, id: &ID) -> Result<i64> {
    let id = number(id)?;
    match run::Entity::find_by_id(id).one(&services(ctx).db).await? {
        Some(run) => Ok(run.id),
        None => Err(Failure::NotFound(format!("there is no run {id}")).into()),
    }
}

/// Wakes the worker and those who follow runs, and answers with the run.
async fn told(ctx: &Context<'_>, run_id: i64) -> Result<Run> {
    let services = services(ctx);
    services.told();
    let run = run::Entity::find_by_id(run_id).one(&services.db).await?;
    let run = run.ok_or_else(|| Failure::Broken(format!("run {run_id} is gone")))?;
    Ok(run.into())
}
