//! One pass of the chain over one file, top to bottom.

use crate::{
    Error, Result,
    archive::Area,
    backfill,
    chain::Chain,
    compare::{self, Changes, Found},
    control, custody, database,
    journal::Journal,
    merge,
    outcome::{self, What},
    queue::Lease,
    read::{ReadOptions, Terms},
    rules::{self, Keep, RuleSet},
    stage::{self, Extent},
    transform::{self, Transformed},
    undo,
};
use entity::{
    ingest::{ArchiveKind, EventLevel, RunKind, RunMode, RunStatus, run, source_file},
    mart::movie,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use std::{path::Path, sync::Arc};

/// Takes a leased run from wherever it lies to its end, or until it is held.
///
/// `path` is where the file lies; it is not needed once the file is archived. Nothing of the run is
/// visible in the mart until its one merging transaction commits, so an error at any point leaves the mart
/// as it was and the run can be started again.
pub async fn execute(chain: &Chain, lease: &Lease, path: Option<&Path>) -> Result<()> {
    let journal = Journal::new(chain, lease.run_id);
    let run = journal.run().await?;
    if let Some(target) = run.undoes {
        journal.reset().await?;
        let target = control::find(&chain.db, target).await?;
        undo::wait_for_others(&chain.db, &target, lease).await?;
        outcome::merge(chain, lease, &journal, What::Undo(Box::new(target))).await?;
        merge::clear_staging(&chain.db, lease.run_id).await?;
        return Ok(());
    }
    let rules = Arc::new(rules::store::load(&chain.db, run.rule_version).await?);
    let approved = run.approved_at.is_some();
    if !approved {
        journal.reset().await?;
        merge::clear_staging(&chain.db, lease.run_id).await?;
        let file = archive_raw(chain, &journal, path).await?;
        if run.kind == RunKind::Ingest
            && let Some(first) = loaded_before(chain, lease.run_id, &file).await?
        {
            return outcome::duplicate(chain, lease, &journal, first).await;
        }
        let kind = Reading::First;
        let read = read_and_stage(chain, lease, &journal, &file, rules.clone(), kind).await?;
        archive_transformed(chain, &journal, &file, read).await?;
    }
    let keep = rules.meaning.keep;
    let (mut found, mut against) = compare_with_mart(chain, &journal, keep).await?;
    if !approved
        && let Some(because) = reason_to_hold(chain, &journal, &rules, &found.all()).await?
    {
        return outcome::hold(chain, lease, &journal, found.all(), &because).await;
    }
    let names = backfill::gives_names(&chain.db, &run).await?;
    let mut whole = false;
    loop {
        let merged = if found.movies.stale > 0 {
            Err(Error::Stale)
        } else {
            let what = What::Staged {
                found,
                against,
                keep,
                names,
            };
            outcome::merge(chain, lease, &journal, what).await
        };
        match merged {
            Err(Error::Stale) if !whole => {
                whole = true;
                stage_whole(chain, lease, &journal, rules.clone()).await?;
                (found, against) = compare_with_mart(chain, &journal, keep).await?;
            }
            merged => break merged?,
        }
    }
    merge::clear_staging(&chain.db, lease.run_id).await?;
    Ok(())
}

/// Stages the run's file once more, every row whole, because others have changed the mart since it was read.
async fn stage_whole(
    chain: &Chain,
    lease: &Lease,
    journal: &Journal,
    rules: Arc<RuleSet>,
) -> Result<()> {
    let message = "the mart has changed since the file was read; reading it once more";
    journal.event(EventLevel::Info, message).await?;
    merge::clear_staging(&chain.db, lease.run_id).await?;
    let file = archive_raw(chain, journal, None).await?;
    read_and_stage(chain, lease, journal, &file, rules, Reading::Again).await?;
    Ok(())
}

/// What a file is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// To be staged, and written as Parquet.
    First,
    /// To be staged once more, whole.
    Again,
    /// To be staged in a scratch database.
    Rehearsal,
}

