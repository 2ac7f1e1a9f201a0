//! Whether what is stored is still what it should be.

use crate::{Result, aggregate, archive::Archive};
use entity::ingest::archive_object;
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use serde::Serialize;

/// One thing that was checked.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What was checked, such as `archive` or `company_year`.
    pub name: String,
    /// How many objects or groups were looked at.
    pub checked: u64,
    /// One sentence for each that is not as it should be.
    pub differences: Vec<String>,
}

/// All checks.
#[derive(Debug, Serialize)]
pub struct Report {
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.differences.is_empty())
    }
}

/// Hashes every archived object again and counts every aggregate anew.
///
/// # Errors
/// When the database does not answer; what the archive does not give is a difference.
pub async fn verify(db: &DatabaseConnection, archive: &Archive) -> Result<Report> {
    let mut differences = Vec::new();
    let objects = archive_object::Entity::find()
        .order_by_asc(archive_object::Column::Id)
        .all(db)
        .await?;
    for object in &objects {
        match archive.rehash(&object.path).await {
            Ok((sha256, _)) if sha256 == object.sha256 => {}
            Ok((sha256, bytes)) => differences.push(format!(
                "{}: holds {bytes} bytes with SHA-256 {sha256}, was written with {} bytes and {}",
                object.path, object.bytes, object.sha256
            )),
            Err(error) => differences.push(error.to_string()),
        }
    }
    let mut checks = vec![Check {
        name: "archive".to_owned(),
        checked: objects.len() as u64,
        differences,
    }];
    checks.extend(
        aggregate::recount(db)
            .await?
            .into_iter()
            .map(|recount| Check {
                name: recount.table.to_owned(),
                checked: recount.groups,
                differences: recount.differences,
            }),
    );
    Ok(Report { checks })
}
