//! In which round of its backfill a run reads its file.

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

const UP: &str = "ALTER TABLE backfill_run ADD COLUMN round INTEGER NOT NULL DEFAULT 1";
const DOWN: &str = "ALTER TABLE backfill_run DROP COLUMN round";
