//! Finding movies, companies, genres and collections by the words of their names, on every engine.
#![allow(clippy::unwrap_used)]

mod common;

use common::{HEADER, Line, World, engines, file};
use entity::ingest::Trigger;
use etl::{
    control, database, queue,
    search::{self, Noun},
    verify,
};
use migration::{Migrator, MigratorTrait};
use std::collections::BTreeMap;

async fn on_every_engine(test: impl AsyncFn(&World)) {
    for engine in engines() {
        let world = World::new(&engine).await;
        test(&world).await;
        world.close().await;
    }
}

/// A record with names; `extra` is the collection's.
fn record(
    id: i64,
    title: &str,
    original: &str,
    popularity: f64,
    company: &str,
    extra: &str,
) -> String {
    let quoted = |text: &str| text.replace('"', "\"\"");
    let python = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    let collection = match extra {
        "" => String::new(),
        name => format!("\"{{'id': 7{id}, 'name': '{}'}}\"", quoted(&python(name))),
    };
    format!(
        "False,{collection},0,\"[{{'id': 18, 'name': 'Drama'}}]\",,{id},,en,\"{}\",,{popularity},,\
         \"[{{'id': 9{id}, 'name': '{}'}}]\",[],1999-01-01,0,90.0,[],Released,,\"{}\",False,6.5,10",
        quoted(original),
        quoted(&python(company)),
        quoted(title),
    )
}

fn records(records: &[String]) -> String {
    format!("{HEADER}\n{}\n", records.join("\n"))
}

/// What is found, such as `movie 7`.
async fn found(world: &World, text: &str) -> Vec<String> {
    let hits = search::find(&world.chain.db, text, &Noun::ALL, 50)
        .await
        .unwrap();
    hits.iter()
        .map(|hit| format!("{} {}", hit.noun.table(), hit.id))
        .collect()
}

async fn is_clean(world: &World) {
    let report = verify::verify(&world.chain).await.unwrap();
    assert!(report.is_clean(), "{report:#?}");
}

#[tokio::test]
async fn every_word_begins_a_word_of_the_name() {
    let lines = [
        record(1, "It", "It", 5.0, "Up Films", ""),
        record(2, "It Follows", "It Follows", 9.0, "M", ""),
        record(
            3,
            "Amélie",
            "Le Fabuleux Destin d'Amélie Poulain",
            8.0,
            "Canal+",
            "",
        ),
        record(
            4,
            "The The",
            "The The",
            1.0,
            "It Works",
            "The It Collection",
        ),
        record(
            5,
            "The Italian Job",
            "The Italian Job",
            3.0,
            "100% \"Real\" O'Brien_Co",
            "",
        ),
        record(6, "Make It Happen", "Make It Happen", 2.0, "Théâtre", ""),
        record(7, "M", "M", 0.5, "Warner Bros.", ""),
        record(8, "千と千尋の神隠し", "Spirited Away", 4.0, "Ghibli", ""),
    ];
    on_every_engine(async |world: &World| {
        world.load_well("movies.csv", records(&lines)).await;
        for (text, expected) in [
            // Exactly, then at the beginning, then elsewhere; in each the nouns in turn, more popular first.
            (
                "it",
                vec![
                    "movie 1",
                    "company 94",
                    "movie 2",
                    "collection 74",
                    "movie 5",
                    "movie 6",
                ],
            ),
            (
                "IT",
                vec![
                    "movie 1",
                    "company 94",
                    "movie 2",
                    "collection 74",
                    "movie 5",
                    "movie 6",
                ],
            ),
            ("it w", vec!["company 94"]),
            ("job the", vec!["movie 5"]),
            ("amelie", vec!["movie 3"]),
            ("AMÉLIE", vec!["movie 3"]),
            ("poulain destin", vec!["movie 3"]),
            // Each word in one and the same name.
            ("amelie poulain", vec!["movie 3"]),
            ("fabuleux it", vec![]),
            (
                "the the",
                vec!["movie 4", "collection 74", "company 96", "movie 5"],
            ),
            ("theatre", vec!["company 96"]),
            ("up", vec!["company 91"]),
            ("m", vec!["company 92", "movie 7", "movie 6"]),
            ("drama", vec!["genre 18"]),
            ("spirited", vec!["movie 8"]),
            ("千と", vec!["movie 8"]),
            ("canal+", vec!["company 93"]),
            ("100%", vec!["company 95"]),
            ("o'brien_co", vec!["company 95"]),
            ("%", vec![]),
            ("_", vec![]),
            ("*\"()-+<>~@%_'", vec![]),
            ("it* -follows", vec!["movie 2"]),
            ("'; DROP TABLE movie; --", vec![]),
            ("\u{10ffff}", vec![]),
            ("", vec![]),
            ("  ", vec![]),
            ("nothing", vec![]),
        ] {
            assert_eq!(found(world, text).await, expected, "{text}");
        }
        let db = &world.chain.db;
        let companies = search::find(db, "it", &[Noun::Company], 50).await.unwrap();
        assert_eq!(companies.len(), 1);
        assert_eq!(
            search::find(db, "it", &Noun::ALL, 2).await.unwrap().len(),
            2
        );
        assert_eq!(search::find(db, "it", &[], 2).await.unwrap(), []);
        let (sql, values) = search::ids(Noun::Movie, "it").unwrap();
        let ids = database::query(db, &format!("{sql} ORDER BY s.id"), values)
            .await
            .unwrap();
        let ids: Vec<i64> = ids
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect();
        assert_eq!(ids, [1, 2, 5, 6]);
        is_clean(world).await;
    })
    .await;
}

