//! `marquee rejects`: what a run found wrong, as a list, CSV or Parquet; and `marquee correct`.

use super::ingest::finish;
use crate::{config::Config, serve};
use anyhow::{Context, Result, bail};
use entity::ingest::{self, Trigger};
use etl::{
    correct,
    finding::{Cell, Export, Filter, Format, Noun, stream},
};
use futures::TryStreamExt;
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    io::{IsTerminal, Write, stdout},
    path::{Path, PathBuf},
    pin::pin,
    process::ExitCode,
};

/// The widest column of a list but its last, in characters.
const WIDEST: usize = 32;

#[derive(clap::Args)]
pub struct Rejects {
    /// The run
    run: i64,
    /// What was corrected or is doubtful in usable rows instead
    #[arg(long)]
    issues: bool,
    /// Only those with this reason code; may be given several times
    #[arg(long = "code", value_name = "CODE")]
    codes: Option<Vec<String>>,
    /// Only those of this severity; may be given several times
    #[arg(long = "severity", value_name = "SEVERITY", value_enum)]
    severities: Option<Vec<Severity>>,
    /// Only those found by this rule; may be given several times
    #[arg(long = "rule", value_name = "RULE")]
    rules: Option<Vec<String>>,
    /// Only those about this column of the file; may be given several times
    #[arg(long = "column", value_name = "COLUMN")]
    columns: Option<Vec<String>>,
    /// Only those whose value or message contains this text
    #[arg(long, value_name = "TEXT")]
    contains: Option<String>,
    /// Only records that begin on this line or after it
    #[arg(long, value_name = "LINE")]
    from_line: Option<i64>,
    /// Only records that begin on this line or before it
    #[arg(long, value_name = "LINE")]
    to_line: Option<i64>,
    /// How to write them
    #[arg(long, value_enum, default_value = "table")]
    format: Shape,
    /// Write them into this file instead of printing them
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print them as JSON, or with --out what was written
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shape {
    /// Lines to look at
    Table,
    /// For spreadsheets
    Csv,
    /// For programs
    Parquet,
}

/// How much a reject or an issue matters.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Severity {
    /// Good to know; there is nothing to do
    Info,
    /// A value was changed or left out, or is doubtful
    Warning,
    /// Somebody should see to it, as where a record is no movie
    Error,
}

impl From<Severity> for ingest::Severity {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
}

#[derive(clap::Args)]
pub struct Correct {
    /// The reject's id, as `marquee rejects` shows it
    reject: i64,
    /// A value in place of the record's own; may be given several times
    #[arg(long = "set", value_name = "COLUMN=VALUE", required = true, value_parser = assignment)]
    values: Vec<(String, String)>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.trim().is_empty() => {
            Ok((column.trim().to_owned(), value.to_owned()))
        }
        _ => Err("give a column of the file and a value, such as id=862".to_owned()),
    }
}

/// Sends a rejected record again with other values.
pub async fn correct(config: &Config, arguments: Correct) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    let reject = arguments.reject;
    let run = correct::correct(&chain, reject, &arguments.values, Trigger::Command).await?;
    finish(&chain, &[run], arguments.json).await
}

/// What was written.
#[derive(Serialize)]
struct Written {
    file: PathBuf,
    bytes: u64,
}

