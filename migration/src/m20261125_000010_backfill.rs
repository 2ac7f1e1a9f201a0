//! Files read again together: who began that, under which rules, and by which runs.

use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::execute(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::drop_tables(manager, &["backfill_run", "backfill"]).await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE backfill (
        id {serial},
        created_by VARCHAR(190) NOT NULL,
        created_at {instant} NOT NULL,
        rule_version INTEGER NOT NULL,
        mode VARCHAR(8) NOT NULL,
        total BIGINT NOT NULL,
        bytes_total BIGINT NOT NULL,
        cancelled_at {instant} NULL
    ) {table}",
    "CREATE TABLE backfill_run (
        run_id BIGINT NOT NULL PRIMARY KEY,
        backfill_id BIGINT NOT NULL,
        FOREIGN KEY (run_id) REFERENCES run (id),
        FOREIGN KEY (backfill_id) REFERENCES backfill (id)
    ) {table}",
    "CREATE INDEX backfill_run_backfill ON backfill_run (backfill_id, run_id)",
];
