//! Whether a row is staged whole, or only by its hash because the mart has it just so.

use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::execute(manager, &[UP]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::execute(manager, &[DOWN]).await
    }
}

const UP: &str = "ALTER TABLE staging_movie ADD COLUMN whole BOOLEAN NOT NULL DEFAULT 1";
const DOWN: &str = "ALTER TABLE staging_movie DROP COLUMN whole";
