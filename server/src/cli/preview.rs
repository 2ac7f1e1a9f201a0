//! `marquee rules preview`: what a draft would do to what is loaded.

use super::{ingest::moved, show};
use crate::{config::Config, serve};
use anyhow::Result;
use etl::{
    history::{Change, FieldChange},
    movers::{Measure, Of},
    rules::{definition, store},
    scratch::preview::{Preview, Rows, Which, preview},
};
use indicatif::ProgressBar;
use std::{
    fmt::Write,
    io::{self, IsTerminal},
    path::Path,
    process::ExitCode,
    time::Duration,
};

/// How many rows of each kind, and movers of each figure, are told to programs …
const MOST: usize = 100;
/// … and to people.
const SHOWN: usize = 5;

/// Tries the rules of a file out and shows what they would do; exit code 1 when something is wrong with them.
pub async fn run(
    config: &Config,
    file: &Path,
    body: &str,
    which: &Which,
    json: bool,
) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    let version = store::newest(&chain.db).await? + 1;
    let draft = match definition::parse(body, version) {
        Ok(draft) => draft,
        Err(problems) => return super::problems(json, file, Some(problems)),
    };
    let spinner = match io::stderr().is_terminal() {
        true => ProgressBar::new_spinner().with_message("trying the rules out"),
        false => ProgressBar::hidden(),
    };
    spinner.enable_steady_tick(Duration::from_millis(100));
    let found = preview(&chain, draft, which, MOST).await;
    spinner.finish_and_clear();
    show(json, &found?, text)?;
    Ok(ExitCode::SUCCESS)
}

fn text(preview: &Preview) -> String {
    let mut text = format!("tried on {} files\n", preview.files.len());
    for file in &preview.files {
        if let Some(because) = &file.held_because {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  {} would be held: {because}", file.name);
        }
    }
    for (what, rows) in [
        ("gained", &preview.gained),
        ("lost", &preview.lost),
        ("changed", &preview.changed),
    ] {
        text.push_str(&some(what, rows));
    }
    for reject in preview.rejects.iter().filter(|r| r.before != r.after) {
        let _ = writeln!(
            text,
            "rejected as {}: {} → {}",
            reject.code, reject.before, reject.after
        );
    }
    let largest = preview.moved(Of::Company, Measure::Revenue);
    text.extend(largest.iter().take(SHOWN).map(moved));
    text
}

fn some(what: &str, rows: &Rows) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or("nothing".to_owned());
    let field = |f: &FieldChange| format!("{} {} → {}", f.field, value(&f.before), value(&f.after));
    let line = |row: &Change| {
        let fields: Vec<String> = match row.kind.as_str() {
            "updated" => row.fields.iter().map(field).collect(),
            _ => Vec::new(),
        };
        format!("  {} {}  {}", row.movie_id, row.title, fields.join("; "))
    };
    let mut text = format!("{} movies {what}\n", rows.count);
    for row in rows.first.iter().take(SHOWN) {
        let _ = writeln!(text, "{}", line(row).trim_end());
    }
    text
}
