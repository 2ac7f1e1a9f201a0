//! How much each reject and issue matters.

use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::execute(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::execute(manager, DOWN).await
    }
}

const UP: &[&str] = &[
    "ALTER TABLE reject ADD COLUMN severity VARCHAR(8) NOT NULL DEFAULT 'error'",
    "ALTER TABLE issue ADD COLUMN severity VARCHAR(8) NOT NULL DEFAULT 'warning'",
    // What was found before is told apart as it would be now; checks of rule sets may use these codes too.
    "UPDATE issue SET severity = 'info'
     WHERE (code = 'superseded' AND rule = 'id.last_wins')
     OR (code IN ('century_assumed', 'repeated_in_list') AND rule = 'source.format')",
];

const DOWN: &[&str] = &[
    "ALTER TABLE issue DROP COLUMN severity",
    "ALTER TABLE reject DROP COLUMN severity",
];
