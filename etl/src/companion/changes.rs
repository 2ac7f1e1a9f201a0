//! What a run changes of what companion files say.

use entity::ingest::{RunStatus, run};

/// The statement that gives what a run has changed, or would change while it is held, of what companion files say: as
/// `kind`, `id` and `sub` (what it is known by), `change_kind` (`inserted`, `updated` or `deleted`), `was` and
/// `becomes` (JSON, null where there is nothing); none for other runs.
pub fn changes_sql(run: &run::Model) -> String {
    let version = match (run.status, run.data_version) {
        (_, Some(version)) => version,
        (RunStatus::Held, None) => {
            return format!(
                "SELECT c.kind, c.id, c.sub, c.change_kind, m.payload AS was,
                        CASE c.change_kind WHEN 'deleted' THEN NULL ELSE s.payload END AS becomes
                 FROM staging_companion_change c
                 LEFT JOIN staging_companion s
                   ON s.run_id = c.run_id AND s.line = c.line AND s.kind = c.kind
                 LEFT JOIN companion m ON m.kind = c.kind AND m.id = c.id AND m.sub = c.sub
                 WHERE c.run_id = {} AND c.change_kind IN ('inserted', 'updated', 'deleted')",
                run.id
            );
        }
        // No merge has made it.
        _ => 0,
    };
    format!(
        "SELECT r.kind, r.id, r.sub, r.change_kind, r.payload AS was,
                CASE r.change_kind WHEN 'deleted' THEN NULL ELSE COALESCE(
                    (SELECT n.payload FROM companion_revision n WHERE n.kind = r.kind
                     AND n.id = r.id AND n.sub = r.sub AND n.version > r.version
                     ORDER BY n.version LIMIT 1), m.payload) END AS becomes
         FROM companion_revision r
         LEFT JOIN companion m ON m.kind = r.kind AND m.id = r.id AND m.sub = r.sub
         WHERE r.version = {version}"
    )
}
