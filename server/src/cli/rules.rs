//! `marquee rules`: what files are read under.

use super::show;
use crate::{config::Config, serve};
use anyhow::{Context, Result};
use etl::{
    asker::By,
    rules::{definition, store},
    scratch::preview::Which,
};
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
    /// Say what a rule set would do to what is loaded, without doing it; exit code 1 where something is wrong
    /// with it
    Preview {
        /// A TOML file
        file: PathBuf,
        /// Only with the archived file of this hash; may be given again
        #[arg(long = "file", value_name = "SHA256", conflicts_with = "sample")]
        only: Vec<String>,
        /// Only with so many files, those that arrived last
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        sample: Option<u64>,
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
        Action::Preview { file, only, sample } => {
            let body = read(&file)?;
            let which = match sample {
                Some(count) => Which::Newest(count),
                None if only.is_empty() => Which::All,
                None => Which::Chosen(only),
            };
            return super::preview::run(config, &file, &body, &which, json).await;
        }
        Action::Publish { file, note } => {
            let db = serve::open(config).await?.db;
            let body = read(&file)?;
            let published = store::publish(&db, &body, By::COMMAND_LINE, &note)
                .await
                .with_context(|| file.display().to_string())?;
            show(json, &published, |rules| {
                format!("published as version {}\n", rules.version)
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
