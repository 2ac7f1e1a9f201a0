//! The processes that serve, as each tells of itself; who has asked for a run; and who may see how Marquee is.

use super::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, DOWN).await?;
        super::drop_tables(manager, &["instance"]).await
    }
}

const UP: &[&str] = &[
    "CREATE TABLE instance (
        name VARCHAR(190) NOT NULL PRIMARY KEY,
        version VARCHAR(64) NOT NULL,
        started_at {instant} NOT NULL,
        seen_at {instant} NOT NULL,
        workers INTEGER NOT NULL
    ) {table}",
    "ALTER TABLE run ADD COLUMN requested_by VARCHAR(190) NULL",
    "UPDATE role SET permissions = REPLACE(permissions, 'run.approve', 'run.approve system.read')
     WHERE name = 'operator'",
];

const DOWN: &[&str] = &[
    "UPDATE role SET permissions = REPLACE(permissions, ' system.read', '')",
    "ALTER TABLE run DROP COLUMN requested_by",
];