/// As [`execute`], for a run in a scratch database: nothing is written to the archive, nothing is a duplicate
/// and nothing is held. Answers why the rules' guards would have held it, if they would.
///
/// With `names` its names count even where it changes no movie.
pub async fn rehearse(
    chain: &Chain,
    lease: &Lease,
    rules: Arc<RuleSet>,
    names: bool,
) -> Result<Option<String>> {
    let journal = Journal::silent(chain, lease.run_id);
    let run = journal.run().await?;
    if let Some(target) = run.undoes {
        let target = control::find(&chain.db, target).await?;
        outcome::merge(chain, lease, &journal, What::Undo(Box::new(target))).await?;
        merge::clear_staging(&chain.db, lease.run_id).await?;
        return Ok(None);
    }
    let file = archive_raw(chain, &journal, None).await?;
    let kind = Reading::Rehearsal;
    read_and_stage(chain, lease, &journal, &file, rules.clone(), kind).await?;
    let keep = rules.meaning.keep;
    let (found, against) = compare_with_mart(chain, &journal, keep).await?;
    let because = reason_to_hold(chain, &journal, &rules, &found.all()).await?;
    let what = What::Staged {
        found,
        against,
        keep,
        names,
    };
    outcome::merge(chain, lease, &journal, what).await?;
    merge::clear_staging(&chain.db, lease.run_id).await?;
    Ok(because)
}

/// Why the run is not to be merged without somebody's approval, if it is not.
async fn reason_to_hold(
    chain: &Chain,
    journal: &Journal,
    rules: &RuleSet,
    changes: &Changes,
) -> Result<Option<String>> {
    let run = journal.run().await?;
    if run.mode == RunMode::Hold {
        return Ok(Some("it was to be held before merging".to_owned()));
    }
    let movies = movie::Entity::find().count(&chain.db).await?;
    let (read, rejected, movies) = (run.rows_read, run.rows_rejected, movies as i64);
    Ok(rules.guards.broken(read, rejected, changes, movies))
}

/// Puts the file into the archive, unless the run already has one there.
async fn archive_raw(
    chain: &Chain,
    journal: &Journal,
    path: Option<&Path>,
) -> Result<source_file::Model> {
    let run = journal.run().await?;
    if let Some(file) = crate::queue::file_of(&chain.db, &run).await? {
        custody::present(&file)?;
        return Ok(file);
    }
    let path = path
        .ok_or_else(|| Error::Internal(format!("run {} has neither a file nor a path", run.id)))?;
    let phase = journal.begin(RunStatus::Archiving).await?;
    let taken = custody::take(chain, path, &run.file_name, Some(run.id)).await?;
    let file = taken.file;
    journal.end(phase, None, Some(file.bytes)).await?;
    if let Some(before) = taken.restored {
        let message = format!("archived again: {before}");
        journal.event(EventLevel::Warn, message).await?;
    }
    journal
        .event(
            EventLevel::Info,
            format!("archived {} bytes as {}", file.bytes, file.archive_path),
        )
        .await?;
    Ok(file)
}

/// The run that has loaded the same bytes, if one has and their loading has not been undone since.
async fn loaded_before(
    chain: &Chain,
    run_id: i64,
    file: &source_file::Model,
) -> Result<Option<i64>> {
    let undone = database::query(
        &chain.db,
        "SELECT MAX(u.data_version) FROM run u JOIN run loaded ON loaded.id = u.undoes
         WHERE u.source_file_id = ? AND u.status = 'succeeded' AND loaded.kind = 'ingest'",
        [file.id.into()],
    )
    .await?;
    let undone: Option<i32> = match undone.first() {
        Some(row) => row.try_get_by_index(0)?,
        None => None,
    };
    let first = run::Entity::find()
        .filter(run::Column::SourceFileId.eq(file.id))
        .filter(run::Column::Kind.ne(RunKind::Undo))
        .filter(run::Column::Status.eq(RunStatus::Succeeded))
        .filter(run::Column::DataVersion.gt(undone.unwrap_or(0)))
        .filter(run::Column::Id.ne(run_id))
        .order_by_asc(run::Column::Id)
        .one(&chain.db)
        .await?;
    Ok(first.map(|run| run.id))
}

