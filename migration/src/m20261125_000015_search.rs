//! The names by which movies, companies, genres and collections are found.

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
        super::drop_tables(manager, &["search_name"]).await
    }
}

const TABLES: &[&str] = &["CREATE TABLE search_name (
        noun VARCHAR(16) NOT NULL,
        id {id} NOT NULL,
        part INTEGER NOT NULL,
        name {text} NOT NULL,
        PRIMARY KEY (noun, id, part)
    ) {keyed}"];
