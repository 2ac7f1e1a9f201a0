//! Who may do what: users, roles, sessions, tokens, and the trail of what they did.

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
                "audit_event",
                "token",
                "session",
                "user_role",
                "role",
                "user",
            ],
        )
        .await
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE user (
        id {serial},
        name VARCHAR(190) NOT NULL UNIQUE,
        password_hash VARCHAR(255) NOT NULL,
        failed_logins INTEGER NOT NULL DEFAULT 0,
        last_failed_at {instant} NULL,
        disabled_at {instant} NULL,
        created_at {instant} NOT NULL
    ) {table}",
    "CREATE TABLE role (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        permissions {text} NOT NULL
    ) {table}",
    "INSERT INTO role (name, permissions) VALUES
        ('viewer', 'data.read'),
        ('operator', 'data.read file.read file.create run.trigger run.approve'),
        ('admin', 'data.read file.read file.create file.move file.delete run.trigger run.approve rule.write user.manage audit.read')",
    "CREATE TABLE user_role (
        user_id BIGINT NOT NULL,
        role_name VARCHAR(64) NOT NULL,
        PRIMARY KEY (user_id, role_name),
        FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE,
        FOREIGN KEY (role_name) REFERENCES role (name)
    ) {keyed}",
    "CREATE TABLE session (
        token_hash CHAR(64) NOT NULL PRIMARY KEY,
        user_id BIGINT NOT NULL,
        created_at {instant} NOT NULL,
        expires_at {instant} NOT NULL,
        FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE
    ) {table}",
    "CREATE INDEX session_user ON session (user_id)",
    "CREATE INDEX session_expiry ON session (expires_at)",
    "CREATE TABLE token (
        id {serial},
        name VARCHAR(190) NOT NULL,
        token_hash CHAR(64) NOT NULL UNIQUE,
        user_id BIGINT NOT NULL,
        role_name VARCHAR(64) NOT NULL,
        created_at {instant} NOT NULL,
        expires_at {instant} NOT NULL,
        last_used_at {instant} NULL,
        revoked_at {instant} NULL,
        FOREIGN KEY (user_id) REFERENCES user (id) ON DELETE CASCADE,
        FOREIGN KEY (role_name) REFERENCES role (name)
    ) {table}",
    "CREATE TABLE audit_event (
        id {serial},
        at {instant} NOT NULL,
        actor VARCHAR(190) NOT NULL,
        action VARCHAR(64) NOT NULL,
        subject VARCHAR(190) NOT NULL,
        address VARCHAR(64) NULL,
        value_before {text} NULL,
        value_after {text} NULL
    ) {table}",
    "CREATE INDEX audit_event_at ON audit_event (at)",
];
