//! The custody of files: where their bytes lie, who holds or has deleted them, what is still to be removed; and
//! the places of issues in their file, with indexes for finding rejects and issues in one run and in all.

use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::execute(manager, UP).await?;
        // MySQL has made one of its own for the foreign key.
        match manager.get_database_backend() {
            DatabaseBackend::Sqlite => super::execute(manager, &[MOVIE_RUN]).await,
            _ => Ok(()),
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DatabaseBackend::Sqlite {
            super::execute(manager, &["DROP INDEX movie_run"]).await?;
        }
        for (name, table) in INDEXES {
            manager
                .drop_index(Index::drop().name(name).table(table).to_owned())
                .await?;
        }
        super::execute(manager, DOWN).await?;
        super::drop_tables(manager, &["archive_removal"]).await
    }
}

const INDEXES: [(&str, &str); 4] = [
    ("reject_run_line", "reject"),
    ("reject_code", "reject"),
    ("issue_run_line", "issue"),
    ("issue_code", "issue"),
];

const MOVIE_RUN: &str = "CREATE INDEX movie_run ON movie (run_id)";

const UP: &[&str] = &[
    "ALTER TABLE source_file ADD COLUMN area VARCHAR(16) NOT NULL DEFAULT 'raw'",
    "ALTER TABLE source_file ADD COLUMN held_at {instant} NULL",
    "ALTER TABLE source_file ADD COLUMN held_by VARCHAR(190) NULL",
    "ALTER TABLE source_file ADD COLUMN hold_reason {text} NULL",
    "ALTER TABLE source_file ADD COLUMN deleted_at {instant} NULL",
    "ALTER TABLE source_file ADD COLUMN deleted_by VARCHAR(190) NULL",
    "ALTER TABLE source_file ADD COLUMN delete_reason {text} NULL",
    "CREATE TABLE archive_removal (
        path VARCHAR(190) NOT NULL PRIMARY KEY,
        due_at {instant} NOT NULL
    ) {table}",
    // Until now who might move files might hold them.
    "UPDATE role SET permissions = REPLACE(permissions, 'file.move', 'file.hold file.move')",
    "ALTER TABLE issue ADD COLUMN byte_offset BIGINT NULL",
    "ALTER TABLE issue ADD COLUMN byte_length BIGINT NULL",
    "CREATE INDEX reject_run_line ON reject (run_id, line, id)",
    "CREATE INDEX reject_code ON reject (code, id)",
    "CREATE INDEX issue_run_line ON issue (run_id, line, id)",
    "CREATE INDEX issue_code ON issue (code, id)",
];

const DOWN: &[&str] = &[
    "UPDATE role SET permissions = REPLACE(REPLACE(permissions, 'file.hold ', ''), ' file.hold', '')",
    "ALTER TABLE source_file DROP COLUMN delete_reason",
    "ALTER TABLE source_file DROP COLUMN deleted_by",
    "ALTER TABLE source_file DROP COLUMN deleted_at",
    "ALTER TABLE source_file DROP COLUMN hold_reason",
    "ALTER TABLE source_file DROP COLUMN held_by",
    "ALTER TABLE source_file DROP COLUMN held_at",
    "ALTER TABLE source_file DROP COLUMN area",
    "ALTER TABLE issue DROP COLUMN byte_length",
    "ALTER TABLE issue DROP COLUMN byte_offset",
];
