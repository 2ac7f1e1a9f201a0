//! `marquee verify`: is what is stored still what it should be?

use super::show;
use crate::{config::Config, serve};
use anyhow::Result;
use etl::verify::{Report, verify};
use std::{fmt::Write, process::ExitCode};

#[derive(clap::Args)]
pub struct Arguments {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Checks everything; exit code 1 on any difference.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    let report = verify(&chain.db, &chain.archive).await?;
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
    text
}
