//! Reading archived files again: one, that of a run, or many as a backfill.

use super::{find, insert_run_of};
use crate::{Error, Result, asker::Asker, audit::Event, custody, database, queue::new_run};
use chrono::Utc;
use entity::ingest::{RunKind, RunMode, RunStatus, backfill, backfill_run, run, source_file};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, DatabaseTransaction,
    EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::BTreeMap;

/// Files that are read again give way to those that arrive.
pub(crate) const REPROCESS_PRIORITY: i32 = -1;

/// Queues the archived file of that hash to be read again under a rule set.
///
/// # Errors
/// [`Error::Input`] when there is no such file or its bytes were deleted.
pub async fn reprocess_file(
    db: &DatabaseConnection,
    sha256: &str,
    asker: impl Into<Asker<'_>>,
    rule_version: i32,
    mode: RunMode,
) -> Result<i64> {
    let asker = asker.into();
    let file = custody::find(db, sha256).await?;
    let subject = format!("file {sha256}");
    reprocess_one(db, (&file, subject), asker, rule_version, mode).await
}

/// Queues the file of a run to be read again.
///
/// # Errors
/// [`Error::Input`] when there is no such run or its file was never archived or was deleted.
pub async fn reprocess_run(
    db: &DatabaseConnection,
    run_id: i64,
    asker: impl Into<Asker<'_>>,
    rule_version: i32,
    mode: RunMode,
) -> Result<i64> {
    let asker = asker.into();
    let old = find(db, run_id).await?;
    let file = crate::queue::file_of(db, &old).await?.ok_or_else(|| {
        Error::Input(format!(
            "run {run_id} has no archived file; put {} into the inbox again",
            old.file_name
        ))
    })?;
    let subject = format!("run {run_id}");
    reprocess_one(db, (&file, subject), asker, rule_version, mode).await
}

/// Queues every archived file that the mart has loaded, oldest first, to be read again, as one backfill that `by`
/// has begun. Files of which every run was undone, discarded or failed are left out, and so are deleted ones.
/// Where some are chosen, by their SHA-256, it is these, whatever became of their runs.
///
/// # Errors
/// [`Error::Input`] when a chosen file is not there or was deleted.
pub async fn reprocess_all(
    db: &DatabaseConnection,
    by: &str,
    asker: impl Into<Asker<'_>>,
    rule_version: i32,
    mode: RunMode,
    chosen: Option<&[String]>,
) -> Result<backfill::Model> {
    let asker = asker.into();
    let files = match chosen {
        Some(hashes) => chosen_files(db, hashes).await?,
        None => loaded_files(db).await?,
    };
    let tx = database::begin(db).await?;
    let backfill = backfill::ActiveModel {
        created_by: Set(by.to_owned()),
        created_at: Set(Utc::now()),
        rule_version: Set(rule_version),
        mode: Set(mode),
        total: Set(files.len() as i64),
        bytes_total: Set(files.iter().map(|file| file.bytes).sum()),
        ..Default::default()
    }
    .insert(&tx)
    .await?;
    for file in &files {
        let run_id = insert_reprocess(&tx, file, asker, rule_version, mode).await?;
        backfill_run::ActiveModel {
            run_id: Set(run_id),
            backfill_id: Set(backfill.id),
            round: Set(1),
        }
        .insert(&tx)
        .await?;
    }
    let event = Event {
        action: "backfill.begin",
        subject: format!("backfill {}", backfill.id),
        after: Some(format!(
            "{} files under rules {rule_version}",
            backfill.total
        )),
        ..Default::default()
    };
    asker.record(&tx, event).await?;
    tx.commit().await?;
    Ok(backfill)
}

/// The files that the mart has loaded and that are still there, oldest first.
async fn loaded_files(db: &DatabaseConnection) -> Result<Vec<source_file::Model>> {
    let merged = run::Entity::find()
        .select_only()
        .column(run::Column::SourceFileId)
        .filter(run::Column::SourceFileId.is_not_null())
        .filter(run::Column::Kind.ne(RunKind::Undo))
        .filter(run::Column::Status.eq(RunStatus::Succeeded))
        .into_query();
    let files = source_file::Entity::find()
        .filter(source_file::Column::Id.in_subquery(merged))
        .filter(source_file::Column::DeletedAt.is_null())
        .order_by_asc(source_file::Column::Id);
    Ok(files.all(db).await?)
}

/// The files of these hashes, oldest first.
async fn chosen_files(
    db: &DatabaseConnection,
    hashes: &[String],
) -> Result<Vec<source_file::Model>> {
    if hashes.is_empty() {
        return Err(Error::Input("no file is chosen".to_owned()));
    }
    let mut files = BTreeMap::new();
    for hash in hashes {
        let file = custody::find(db, hash).await?;
        files.insert(file.id, file);
    }
    Ok(files.into_values().collect())
}

async fn reprocess_one(
    db: &DatabaseConnection,
    (file, subject): (&source_file::Model, String),
    asker: Asker<'_>,
    rule_version: i32,
    mode: RunMode,
) -> Result<i64> {
    let tx = database::begin(db).await?;
    let run_id = insert_reprocess(&tx, file, asker, rule_version, mode).await?;
    asker
        .queued(&tx, "run.reprocess", subject, &[run_id])
        .await?;
    tx.commit().await?;
    Ok(run_id)
}

async fn insert_reprocess(
    tx: &DatabaseTransaction,
    file: &source_file::Model,
    asker: Asker<'_>,
    rule_version: i32,
    mode: RunMode,
) -> Result<i64> {
    // The name tells how the file is packed, so it is that of the newest run that could read it.
    let name = run::Entity::find()
        .filter(run::Column::SourceFileId.eq(file.id))
        .filter(run::Column::RowsRead.gt(0))
        .order_by_desc(run::Column::Id)
        .one(tx)
        .await?
        .map_or_else(|| file.name.clone(), |run| run.file_name);
    let run = run::ActiveModel {
        kind: Set(RunKind::Reprocess),
        mode: Set(mode),
        ..new_run(name, asker, rule_version)
    };
    insert_run_of(tx, file, run, REPROCESS_PRIORITY).await
}
