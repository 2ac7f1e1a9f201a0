//! A file's bytes out of the archive, while its record stays.

use super::{find, find_locked, given, holder, present, removal, witness};
use crate::{Error, Result, asker::By, chain::Chain, database};
use chrono::Utc;
use entity::ingest::{RunKind, RunStatus, archive_object, run, source_file};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseBackend,
    DbErr, EntityTrait, Iterable, QueryFilter, QueryOrder,
};
use std::collections::HashMap;

/// Deletes a file's raw bytes and the Parquet files that runs wrote of them. What stays is the file's record
/// with its hash and who deleted it, its runs with their rejects and issues, and what the mart has of it.
///
/// # Errors
/// [`Error::Input`] when there is no such file, it is held, a run of it has not ended, it is deleted already, or
/// no reason is given; [`Error::Unconfirmed`] when rows of the mart come from it, unless `force` is set.
pub async fn delete(
    chain: &Chain,
    sha256: &str,
    reason: &str,
    force: bool,
    by: By<'_>,
) -> Result<source_file::Model> {
    let reason = given(reason)?;
    removal::tidy(chain).await;
    let unrecorded = written(chain, sha256).await?;
    let tx = database::begin(&chain.db).await?;
    let file = find_locked(&tx, sha256).await?;
    present(&file)?;
    if let Some(holder) = holder(&file) {
        return Err(Error::Input(format!(
            "{holder}; it cannot be deleted until it is released"
        )));
    }
    no_open_run(&tx, &file).await?;
    let rows = references(&tx, Some(file.id)).await?;
    let rows = rows.get(&file.id).copied().unwrap_or_default();
    if rows > 0 && !force {
        return Err(Error::Unconfirmed(format!(
            "{rows} rows of the mart come from {} (SHA-256 {}); they would stay, but could no longer be \
             followed back to their lines, and the file could not be read again; delete it with force if that \
             is meant",
            file.name, file.sha256
        )));
    }
    let objects = archive_object::Entity::find()
        .filter(archive_object::Column::SourceFileId.eq(file.id))
        .all(&tx)
        .await?;
    let bytes: i64 = objects.iter().map(|object| object.bytes).sum();
    let now = Utc::now();
    for object in &objects {
        removal::note(&tx, &object.path, now).await?;
    }
    for path in unrecorded {
        removal::note(&tx, &path, now).await?;
    }
    archive_object::Entity::delete_many()
        .filter(archive_object::Column::SourceFileId.eq(file.id))
        .exec(&tx)
        .await?;
    let changed = source_file::ActiveModel {
        id: Set(file.id),
        deleted_at: Set(Some(now)),
        deleted_by: Set(Some(by.actor.to_owned())),
        delete_reason: Set(Some(reason.clone())),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    let before = format!(
        "{} at {}: {} objects, {bytes} bytes; {rows} rows of the mart come from it",
        file.name,
        file.archive_path,
        objects.len()
    );
    witness(&tx, by, "file.delete", &file, Some(before), Some(reason)).await?;
    tx.commit().await?;
    removal::tidy(chain).await;
    Ok(changed)
}

/// What the runs of a file have written, even those that were stopped before they could write it down.
async fn written(chain: &Chain, sha256: &str) -> Result<Vec<String>> {
    let file = find(&chain.db, sha256).await?;
    let runs = run::Entity::find()
        .filter(run::Column::SourceFileId.eq(file.id))
        .filter(run::Column::Kind.ne(RunKind::Undo))
        .filter(run::Column::Status.ne(RunStatus::Duplicate))
        .all(&chain.db)
        .await?;
    let mut paths = Vec::new();
    for run in runs {
        paths.extend(chain.archive.written_by(run.id).await?);
    }
    Ok(paths)
}

async fn no_open_run<C: ConnectionTrait>(db: &C, file: &source_file::Model) -> Result<()> {
    let open = RunStatus::iter().filter(|status| !status.is_final());
    let open = run::Entity::find()
        .filter(run::Column::SourceFileId.eq(file.id))
        .filter(run::Column::Status.is_in(open))
        .order_by_asc(run::Column::Id)
        .one(db)
        .await?;
    match open {
        None => Ok(()),
        Some(run) => Err(Error::Input(format!(
            "run {} of {} (SHA-256 {}) is {}; let it end, or discard or cancel it, before the file is deleted",
            run.id,
            file.name,
            file.sha256,
            run.status.to_value()
        ))),
    }
}

/// The SQL that counts what comes from each file (`parent_key`, `total`) that meets a condition on its runs
/// `r`: the movies, and what companion files say of them, that one of its runs was the last to change.
pub fn references_sql(backend: DatabaseBackend, which: &str) -> String {
    let total = database::integer_sum(
        backend,
        "(SELECT COUNT(*) FROM movie m WHERE m.run_id = r.id)
         + (SELECT COUNT(*) FROM companion c WHERE c.run_id = r.id)",
    );
    format!(
        "SELECT r.source_file_id AS parent_key, {total} AS total FROM run r
         WHERE {which} GROUP BY r.source_file_id"
    )
}

/// How many rows of the mart come from a file, or from each.
pub async fn references<C: ConnectionTrait>(
    db: &C,
    file_id: Option<i64>,
) -> Result<HashMap<i64, i64>, DbErr> {
    let which = match file_id {
        Some(id) => format!("r.source_file_id = {id}"),
        None => "r.source_file_id IS NOT NULL".to_owned(),
    };
    let sql = references_sql(db.get_database_backend(), &which);
    let rows = database::query(db, &sql, []).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
        .collect()
}
