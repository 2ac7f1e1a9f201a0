//! What analysts ask about: movies and what they are linked to.

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
                "movie_language",
                "movie_country",
                "movie_genre",
                "movie_company",
                "movie",
                "language",
                "country",
                "collection",
                "genre",
                "company",
            ],
        )
        .await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE company (
        id {id} NOT NULL PRIMARY KEY,
        name {text} NOT NULL,
        movie_count INTEGER NOT NULL DEFAULT 0
    ) {table}",
    "CREATE INDEX company_movie_count ON company (movie_count, id)",
    "CREATE TABLE genre (
        id {id} NOT NULL PRIMARY KEY,
        name {text} NOT NULL,
        movie_count INTEGER NOT NULL DEFAULT 0
    ) {table}",
    "CREATE TABLE collection (
        id {id} NOT NULL PRIMARY KEY,
        name {text} NOT NULL
    ) {table}",
    "CREATE TABLE country (
        code VARCHAR(16) NOT NULL PRIMARY KEY,
        name {text} NOT NULL
    ) {table}",
    "CREATE TABLE language (
        code VARCHAR(16) NOT NULL PRIMARY KEY,
        name {text} NOT NULL
    ) {table}",
    "CREATE TABLE movie (
        id {id} NOT NULL PRIMARY KEY,
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
        FOREIGN KEY (collection_id) REFERENCES collection (id),
        FOREIGN KEY (run_id) REFERENCES run (id)
    ) {table}",
    "CREATE INDEX movie_release_year ON movie (release_year, id)",
    "CREATE INDEX movie_release_date ON movie (release_date, id)",
    "CREATE INDEX movie_collection ON movie (collection_id)",
    "CREATE INDEX movie_popularity ON movie (popularity, id)",
    "CREATE INDEX movie_budget ON movie (budget, id)",
    "CREATE INDEX movie_revenue ON movie (revenue, id)",
    "CREATE TABLE movie_company (
        movie_id {id} NOT NULL,
        company_id {id} NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (movie_id, company_id),
        FOREIGN KEY (movie_id) REFERENCES movie (id),
        FOREIGN KEY (company_id) REFERENCES company (id)
    ) {keyed}",
    "CREATE INDEX movie_company_company ON movie_company (company_id, movie_id)",
    "CREATE TABLE movie_genre (
        movie_id {id} NOT NULL,
        genre_id {id} NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (movie_id, genre_id),
        FOREIGN KEY (movie_id) REFERENCES movie (id),
        FOREIGN KEY (genre_id) REFERENCES genre (id)
    ) {keyed}",
    "CREATE INDEX movie_genre_genre ON movie_genre (genre_id, movie_id)",
    "CREATE TABLE movie_country (
        movie_id {id} NOT NULL,
        country_code VARCHAR(16) NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (movie_id, country_code),
        FOREIGN KEY (movie_id) REFERENCES movie (id),
        FOREIGN KEY (country_code) REFERENCES country (code)
    ) {keyed}",
    "CREATE INDEX movie_country_country ON movie_country (country_code, movie_id)",
    "CREATE TABLE movie_language (
        movie_id {id} NOT NULL,
        language_code VARCHAR(16) NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (movie_id, language_code),
        FOREIGN KEY (movie_id) REFERENCES movie (id),
        FOREIGN KEY (language_code) REFERENCES language (code)
    ) {keyed}",
    "CREATE INDEX movie_language_language ON movie_language (language_code, movie_id)",
];
