//! Who reads data may have any operation answered, until an operator takes that from a role.

use super::execute;
use sea_orm_migration::prelude::*;

/// See the module.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        execute(manager, DOWN).await
    }
}

const UP: &[&str] =
    &["UPDATE role SET permissions = REPLACE(permissions, 'data.read', 'data.read query.any')"];

const DOWN: &[&str] = &["UPDATE role SET permissions = REPLACE(permissions, ' query.any', '')"];