/// Prints or writes a run's rejects or issues.
pub async fn rejects(config: &Config, arguments: Rejects) -> Result<ExitCode> {
    let to_terminal = arguments.out.is_none() && stdout().is_terminal();
    if arguments.format == Shape::Parquet && to_terminal {
        bail!("a terminal can't show Parquet; name a file with --out");
    }
    if arguments.json && arguments.out.is_none() && arguments.format != Shape::Table {
        bail!("--json prints the rows as JSON; leave out --format, or name a file with --out");
    }
    let db = serve::open(config).await?.db;
    let noun = match arguments.issues {
        true => Noun::Issue,
        false => Noun::Reject,
    };
    let severities = arguments.severities;
    let filter = Filter {
        codes: arguments.codes,
        severities: severities.map(|list| list.into_iter().map(Into::into).collect()),
        rules: arguments.rules,
        columns: arguments.columns,
        contains: arguments.contains,
        from_line: arguments.from_line,
        to_line: arguments.to_line,
    };
    let export = Export::of(&db, noun, arguments.run, filter).await?;
    let shape = arguments.format;
    match &arguments.out {
        Some(path) => {
            let written = to_file(export, shape, path).await?;
            super::show(arguments.json, &written, |written| {
                format!("{}: {} bytes\n", written.file.display(), written.bytes)
            })?;
        }
        None if arguments.json => json(export, &mut stdout()).await?,
        None => to(export, shape, &mut stdout()).await?,
    }
    db.close().await?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a file whole or not at all.
async fn to_file(export: Export, shape: Shape, path: &Path) -> Result<Written> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let temporary = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666))
        .tempfile_in(folder.unwrap_or(Path::new(".")));
    let mut file = temporary.with_context(|| path.display().to_string())?;
    to(export, shape, &mut file).await?;
    let bytes = file.as_file().metadata()?.len();
    file.persist(path)
        .with_context(|| path.display().to_string())?;
    Ok(Written {
        file: path.to_owned(),
        bytes,
    })
}

async fn to(export: Export, shape: Shape, out: &mut impl Write) -> Result<()> {
    let format = match shape {
        Shape::Table => return table(export, out).await,
        Shape::Csv => Format::Csv,
        Shape::Parquet => Format::Parquet,
    };
    let mut bytes = pin!(stream(export, format));
    while let Some(bytes) = bytes.try_next().await? {
        out.write_all(&bytes)?;
    }
    Ok(out.flush()?)
}

/// A line for each, with the reject's id for `marquee correct`; columns are as wide as the first rows need.
async fn table(mut export: Export, out: &mut impl Write) -> Result<()> {
    let hidden = ["run", "file", "sha256", "rule", "rule_version"];
    let columns = export.columns().iter().map(|(name, _)| *name).enumerate();
    let shown: Vec<(usize, &str)> = columns
        .filter(|(_, name)| !hidden.contains(name) && !name.starts_with("byte_"))
        .collect();
    let head: Vec<String> = shown.iter().map(|(_, name)| (*name).to_owned()).collect();
    let (mut widths, mut count) = (Vec::new(), 0);
    loop {
        let rows = export.next().await?;
        if rows.is_empty() {
            break;
        }
        count += rows.len();
        let texts = |row: &Vec<Cell>| shown.iter().map(|(place, _)| plain(&row[*place])).collect();
        let mut lines: Vec<Vec<String>> = rows.iter().map(texts).collect();
        if widths.is_empty() {
            lines.insert(0, head.clone());
            let width = |place: usize| lines.iter().map(|line| line[place].chars().count()).max();
            widths = (0..shown.len())
                .map(|place| width(place).unwrap_or_default().min(WIDEST))
                .collect();
        }
        for line in lines {
            writeln!(out, "{}", aligned(&line, &widths))?;
        }
    }
    writeln!(out, "{count} in all")?;
    Ok(out.flush()?)
}

/// Cells in columns; all but the last are cut where they are too wide.
fn aligned(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (place, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if place + 1 == cells.len() {
            line.push_str(cell);
        } else if cell.chars().count() > *width {
            line.extend(cell.chars().take(width.saturating_sub(1)));
            line.push_str("…  ");
        } else {
            line.push_str(&format!("{cell:width$}  "));
        }
    }
    line
}

/// A cell without what would confuse a terminal.
fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Number(Some(number)) => number.to_string(),
        Cell::Text(Some(text)) if text.chars().any(char::is_control) => {
            text.escape_debug().to_string()
        }
        Cell::Text(Some(text)) => text.clone(),
        Cell::Number(None) | Cell::Text(None) => "–".to_owned(),
    }
}

/// An array of objects, written as they come.
async fn json(mut export: Export, out: &mut impl Write) -> Result<()> {
    let mut before = "[";
    loop {
        let rows = export.next().await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let names = export.columns().iter().map(|(name, _)| (*name).to_owned());
            let object: Map<String, Value> = names.zip(row.into_iter().map(Value::from)).collect();
            write!(out, "{before}\n  {}", Value::Object(object))?;
            before = ",";
        }
    }
    let end = if before == "[" { "[]" } else { "\n]" };
    writeln!(out, "{end}")?;
    Ok(out.flush()?)
}
