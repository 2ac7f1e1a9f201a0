//! `marquee rules`: what files are read under.

use super::show;
use crate::{auth::audit, config::Config, serve};
use anyhow::{Context, Result};
use etl::rules::{definition, store};
use std::{path::PathBuf, process::ExitCode};

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Show the newest rules, or those of a version
    Show {
        /// The version
        #[arg(value_name = "VERSION")]
        number: Option<i32>,
    },
    /// List all versions, newest first
    List,
    /// Say what is wrong with a rule set, with line and column; exit code 1 where something is
    Check {
        /// A TOML file
        file: PathBuf,
    },
    /// Make a rule set the newest version, under which files are read from now on
    Publish {
        /// A TOML file
        file: PathBuf,
        /// Why
        #[arg(long)]
        note: String,
    },
}

/// Does as asked.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let json = arguments.json;
    let read =
        |file: &PathBuf| std::fs::read_to_string(file).with_context(|| file.display().to_string());
    match arguments.action {
        Action::Check { file } => {
            return super::problems(json, &file, definition::parse(&read(&file)?, 0).err());
        }
        Action::Show { number } => {
            let db = serve::open(config).await?.db;
            let version = store::chosen(&db, number).await?;
            show(json, &store::find(&db, version).await?, |rules| {
                rules.body.clone()
            })?;
        }
        Action::List => {
            let db = serve::open(config).await?.db;
            show(json, &store::list(&db).await?, |sets| {
                let line = |set: &store::Published| {
                    format!(
                        "{}  {}  {}  {}\n",
                        set.version,
                        &set.hash[..12],
                        set.author,
                        set.note
                    )
                };
                sets.iter().map(line).collect()
            })?;
        }
        Action::Publish { file, note } => {
            let db = serve::open(config).await?.db;
            let body = read(&file)?;
            let published = store::publish(&db, &body, audit::COMMAND_LINE, &note)
                .await
                .with_context(|| file.display().to_string())?;
            let event = audit::Event {
                actor: audit::COMMAND_LINE,
                action: "rule.publish",
                subject: format!("rules {}", published.version),
                after: Some(published.hash.clone()),
                ..Default::default()
            };
            audit::record(&db, event).await?;
            show(json, &published, |rules| {
                format!("published as version {}\n", rules.version)
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
