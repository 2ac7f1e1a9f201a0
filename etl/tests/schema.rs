//! The entities and the migrated databases name the same columns, on every engine.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, engines};
use entity::{access, aggregate, companion, ingest, mart, past, staging};
use etl::database;
use migration::{Migrator, MigratorTrait};
use sea_orm::{DatabaseBackend, DatabaseConnection, EntityTrait, IdenStatic, Iterable};
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
        access: user role user_role session token audit_event,
        aggregate: year_total company_year genre_year company_genre_year,
        companion: staging change fact revision keyword cast crew link rating,
        ingest: source_file run mart_state data_version job arrival run_phase run_event reject issue
            revision archive_object archive_removal rule_set backfill backfill_run,
        mart: company genre collection country language movie movie_company movie_genre movie_country
            movie_language,
        past: movie movie_company movie_genre movie_country movie_language name,
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
