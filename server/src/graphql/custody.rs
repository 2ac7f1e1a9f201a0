//! What people do with files: hold, release, move and delete them.

use super::{
    by,
    error::Failure,
    file::{FileArea, SourceFile},
    services,
};
use crate::auth::Permission;
use async_graphql::{Context, Object, Result};
use entity::ingest::source_file;
use etl::{asker::By, custody};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// Mutations of files.
#[derive(Default)]
pub struct FileMutation;

#[Object]
impl FileMutation {
    /// Keeps a file from being deleted until it is released.
    #[graphql(guard = "Permission::FileHold")]
    async fn hold_file(
        &self,
        ctx: &Context<'_>,
        sha256: String,
        reason: String,
    ) -> Result<SourceFile> {
        known(ctx, &sha256).await?;
        let held = custody::hold(&services(ctx).db, &sha256, &reason, by(ctx)?).await?;
        Ok(held.into())
    }

    /// Lets a held file be deleted again.
    #[graphql(guard = "Permission::FileHold")]
    async fn release_file(&self, ctx: &Context<'_>, sha256: String) -> Result<SourceFile> {
        known(ctx, &sha256).await?;
        let released = custody::release(&services(ctx).db, &sha256, by(ctx)?).await?;
        Ok(released.into())
    }

    /// Moves a file's raw bytes to another area of the archive; what runs have written of it stays where it is.
    #[graphql(guard = "Permission::FileMove")]
    async fn move_file(
        &self,
        ctx: &Context<'_>,
        sha256: String,
        area: FileArea,
    ) -> Result<SourceFile> {
        known(ctx, &sha256).await?;
        let (chain, by) = (services(ctx).chain(), by(ctx)?);
        let (actor, address) = (by.actor.to_owned(), by.address);
        // A large file may take longer than the request may, and is moved all the same.
        let moving = tokio::spawn(async move {
            let by = By {
                actor: &actor,
                address,
            };
            custody::move_to(&chain, &sha256, area.into(), by).await
        });
        let moved = moving
            .await
            .map_err(|error| Failure::Broken(format!("moving a file stopped: {error}")))??;
        Ok(moved.into())
    }

    /// Deletes a file's raw bytes, and the Parquet that runs have written of it. Its record, its runs with their
    /// rejects and issues, and what the mart has of it stay. A held file is not deleted, nor one of which a run
    /// has not ended. Where rows of the mart come from it, it is refused with the code
    /// `CONFIRMATION_REQUIRED` unless `force` is set.
    #[graphql(guard = "Permission::FileDelete")]
    async fn delete_file(
        &self,
        ctx: &Context<'_>,
        sha256: String,
        reason: String,
        #[graphql(default)] force: bool,
    ) -> Result<SourceFile> {
        known(ctx, &sha256).await?;
        let deleted =
            custody::delete(&services(ctx).chain(), &sha256, &reason, force, by(ctx)?).await?;
        Ok(deleted.into())
    }
}

/// # Errors
/// [`Failure::NotFound`] when there is no such file.
async fn known(ctx: &Context<'_>, sha256: &str) -> Result<()> {
    let found = source_file::Entity::find()
        .filter(source_file::Column::Sha256.eq(sha256.to_ascii_lowercase()))
        .one(&services(ctx).db)
        .await?;
    match found {
        Some(_) => Ok(()),
        None => {
            Err(Failure::NotFound(format!("there is no file with the SHA-256 {sha256}")).into())
        }
    }
}
