//! `marquee sample`: a made-up file.

use super::show;
use anyhow::{Context, Result};
use etl::sample;
use std::{fs::File, path::PathBuf, process::ExitCode};

#[derive(clap::Args)]
pub struct Arguments {
    /// How many rows
    #[arg(long, default_value_t = 5000)]
    rows: u64,
    /// The same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Writes the file.
pub fn run(arguments: Arguments) -> Result<ExitCode> {
    let path = arguments.out.display();
    let mut file = File::create(&arguments.out).with_context(|| path.to_string())?;
    let made = sample::write(arguments.rows, arguments.seed, &mut file)
        .with_context(|| path.to_string())?;
    show(arguments.json, &made, |made| {
        format!(
            "{path}: {} rows of {} movies, {} of them twice, {} broken in two, {} that are not movies\n",
            made.rows, made.movies, made.duplicates, made.split, made.rejects
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
