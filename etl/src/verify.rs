//! Whether what is stored is still what it should be.

use crate::{Result, aggregate, archive::Archive, database};
use entity::ingest::archive_object;
use sea_orm::{DatabaseConnection, DbErr, EntityTrait, QueryOrder};
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

/// Hashes every archived object again, looks for rows that refer to nothing, and counts every aggregate anew.
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
        differences.extend(difference(db, archive, object).await?);
    }
    let mut checks = vec![Check {
        name: "archive".to_owned(),
        checked: objects.len() as u64,
        differences,
    }];
    checks.push(references(db).await?);
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

/// What is wrong with an object, if anything is; one that was moved meanwhile is looked at where it is now, and
/// one that was deleted is no longer an object.
async fn difference(
    db: &DatabaseConnection,
    archive: &Archive,
    object: &archive_object::Model,
) -> Result<Option<String>, DbErr> {
    let mut object = object.clone();
    loop {
        let error = match archive.rehash(&object.path).await {
            Ok((sha256, _)) if sha256 == object.sha256 => return Ok(None),
            Ok((sha256, bytes)) => format!(
                "{}: holds {bytes} bytes with SHA-256 {sha256}, was written with {} bytes and {}",
                object.path, object.bytes, object.sha256
            ),
            Err(error) => error.to_string(),
        };
        let now = archive_object::Entity::find_by_id(object.id)
            .one(db)
            .await?;
        match now {
            None => return Ok(None),
            Some(now) if now.path == object.path => return Ok(Some(error)),
            Some(now) => object = now,
        }
    }
}

/// What refers to what: (table, its column, the table it refers to, that one's key).
const REFERENCES: [(&str, &str, &str, &str); 14] = [
    ("movie", "run_id", "run", "id"),
    ("movie", "collection_id", "collection", "id"),
    ("movie_company", "movie_id", "movie", "id"),
    ("movie_company", "company_id", "company", "id"),
    ("movie_genre", "movie_id", "movie", "id"),
    ("movie_genre", "genre_id", "genre", "id"),
    ("movie_country", "movie_id", "movie", "id"),
    ("movie_country", "country_code", "country", "code"),
    ("movie_language", "movie_id", "movie", "id"),
    ("movie_language", "language_code", "language", "code"),
    ("company_year", "company_id", "company", "id"),
    ("genre_year", "genre_id", "genre", "id"),
    ("company_genre_year", "company_id", "company", "id"),
    ("company_genre_year", "genre_id", "genre", "id"),
];

/// Looks for rows whose parents are missing; merges do not have every engine check them one by one.
async fn references(db: &DatabaseConnection) -> Result<Check, DbErr> {
    let mut check = Check {
        name: "references".to_owned(),
        checked: REFERENCES.len() as u64,
        differences: Vec::new(),
    };
    for (table, column, parent, key) in REFERENCES {
        let sql = format!(
            "SELECT COUNT(*) FROM {table} t LEFT JOIN {parent} p ON p.{key} = t.{column}
             WHERE t.{column} IS NOT NULL AND p.{key} IS NULL"
        );
        for row in database::query(db, &sql, []).await? {
            let missing: i64 = row.try_get_by_index(0)?;
            if missing > 0 {
                check.differences.push(format!(
                    "{table}: {missing} rows have a {column} that is in no row of {parent}"
                ));
            }
        }
    }
    Ok(check)
}
