//! `marquee ingest`: files through the chain, now and here.

use super::show;
use crate::{config::Config, serve};
use anyhow::{Context, Result};
use entity::ingest::{RunMode, RunStatus, Trigger, run};
use etl::{
    chain::Chain,
    movers::{self, Measure, Mover, Of},
    queue, rules,
};
use indicatif::{ProgressBar, ProgressStyle};
use sea_orm::{ActiveEnum, EntityTrait};
use serde::Serialize;
use std::{io::IsTerminal, path::PathBuf, process::ExitCode, time::Duration};

/// How often the progress bar asks how far a run is.
const LOOK: Duration = Duration::from_millis(200);

#[derive(clap::Args)]
pub struct Arguments {
    /// Files as they would be dropped into the inbox
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Under this version of the rules instead of the newest
    #[arg(long, value_name = "VERSION")]
    rules: Option<i32>,
    /// Hold each before merging, until it is approved or discarded
    #[arg(long)]
    hold: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What became of a file.
#[derive(Serialize)]
pub struct Summary {
    run: i64,
    file: String,
    status: String,
    data_version: Option<i32>,
    duplicate_of: Option<i64>,
    read: i64,
    inserted: i64,
    updated: i64,
    unchanged: i64,
    superseded: i64,
    deleted: i64,
    rejected: i64,
    issues: i64,
    seconds: Option<f64>,
    error: Option<String>,
    /// What a held run would do to the figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    movers: Option<Movers>,
}

/// The largest changes of revenue, by company and by genre.
#[derive(Serialize)]
struct Movers {
    company: Vec<Mover>,
    genre: Vec<Mover>,
}

/// How many movers of each are found, and how many of them are shown to people.
const MOVERS: (u64, usize) = (20, 5);

impl From<run::Model> for Summary {
    fn from(run: run::Model) -> Self {
        let span = run.started_at.zip(run.finished_at);
        Self {
            run: run.id,
            file: run.file_name,
            status: run.status.to_value(),
            data_version: run.data_version,
            duplicate_of: run.duplicate_of,
            read: run.rows_read,
            inserted: run.rows_inserted,
            updated: run.rows_updated,
            unchanged: run.rows_unchanged,
            superseded: run.rows_superseded,
            deleted: run.rows_deleted,
            rejected: run.rows_rejected,
            issues: run.issue_count,
            seconds: span.map(|(start, end)| (end - start).as_seconds_f64()),
            error: run.error,
            movers: None,
        }
    }
}

impl Summary {
    /// The summary of a run; of a held one with what it would do to the figures.
    pub async fn of(chain: &Chain, run: run::Model) -> Result<Self> {
        let mut found = None;
        if run.status == RunStatus::Held {
            let largest =
                async |of| movers::movers(&chain.db, &run, of, Measure::Revenue, MOVERS.0).await;
            found = Some(Movers {
                company: largest(Of::Company).await?,
                genre: largest(Of::Genre).await?,
            });
        }
        Ok(Self {
            movers: found,
            ..Self::from(run)
        })
    }

    /// The companies' years whose revenue would change most.
    fn moved(&self) -> String {
        let movers = self.movers.iter().flat_map(|movers| &movers.company);
        movers.take(MOVERS.1).map(moved).collect()
    }

    /// The summary in words.
    pub fn text(&self) -> String {
        let seconds = self.seconds.unwrap_or_default();
        let head = format!("{}: run {} {}", self.file, self.run, self.status);
        let tail = match (&self.error, self.duplicate_of) {
            (Some(error), _) => format!("\n  {error}\n"),
            (None, Some(first)) => format!(": these bytes were loaded by run {first}\n"),
            (None, None) if self.status == RunStatus::Held.to_value() => format!(
                ": {} would be inserted, {} updated\n{}  `marquee approve {}` merges them, `marquee discard {}` does not\n",
                self.inserted,
                self.updated,
                self.moved(),
                self.run,
                self.run
            ),
            (None, None) if self.data_version.is_none() => "\n".to_owned(),
            (None, None) if self.read == 0 => format!(
                " in {seconds:.1} s, data version {}\n  {} inserted, {} updated, {} deleted\n",
                self.data_version.unwrap_or_default(),
                self.inserted,
                self.updated,
                self.deleted,
            ),
            (None, None) => format!(
                " in {seconds:.1} s, data version {}\n  {} read = {} inserted + {} updated + \
                 {} unchanged + {} superseded + {} rejected; {} issues\n",
                self.data_version.unwrap_or_default(),
                self.read,
                self.inserted,
                self.updated,
                self.unchanged,
                self.superseded,
                self.rejected,
                self.issues,
            ),
        };
        head + &tail
    }
}

/// A line about a mover of revenue.
pub fn moved(mover: &Mover) -> String {
    let dollars = |value: Option<f64>| value.map_or("unknown".to_owned(), |v| format!("{v:.0}"));
    format!(
        "  {} in {}: revenue {} → {} ({:+.0})\n",
        mover.name,
        mover.year,
        dollars(mover.before),
        dollars(mover.after),
        mover.change
    )
}

/// Loads each file; exit code 1 when one of them failed.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    let mode = if arguments.hold {
        RunMode::Hold
    } else {
        RunMode::Merge
    };
    let version = rules::store::chosen(&chain.db, arguments.rules).await?;
    let mut ids = Vec::new();
    for file in &arguments.files {
        let path = std::path::absolute(file).with_context(|| file.display().to_string())?;
        let run = queue::enqueue(&chain.db, &path, Trigger::Command, version, mode).await?;
        ids.push(run);
    }
    finish(&chain, &ids, arguments.json).await
}

/// Takes queued runs to their end, or until they are held, one after the other, and shows what became of
/// each; exit code 1 when one of them failed.
pub async fn finish(chain: &Chain, ids: &[i64], json: bool) -> Result<ExitCode> {
    let mut summaries = Vec::new();
    for id in ids {
        let summary = Summary::of(chain, with_progress(chain, *id).await?).await?;
        if !json {
            show(false, &summary, Summary::text)?;
        }
        summaries.push(summary);
    }
    if json {
        show(true, &summaries, |_| String::new())?;
    }
    let well = [
        RunStatus::Succeeded,
        RunStatus::Duplicate,
        RunStatus::Held,
        RunStatus::Discarded,
    ];
    let well = well.map(|status| status.to_value());
    let all_well = summaries
        .iter()
        .all(|summary| well.contains(&summary.status));
    chain.db.clone().close().await?;
    Ok(if all_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs to the end; a terminal is shown how far it is.
async fn with_progress(chain: &Chain, id: i64) -> Result<run::Model> {
    let work = queue::run_now(chain, id);
    if !std::io::stderr().is_terminal() {
        return Ok(work.await?);
    }
    let bar = ProgressBar::new(1);
    bar.set_style(ProgressStyle::with_template(
        "{msg:12} {bar:32} {bytes} of {total_bytes}, {elapsed}",
    )?);
    tokio::pin!(work);
    let run = loop {
        tokio::select! {
            run = &mut work => break run,
            () = tokio::time::sleep(LOOK) => {
                if let Ok(Some(run)) = run::Entity::find_by_id(id).one(&chain.db).await {
                    bar.set_message(run.status.to_value());
                    bar.set_length(run.bytes_total.unwrap_or(1).unsigned_abs());
                    bar.set_position(run.bytes_read.unsigned_abs());
                }
            }
        }
    };
    bar.finish_and_clear();
    Ok(run?)
}
