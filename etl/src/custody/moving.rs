//! A file's raw bytes from one area of the archive to another.

use super::{find, find_locked, present, removal, witness};
use crate::{
    Error, Result,
    archive::{self, Archive},
    asker::By,
    chain::Chain,
    database,
};
use chrono::Utc;
use entity::ingest::{ArchiveKind, FileArea, RunStatus, archive_object, run, source_file};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait,
    QueryFilter, QueryOrder, sea_query::Expr,
};

/// Moves a file's raw bytes to an area: copies them, proves the copy, switches the record, and removes what
/// lay there before. It may be stopped anywhere and done again; a file that is there already stays there.
///
/// # Errors
/// [`Error::Input`] when there is no such file, its bytes have been deleted, or a run is reading it;
/// [`Error::Corrupt`] when the bytes are not what the hash says; [`Error::Archive`] when the archive does not give
/// or take them.
pub async fn move_to(
    chain: &Chain,
    sha256: &str,
    area: FileArea,
    by: By<'_>,
) -> Result<source_file::Model> {
    removal::tidy(chain).await;
    let file = find(&chain.db, sha256).await?;
    present(&file)?;
    if file.area == area {
        return Ok(file);
    }
    let to = archive::path_in(area, &file.sha256);
    announce(chain, &file, &to).await?;
    let moved = match copy(&chain.archive, &file, &to).await {
        Ok(()) => switch(chain, &file, area, &to, by).await,
        Err(error) => {
            let now = give_up(chain, &file, &to).await?;
            // That the bytes went or were moved meanwhile tells more than that they were not there.
            present(&now).and_then(|()| match &now.archive_path {
                path if *path == to => Ok(now),
                path if *path == file.archive_path => Err(error),
                _ => Err(elsewhere(&now)),
            })
        }
    };
    removal::tidy(chain).await;
    moved
}

/// Notes the copy that is about to be made, so that it goes again if it is never needed.
async fn announce(chain: &Chain, file: &source_file::Model, to: &str) -> Result<()> {
    let tx = database::begin(&chain.db).await?;
    let now = find_locked(&tx, &file.sha256).await?;
    present(&now)?;
    if now.archive_path != file.archive_path {
        return Err(elsewhere(&now));
    }
    nobody_reads(&tx, &now).await?;
    removal::note(&tx, to, Utc::now() + removal::COPYING).await?;
    tx.commit().await?;
    Ok(())
}

/// Lets a copy go that was not made well, unless somebody else has made it the file.
async fn give_up(chain: &Chain, file: &source_file::Model, to: &str) -> Result<source_file::Model> {
    let tx = database::begin(&chain.db).await?;
    let now = find_locked(&tx, &file.sha256).await?;
    if now.deleted_at.is_some() || now.archive_path != to {
        removal::note(&tx, to, Utc::now()).await?;
    }
    tx.commit().await?;
    Ok(now)
}

async fn copy(archive: &Archive, file: &source_file::Model, to: &str) -> Result<()> {
    archive.copy(&file.archive_path, to, &file.sha256).await
}

/// Makes the copy the file, in one transaction.
async fn switch(
    chain: &Chain,
    file: &source_file::Model,
    area: FileArea,
    to: &str,
    by: By<'_>,
) -> Result<source_file::Model> {
    let tx = database::begin(&chain.db).await?;
    let now = find_locked(&tx, &file.sha256).await?;
    if now.deleted_at.is_none() && now.archive_path == to {
        // Somebody else has moved it there meanwhile.
        tx.rollback().await?;
        return Ok(now);
    }
    if now.deleted_at.is_some() || now.archive_path != file.archive_path {
        removal::note(&tx, to, Utc::now()).await?;
        tx.commit().await?;
        present(&now)?;
        return Err(elsewhere(&now));
    }
    if !removal::forget(&tx, to).await? {
        return Err(Error::Input(format!(
            "copying {} to {to} took so long that the copy was removed as left behind; try again",
            file.name
        )));
    }
    removal::note(&tx, &file.archive_path, Utc::now()).await?;
    let changed = source_file::ActiveModel {
        id: Set(file.id),
        area: Set(area),
        archive_path: Set(to.to_owned()),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    archive_object::Entity::update_many()
        .col_expr(archive_object::Column::Path, Expr::value(to))
        .filter(archive_object::Column::SourceFileId.eq(file.id))
        .filter(archive_object::Column::Kind.eq(ArchiveKind::Raw))
        .exec(&tx)
        .await?;
    let (before, after) = (file.area.to_value(), area.to_value());
    witness(&tx, by, "file.move", file, Some(before), Some(after)).await?;
    tx.commit().await?;
    Ok(changed)
}

fn elsewhere(now: &source_file::Model) -> Error {
    Error::Input(format!(
        "{} was moved to {} by somebody else meanwhile; look and try again",
        now.name, now.archive_path
    ))
}

/// A run that has begun reads from where the file lay when it began.
async fn nobody_reads<C: ConnectionTrait>(db: &C, file: &source_file::Model) -> Result<()> {
    use RunStatus::{Aggregating, Archiving, Comparing, Merging, Reading, Staging};
    let under_way = [Archiving, Reading, Staging, Comparing, Merging, Aggregating];
    let reader = run::Entity::find()
        .filter(run::Column::SourceFileId.eq(file.id))
        .filter(run::Column::Status.is_in(under_way))
        .order_by_asc(run::Column::Id)
        .one(db)
        .await?;
    match reader {
        None => Ok(()),
        Some(run) => Err(Error::Input(format!(
            "run {} is reading {}; try again when it has ended",
            run.id, file.name
        ))),
    }
}
