//! An audit trail whose every event is chained to the one before, attempts that slow down guessing, and where
//! sessions were opened.
//!
//! The trail is copied, so that its keys count without a gap: what is chained is all there is.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{
        DatabaseBackend, RuntimeErr, Statement, Value, prelude::DateTimeUtc,
        sqlx::mysql::MySqlDatabaseError,
    },
};
use sha2::{Digest, Sha256};

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// On one connection, because an SQLite connection that has not heard of a dropped table takes the names of its
    /// indexes for taken; and there entirely or not at all.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::execute(manager, &[HEAD, CHAINED]).await?;
        chain(manager).await?;
        super::execute(manager, UP).await?;
        let triggers = match manager.get_database_backend() {
            DatabaseBackend::Sqlite => SQLITE_TRIGGERS,
            _ => MYSQL_TRIGGERS,
        };
        for trigger in triggers {
            match super::execute(manager, &[trigger]).await {
                // Not every server lets its users make triggers; the chain tells what was changed all the same.
                Err(error) if is_not_allowed(&error) => {}
                made => made?,
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::execute(manager, DOWN).await?;
        super::drop_tables(manager, &["audit_head", "attempt"]).await
    }
}

const HEAD: &str = "CREATE TABLE audit_head (
        id INTEGER NOT NULL PRIMARY KEY,
        sequence BIGINT NOT NULL,
        hash CHAR(64) NOT NULL
    ) {table}";

const CHAINED: &str = "CREATE TABLE audit_chained (
        id {id} NOT NULL PRIMARY KEY,
        at {instant} NOT NULL,
        actor VARCHAR(190) NOT NULL,
        action VARCHAR(64) NOT NULL,
        subject VARCHAR(190) NOT NULL,
        address VARCHAR(64) NULL,
        outcome VARCHAR(16) NOT NULL,
        code VARCHAR(64) NULL,
        reason {text} NULL,
        value_before {text} NULL,
        value_after {text} NULL,
        previous_hash CHAR(64) NOT NULL,
        hash CHAR(64) NOT NULL
    ) {table}";

const UP: &[&str] = &[
    "DROP TABLE audit_event",
    "ALTER TABLE audit_chained RENAME TO audit_event",
    "CREATE INDEX audit_event_at ON audit_event (at)",
    "CREATE INDEX audit_event_actor ON audit_event (actor, id)",
    "CREATE INDEX audit_event_action ON audit_event (action, id)",
    "CREATE TABLE attempt (
        subject VARCHAR(96) NOT NULL PRIMARY KEY,
        failures INTEGER NOT NULL,
        last_at {instant} NOT NULL,
        told_at {instant} NULL
    ) {table}",
    "CREATE INDEX attempt_last ON attempt (last_at)",
    "ALTER TABLE user DROP COLUMN failed_logins",
    "ALTER TABLE user DROP COLUMN last_failed_at",
    "ALTER TABLE session ADD COLUMN address VARCHAR(64) NULL",
];

const SQLITE_TRIGGERS: &[&str] = &[
    "CREATE TRIGGER audit_event_unchanged BEFORE UPDATE ON audit_event
     BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    "CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event
     BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
];

const MYSQL_TRIGGERS: &[&str] = &[
    "CREATE TRIGGER audit_event_unchanged BEFORE UPDATE ON audit_event
     FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit trail is append-only'",
    "CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event
     FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit trail is append-only'",
];

// What was refused would look done in the table as it was.
const DOWN: &[&str] = &[
    "CREATE TABLE audit_old (
        id {serial},
        at {instant} NOT NULL,
        actor VARCHAR(190) NOT NULL,
        action VARCHAR(64) NOT NULL,
        subject VARCHAR(190) NOT NULL,
        address VARCHAR(64) NULL,
        value_before {text} NULL,
        value_after {text} NULL
    ) {table}",
    "INSERT INTO audit_old (id, at, actor, action, subject, address, value_before, value_after)
     SELECT id, at, actor, action, subject, address, value_before, value_after
     FROM audit_event WHERE outcome = 'done' ORDER BY id",
    "DROP TABLE audit_event",
    "ALTER TABLE audit_old RENAME TO audit_event",
    "CREATE INDEX audit_event_at ON audit_event (at)",
    "ALTER TABLE session DROP COLUMN address",
    "ALTER TABLE user ADD COLUMN failed_logins INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE user ADD COLUMN last_failed_at {instant} NULL",
];

/// Whether the server keeps this user from making triggers: without the right to, or with a binary log that
/// only its administrator may write triggers to.
fn is_not_allowed(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) =
        error
    else {
        return false;
    };
    let found = inner.as_database_error();
    let found = found.and_then(|found| found.try_downcast_ref::<MySqlDatabaseError>());
    found.is_some_and(|found| matches!(found.number(), 1142 | 1227 | 1419))
}

/// Copies what there is, each event with the hash over itself and the one before, and writes down the last.
async fn chain(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const PAGE: &str = "SELECT id, at, actor, action, subject, address, value_before, value_after
        FROM audit_event WHERE id > ? ORDER BY id LIMIT 500";
    const INSERT: &str =
        "INSERT INTO audit_chained (id, at, actor, action, subject, address, outcome,
        code, reason, value_before, value_after, previous_hash, hash)
        VALUES (?, ?, ?, ?, ?, ?, 'done', NULL, NULL, ?, ?, ?, ?)";
    let (db, backend) = (manager.get_connection(), manager.get_database_backend());
    let statement =
        |sql: &str, values: Vec<Value>| Statement::from_sql_and_values(backend, sql, values);
    let (mut sequence, mut previous, mut after) = (0_i64, "0".repeat(64), 0_i64);
    loop {
        let page = db
            .query_all_raw(statement(PAGE, vec![after.into()]))
            .await?;
        if page.is_empty() {
            break;
        }
        for row in page {
            after = row.try_get("", "id")?;
            sequence += 1;
            let at: DateTimeUtc = row.try_get("", "at")?;
            let text = |name: &str| row.try_get::<Option<String>>("", name);
            let texts = [text("actor")?, text("action")?, text("subject")?];
            let [address, before, value_after] = [
                text("address")?,
                text("value_before")?,
                text("value_after")?,
            ];
            let mut hash = Sha256::new();
            hash.update(&previous);
            hash.update(sequence.to_be_bytes());
            hash.update(at.timestamp_micros().to_be_bytes());
            let outcome = [Some("done".to_owned()), None, None];
            let rest = [address.clone()].into_iter().chain(outcome);
            let rest = rest.chain([before.clone(), value_after.clone()]);
            for field in texts.iter().cloned().chain(rest) {
                let length = field.as_ref().map_or(u64::MAX, |text| text.len() as u64);
                hash.update(length.to_be_bytes());
                hash.update(field.unwrap_or_default());
            }
            let hash = hex::encode(hash.finalize());
            let [actor, action, subject] = texts;
            let values = vec![
                sequence.into(),
                at.into(),
                actor.into(),
                action.into(),
                subject.into(),
                address.into(),
                before.into(),
                value_after.into(),
                previous.into(),
                hash.clone().into(),
            ];
            db.execute_raw(statement(INSERT, values)).await?;
            previous = hash;
        }
    }
    const HEAD: &str = "INSERT INTO audit_head (id, sequence, hash) VALUES (1, ?, ?)";
    db.execute_raw(statement(HEAD, vec![sequence.into(), previous.into()]))
        .await?;
    Ok(())
}
