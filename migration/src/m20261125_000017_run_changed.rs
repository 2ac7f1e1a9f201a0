//! When each run, its phases or its log changed last, for those who follow runs.

use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::execute(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name("run_changed").table("run").to_owned())
            .await?;
        super::execute(manager, &[DOWN]).await
    }
}

const UP: &[&str] = &[
    // Of runs before this step nobody needs to know it.
    "ALTER TABLE run ADD COLUMN changed_at {instant} NOT NULL DEFAULT '1970-01-01 00:00:00'",
    "CREATE INDEX run_changed ON run (changed_at)",
];

const DOWN: &str = "ALTER TABLE run DROP COLUMN changed_at";
