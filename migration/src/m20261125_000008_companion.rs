//! What companion files say of movies: as read, as kept, as it was, and in tables of its own.

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
                "movie_rating",
                "movie_link",
                "movie_crew",
                "movie_cast",
                "movie_keyword",
                "companion_revision",
                "companion",
                "staging_companion_change",
                "staging_companion",
            ],
        )
        .await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE staging_companion (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        kind VARCHAR(12) NOT NULL,
        id BIGINT NOT NULL,
        sub BIGINT NOT NULL,
        own BOOLEAN NOT NULL,
        payload {text} NOT NULL,
        byte_offset BIGINT NOT NULL,
        byte_length BIGINT NOT NULL,
        PRIMARY KEY (run_id, line, kind)
    ) {keyed}",
    "CREATE TABLE staging_companion_change (
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        kind VARCHAR(12) NOT NULL,
        id BIGINT NOT NULL,
        sub BIGINT NOT NULL,
        own BOOLEAN NOT NULL,
        change_kind VARCHAR(12) NOT NULL,
        PRIMARY KEY (run_id, kind, id, sub, line)
    ) {keyed}",
    "CREATE TABLE companion (
        kind VARCHAR(12) NOT NULL,
        id BIGINT NOT NULL,
        sub BIGINT NOT NULL,
        payload {text} NOT NULL,
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        byte_offset BIGINT NOT NULL,
        byte_length BIGINT NOT NULL,
        PRIMARY KEY (kind, id, sub)
    ) {keyed}",
    "CREATE INDEX companion_run ON companion (run_id)",
    "CREATE TABLE companion_revision (
        kind VARCHAR(12) NOT NULL,
        id BIGINT NOT NULL,
        sub BIGINT NOT NULL,
        version INTEGER NOT NULL,
        change_kind VARCHAR(12) NOT NULL,
        payload {text} NULL,
        run_id BIGINT NULL,
        line BIGINT NULL,
        byte_offset BIGINT NULL,
        byte_length BIGINT NULL,
        PRIMARY KEY (kind, id, sub, version)
    ) {keyed}",
    "CREATE INDEX companion_revision_version ON companion_revision (version)",
    "CREATE TABLE movie_keyword (
        movie_id BIGINT NOT NULL,
        position INTEGER NOT NULL,
        keyword_id BIGINT NOT NULL,
        name {text} NOT NULL,
        PRIMARY KEY (movie_id, position)
    ) {keyed}",
    "CREATE INDEX movie_keyword_keyword ON movie_keyword (keyword_id)",
    "CREATE TABLE movie_cast (
        movie_id BIGINT NOT NULL,
        position INTEGER NOT NULL,
        person_id BIGINT NOT NULL,
        name {text} NOT NULL,
        character_name {text} NULL,
        PRIMARY KEY (movie_id, position)
    ) {keyed}",
    "CREATE INDEX movie_cast_person ON movie_cast (person_id)",
    "CREATE TABLE movie_crew (
        movie_id BIGINT NOT NULL,
        position INTEGER NOT NULL,
        person_id BIGINT NOT NULL,
        name {text} NOT NULL,
        department {text} NULL,
        job {text} NULL,
        PRIMARY KEY (movie_id, position)
    ) {keyed}",
    "CREATE INDEX movie_crew_person ON movie_crew (person_id)",
    "CREATE TABLE movie_link (
        movielens_id BIGINT NOT NULL,
        movie_id BIGINT NOT NULL,
        imdb_id VARCHAR(32) NULL,
        PRIMARY KEY (movielens_id)
    ) {table}",
    "CREATE INDEX movie_link_movie ON movie_link (movie_id)",
    "CREATE TABLE movie_rating (
        movielens_id BIGINT NOT NULL,
        rating_count BIGINT NOT NULL,
        rating_average DOUBLE NOT NULL,
        PRIMARY KEY (movielens_id)
    ) {table}",
];
