//! `marquee audit`: what people did, and what they tried and were not let.

use crate::{
    auth::audit::{self, Filter, Outcome, Shape},
    config::Config,
    serve,
};
use anyhow::Result;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use futures::TryStreamExt;
use serde_json::Value;
use std::{
    io::{Write, stdout},
    pin::pin,
    process::ExitCode,
};

#[derive(clap::Args)]
pub struct Arguments {
    /// Only at this day (UTC) or instant, or later
    #[arg(long, value_name = "DAY", value_parser = instant)]
    since: Option<DateTime<Utc>>,
    /// Only before this day (UTC) or instant
    #[arg(long, value_name = "DAY", value_parser = instant)]
    until: Option<DateTime<Utc>>,
    /// Only by this user; may be given several times
    #[arg(long = "actor", value_name = "NAME")]
    actors: Option<Vec<String>>,
    /// Only this, such as run.undo, or all of a noun, such as run; may be given several times
    #[arg(long = "action", value_name = "ACTION")]
    actions: Option<Vec<String>>,
    /// Only where what it was done to contains this text
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Only from this address; may be given several times
    #[arg(long = "address", value_name = "ADDRESS")]
    addresses: Option<Vec<String>>,
    /// Only with this outcome; may be given several times
    #[arg(long = "outcome", value_name = "OUTCOME", value_enum)]
    outcomes: Option<Vec<Which>>,
    /// Print JSON, one event a line
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print CSV for spreadsheets
    #[arg(long)]
    csv: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Which {
    /// It was done
    Done,
    /// Whoever tried was not allowed to
    Refused,
    /// It was allowed, and not done for another reason
    Failed,
}

impl From<Which> for Outcome {
    fn from(which: Which) -> Self {
        match which {
            Which::Done => Self::Done,
            Which::Refused => Self::Refused,
            Which::Failed => Self::Failed,
        }
    }
}

fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let day = text.parse::<NaiveDate>();
    let day = day.map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let found = day.or_else(|_| text.parse::<DateTime<Utc>>());
    found.map_err(|_| "give a day or an instant such as 2026-11-25T12:00:00Z".to_owned())
}

/// Prints events, oldest first.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let db = serve::open(config).await?.db;
    let outcomes = arguments.outcomes;
    let filter = Filter {
        actors: arguments.actors,
        actions: arguments.actions,
        subject: arguments.subject,
        addresses: arguments.addresses,
        outcomes: outcomes.map(|list| list.into_iter().map(Into::into).collect()),
        since: arguments.since,
        until: arguments.until,
    };
    let shape = match arguments.csv {
        true => Shape::Csv,
        false => Shape::JsonLines,
    };
    let mut out = stdout();
    let mut pages = pin!(audit::stream(db, filter, shape));
    while let Some(page) = pages.try_next().await? {
        match arguments.json || arguments.csv {
            true => out.write_all(&page)?,
            false => {
                for event in serde_json::Deserializer::from_slice(&page).into_iter::<Value>() {
                    writeln!(out, "{}", line(&event?))?;
                }
            }
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// An event on one line, without what would confuse a terminal.
fn line(event: &Value) -> String {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let mut line = format!(
        "{}  {}  {}  {}  {}",
        event["id"],
        text("at"),
        text("actor"),
        text("action"),
        text("subject")
    );
    if text("outcome") != "done" {
        line += &format!("  {} {}: {}", text("outcome"), text("code"), text("reason"));
    }
    for (name, word) in [("before", "from"), ("after", "to"), ("address", "at")] {
        if event[name].is_string() {
            line += &format!("  {word} {}", text(name));
        }
    }
    match line.contains(char::is_control) {
        true => line.escape_debug().to_string(),
        false => line,
    }
}
