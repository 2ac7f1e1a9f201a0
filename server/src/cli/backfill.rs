//! `marquee reprocess --all`: every file read again, one after the other, which may be stopped and gone on with.

use super::{ingest::Summary, show};
use crate::serve::told_to_stop;
use anyhow::{Context, Result};
use entity::ingest::{RunMode, backfill};
use etl::{
    Error,
    backfill::{self as backfills, Progress},
    chain::Chain,
    queue,
};
use indicatif::{ProgressBar, ProgressStyle};
use sea_orm::ActiveEnum;
use serde::Serialize;
use std::{
    collections::VecDeque,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// How often the progress bar asks how far everything is.
const LOOK: Duration = Duration::from_millis(500);

/// What became of a backfill.
#[derive(Serialize)]
struct Totals {
    backfill: i64,
    created_by: String,
    rule_version: i32,
    mode: String,
    total: i64,
    done: i64,
    failed: i64,
    cancelled: i64,
    remaining: i64,
    rounds: i32,
    bytes_total: i64,
    bytes: i64,
    runs: Vec<Summary>,
}

impl Totals {
    fn new(backfill: &backfill::Model, progress: &Progress, runs: Vec<Summary>) -> Self {
        Self {
            backfill: backfill.id,
            created_by: backfill.created_by.clone(),
            rule_version: backfill.rule_version,
            mode: backfill.mode.to_value(),
            total: backfill.total,
            done: progress.done,
            failed: progress.failed,
            cancelled: progress.cancelled,
            remaining: progress.remaining,
            rounds: progress.rounds,
            bytes_total: backfill.bytes_total,
            bytes: progress.bytes_done,
            runs,
        }
    }

    fn text(&self) -> String {
        let read = match self.mode == RunMode::Hold.to_value() {
            true => "read again and held",
            false => "read again",
        };
        let rounds = match self.rounds {
            2.. => " in two rounds",
            _ => "",
        };
        format!(
            "backfill {}: {} of {} files {read} under rules {}{rounds}, {} failed, {} cancelled, {} left\n",
            self.backfill,
            self.done,
            self.total,
            self.rule_version,
            self.failed,
            self.cancelled,
            self.remaining
        )
    }
}

/// Goes on with the newest backfill that was not finished.
pub async fn resume(chain: &Chain, json: bool) -> Result<ExitCode> {
    let rest = backfills::unfinished(&chain.db).await?;
    let rest = rest.context(
        "no backfill has files left; `marquee reprocess --all` without --resume begins one",
    )?;
    finish(chain, &rest, json).await
}

/// Takes what is left of a backfill to its end, oldest file first, or until the process is told to stop; exit
/// code 1 when a file failed or is left.
pub async fn finish(chain: &Chain, backfill: &backfill::Model, json: bool) -> Result<ExitCode> {
    let shutdown = CancellationToken::new();
    let told = shutdown.clone();
    let listener = tokio::spawn(async move {
        told_to_stop().await;
        told.cancel();
    });
    let bar = match io::stderr().is_terminal() {
        true => ProgressBar::new(backfill.bytes_total.unsigned_abs()),
        false => ProgressBar::hidden(),
    };
    bar.set_style(ProgressStyle::with_template(
        "{bar:32} {bytes} of {total_bytes}, {elapsed}  {msg}",
    )?);
    let work = work(chain, backfill, json, &bar, &shutdown);
    tokio::pin!(work);
    let runs = loop {
        tokio::select! {
            runs = &mut work => break runs,
            () = tokio::time::sleep(LOOK), if !bar.is_hidden() => {
                if let Ok(backfill) = backfills::find(&chain.db, backfill.id).await
                    && let Ok(progress) = progress(chain, backfill.id).await
                {
                    bar.set_length(backfill.bytes_total.unsigned_abs());
                    bar.set_position(progress.bytes_done.unsigned_abs());
                    bar.set_message(words(&backfill, &progress));
                }
            }
        }
    };
    bar.finish_and_clear();
    listener.abort();
    let runs = runs?;
    let progress = progress(chain, backfill.id).await?;
    // A second round has made it more than it was.
    let backfill = &backfills::find(&chain.db, backfill.id).await?;
    let totals = Totals::new(backfill, &progress, runs);
    show(json, &totals, Totals::text)?;
    let mut err = io::stderr().lock();
    if progress.remaining > 0 {
        writeln!(
            err,
            "stopped; `marquee reprocess --all --resume` goes on with what is left"
        )?;
    }
    chain.db.clone().close().await?;
    Ok(match progress.remaining + progress.failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

async fn work(
    chain: &Chain,
    backfill: &backfill::Model,
    json: bool,
    bar: &ProgressBar,
    shutdown: &CancellationToken,
) -> Result<Vec<Summary>> {
    let mut runs = Vec::new();
    let mut left = VecDeque::new();
    while !shutdown.is_cancelled() {
        // When all are done, the last may have led to a second round.
        if left.is_empty() {
            left.extend(backfills::remaining(&chain.db, backfill.id).await?);
        }
        let Some(id) = left.pop_front() else {
            break;
        };
        let run = match queue::run_until(chain, id, shutdown).await {
            Err(Error::Cancelled) => break,
            run => run?,
        };
        let summary = Summary::of(chain, run).await?;
        if !json {
            bar.suspend(|| show(false, &summary, Summary::text))?;
        }
        runs.push(summary);
    }
    Ok(runs)
}

async fn progress(chain: &Chain, id: i64) -> Result<Progress> {
    let mut found = backfills::progress(&chain.db, &[id]).await?;
    Ok(found.remove(&id).unwrap_or_default())
}

fn words(backfill: &backfill::Model, progress: &Progress) -> String {
    let mut words = format!("{} of {} files", progress.done, backfill.total);
    if progress.failed > 0 {
        words += &format!(", {} failed", progress.failed);
    }
    if let Some(end) = progress.estimated_end {
        let left = (end - chrono::Utc::now()).num_seconds().max(0);
        words += &format!(", {left} s left");
    }
    words
}
