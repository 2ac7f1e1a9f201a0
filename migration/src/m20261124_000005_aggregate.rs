//! The figures people ask for, kept by every merge.

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
        super::drop_tables(
            manager,
            &[
                "company_genre_year",
                "genre_year",
                "company_year",
                "year_total",
            ],
        )
        .await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE year_total (
        year INTEGER NOT NULL PRIMARY KEY,
        movie_count INTEGER NOT NULL,
        budget BIGINT NULL,
        revenue BIGINT NULL,
        profit BIGINT NULL,
        average_popularity DOUBLE NULL
    ) {table}",
    "CREATE TABLE company_year (
        company_id {id} NOT NULL,
        year INTEGER NOT NULL,
        movie_count INTEGER NOT NULL,
        budget BIGINT NULL,
        revenue BIGINT NULL,
        profit BIGINT NULL,
        average_popularity DOUBLE NULL,
        PRIMARY KEY (company_id, year),
        FOREIGN KEY (company_id) REFERENCES company (id)
    ) {keyed}",
    "CREATE TABLE genre_year (
        genre_id {id} NOT NULL,
        year INTEGER NOT NULL,
        movie_count INTEGER NOT NULL,
        budget BIGINT NULL,
        revenue BIGINT NULL,
        profit BIGINT NULL,
        average_popularity DOUBLE NULL,
        total_popularity DOUBLE NULL,
        PRIMARY KEY (genre_id, year),
        FOREIGN KEY (genre_id) REFERENCES genre (id)
    ) {keyed}",
    "CREATE INDEX genre_year_year ON genre_year (year, genre_id)",
    "CREATE TABLE company_genre_year (
        company_id {id} NOT NULL,
        year INTEGER NOT NULL,
        genre_id {id} NOT NULL,
        movie_count INTEGER NOT NULL,
        budget BIGINT NULL,
        revenue BIGINT NULL,
        profit BIGINT NULL,
        average_popularity DOUBLE NULL,
        PRIMARY KEY (company_id, year, genre_id),
        FOREIGN KEY (company_id) REFERENCES company (id),
        FOREIGN KEY (genre_id) REFERENCES genre (id)
    ) {keyed}",
];
