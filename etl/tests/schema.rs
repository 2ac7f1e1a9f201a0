//! The entities and the migrated databases name the same columns, on every engine.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, engines};
use entity::{
    access, aggregate, companion,
    ingest::{self, Severity},
    mart, past, search, staging,
};
use etl::database;
use migration::{Migrator, MigratorTrait};
use sea_orm::{DatabaseBackend, DatabaseConnection, EntityTrait, IdenStatic, Iterable, QueryOrder};
use std::collections::BTreeMap;

/// Tables with their columns, sorted.
type Tables = BTreeMap<String, Vec<String>>;

/// An entity's table and columns; reads a row as well, so that the types are tried.
async fn add<E: EntityTrait>(db: &DatabaseConnection, tables: &mut Tables) {
    let table = E::default().table_name().to_owned();
    E::find()
        .one(db)
        .await
        .unwrap_or_else(|error| panic!("{table}: {error}"));
    let mut columns: Vec<_> = E::Column::iter()
        .map(|column| column.as_str().to_owned())
        .collect();
    columns.sort();
    tables.insert(table, columns);
}

async fn of_entities(db: &DatabaseConnection) -> Tables {
    let mut tables = Tables::new();
    macro_rules! each {
        ($($family:ident: $($entity:ident)*,)*) => {
            $($(add::<$family::$entity::Entity>(db, &mut tables).await;)*)*
        };
    }
    each! {
        access: user role user_role session token attempt audit_event audit_head,
        aggregate: year_total company_year genre_year company_genre_year,
        companion: staging change fact revision keyword cast crew link rating,
        ingest: source_file run mart_state data_version job instance arrival run_phase run_event reject issue
            revision archive_object archive_removal rule_set backfill backfill_run,
        mart: company genre collection country language movie movie_company movie_genre movie_country
            movie_language,
        past: movie movie_company movie_genre movie_country movie_language name,
        search: name,
        staging: movie company genre collection country language movie_company movie_genre
            movie_country movie_language change touched_company touched_genre touched_year,
    }
    tables
}

async fn of_database(db: &DatabaseConnection) -> Tables {
    let sql = match db.get_database_backend() {
        DatabaseBackend::Sqlite => {
            "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        }
        _ => {
            "SELECT table_name, column_name FROM information_schema.columns
             WHERE table_schema = DATABASE()"
        }
    };
    let mut tables = Tables::new();
    for row in database::query(db, sql, []).await.unwrap() {
        let table: String = row.try_get_by_index(0).unwrap();
        tables
            .entry(table)
            .or_default()
            .push(row.try_get_by_index(1).unwrap());
    }
    tables.remove("seaql_migrations");
    tables.values_mut().for_each(|columns| columns.sort());
    tables
}

#[tokio::test]
async fn entities_are_those_of_the_migrated_database() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        assert_eq!(of_entities(db).await, of_database(db).await);
        world.close().await;
    }
}

#[tokio::test]
async fn every_step_can_be_taken_back() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let before = of_database(db).await;
        Migrator::down(db, None).await.unwrap();
        assert_eq!(of_database(db).await, Tables::new());
        Migrator::up(db, None).await.unwrap();
        assert_eq!(of_database(db).await, before);
        world.close().await;
    }
}

#[tokio::test]
async fn what_was_found_before_there_were_severities_gets_one() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let steps = Migrator::migrations();
        let since = steps.iter().rev();
        let later = since
            .take_while(|step| step.name() != "m20261125_000012_severity")
            .count();
        Migrator::down(db, Some(later as u32 + 1)).await.unwrap();
        let at = "2026-11-25 12:00:00";
        for sql in [
            &format!(
                "INSERT INTO run (kind, status, triggered_by, file_name, rule_version, created_at)
                 VALUES ('ingest', 'succeeded', 'inbox', 'a.csv', 1, '{at}')"
            ),
            "INSERT INTO reject (run_id, line, byte_offset, byte_length, code, rule, message)
             SELECT id, 2, 0, 9, 'invalid_id', 'id.required', 'm' FROM run",
            "INSERT INTO issue (run_id, line, code, rule, message)
             SELECT id, 1, 'superseded', 'id.last_wins', 'm' FROM run
             UNION ALL SELECT id, 2, 'superseded', 'mine', 'm' FROM run
             UNION ALL SELECT id, 3, 'century_assumed', 'source.format', 'm' FROM run
             UNION ALL SELECT id, 4, 'invalid_date', 'source.format', 'm' FROM run",
        ] {
            database::execute(db, sql, []).await.unwrap();
        }
        Migrator::up(db, None).await.unwrap();
        let reject = ingest::reject::Entity::find().one(db).await.unwrap();
        assert_eq!(reject.unwrap().severity, Severity::Error);
        let issues = ingest::issue::Entity::find().order_by_asc(ingest::issue::Column::Line);
        let issues = issues.all(db).await.unwrap();
        let severities: Vec<Severity> = issues.iter().map(|issue| issue.severity).collect();
        assert_eq!(
            severities,
            [
                Severity::Info,
                Severity::Warning,
                Severity::Info,
                Severity::Warning
            ]
        );
        world.close().await;
    }
}
