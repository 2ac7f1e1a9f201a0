//! The places of issues in their file, and indexes for finding rejects and issues in one run and in all.

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
        for (name, table) in INDEXES {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        super::execute(manager, DOWN).await
    }
}

const INDEXES: [(&str, &str); 4] = [
    ("reject_run_line", "reject"),
    ("reject_code", "reject"),
    ("issue_run_line", "issue"),
    ("issue_code", "issue"),
];

const UP: &[&str] = &[
    "ALTER TABLE issue ADD COLUMN byte_offset BIGINT NULL",
    "ALTER TABLE issue ADD COLUMN byte_length BIGINT NULL",
    "CREATE INDEX reject_run_line ON reject (run_id, line, id)",
    "CREATE INDEX reject_code ON reject (code, id)",
    "CREATE INDEX issue_run_line ON issue (run_id, line, id)",
    "CREATE INDEX issue_code ON issue (code, id)",
];

const DOWN: &[&str] = &[
    "ALTER TABLE issue DROP COLUMN byte_length",
    "ALTER TABLE issue DROP COLUMN byte_offset",
];
