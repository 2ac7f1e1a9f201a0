//! The ledger replayed into a scratch database gives the very mart there is, and finds what was tampered with.
#![allow(clippy::unwrap_used)]

mod common;

use common::{HEADER, Line, World, engines, file, real_data};
use entity::ingest::*;
use etl::{
    asker::By,
    control, correct, database,
    differ::Difference,
    queue, rules,
    verify::{self, Options, Replayed},
};
use sea_orm::{EntityTrait, QueryOrder};
use std::path::{Path, PathBuf};

/// Every file below a folder, with its size.
fn files_below(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push((path.clone(), path.metadata().unwrap().len())),
            }
        }
    }
    found.sort();
    found
}

async fn replayed(world: &World) -> Replayed {
    let report = verify::verify(&world.chain).await.unwrap();
    report.replay.unwrap()
}

/// The differences of all tables, as `table: difference`.
fn shown(replayed: &Replayed) -> Vec<String> {
    let lines = replayed.tables.iter().flat_map(|table| {
        let name = &table.table;
        table.first.iter().map(move |d| format!("{name}: {d}"))
    });
    lines.collect()
}

async fn done(world: &World, id: i64) -> run::Model {
    let run = queue::run_now(&world.chain, id).await.unwrap();
    assert_eq!((run.status, &run.error), (RunStatus::Succeeded, &None));
    run
}

/// A history of everything that can make a data version.
async fn everything(world: &World) {
    let db = &world.chain.db;
    let by = Trigger::Command;
    let line = |id: i64, title: &str| Line {
        id,
        title: title.to_owned(),
        companies: vec![id, 30],
        genres: vec![18, 35],
        popularity: 1.0 / id as f64,
        ..Line::default()
    };
    let bad = Line {
        id: -7,
        ..Line::default()
    };
    let a = world
        .load_well(
            "a.csv",
            file(&[line(1, "A"), bad, line(2, "A"), line(3, "A"), line(2, "A2")]),
        )
        .await;
    // The same file, edited: a changed, a new, a renamed and an unchanged one.
    let edited =
        file(&[line(1, "B"), line(2, "A2"), line(4, "B")]).replace("'Company 30'", "'Company 30 '");
    let b = world.load_well("a.csv", edited).await;
    let c = world
        .load_well("c.csv", file(&[line(5, "C"), line(1, "C")]))
        .await;
    for run in control::undo(db, c.id, by, false).await.unwrap() {
        done(world, run).await;
    }
    // Undone runs may be loaded again, and undone again with what came later.
    world
        .load_well("d.csv", file(&[line(4, "D"), line(6, "D")]))
        .await;
    let rules_2 =
        "[[check]]\nrule = 'no.threes'\nwhen = 'id == 3'\naction = 'reject'\ncode = 'three'\n
        [[check]]\nrule = 'cap'\nfield = 'budget'\nmin = 1000\naction = 'clear'\n";
    let version = rules::store::publish(db, rules_2, By::named("test"), "why")
        .await
        .unwrap()
        .version;
    for run in world.reprocess_all(version).await {
        done(world, run).await;
    }
    for run in control::undo(db, b.id, by, true).await.unwrap() {
        done(world, run).await;
    }
    let reject = reject::Entity::find()
        .order_by_asc(reject::Column::Id)
        .one(db)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(reject.run_id, a.id);
    let id = correct::correct(
        &world.chain,
        reject.id,
        &[("id".to_owned(), "7".to_owned())],
        by,
    )
    .await
    .unwrap();
    done(world, id).await;
    // What companion files say, said otherwise, and that taken back.
    let keywords = "id,keywords\n1,\"[{'id': 1, 'name': 'a'}]\"\n9,[]\n";
    world.load_well("keywords.csv", keywords).await;
    let other = world
        .load_well("keywords.csv", keywords.replace("'a'", "'b'"))
        .await;
    for run in control::undo(db, other.id, by, false).await.unwrap() {
        done(world, run).await;
    }
    // And what leaves no trace: a duplicate, a failure, a discarded one, a held one.
    world
        .load("again.csv", file(&[line(4, "D"), line(6, "D")]))
        .await;
    world.load("bad.csv", "a,b\n").await;
    let path = world.folder.path().join("held.csv");
    std::fs::write(&path, file(&[line(1, "held")])).unwrap();
    let held = world.load_as(&path, RunMode::Hold).await;
    control::discard(db, held.id, Trigger::Command)
        .await
        .unwrap();
    world.load_as(&path, RunMode::Hold).await;
    world.load_well("empty.csv", HEADER.to_owned() + "\n").await;
}

