//! `marquee file`: what is done with what the archive has of files.

use super::show;
use crate::{config::Config, serve};
use anyhow::Result;
use chrono::{DateTime, Utc};
use entity::ingest::{FileArea, source_file};
use etl::{asker::By, custody};
use sea_orm::{ActiveEnum, DatabaseConnection, EntityTrait, QueryOrder};
use serde::Serialize;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List all files, newest first
    List,
    /// Keep a file from being deleted
    Hold {
        /// The file's hash
        sha256: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Let a held file be deleted again
    Release {
        /// The file's hash
        sha256: String,
    },
    /// Move a file's raw bytes to another area of the archive
    Move {
        /// The file's hash
        sha256: String,
        /// The area
        #[arg(value_enum)]
        area: To,
    },
    /// Delete a file's raw bytes and what runs have written of them; its record stays
    Delete {
        /// The file's hash
        sha256: String,
        /// Why
        #[arg(long)]
        reason: String,
        /// Even where rows of the mart come from it
        #[arg(long)]
        force: bool,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum To {
    /// Where files arrive
    Raw,
    /// Below cold/, which a store may keep for less
    Cold,
}

/// A file as shown.
#[derive(Serialize)]
struct Shown {
    sha256: String,
    name: String,
    bytes: i64,
    source: Option<String>,
    arrived_at: DateTime<Utc>,
    area: String,
    path: String,
    hold: Option<Deed>,
    deleted: Option<Deed>,
    /// Movies of the mart that come from it.
    references: i64,
}

/// Who did something with a file, when and why.
#[derive(Serialize)]
struct Deed {
    by: String,
    at: DateTime<Utc>,
    reason: String,
}

impl Deed {
    fn of(at: Option<DateTime<Utc>>, by: Option<String>, reason: Option<String>) -> Option<Self> {
        Some(Self {
            at: at?,
            by: by.unwrap_or_default(),
            reason: reason.unwrap_or_default(),
        })
    }

    fn text(&self) -> String {
        let day = self.at.format("%Y-%m-%d");
        format!("by {} on {day}: {}", self.by, self.reason)
    }
}

impl Shown {
    fn new(file: source_file::Model, references: i64) -> Self {
        Self {
            sha256: file.sha256,
            name: file.name,
            bytes: file.bytes,
            source: file.source,
            arrived_at: file.arrived_at,
            area: file.area.to_value(),
            path: file.archive_path,
            hold: Deed::of(file.held_at, file.held_by, file.hold_reason),
            deleted: Deed::of(file.deleted_at, file.deleted_by, file.delete_reason),
            references,
        }
    }

    fn text(&self) -> String {
        let state = match (&self.deleted, &self.hold) {
            (Some(deed), _) => format!("deleted {}", deed.text()),
            (None, Some(deed)) => format!("{}, held {}", self.area, deed.text()),
            (None, None) => self.area.clone(),
        };
        format!(
            "{}  {}  {} bytes  {} movies  {state}\n",
            self.sha256, self.name, self.bytes, self.references
        )
    }
}

/// Does as asked.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let chain = serve::open(config).await?;
    let db = &chain.db;
    let by = By::COMMAND_LINE;
    let json = arguments.json;
    let changed = match arguments.action {
        Action::List => {
            let files = list(db).await?;
            show(json, &files, |files| {
                files.iter().map(Shown::text).collect()
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        Action::Hold { sha256, reason } => custody::hold(db, &sha256, &reason, by).await?,
        Action::Release { sha256 } => custody::release(db, &sha256, by).await?,
        Action::Move { sha256, area } => {
            let area = match area {
                To::Raw => FileArea::Raw,
                To::Cold => FileArea::Cold,
            };
            custody::move_to(&chain, &sha256, area, by).await?
        }
        Action::Delete {
            sha256,
            reason,
            force,
        } => custody::delete(&chain, &sha256, &reason, force, by).await?,
    };
    let references = custody::references(db, Some(changed.id)).await?;
    let references = references.get(&changed.id).copied().unwrap_or_default();
    show(json, &Shown::new(changed, references), Shown::text)?;
    Ok(ExitCode::SUCCESS)
}

async fn list(db: &DatabaseConnection) -> Result<Vec<Shown>> {
    let references = custody::references(db, None).await?;
    let files = source_file::Entity::find()
        .order_by_desc(source_file::Column::Id)
        .all(db)
        .await?;
    let shown = files.into_iter().map(|file| {
        let references = references.get(&file.id).copied().unwrap_or_default();
        Shown::new(file, references)
    });
    Ok(shown.collect())
}
