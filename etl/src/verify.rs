//! Whether what is stored is still what it should be.

use crate::{
    Result, aggregate,
    archive::Archive,
    audit,
    chain::Chain,
    companion, custody, database,
    differ::{self, Compared},
    outcome,
    scratch::replay::{Progress, Replay},
    search,
};
use entity::ingest::{archive_object, run, source_file};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};
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

/// What replaying the ledger into a scratch database has shown.
#[derive(Debug, Serialize)]
pub struct Replayed {
    /// The data version up to which it was replayed.
    pub version: i32,
    /// One sentence for each thing that makes a replay impossible; nothing was compared then.
    pub obstacles: Vec<String>,
    /// One sentence for each file whose bytes somebody deleted on purpose; nothing was replayed then.
    pub deleted: Vec<String>,
    /// How the mart's tables compare with the replayed ones.
    pub tables: Vec<Compared>,
}

/// All checks.
#[derive(Debug, Serialize)]
pub struct Report {
    pub checks: Vec<Check>,
    /// None where it was left out.
    pub replay: Option<Replayed>,
}

impl Report {
    /// Whether nothing differs and nothing that was to be checked could not be.
    pub fn is_clean(&self) -> bool {
        self.checks.iter().all(|check| check.differences.is_empty())
            && self.replay.iter().all(|replay| {
                replay.obstacles.is_empty() && replay.tables.iter().all(|t| t.differing == 0)
            })
    }
}

/// What is to be checked, and who is told meanwhile.
pub struct Options<'a> {
    /// Whether the ledger is replayed.
    pub replay: bool,
    /// How many differences of a table are told one by one.
    pub most: usize,
    pub progress: &'a (dyn Fn(&Progress) + Sync),
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            replay: true,
            most: 10,
            progress: &|_| (),
        }
    }
}

/// Checks everything; see [`verify_as`].
///
/// # Errors
/// As [`verify_as`].
pub async fn verify(chain: &Chain) -> Result<Report> {
    verify_as(chain, &Options::default()).await
}

/// Hashes every archived object again, looks for rows that refer to nothing, counts every aggregate anew, follows
/// the audit trail's chain, and replays every merge from the archived files into a scratch database, which the mart must equal.
///
/// Runs may go on meanwhile: what is compared is one state of the mart, and the replay of just that.
///
/// # Errors
/// When the database does not answer; what the archive does not give is a difference.
pub async fn verify_as(chain: &Chain, options: &Options<'_>) -> Result<Report> {
    let mut checks = vec![objects(&chain.db, &chain.archive).await?];
    let snapshot = database::snapshot(&chain.db).await?;
    checks.push(references(&snapshot).await?);
    let recounts = aggregate::recount(&snapshot).await?;
    for recount in recounts
        .into_iter()
        .chain(companion::recount(&snapshot).await?)
        .chain([search::index::recount(&snapshot).await?])
    {
        checks.push(Check {
            name: recount.table.to_owned(),
            checked: recount.groups,
            differences: recount.differences,
        });
    }
    checks.push(audit::check(&snapshot).await?);
    snapshot.rollback().await?;
    let replay = match options.replay {
        true => Some(replay(chain, options).await?),
        false => None,
    };
    Ok(Report { checks, replay })
}

/// Replays the ledger, and what is merged meanwhile, until it has caught up with the mart; then compares.
async fn replay(chain: &Chain, options: &Options<'_>) -> Result<Replayed> {
    let deleted = deleted(&chain.db).await?;
    if !deleted.is_empty() {
        return Ok(Replayed {
            version: 0,
            obstacles: Vec::new(),
            deleted,
            tables: Vec::new(),
        });
    }
    let mut replay = Replay::new().await?;
    let mut tables = Vec::new();
    let obstacles = loop {
        let snapshot = database::snapshot(&chain.db).await?;
        let version = outcome::version(&snapshot).await?;
        if version == replay.version {
            tables = differ::compare(&snapshot, &replay.scratch.db, options.most).await?;
            snapshot.rollback().await?;
            break Vec::new();
        }
        snapshot.rollback().await?;
        let before = replay.version;
        let obstacles = replay.go_on(chain, options.progress).await?;
        if !obstacles.is_empty() {
            break obstacles;
        }
        if replay.version == before {
            break vec![format!(
                "the mart is at data version {version}, the ledger ends at {before}: cannot replay"
            )];
        }
    };
    let version = replay.version;
    replay.scratch.close().await?;
    Ok(Replayed {
        version,
        obstacles,
        deleted,
        tables,
    })
}

/// A sentence for each file of which a run is merged and whose bytes somebody has deleted.
async fn deleted(db: &DatabaseConnection) -> Result<Vec<String>> {
    let merged = run::Entity::find()
        .filter(run::Column::DataVersion.is_not_null())
        .select_only()
        .column(run::Column::SourceFileId)
        .into_query();
    let files = source_file::Entity::find()
        .filter(source_file::Column::DeletedAt.is_not_null())
        .filter(source_file::Column::Id.in_subquery(merged))
        .order_by_asc(source_file::Column::Id)
        .all(db)
        .await?;
    Ok(files.iter().filter_map(custody::missing).collect())
}

/// Hashes every archived object again.
async fn objects(db: &DatabaseConnection, archive: &Archive) -> Result<Check> {
    let mut differences = Vec::new();
    let objects = archive_object::Entity::find()
        .order_by_asc(archive_object::Column::Id)
        .all(db)
        .await?;
    for object in &objects {
        differences.extend(difference(db, archive, object).await?);
    }
    Ok(Check {
        name: "archive".to_owned(),
        checked: objects.len() as u64,
        differences,
    })
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
async fn references<C: ConnectionTrait>(db: &C) -> Result<Check, DbErr> {
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
