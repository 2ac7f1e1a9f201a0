//! A mart beside the mart: an SQLite database in a temporary folder, where runs are done once more.
//!
//! Files are read from the archive; nothing is written to it, and nothing needs the inbox.

mod copy;
pub mod preview;
pub mod replay;

use crate::{
    Error, Result,
    chain::Chain,
    database,
    queue::{self, Lease},
    rules::RuleSet,
    run as pass,
};
use entity::ingest::{job, run, source_file};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseConnection, EntityTrait, IntoActiveModel,
};
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A scratch database; gone with its folder when dropped.
#[derive(Debug)]
pub struct Scratch {
    /// Of the newest schema.
    pub db: DatabaseConnection,
    _folder: TempDir,
}

impl Scratch {
    /// An empty one.
    ///
    /// # Errors
    /// [`Error::Io`] when the temporary folder cannot be made.
    pub async fn new() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("marquee-scratch-")
            .tempdir();
        let folder = folder.map_err(|source| Error::Io {
            path: std::env::temp_dir(),
            source,
        })?;
        let db = database::connect_scratch(&folder.path().join("scratch.db")).await?;
        Migrator::up(&db, None).await?;
        Ok(Self {
            db,
            _folder: folder,
        })
    }

    /// Takes up a file, so that runs can read it; the order in which files arrived is that of their ids.
    pub async fn add_file(&self, file: &source_file::Model) -> Result<()> {
        let known = source_file::Entity::find_by_id(file.id)
            .one(&self.db)
            .await?;
        if known.is_none() {
            file.clone().into_active_model().insert(&self.db).await?;
        }
        Ok(())
    }

    /// Does a run once more, under the same id: reads its file from the archive under `rules`, or undoes what
    /// it undid, and merges. Answers why the rules' guards would have held it, if they would.
    ///
    /// With `names` its names count even where it changes no movie. Stops when the future is dropped.
    ///
    /// # Errors
    /// As [`pass::execute`].
    pub async fn redo(
        &self,
        live: &Chain,
        done: &run::Model,
        rules: Arc<RuleSet>,
        names: bool,
    ) -> Result<Option<String>> {
        run::ActiveModel {
            id: Set(done.id),
            kind: Set(done.kind),
            undoes: Set(done.undoes),
            source_file_id: Set(done.source_file_id),
            bytes_total: Set(done.bytes_total),
            ..queue::new_run(
                done.file_name.clone(),
                done.triggered_by.into(),
                done.rule_version,
            )
        }
        .insert(&self.db)
        .await?;
        job::ActiveModel {
            id: Set(done.id),
            run_id: Set(done.id),
            priority: Set(0),
            attempts: Set(1),
            fence: Set(1),
            ..Default::default()
        }
        .insert(&self.db)
        .await?;
        let lease = Lease {
            job_id: done.id,
            run_id: done.id,
            fence: 1,
            lost: CancellationToken::new(),
            locked: CancellationToken::new(),
        };
        let chain = Chain {
            db: self.db.clone(),
            archive: live.archive.clone(),
            sources: live.sources.clone(),
            worker: "scratch".to_owned(),
            news: Arc::default(),
        };
        pass::rehearse(&chain, &lease, rules, names).await
    }

    /// Closes the database before its folder goes.
    pub async fn close(self) -> Result<()> {
        Ok(self.db.close().await?)
    }
}
