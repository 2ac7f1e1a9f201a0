//! Published rule sets; version 1 comes with the program and is not among them.

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
        super::drop_tables(manager, &["rule_set"]).await
    }
}

const TABLES: &[&str] = &["CREATE TABLE rule_set (
        version INTEGER NOT NULL PRIMARY KEY,
        hash CHAR(64) NOT NULL UNIQUE,
        author VARCHAR(190) NOT NULL,
        note {text} NOT NULL,
        body {text} NOT NULL,
        published_at {instant} NOT NULL
    ) {table}"];
