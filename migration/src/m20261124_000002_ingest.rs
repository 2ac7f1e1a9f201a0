//! Files, runs and their records, the job queue, the archive's catalogue and the ledger of merges.

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
                "archive_object",
                "revision",
                "issue",
                "reject",
                "run_event",
                "run_phase",
                "arrival",
                "job",
                "data_version",
                "mart_state",
                "run",
                "source_file",
            ],
        )
        .await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE source_file (
        id {serial},
        sha256 CHAR(64) NOT NULL UNIQUE,
        name {text} NOT NULL,
        bytes BIGINT NOT NULL,
        source VARCHAR(64) NULL,
        archive_path {text} NOT NULL,
        arrived_at {instant} NOT NULL
    ) {table}",
    "CREATE TABLE run (
        id {serial},
        kind VARCHAR(16) NOT NULL,
        status VARCHAR(16) NOT NULL,
        triggered_by VARCHAR(16) NOT NULL,
        file_name {text} NOT NULL,
        source_file_id BIGINT NULL,
        mode VARCHAR(8) NOT NULL DEFAULT 'merge',
        rule_version INTEGER NOT NULL,
        duplicate_of BIGINT NULL,
        undoes BIGINT NULL,
        held_because {text} NULL,
        approved_at {instant} NULL,
        data_version INTEGER NULL,
        bytes_total BIGINT NULL,
        bytes_read BIGINT NOT NULL DEFAULT 0,
        rows_read BIGINT NOT NULL DEFAULT 0,
        rows_inserted BIGINT NOT NULL DEFAULT 0,
        rows_updated BIGINT NOT NULL DEFAULT 0,
        rows_unchanged BIGINT NOT NULL DEFAULT 0,
        rows_superseded BIGINT NOT NULL DEFAULT 0,
        rows_deleted BIGINT NOT NULL DEFAULT 0,
        rows_rejected BIGINT NOT NULL DEFAULT 0,
        issue_count BIGINT NOT NULL DEFAULT 0,
        error {text} NULL,
        created_at {instant} NOT NULL,
        started_at {instant} NULL,
        finished_at {instant} NULL,
        FOREIGN KEY (source_file_id) REFERENCES source_file (id),
        FOREIGN KEY (duplicate_of) REFERENCES run (id),
        FOREIGN KEY (undoes) REFERENCES run (id)
    ) {table}",
    "CREATE INDEX run_status ON run (status)",
    "CREATE INDEX run_source_file ON run (source_file_id)",
    "CREATE TABLE mart_state (
        id INTEGER NOT NULL PRIMARY KEY,
        version INTEGER NOT NULL
    ) {table}",
    "INSERT INTO mart_state (id, version) VALUES (1, 0)",
    "CREATE TABLE data_version (
        version INTEGER NOT NULL PRIMARY KEY,
        run_id BIGINT NOT NULL UNIQUE,
        merged_at {instant} NOT NULL,
        FOREIGN KEY (run_id) REFERENCES run (id)
    ) {table}",
    "CREATE TABLE job (
        id {serial},
        run_id BIGINT NOT NULL UNIQUE,
        path {text} NULL,
        priority INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        fence BIGINT NOT NULL DEFAULT 0,
        lease_owner VARCHAR(190) NULL,
        lease_until {instant} NULL,
        done_at {instant} NULL,
        FOREIGN KEY (run_id) REFERENCES run (id)
    ) {table}",
    "CREATE INDEX job_open ON job (done_at, priority, id)",
    "CREATE TABLE arrival (
        fingerprint CHAR(64) NOT NULL PRIMARY KEY,
        path {text} NOT NULL,
        run_id BIGINT NOT NULL,
        seen_at {instant} NOT NULL,
        FOREIGN KEY (run_id) REFERENCES run (id)
    ) {table}",
    "CREATE TABLE run_phase (
        id {serial},
        run_id BIGINT NOT NULL,
        name VARCHAR(16) NOT NULL,
        started_at {instant} NOT NULL,
        finished_at {instant} NULL,
        row_count BIGINT NULL,
        byte_count BIGINT NULL,
        FOREIGN KEY (run_id) REFERENCES run (id) ON DELETE CASCADE
    ) {table}",
    "CREATE INDEX run_phase_run ON run_phase (run_id)",
    "CREATE TABLE run_event (
        id {serial},
        run_id BIGINT NOT NULL,
        at {instant} NOT NULL,
        level VARCHAR(8) NOT NULL,
        message {text} NOT NULL,
        FOREIGN KEY (run_id) REFERENCES run (id) ON DELETE CASCADE
    ) {table}",
    "CREATE INDEX run_event_run ON run_event (run_id, id)",
    "CREATE TABLE reject (
        id {serial},
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        byte_offset BIGINT NOT NULL,
        byte_length BIGINT NOT NULL,
        code VARCHAR(64) NOT NULL,
        rule VARCHAR(64) NOT NULL,
        column_name VARCHAR(64) NULL,
        value {text} NULL,
        message {text} NOT NULL,
        FOREIGN KEY (run_id) REFERENCES run (id) ON DELETE CASCADE
    ) {table}",
    "CREATE INDEX reject_run ON reject (run_id, code, id)",
    "CREATE TABLE issue (
        id {serial},
        run_id BIGINT NOT NULL,
        line BIGINT NOT NULL,
        movie_id BIGINT NULL,
        code VARCHAR(64) NOT NULL,
        rule VARCHAR(64) NOT NULL,
        column_name VARCHAR(64) NULL,
        old_value {text} NULL,
        new_value {text} NULL,
        message {text} NOT NULL,
        FOREIGN KEY (run_id) REFERENCES run (id) ON DELETE CASCADE
    ) {table}",
    "CREATE INDEX issue_run ON issue (run_id, code, id)",
    "CREATE TABLE revision (
        id {serial},
        run_id BIGINT NOT NULL,
        version INTEGER NOT NULL,
        movie_id BIGINT NOT NULL,
        kind VARCHAR(8) NOT NULL,
        line BIGINT NOT NULL,
        FOREIGN KEY (run_id) REFERENCES run (id)
    ) {table}",
    "CREATE INDEX revision_movie ON revision (movie_id, version)",
    "CREATE INDEX revision_run ON revision (run_id, kind)",
    "CREATE TABLE archive_object (
        id {serial},
        kind VARCHAR(16) NOT NULL,
        sha256 CHAR(64) NOT NULL,
        path {text} NOT NULL,
        bytes BIGINT NOT NULL,
        source_file_id BIGINT NOT NULL,
        run_id BIGINT NULL,
        created_at {instant} NOT NULL,
        FOREIGN KEY (source_file_id) REFERENCES source_file (id),
        FOREIGN KEY (run_id) REFERENCES run (id)
    ) {table}",
    "CREATE INDEX archive_object_file ON archive_object (source_file_id)",
];
