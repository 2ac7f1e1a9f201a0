//! The ledger replayed: every merge there was, in order, from the archived files into a scratch database.
//!
//! Runs that were undone are replayed and undone as well: what an undo leaves behind is part of what is to
//! be proved.

use super::Scratch;
use crate::{Error, Result, archive::Archive, backfill, chain::Chain, outcome, rules};
use entity::ingest::{run, source_file};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::{collections::HashMap, sync::Arc};

/// How far a replay is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Merges done, and how many there are so far.
    pub merges: u64,
    pub all_merges: u64,
    /// The file that is read.
    pub file: String,
}

/// What a replay has come to.
#[derive(Debug)]
pub struct Replay {
    pub scratch: Scratch,
    /// The data version up to which the ledger has been replayed.
    pub version: i32,
    merges: u64,
}

impl Replay {
    /// A replay that has not begun.
    ///
    /// # Errors
    /// As [`Scratch::new`].
    pub async fn new() -> Result<Self> {
        Ok(Self {
            scratch: Scratch::new().await?,
            version: 0,
            merges: 0,
        })
    }

    /// Replays what the ledger has beyond; answers a sentence for each thing that makes that impossible.
    ///
    /// # Errors
    /// When a database does not answer.
    pub async fn go_on(
        &mut self,
        live: &Chain,
        progress: &(dyn Fn(&Progress) + Sync),
    ) -> Result<Vec<String>> {
        let db = &live.db;
        let runs = run::Entity::find()
            .filter(run::Column::DataVersion.gt(self.version))
            .order_by_asc(run::Column::DataVersion)
            .all(db)
            .await?;
        let files = self.files(db, &runs).await?;
        let gone = gone(&live.archive, &files).await?;
        if !gone.is_empty() {
            return Ok(gone);
        }
        let mut progress_now = Progress {
            merges: self.merges,
            all_merges: self.merges + runs.len() as u64,
            file: String::new(),
        };
        let mut loaded = HashMap::new();
        for run in runs {
            progress_now.file.clone_from(&run.file_name);
            progress(&progress_now);
            let rules = match loaded.get(&run.rule_version) {
                Some(rules) => Arc::clone(rules),
                None => {
                    let rules = Arc::new(rules::store::load(db, run.rule_version).await?);
                    loaded.insert(run.rule_version, Arc::clone(&rules));
                    rules
                }
            };
            let names = backfill::gives_names(db, &run).await?;
            let done = self.scratch.redo(live, &run, rules, names).await;
            let now = outcome::version(&self.scratch.db).await?;
            match done {
                Ok(_) if Some(now) == run.data_version => {}
                Ok(_) => {
                    return Ok(vec![format!(
                        "run {} has not made the {now}th data version, although its merge is the {now}th: \
                         cannot replay",
                        run.id
                    )]);
                }
                Err(error @ Error::Database(_)) => return Err(error),
                Err(error) => {
                    return Ok(vec![format!(
                        "run {} ({}) fails when done once more: {error}: cannot replay",
                        run.id, run.file_name
                    )]);
                }
            }
            self.version = now;
            self.merges += 1;
            progress_now.merges = self.merges;
        }
        progress(&progress_now);
        Ok(Vec::new())
    }

    /// Takes up the files of runs.
    async fn files<C: ConnectionTrait>(
        &self,
        db: &C,
        runs: &[run::Model],
    ) -> Result<Vec<source_file::Model>> {
        let mut ids: Vec<i64> = runs.iter().filter_map(|run| run.source_file_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut files = Vec::with_capacity(ids.len());
        for ids in ids.chunks(1000) {
            let found = source_file::Entity::find()
                .filter(source_file::Column::Id.is_in(ids.iter().copied()))
                .order_by_asc(source_file::Column::Id)
                .all(db)
                .await?;
            for file in found {
                self.scratch.add_file(&file).await?;
                files.push(file);
            }
        }
        Ok(files)
    }
}

/// A sentence for each file whose bytes the archive does not have.
async fn gone(archive: &Archive, files: &[source_file::Model]) -> Result<Vec<String>> {
    let mut gone = Vec::new();
    for file in files {
        if !archive.exists(&file.archive_path).await? {
            gone.push(format!(
                "raw bytes of file {} ({}) are gone: cannot replay",
                file.sha256, file.name
            ));
        }
    }
    Ok(gone)
}
