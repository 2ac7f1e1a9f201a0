//! What people type.
//!
//! Results go to standard output (`--json` for programs), everything else to standard error; a command
//! that did not do what it was asked ends with exit code 1.

mod audit;
mod backfill;
mod control;
mod file;
mod ingest;
mod migrate;
mod preview;
mod rejects;
mod role;
mod rules;
mod sample;
mod source;
mod token;
mod user;
mod verify;

use crate::{config::Config, graphql, observe, rest, serve};
use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use etl::fault::Problem;
use serde::Serialize;
use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

/// A movie data mart: from a dropped file to answers that can be followed back to its lines.
#[derive(Parser)]
#[command(name = "marquee", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run API, UI, inbox watcher and worker; brings the schema up to date first
    Serve,
    /// Take files through the chain now
    Ingest(ingest::Arguments),
    /// Read archived files again
    Reprocess(control::Reprocess),
    /// Take back what a run has merged
    Undo(control::Undo),
    /// Let a held run merge what it has found
    Approve(control::OfRun),
    /// End a held run without merging it
    Discard(control::OfRun),
    /// List or export what a run rejected or corrected
    Rejects(rejects::Rejects),
    /// Send a rejected record again with other values
    Correct(rejects::Correct),
    /// List, hold, release, move and delete files
    File(file::Arguments),
    /// Show, check, try out and publish rule sets
    Rules(rules::Arguments),
    /// Show and check the formats by which files are recognised
    Source(source::Arguments),
    /// Hash the archive again, count every aggregate anew, follow the audit trail and replay every merge; exit code 1 on any difference
    Verify(verify::Arguments),
    /// Change or show the state of the database's schema
    Migrate(migrate::Arguments),
    /// Manage who may sign in
    User(user::Arguments),
    /// Manage what roles allow
    Role(role::Arguments),
    /// Manage what programs show instead of a password
    Token(token::Arguments),
    /// Show or export what people did and what they were refused
    Audit(audit::Arguments),
    /// Write a made-up movies_metadata.csv of the real one's shape and dirt
    Sample(sample::Arguments),
    /// Print the GraphQL schema
    Schema,
    /// Print the OpenAPI description of the REST API
    Openapi,
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            // A closed pipe wants to hear no more.
            let _ = writeln!(io::stderr(), "marquee: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Bytes of a thread's stack: the API's fields lie deep in each other.
const STACK: usize = 8 << 20;

fn run(arguments: Arguments) -> Result<ExitCode> {
    match arguments.command {
        // These need neither configuration nor stores.
        Command::Schema => {
            print(&graphql::sdl())?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Openapi => {
            print(&(rest::description().to_pretty_json()? + "\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        Command::Sample(arguments) => return sample::run(arguments),
        _ => {}
    }
    let config = Config::load()?;
    observe::log(&config.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build()
        .context("starting the runtime")?;
    let code = runtime.block_on(async {
        match arguments.command {
            Command::Serve => serve::serve(&config).await.map(|()| ExitCode::SUCCESS),
            Command::Ingest(arguments) => ingest::run(&config, arguments).await,
            Command::Reprocess(arguments) => control::reprocess(&config, arguments).await,
            Command::Undo(arguments) => control::undo(&config, arguments).await,
            Command::Approve(arguments) => control::approve(&config, arguments).await,
            Command::Discard(arguments) => control::discard(&config, arguments).await,
            Command::Rejects(arguments) => rejects::rejects(&config, arguments).await,
            Command::Correct(arguments) => rejects::correct(&config, arguments).await,
            Command::File(arguments) => file::run(&config, arguments).await,
            Command::Rules(arguments) => rules::run(&config, arguments).await,
            Command::Source(arguments) => source::run(&config, arguments),
            Command::Verify(arguments) => verify::run(&config, arguments).await,
            Command::Migrate(arguments) => migrate::run(&config, arguments).await,
            Command::User(arguments) => user::run(&config, arguments).await,
            Command::Role(arguments) => role::run(&config, arguments).await,
            Command::Token(arguments) => token::run(&config, arguments).await,
            Command::Audit(arguments) => audit::run(&config, arguments).await,
            Command::Sample(_) | Command::Schema | Command::Openapi => Ok(ExitCode::SUCCESS),
        }
    });
    // A reader that is stuck on a dead mount must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    code
}

/// Writes a text to standard output.
fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Shows what is wrong with a TOML file; exit code 1 where something is.
fn problems(json: bool, file: &Path, problems: Option<Vec<Problem>>) -> Result<ExitCode> {
    let problems = problems.unwrap_or_default();
    show(json, &problems, |problems| {
        let line = |problem: &Problem| format!("{}: {problem}\n", file.display());
        match problems.as_slice() {
            [] => format!("{}: nothing is wrong\n", file.display()),
            problems => problems.iter().map(line).collect(),
        }
    })?;
    Ok(match problems.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Writes a result to standard output: as JSON where asked for, else as text.
fn show<T: Serialize>(json: bool, value: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
    let shown = match json {
        true => serde_json::to_string_pretty(value)? + "\n",
        false => text(value),
    };
    Ok(print(&shown)?)
}
