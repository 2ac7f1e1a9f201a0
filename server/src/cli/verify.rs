//! `marquee verify`: is what is stored still what it should be?

use super::show;
use crate::{config::Config, serve};
use anyhow::Result;
use etl::{
    scratch::replay::Progress,
    verify::{Options, Report, verify_as},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fmt::Write,
    io::{self, IsTerminal},
    process::ExitCode,
};

#[derive(clap::Args)]
pub struct Arguments {
    /// Leave out the replay of every merge from the archived files, which takes about as long as they took
    #[arg(long, visible_alias = "quick")]
    no_replay: bool,
    /// How many differences of a table are shown one by one
    #[arg(long, value_name = "N", default_value_t = 10)]
    differences: usize,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Checks everything; exit code 1 on any difference.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    let bar = match io::stderr().is_terminal() {
        true => ProgressBar::new(1),
        false => ProgressBar::hidden(),
    };
    bar.set_style(ProgressStyle::with_template(
        "{bar:32} {pos} of {len} merges replayed, {elapsed}  {msg}",
    )?);
    let progress = |progress: &Progress| {
        bar.set_length(progress.all_merges);
        bar.set_position(progress.merges);
        bar.set_message(progress.file.clone());
    };
    let options = Options {
        replay: !arguments.no_replay,
        most: arguments.differences,
        progress: &progress,
    };
    let report = verify_as(&chain, &options).await;
    bar.finish_and_clear();
    let report = report?;
    show(arguments.json, &report, text)?;
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let differences = check.differences.len();
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{}: {} checked, {differences} differ",
            check.name, check.checked
        );
        for difference in &check.differences {
            let _ = writeln!(text, "  {difference}");
        }
    }
    let Some(replay) = &report.replay else {
        return text;
    };
    for missing in &replay.deleted {
        let _ = writeln!(text, "not replayed: {missing}");
    }
    for obstacle in &replay.obstacles {
        let _ = writeln!(text, "replay: {obstacle}");
    }
    for table in &replay.tables {
        let _ = writeln!(
            text,
            "replayed {}: {} checked, {} differ",
            table.table, table.rows, table.differing
        );
        for difference in &table.first {
            let _ = writeln!(text, "  {difference}");
        }
    }
    text
}
