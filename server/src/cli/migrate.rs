//! `marquee migrate`: the database's schema.

use super::show;
use crate::config::Config;
use anyhow::{Context, Result};
use etl::database;
use migration::{Migrator, MigratorTrait};
use sea_orm::DatabaseConnection;
use serde::Serialize;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Bring the schema up to date (the default)
    Up,
    /// Take the newest step back, with the data in its tables
    Down,
    /// Show which steps were taken
    Status,
}

/// A step of the schema.
#[derive(Serialize)]
struct Step {
    name: String,
    applied: bool,
}

/// Migrates as asked and shows the state.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let url = &config.stores.database;
    let db = database::connect(url.expose())
        .await
        .with_context(|| format!("opening the database {url}"))?;
    match arguments.action.unwrap_or(Action::Up) {
        Action::Up => Migrator::up(&db, None).await?,
        Action::Down => Migrator::down(&db, Some(1)).await?,
        Action::Status => {}
    }
    show(arguments.json, &steps(&db).await?, |steps| {
        let line = |step: &Step| {
            let state = if step.applied { "applied" } else { "pending" };
            format!("{state}  {}\n", step.name)
        };
        steps.iter().map(line).collect()
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn steps(db: &DatabaseConnection) -> Result<Vec<Step>> {
    let pending = Migrator::get_pending_migrations(db).await?;
    let pending: Vec<_> = pending.iter().map(|step| step.name().to_owned()).collect();
    let steps = Migrator::migrations().into_iter().map(|step| Step {
        applied: !pending.iter().any(|name| name == step.name()),
        name: step.name().to_owned(),
    });
    Ok(steps.collect())
}