/// Reads the archived file under the rules into the staging tables and a Parquet file, all as streams.
async fn read_and_stage(
    chain: &Chain,
    lease: &Lease,
    journal: &Journal,
    file: &source_file::Model,
    rules: Arc<RuleSet>,
    kind: Reading,
) -> Result<Transformed> {
    let run = journal.run().await?;
    let reading = journal.begin(RunStatus::Reading).await?;
    let staging = journal.begin_phase("staging").await?;
    let input = custody::open(&chain.db, &chain.archive, file).await?;
    let terms = Terms {
        options: ReadOptions::default(),
        sources: chain.sources.clone(),
        rules,
    };
    let (mut batches, bytes_read, reader) =
        transform::start(input, terms, lease, &run.file_name, kind == Reading::First);
    let mut staged = stage::Progress::new(match kind {
        Reading::First | Reading::Rehearsal => Extent::News,
        Reading::Again => Extent::All,
    });
    let mut failure = None;
    while let Some(batch) = batches.recv().await {
        let bytes = bytes_read.load(std::sync::atomic::Ordering::Relaxed) as i64;
        if let Err(error) = staged.insert(&chain.db, lease, batch, bytes).await {
            failure = Some(error);
            break;
        }
        chain.news.notify_one();
    }
    drop(batches);
    let read = reader
        .await
        .map_err(|error| Error::Internal(format!("the reader stopped: {error}")))?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let read = read?;
    let rows = read.summary.rows as i64;
    journal
        .end(
            reading,
            Some(rows),
            Some(read.summary.unpacked_bytes as i64),
        )
        .await?;
    journal
        .end(staging, Some(rows - staged.rejected), None)
        .await?;
    source_file::ActiveModel {
        id: Set(file.id),
        source: Set(Some(read.summary.source.clone())),
        ..Default::default()
    }
    .update(&chain.db)
    .await?;
    journal
        .event(
            EventLevel::Info,
            format!(
                "read {rows} records of {} under rules {}: {} rejected, {} issues",
                read.summary.source, run.rule_version, staged.rejected, staged.issues
            ),
        )
        .await?;
    Ok(read)
}

/// Archives the Parquet files that reading has made.
async fn archive_transformed(
    chain: &Chain,
    journal: &Journal,
    file: &source_file::Model,
    read: Transformed,
) -> Result<()> {
    journal.status(RunStatus::Staging).await?;
    let phase = journal.begin_phase("transformed").await?;
    let mut bytes = 0;
    let files = [
        (Area::Transformed, ArchiveKind::Transformed, read.movies),
        (Area::Companions, ArchiveKind::Companions, read.companions),
        (Area::Rejects, ArchiveKind::Rejects, read.rejects),
    ];
    for (area, kind, temporary) in files {
        let Some(temporary) = temporary else { continue };
        let stored = chain
            .archive
            .put_part(area, journal.run_id, temporary.path())
            .await?;
        bytes += stored.bytes as i64;
        custody::insert_object(&chain.db, kind, file.id, Some(journal.run_id), stored).await?;
    }
    journal.end(phase, None, Some(bytes)).await
}

/// Compares what is staged with the mart; answers the data version it was compared against as well.
async fn compare_with_mart(chain: &Chain, journal: &Journal, keep: Keep) -> Result<(Found, i32)> {
    let phase = journal.begin(RunStatus::Comparing).await?;
    let against = outcome::version(&chain.db).await?;
    let found = compare::compare(&chain.db, journal.run_id, keep).await?;
    journal.end(phase, Some(found.all().total()), None).await?;
    Ok((found, against))
}