#[tokio::test]
async fn a_history_of_everything_is_replayed_to_the_mart_there_is() {
    for engine in engines() {
        let world = World::new(&engine).await;
        everything(&world).await;
        let archive = files_below(&world.folder.path().join("archive"));
        let runs = run::Entity::find().all(&world.chain.db).await.unwrap();
        // The inbox, and every file that was read from elsewhere, may be empty.
        for entry in std::fs::read_dir(world.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "csv") {
                std::fs::remove_file(path).unwrap();
            }
        }
        let report = verify::verify(&world.chain).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        let replay = report.replay.unwrap();
        let merged = runs.iter().filter(|run| run.data_version.is_some()).count();
        assert_eq!(replay.version, merged as i32);
        assert!(merged > 10);
        assert!(replay.tables.iter().all(|table| table.rows > 0 || {
            [
                "movie_country",
                "movie_language",
                "country",
                "language",
                "collection",
            ]
            .contains(&table.table.as_str())
        }));
        assert_eq!(
            files_below(&world.folder.path().join("archive")),
            archive,
            "nothing goes into the archive"
        );
        let runs_after = run::Entity::find().all(&world.chain.db).await.unwrap();
        assert_eq!(runs_after, runs, "nor into the ledger");
        world.close().await;
    }
}

#[tokio::test]
async fn what_was_tampered_with_is_found_with_key_and_column() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        everything(&world).await;
        let one = |table: &str,
                   key: &str,
                   column: Option<&str>,
                   live: Option<&str>,
                   replayed: Option<&str>| {
            let difference = Difference {
                key: key.to_owned(),
                column: column.map(str::to_owned),
                live: live.map(str::to_owned),
                replayed: replayed.map(str::to_owned),
            };
            vec![format!("{table}: {difference}")]
        };
        for (tamper, restore, expected) in [
            (
                "UPDATE movie SET revenue = 251 WHERE id = 6",
                "UPDATE movie SET revenue = 250 WHERE id = 6",
                one("movie", "6", Some("revenue"), Some("251"), Some("250")),
            ),
            (
                "UPDATE movie SET overview = 'x' WHERE id = 6",
                "UPDATE movie SET overview = NULL WHERE id = 6",
                one("movie", "6", Some("overview"), Some("x"), None),
            ),
            (
                "UPDATE movie_genre SET position = 3 WHERE movie_id = 6 AND genre_id = 35",
                "UPDATE movie_genre SET position = 1 WHERE movie_id = 6 AND genre_id = 35",
                one(
                    "movie_genre",
                    "6",
                    Some("genres"),
                    Some("18, 35 (position 3)"),
                    Some("18, 35"),
                ),
            ),
            (
                "UPDATE genre SET name = 'Genre 18 ' WHERE id = 18",
                "UPDATE genre SET name = 'Genre 18' WHERE id = 18",
                one(
                    "genre",
                    "18",
                    Some("name"),
                    Some("Genre 18 "),
                    Some("Genre 18"),
                ),
            ),
            (
                "INSERT INTO country (code, name) VALUES ('XX', 'Nowhere')",
                "DELETE FROM country WHERE code = 'XX'",
                one("country", "XX", None, Some("a row"), None),
            ),
            (
                "UPDATE company_year SET revenue = 1 WHERE company_id = 6 AND year = 1995",
                "UPDATE company_year SET revenue = 250 WHERE company_id = 6 AND year = 1995",
                one(
                    "company_year",
                    "6, 1995",
                    Some("revenue"),
                    Some("1"),
                    Some("250"),
                ),
            ),
        ] {
            assert_eq!(
                database::execute(db, tamper, []).await.unwrap(),
                1,
                "{tamper}"
            );
            let replay = replayed(&world).await;
            assert_eq!(replay.obstacles, Vec::<String>::new());
            assert_eq!(shown(&replay), expected, "{tamper}");
            assert_eq!(replay.tables.iter().map(|t| t.differing).sum::<u64>(), 1);
            database::execute(db, restore, []).await.unwrap();
            assert_eq!(
                shown(&replayed(&world).await),
                Vec::<String>::new(),
                "{restore}"
            );
        }
        // A movie that is gone is told once, and so is each of its lists; no more than asked for is told.
        for table in ["movie_company", "movie_genre"] {
            let sql = format!("DELETE FROM {table} WHERE movie_id = 6");
            database::execute(db, &sql, []).await.unwrap();
        }
        database::execute(db, "DELETE FROM movie WHERE id = 6", [])
            .await
            .unwrap();
        let replay = replayed(&world).await;
        assert_eq!(
            shown(&replay),
            [
                "movie: 6: is missing, the replay gives it",
                "movie_company: 6: companies is nothing, the replay gives \"6, 30\"",
                "movie_genre: 6: genres is nothing, the replay gives \"18, 35\"",
            ]
        );
        database::execute(db, "UPDATE genre SET movie_count = 99", [])
            .await
            .unwrap();
        let options = Options {
            most: 1,
            ..Options::default()
        };
        let report = verify::verify_as(&world.chain, &options).await.unwrap();
        assert!(!report.is_clean());
        let replay = report.replay.unwrap();
        let genres = replay
            .tables
            .iter()
            .find(|table| table.table == "genre")
            .unwrap();
        assert_eq!((genres.differing, genres.first.len()), (2, 1));
        let options = Options {
            replay: false,
            ..Options::default()
        };
        let report = verify::verify_as(&world.chain, &options).await.unwrap();
        assert!(report.replay.is_none());
        world.close().await;
    }
}

