//! `marquee source`: the formats by which files are recognised.

use super::show;
use crate::config::Config;
use anyhow::{Context, Result};
use etl::source::{Catalog, definition};
use serde::Serialize;
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
    /// List all formats: those Marquee comes with and those of MARQUEE_SOURCES
    List,
    /// Print the definition of a format, as a model for another
    Show {
        /// The format's name
        name: String,
    },
    /// Say what is wrong with a definition, with line and column; exit code 1 where something is
    Check {
        /// A TOML file
        file: PathBuf,
    },
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    fills: &'a str,
    about: &'a str,
    hash: &'a str,
}

/// Does as asked.
pub fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let json = arguments.json;
    match arguments.action {
        Action::List => {
            let catalog = Catalog::load(config.sources.as_deref())?;
            let line = |line: &Line| {
                let Line {
                    name,
                    fills,
                    about,
                    hash,
                } = line;
                format!("{name:<18} {fills:<9} {hash}  {about}\n")
            };
            let lines: Vec<Line> = catalog
                .all()
                .iter()
                .map(|definition| Line {
                    name: &definition.name,
                    fills: definition.fills.name(),
                    about: &definition.about,
                    hash: &definition.hash,
                })
                .collect();
            show(json, &lines, |lines| lines.iter().map(line).collect())?;
        }
        Action::Show { name } => {
            let catalog = Catalog::load(config.sources.as_deref())?;
            let found = catalog.all().iter().find(|known| known.name == name);
            let found = found.with_context(|| {
                let names: Vec<&str> = catalog.all().iter().map(|known| &*known.name).collect();
                format!("there is no format {name}; there are {}", names.join(", "))
            })?;
            show(json, &found.text, |text| (*text).clone())?;
        }
        Action::Check { file } => {
            let text =
                std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            return super::problems(json, &file, definition::parse(&text).err());
        }
    }
    Ok(ExitCode::SUCCESS)
}