/// All folded names.
async fn names(world: &World) -> BTreeMap<(String, i64, i32), String> {
    let sql = "SELECT noun, id, part, name FROM search_name";
    let rows = database::query(&world.chain.db, sql, []).await.unwrap();
    let rows = rows.iter().map(|row| {
        let key = (
            row.try_get_by_index(0).unwrap(),
            row.try_get_by_index(1).unwrap(),
            row.try_get_by_index(2).unwrap(),
        );
        (key, row.try_get_by_index(3).unwrap())
    });
    rows.collect()
}

#[tokio::test]
async fn the_names_follow_merges_and_undos() {
    on_every_engine(async |world: &World| {
        let named = |id, title: &str, companies: &[i64]| Line {
            id,
            title: title.to_owned(),
            companies: companies.to_vec(),
            ..Line::default()
        };
        let first = [
            named(1, "Alien", &[3]),
            named(2, "Heat", &[4]),
            named(3, "Up", &[]),
        ];
        world.load_well("a.csv", file(&first)).await;
        assert_eq!(found(world, "heat").await, ["movie 2"]);
        let before = names(world).await;

        // Renamed, changed otherwise, new; a company is new and one is no longer mentioned.
        let second = [
            named(2, "Heat Wave", &[5]),
            Line {
                budget: 7,
                ..named(3, "Up", &[])
            },
            named(4, "Dune", &[3]),
        ];
        let run = world.load_well("b.csv", file(&second)).await;
        assert_eq!(found(world, "wave").await, ["movie 2"]);
        assert_eq!(found(world, "dune").await, ["movie 4"]);
        assert_eq!(found(world, "company 4").await, Vec::<String>::new());
        assert_eq!(found(world, "company 5").await, ["company 5"]);
        is_clean(world).await;

        let db = &world.chain.db;
        let undo = control::undo(db, run.id, Trigger::Command, false)
            .await
            .unwrap();
        for id in undo {
            let run = queue::run_now(&world.chain, id).await.unwrap();
            assert_eq!(run.error, None);
        }
        assert_eq!(names(world).await, before);
        assert_eq!(found(world, "wave").await, Vec::<String>::new());
        is_clean(world).await;

        // What is wrong with it is found.
        let lose = "DELETE FROM search_name WHERE name = 'alien'";
        database::execute(db, lose, []).await.unwrap();
        let report = verify::verify(&world.chain).await.unwrap();
        let differing: Vec<&str> = report
            .checks
            .iter()
            .filter(|check| !check.differences.is_empty())
            .map(|check| check.name.as_str())
            .collect();
        assert_eq!(differing, ["search_name"]);
    })
    .await;
}

#[tokio::test]
async fn a_mart_from_before_names_were_folded_gets_them() {
    on_every_engine(async |world: &World| {
        let lines: Vec<Line> = (1..=3)
            .map(|id| Line {
                id,
                ..Line::default()
            })
            .collect();
        world.load_well("a.csv", file(&lines)).await;
        let db = &world.chain.db;
        let before = names(world).await;
        let steps = Migrator::migrations();
        let later = steps
            .iter()
            .rev()
            .take_while(|step| step.name() != "m20261125_000015_search");
        Migrator::down(db, Some(later.count() as u32 + 1))
            .await
            .unwrap();
        Migrator::up(db, None).await.unwrap();
        assert_eq!(names(world).await, BTreeMap::new());
        for _ in 0..2 {
            search::index::ensure(db).await.unwrap();
            assert_eq!(names(world).await, before);
        }
    })
    .await;
}
