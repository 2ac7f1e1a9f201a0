//! What the mart held before: a row for each state that a merge replaced, with the version that replaced it.

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
                "past_name",
                "past_movie_language",
                "past_movie_country",
                "past_movie_genre",
                "past_movie_company",
                "past_movie",
            ],
        )
        .await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE past_movie (
        id {id} NOT NULL,
        until_version INTEGER NOT NULL,
        title {text} NOT NULL,
        original_title {text} NULL,
        imdb_id {text} NULL,
        adult BOOLEAN NULL,
        budget BIGINT NULL,
        revenue BIGINT NULL,
        popularity DOUBLE NULL,
        release_date {day} NULL,
        release_year INTEGER NULL,
        runtime DOUBLE NULL,
        status {text} NULL,
        original_language {text} NULL,
        overview {text} NULL,
        tagline {text} NULL,
        homepage {text} NULL,
        poster_path {text} NULL,
        video BOOLEAN NULL,
        vote_average DOUBLE NULL,
        vote_count BIGINT NULL,
        collection_id BIGINT NULL,
        row_hash {hash} NOT NULL,
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        byte_offset BIGINT NOT NULL,
        byte_length BIGINT NOT NULL,
        PRIMARY KEY (id, until_version)
    ) {keyed}",
    "CREATE TABLE past_movie_company (
        movie_id {id} NOT NULL,
        until_version INTEGER NOT NULL,
        company_id {id} NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (movie_id, until_version, company_id)
    ) {keyed}",
    "CREATE TABLE past_movie_genre (
        movie_id {id} NOT NULL,
        until_version INTEGER NOT NULL,
        genre_id {id} NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (movie_id, until_version, genre_id)
    ) {keyed}",
    "CREATE TABLE past_movie_country (
        movie_id {id} NOT NULL,
        until_version INTEGER NOT NULL,
        country_code VARCHAR(16) NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (movie_id, until_version, country_code)
    ) {keyed}",
    "CREATE TABLE past_movie_language (
        movie_id {id} NOT NULL,
        until_version INTEGER NOT NULL,
        language_code VARCHAR(16) NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (movie_id, until_version, language_code)
    ) {keyed}",
    "CREATE TABLE past_name (
        noun VARCHAR(16) NOT NULL,
        name_key VARCHAR(32) NOT NULL,
        until_version INTEGER NOT NULL,
        name {text} NULL,
        PRIMARY KEY (noun, name_key, until_version)
    ) {keyed}",
    "CREATE INDEX past_name_version ON past_name (until_version)",
];
