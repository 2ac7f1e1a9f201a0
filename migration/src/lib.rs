//! The schema, as frozen steps for SQLite and MySQL/MariaDB.
//!
//! A step is plain SQL in which a few words stand for what the engines call differently (see `words`).
//! Merged steps are never edited; a change is a further step.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{prelude::*, sea_orm::DatabaseBackend};

mod m20261124_000001_access;
mod m20261124_000002_ingest;
mod m20261124_000003_mart;
mod m20261124_000004_staging;
mod m20261124_000005_aggregate;
mod m20261124_000006_past;
mod m20261124_000007_rule;
mod m20261125_000008_companion;
mod m20261125_000009_custody;
mod m20261125_000010_backfill;
mod m20261125_000011_staging;
mod m20261125_000012_severity;
mod m20261125_000013_backfill_round;
mod m20261125_000015_search;
mod m20261125_000016_any_operation;
mod m20261125_000017_run_changed;
mod m20261125_000018_access;
mod m20261125_000020_instance;

/// All steps in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261124_000001_access::Migration),
            Box::new(m20261124_000002_ingest::Migration),
            Box::new(m20261124_000003_mart::Migration),
            Box::new(m20261124_000004_staging::Migration),
            Box::new(m20261124_000005_aggregate::Migration),
            Box::new(m20261124_000006_past::Migration),
            Box::new(m20261124_000007_rule::Migration),
            Box::new(m20261125_000008_companion::Migration),
            Box::new(m20261125_000009_custody::Migration),
            Box::new(m20261125_000010_backfill::Migration),
            Box::new(m20261125_000011_staging::Migration),
            Box::new(m20261125_000012_severity::Migration),
            Box::new(m20261125_000013_backfill_round::Migration),
            Box::new(m20261125_000015_search::Migration),
            Box::new(m20261125_000016_any_operation::Migration),
            Box::new(m20261125_000017_run_changed::Migration),
            Box::new(m20261125_000018_access::Migration),
            Box::new(m20261125_000020_instance::Migration),
        ]
    }
}

/// What stands for a word in the steps' SQL: (word, SQLite, MySQL/MariaDB).
///
/// `{serial}` a key the database counts up, `{id}` a 64-bit key that comes with the data,
/// `{text}` Unicode text of any length, `{instant}` UTC with microseconds, `{day}` a calendar day,
/// `{hash}` 16 bytes, `{table}` and `{keyed}` the table's storage (`{keyed}`: clustered on a composite primary key).
fn words(sql: &str, backend: DatabaseBackend) -> String {
    const WORDS: [(&str, &str, &str); 8] = [
        (
            "{serial}",
            "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
            "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
        ),
        ("{id}", "INTEGER", "BIGINT"),
        ("{text}", "TEXT", "LONGTEXT"),
        ("{instant}", "datetime_text", "DATETIME(6)"),
        ("{day}", "date_text", "DATE"),
        ("{hash}", "BLOB", "BINARY(16)"),
        (
            "{table}",
            "",
            "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ),
        (
            "{keyed}",
            "WITHOUT ROWID",
            "ENGINE=InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ),
    ];
    let sqlite = backend == DatabaseBackend::Sqlite;
    WORDS
        .iter()
        .fold(sql.to_owned(), |sql, (word, for_sqlite, for_mysql)| {
            sql.replace(word, if sqlite { for_sqlite } else { for_mysql })
        })
}

/// Runs the statements of a step in order.
async fn execute(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    for statement in statements {
        manager
            .get_connection()
            .execute_unprepared(&words(statement, backend))
            .await?;
    }
    Ok(())
}

/// Drops the tables in the order given.
async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables {
        manager
            .drop_table(Table::drop().table(*table).if_exists().to_owned())
            .await?;
    }
    Ok(())
}
