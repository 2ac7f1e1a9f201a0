//! `marquee reprocess`, `undo`, `approve` and `discard`: what is done with runs and archived files.

use super::{backfill, ingest::finish};
use crate::{config::Config, serve};
use anyhow::Result;
use entity::ingest::{RunMode, Trigger};
use etl::{audit::COMMAND_LINE, control, rules};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Reprocess {
    #[command(flatten)]
    which: Which,
    /// Under this version of the rules instead of the newest
    #[arg(long, value_name = "VERSION")]
    rules: Option<i32>,
    /// Hold each before merging, so that its changes can be looked at
    #[arg(long)]
    preview: bool,
    /// Go on with the newest --all that was not finished, under its own rules
    #[arg(long, requires = "all", conflicts_with_all = ["rules", "preview"])]
    resume: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The archived file with this hash
    #[arg(long, value_name = "SHA256")]
    file: Option<String>,
    /// The file of this run
    #[arg(long, value_name = "ID")]
    run: Option<i64>,
    /// Every file that has been loaded, oldest first; may be stopped and gone on with
    #[arg(long)]
    all: bool,
}

#[derive(clap::Args)]
pub struct Undo {
    /// The run
    run: i64,
    /// Undo later runs that changed the same movies first
    #[arg(long)]
    cascade: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub struct OfRun {
    /// The run
    run: i64,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Reads archived files again.
pub async fn reprocess(config: &Config, arguments: Reprocess) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    let (db, by) = (&chain.db, Trigger::Command);
    if arguments.resume {
        return backfill::resume(&chain, arguments.json).await;
    }
    let rules = rules::store::chosen(db, arguments.rules).await?;
    let mode = if arguments.preview {
        RunMode::Hold
    } else {
        RunMode::Merge
    };
    let run = match (&arguments.which.file, arguments.which.run) {
        (Some(sha256), _) => control::reprocess_file(db, sha256, by, rules, mode).await?,
        (None, Some(old)) => control::reprocess_run(db, old, by, rules, mode).await?,
        (None, None) => {
            let begun = control::reprocess_all(db, COMMAND_LINE, by, rules, mode, None).await?;
            return backfill::finish(&chain, &begun, arguments.json).await;
        }
    };
    finish(&chain, &[run], arguments.json).await
}

/// Takes back what a run has merged.
pub async fn undo(config: &Config, arguments: Undo) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    let by = Trigger::Command;
    let ids = control::undo(&chain.db, arguments.run, by, arguments.cascade).await?;
    finish(&chain, &ids, arguments.json).await
}

/// Lets a held run merge.
pub async fn approve(config: &Config, arguments: OfRun) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    control::approve(&chain.db, arguments.run, Trigger::Command).await?;
    finish(&chain, &[arguments.run], arguments.json).await
}

/// Ends a held run without merging it.
pub async fn discard(config: &Config, arguments: OfRun) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    control::discard(&chain.db, arguments.run, Trigger::Command).await?;
    finish(&chain, &[arguments.run], arguments.json).await
}
