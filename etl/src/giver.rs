//! Which older files have given before what a run has taken out of the mart: they would give it again.

use crate::{Result, backfill, database};
use entity::ingest::{RunKind, run};
use sea_orm::ConnectionTrait;

/// How many files are named.
const MOST: usize = 5;

/// A sentence that names them, newest first; none where there is none, or where the run is of a backfill, which
/// sees to that itself.
pub(crate) async fn sentence<C: ConnectionTrait>(
    db: &C,
    run: &run::Model,
) -> Result<Option<String>> {
    let (Some(version), Some(file)) = (run.data_version, run.source_file_id) else {
        return Ok(None);
    };
    if run.kind != RunKind::Reprocess || run.rows_deleted == 0 || backfill::has(db, run.id).await? {
        return Ok(None);
    }
    let join = database::ordered_join(db.get_database_backend());
    let sql = format!(
        "SELECT DISTINCT f.id, f.name, f.sha256 FROM (
             SELECT earlier.version FROM revision gone
             {join} revision earlier ON earlier.movie_id = gone.movie_id
                 AND earlier.version < gone.version AND earlier.kind <> 'deleted'
             WHERE gone.run_id = ? AND gone.kind = 'deleted'
             UNION
             SELECT earlier.version FROM companion_revision gone
             {join} companion_revision earlier ON earlier.kind = gone.kind AND earlier.id = gone.id
                 AND earlier.sub = gone.sub AND earlier.version < gone.version
                 AND earlier.change_kind <> 'deleted'
             WHERE gone.version = ? AND gone.change_kind = 'deleted') given
         JOIN data_version d ON d.version = given.version
         JOIN run r ON r.id = d.run_id
         JOIN source_file f ON f.id = r.source_file_id
         WHERE r.kind <> 'undo' AND r.status = 'succeeded' AND f.id < ? AND f.deleted_at IS NULL
         ORDER BY f.id DESC LIMIT {}",
        MOST + 1
    );
    let rows = database::query(db, &sql, [run.id.into(), version.into(), file.into()]).await?;
    let mut names = Vec::with_capacity(rows.len());
    for row in rows.iter().take(MOST) {
        let (name, sha256): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        names.push(format!("{name} (SHA-256 {sha256})"));
    }
    if names.is_empty() {
        return Ok(None);
    }
    let others = if rows.len() > MOST { " and others" } else { "" };
    Ok(Some(format!(
        "older files have given some of what was deleted before: {}{others}; \
         `marquee reprocess --file SHA256 --rules {}` lets one give it again",
        names.join(", "),
        run.rule_version
    )))
}
