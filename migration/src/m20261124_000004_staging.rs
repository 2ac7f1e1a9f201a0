//! What a run has read and not yet merged, keyed by run and line; emptied when the run ends.

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
                "staging_touched_genre",
                "staging_touched_year",
                "staging_touched_company",
                "staging_change",
                "staging_movie_language",
                "staging_movie_country",
                "staging_movie_genre",
                "staging_movie_company",
                "staging_language",
                "staging_country",
                "staging_collection",
                "staging_genre",
                "staging_company",
                "staging_movie",
            ],
        )
        .await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE staging_movie (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        movie_id BIGINT NOT NULL,
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
        byte_offset BIGINT NOT NULL,
        byte_length BIGINT NOT NULL,
        PRIMARY KEY (run_id, line)
    ) {keyed}",
    "CREATE TABLE staging_company (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        id BIGINT NOT NULL,
        name {text} NOT NULL,
        PRIMARY KEY (run_id, line, id)
    ) {keyed}",
    "CREATE TABLE staging_genre (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        id BIGINT NOT NULL,
        name {text} NOT NULL,
        PRIMARY KEY (run_id, line, id)
    ) {keyed}",
    "CREATE TABLE staging_collection (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        id BIGINT NOT NULL,
        name {text} NOT NULL,
        PRIMARY KEY (run_id, line, id)
    ) {keyed}",
    "CREATE TABLE staging_country (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        code VARCHAR(16) NOT NULL,
        name {text} NOT NULL,
        PRIMARY KEY (run_id, line, code)
    ) {keyed}",
    "CREATE TABLE staging_language (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        code VARCHAR(16) NOT NULL,
        name {text} NOT NULL,
        PRIMARY KEY (run_id, line, code)
    ) {keyed}",
    "CREATE TABLE staging_movie_company (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        company_id BIGINT NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (run_id, line, company_id)
    ) {keyed}",
    "CREATE TABLE staging_movie_genre (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        genre_id BIGINT NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (run_id, line, genre_id)
    ) {keyed}",
    "CREATE TABLE staging_movie_country (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        country_code VARCHAR(16) NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (run_id, line, country_code)
    ) {keyed}",
    "CREATE TABLE staging_movie_language (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        language_code VARCHAR(16) NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (run_id, line, language_code)
    ) {keyed}",
    "CREATE TABLE staging_change (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        movie_id BIGINT NOT NULL,
        kind VARCHAR(12) NOT NULL,
        PRIMARY KEY (run_id, kind, line)
    ) {keyed}",
    "CREATE TABLE staging_touched_company (
        run_id BIGINT NOT NULL,
        company_id BIGINT NOT NULL,
        year INTEGER NOT NULL,
        PRIMARY KEY (run_id, company_id, year)
    ) {keyed}",
    "CREATE TABLE staging_touched_year (
        run_id BIGINT NOT NULL,
        year INTEGER NOT NULL,
        PRIMARY KEY (run_id, year)
    ) {keyed}",
    "CREATE TABLE staging_touched_genre (
        run_id BIGINT NOT NULL,
        genre_id BIGINT NOT NULL,
        year INTEGER NOT NULL,
        PRIMARY KEY (run_id, genre_id, year)
    ) {keyed}",
];