#[tokio::test]
async fn bytes_that_are_gone_are_named_and_stand_in_the_way() {
    for engine in engines() {
        let world = World::new(&engine).await;
        world.load_well("a.csv", file(&[Line::default()])).await;
        world
            .load_well(
                "b.csv",
                file(&[Line {
                    id: 2,
                    ..Line::default()
                }]),
            )
            .await;
        let files = source_file::Entity::find()
            .all(&world.chain.db)
            .await
            .unwrap();
        let path = world
            .folder
            .path()
            .join("archive")
            .join(&files[1].archive_path);
        std::fs::remove_file(path).unwrap();
        let replay = replayed(&world).await;
        let sha256 = &files[1].sha256;
        assert_eq!(
            replay.obstacles,
            [format!(
                "raw bytes of file {sha256} (b.csv) are gone: cannot replay"
            )]
        );
        assert!(replay.tables.is_empty());
        world.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_merged_while_the_ledger_is_replayed_is_replayed_too() {
    for engine in engines() {
        let world = World::new(&engine).await;
        world.load_well("a.csv", file(&[Line::default()])).await;
        let path = world.folder.path().join("b.csv");
        std::fs::write(
            &path,
            file(&[Line {
                id: 2,
                ..Line::default()
            }]),
        )
        .unwrap();
        let (sender, told) = std::sync::mpsc::channel();
        let (merged, go_on) = std::sync::mpsc::channel::<()>();
        let (go_on, chain) = (std::sync::Mutex::new(go_on), world.chain.clone());
        // Another thread merges a file once the replay has begun, and the replay waits for it.
        let other = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                told.recv().unwrap();
                let id = queue::enqueue(&chain.db, &path, Trigger::Command, 1, RunMode::Merge)
                    .await
                    .unwrap();
                let run = queue::run_now(&chain, id).await.unwrap();
                assert_eq!(run.data_version, Some(2));
                merged.send(()).unwrap();
            });
        });
        let begun = std::sync::Once::new();
        let progress = |_: &etl::scratch::replay::Progress| {
            begun.call_once(|| {
                sender.send(()).unwrap();
                tokio::task::block_in_place(|| go_on.lock().unwrap().recv().unwrap());
            });
        };
        let options = Options {
            progress: &progress,
            ..Options::default()
        };
        let report = verify::verify_as(&world.chain, &options).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        assert_eq!(report.replay.unwrap().version, 2);
        other.join().unwrap();
        world.close().await;
    }
}

#[tokio::test]
async fn the_real_file_is_replayed_from_either_engine() {
    let Some(data) = real_data() else { return };
    for engine in engines() {
        let world = World::new(&engine).await;
        let run = world
            .load_file(&data.join("movies-dataset/movies_metadata.45k.csv"))
            .await;
        assert_eq!(run.error, None);
        let started = std::time::Instant::now();
        let replay = replayed(&world).await;
        eprintln!("replayed and compared in {:?}", started.elapsed());
        assert_eq!((shown(&replay), &replay.obstacles), (vec![], &vec![]));
        assert_eq!(replay.tables[0].rows, 45_430);
        world.close().await;
    }
}
