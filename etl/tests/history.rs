//! Taking back, holding and reading again: what was, is there again to the last byte.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file};
use entity::{aggregate::*, ingest::*, mart::*, past, staging};
use etl::{control, correct, history, queue, sample, verify};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use sea_orm::{DatabaseConnection, EntityTrait, PaginatorTrait, QueryOrder};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Everything an analyst could see, row by row.
async fn dump(db: &DatabaseConnection) -> Vec<String> {
    let mut rows = Vec::new();
    macro_rules! table {
        ($($table:ident: $($key:ident)*,)*) => {$(
            let mut select = $table::Entity::find();
            $(select = select.order_by_asc($table::Column::$key);)*
            for row in select.all(db).await.unwrap() {
                rows.push(format!("{}: {row:?}", stringify!($table)));
            }
        )*};
    }
    table! {
        movie: Id,
        movie_company: MovieId CompanyId,
        movie_genre: MovieId GenreId,
        movie_country: MovieId CountryCode,
        movie_language: MovieId LanguageCode,
        company: Id,
        genre: Id,
        collection: Id,
        country: Code,
        language: Code,
        year_total: Year,
        company_year: CompanyId Year,
        genre_year: GenreId Year,
        company_genre_year: CompanyId Year GenreId,
    }
    rows
}

async fn assert_verified(world: &World) {
    let report = verify::verify(&world.chain).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

/// Undoes a run; answers the runs that did it.
async fn undo(world: &World, run_id: i64, cascade: bool) -> Vec<run::Model> {
    let queued = control::undo(&world.chain.db, run_id, Trigger::Command, cascade)
        .await
        .unwrap();
    let mut runs = Vec::new();
    for id in queued {
        runs.push(queue::run_now(&world.chain, id).await.unwrap());
    }
    for run in &runs {
        assert_eq!((run.status, &run.error), (RunStatus::Succeeded, &None));
    }
    runs
}

async fn status(world: &World, run_id: i64) -> RunStatus {
    control::find(&world.chain.db, run_id).await.unwrap().status
}

/// A file of a few movies out of a few, so that files meet.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (
        1..7i64,
        prop::sample::select(vec!["A", "B", "C"]),
        prop::sample::select(vec!["", "1995-01-01", "1996-06-06"]),
        prop::sample::select(vec![0, 100, 5_000_000_000i64]),
        prop::collection::vec(1..4i64, 0..3),
        prop::collection::vec(1..4i64, 0..3),
    );
    let line = line.prop_map(|(id, title, date, budget, companies, genres)| Line {
        id,
        title: title.to_owned(),
        date: date.to_owned(),
        budget,
        companies,
        genres,
        ..Line::default()
    });
    prop::collection::vec(line, 0..5)
}

/// Some of the companies go by another name in this file.
fn renamed(lines: &[Line], number: usize) -> String {
    let text = file(lines);
    match number % 3 {
        0 => text.replace("'Company 2'", "'Company Two'"),
        _ => text,
    }
}

#[tokio::test]
async fn undoing_runs_one_after_the_other_gives_back_every_mart_there_was() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let config = Config {
            failure_persistence: None,
            ..Config::default()
        };
        let mut random = TestRunner::new_with_rng(
            config,
            proptest::test_runner::TestRng::deterministic_rng(
                proptest::test_runner::RngAlgorithm::ChaCha,
            ),
        );
        // The marts there were, each with the run that came next.
        let mut before: Vec<(Vec<String>, i64)> = Vec::new();
        for number in 0..16 {
            let lines = lines().new_tree(&mut random).unwrap().current();
            let mart = dump(&world.chain.db).await;
            // The trailing blank lines make every file another one.
            let text = renamed(&lines, number) + &"\n".repeat(number);
            let run = world.load_well(&format!("{number}.csv"), text).await;
            assert_eq!(run.status, RunStatus::Succeeded);
            before.push((mart, run.id));
            // Now and again a few are taken back at once.
            for _ in 0..(number % 4 / 3 * 2) {
                let (mart, run_id) = before.pop().unwrap();
                undo(&world, run_id, false).await;
                assert_eq!(dump(&world.chain.db).await, mart);
                assert_eq!(status(&world, run_id).await, RunStatus::Undone);
            }
            // Which replays all there was.
            if number % 5 == 0 {
                assert_verified(&world).await;
            }
        }
        // All that is left, oldest first, each with what stands in its way.
        let mut most = 0;
        for (_, run_id) in &before {
            if status(&world, *run_id).await == RunStatus::Succeeded {
                most = most.max(undo(&world, *run_id, true).await.len());
                assert_verified(&world).await;
            }
        }
        assert!(most > 1, "later runs have changed the same movies");
        assert_eq!(dump(&world.chain.db).await, Vec::<String>::new());
        world.close().await;
    }
}

#[tokio::test]
async fn an_undo_in_the_way_of_others_is_refused_and_names_them() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let line = |title: &str| Line {
            title: title.to_owned(),
            ..Line::default()
        };
        let first = world
            .load_well("1.csv", file(&[line("A"), Line { id: 2, ..line("A") }]))
            .await;
        let second = world.load_well("2.csv", file(&[line("B")])).await;
        let third = world
            .load_well(
                "3.csv",
                file(&[Line {
                    id: 3,
                    companies: vec![8],
                    ..line("C")
                }]),
            )
            .await;
        let error = control::undo(db, first.id, Trigger::Command, false)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!("({})", second.id)) && error.contains("cascade"),
            "{error}"
        );
        // What came later and changed other movies does not stand in the way.
        undo(&world, second.id, false).await;
        let undone = undo(&world, first.id, false).await;
        assert_eq!(undone[0].rows_deleted, 2);
        let ids: Vec<i64> = movie::Entity::find()
            .all(db)
            .await
            .unwrap()
            .iter()
            .map(|m| m.id)
            .collect();
        assert_eq!(ids, [3]);
        for (id, words) in [
            (first.id, "is undone already"),
            (undone[0].id, "is an undo itself"),
            (99, "there is no run 99"),
        ] {
            let error = control::undo(db, id, Trigger::Command, false)
                .await
                .unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
        // An undone file may be loaded again; it is no duplicate.
        let again = world
            .load("1.csv", file(&[line("A"), Line { id: 2, ..line("A") }]))
            .await;
        assert_eq!(
            (again.status, again.rows_inserted),
            (RunStatus::Succeeded, 2)
        );
        assert_eq!(third.status, RunStatus::Succeeded);
        assert_verified(&world).await;
        world.close().await;
    }
}

#[tokio::test]
async fn a_held_run_merges_when_approved_and_leaves_no_trace_when_discarded() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        world.load_well("a.csv", file(&[Line::default()])).await;
        let mart = dump(db).await;
        let changed = file(&[
            Line {
                budget: 7,
                ..Line::default()
            },
            Line {
                id: 2,
                ..Line::default()
            },
        ]);
        let path = world.folder.path().join("b.csv");
        std::fs::write(&path, &changed).unwrap();
        let held = world.load_as(&path, RunMode::Hold).await;
        assert_eq!(held.status, RunStatus::Held);
        assert_eq!((held.rows_inserted, held.rows_updated), (1, 1));
        assert!(held.held_because.is_some());
        assert_eq!(dump(db).await, mart);

        control::discard(db, held.id, Trigger::Command)
            .await
            .unwrap();
        assert_eq!(status(&world, held.id).await, RunStatus::Discarded);
        assert_eq!(dump(db).await, mart);
        assert_eq!(staging::movie::Entity::find().count(db).await.unwrap(), 0);
        assert_eq!(past::movie::Entity::find().count(db).await.unwrap(), 0);
        for error in [
            control::approve(db, held.id, Trigger::Command).await,
            control::discard(db, held.id, Trigger::Command).await,
        ] {
            assert!(error.unwrap_err().to_string().contains("is discarded"));
        }

        let held = world.load_as(&path, RunMode::Hold).await;
        // Meanwhile another file comes; what was held is compared again.
        world
            .load_well(
                "c.csv",
                file(&[Line {
                    id: 2,
                    title: "Other".to_owned(),
                    ..Line::default()
                }]),
            )
            .await;
        control::approve(db, held.id, Trigger::Command)
            .await
            .unwrap();
        let merged = queue::run_now(&world.chain, held.id).await.unwrap();
        assert_eq!(merged.status, RunStatus::Succeeded, "{:?}", merged.error);
        // The file that arrived last counts, whenever it was approved.
        assert_eq!((merged.rows_updated, merged.rows_superseded), (1, 1));
        let two = movie::Entity::find_by_id(2).one(db).await.unwrap().unwrap();
        assert_eq!(two.title, "Other");
        assert_verified(&world).await;
        world.close().await;
    }
}

/// The movies of a version with their links, as far as an analyst sees them.
async fn as_of(db: &DatabaseConnection, version: i32) -> Vec<String> {
    let ids: Vec<i64> = (1..10).collect();
    let states = history::states(db, history::At::Version(version), &ids)
        .await
        .unwrap();
    let mut shown: Vec<_> = states
        .into_values()
        .map(|state| format!("{state:?}"))
        .collect();
    shown.sort();
    shown
}

/// Everything that a run changes, or has changed, in the file's order.
async fn changes(db: &DatabaseConnection, run: &run::Model) -> Vec<history::Change> {
    let sql = history::changes_sql(run) + " ORDER BY line, movie_id";
    let rows = etl::database::query(db, &sql, []).await.unwrap();
    let place = |row: &sea_orm::QueryResult| {
        (
            row.try_get_by_index(0).unwrap(),
            row.try_get_by_index(1).unwrap(),
            row.try_get_by_index(2).unwrap(),
        )
    };
    let places: Vec<_> = rows.iter().map(place).collect();
    let changes = history::changes(db, run, &places).await.unwrap();
    // What is found of all of them at once is the same.
    let told = changes.iter().flat_map(|change| {
        let fields = change.fields.iter().map(|field| field.field.clone());
        fields.map(|field| (change.movie_id, field))
    });
    let fields = history::fields_sql(db.get_database_backend(), run);
    let fields = etl::database::query(db, &fields, []).await.unwrap();
    let found = fields.iter().map(|row| {
        let movie_id: i64 = row.try_get_by_index(0).unwrap();
        (movie_id, row.try_get_by_index(1).unwrap())
    });
    assert_eq!(
        found.collect::<BTreeSet<(i64, String)>>(),
        told.collect::<BTreeSet<_>>()
    );
    changes
}

#[tokio::test]
async fn every_version_is_still_there_as_it_was() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let config = Config {
            failure_persistence: None,
            ..Config::default()
        };
        let seed = proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        );
        let mut random = TestRunner::new_with_rng(config, seed);
        let mut versions = vec![as_of(db, 0).await];
        let mut runs = Vec::new();
        for number in 0..10 {
            let lines = lines().new_tree(&mut random).unwrap().current();
            let run = world
                .load_well(
                    &format!("{number}.csv"),
                    file(&lines) + &"\n".repeat(number),
                )
                .await;
            runs.push(run);
            versions.push(as_of(db, number as i32 + 1).await);
        }
        undo(&world, runs[9].id, false).await;
        versions.push(as_of(db, 11).await);
        assert_eq!(versions[11], versions[9]);
        for (version, mart) in versions.iter().enumerate() {
            assert_eq!(as_of(db, version as i32).await, *mart, "version {version}");
        }
        assert!(versions[0].is_empty() && !versions[9].is_empty());
        let run = control::find(db, runs[4].id).await.unwrap();
        let changes = changes(db, &run).await;
        assert_eq!(changes.len() as i64, run.rows_inserted + run.rows_updated);
        for change in &changes {
            assert!(!change.fields.is_empty(), "{change:?}");
        }
        world.close().await;
    }
}

#[tokio::test]
async fn a_held_run_shows_what_would_change_field_by_field() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        world.load_well("a.csv", file(&[Line::default()])).await;
        let path = world.folder.path().join("b.csv");
        let other = Line {
            budget: 0,
            companies: vec![3, 4],
            ..Line::default()
        };
        std::fs::write(
            &path,
            file(&[
                other,
                Line {
                    id: 2,
                    ..Line::default()
                },
            ]),
        )
        .unwrap();
        let held = world.load_as(&path, RunMode::Hold).await;
        let shown = |changes: Vec<history::Change>| -> Vec<String> {
            let change = |c: &history::Change| {
                let fields: Vec<String> = c
                    .fields
                    .iter()
                    .take(2)
                    .map(|f| {
                        format!(
                            "{} {:?} -> {:?}",
                            f.field,
                            f.before.as_deref(),
                            f.after.as_deref()
                        )
                    })
                    .collect();
                format!("{} {}: {}", c.kind, c.movie_id, fields.join("; "))
            };
            changes.iter().map(change).collect()
        };
        let expected = [
            "updated 1: budget Some(\"100\") -> None; companies Some(\"Company 3\") -> Some(\"Company 3, Company 4\")",
            "inserted 2: title None -> Some(\"A Film\"); original_title None -> Some(\"A Film\")",
        ];
        assert_eq!(shown(changes(db, &held).await), expected);
        control::approve(db, held.id, Trigger::Command)
            .await
            .unwrap();
        let merged = queue::run_now(&world.chain, held.id).await.unwrap();
        assert_eq!(shown(changes(db, &merged).await), expected);

        // A name is a value as well.
        let renamed = std::fs::read_to_string(&path).unwrap();
        let renamed = renamed.replace("Company 4", "Company Four");
        std::fs::write(&path, renamed).unwrap();
        let held = world.load_as(&path, RunMode::Hold).await;
        let expected = [
            "updated 1: companies Some(\"Company 3, Company 4\") -> Some(\"Company 3, Company Four\")",
        ];
        assert_eq!(shown(changes(db, &held).await), expected);
        control::approve(db, held.id, Trigger::Command)
            .await
            .unwrap();
        let merged = queue::run_now(&world.chain, held.id).await.unwrap();
        assert_eq!(shown(changes(db, &merged).await), expected);
        world.close().await;
    }
}

#[tokio::test]
async fn reading_the_archive_again_changes_nothing() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        for number in 0..5 {
            let lines: Vec<Line> = (number..number + 4)
                .map(|id| Line {
                    id: id + 1,
                    title: format!("T{number}"),
                    ..Line::default()
                })
                .collect();
            world
                .load_well(&format!("{number}.csv"), file(&lines))
                .await;
        }
        world.load("bad.csv", "a,b\n").await;
        let mart = dump(db).await;
        let runs = world.reprocess_all(1).await;
        assert_eq!(runs.len(), 5, "what was no movie file is left out");
        for id in runs {
            let run = queue::run_now(&world.chain, id).await.unwrap();
            assert_eq!(
                (run.kind, run.status),
                (RunKind::Reprocess, RunStatus::Succeeded),
                "{:?}",
                run.error
            );
            assert_eq!(
                run.rows_inserted + run.rows_updated + run.rows_deleted,
                0,
                "{run:?}"
            );
            assert_eq!(run.rows_read, run.rows_unchanged + run.rows_superseded);
        }
        assert_eq!(dump(db).await, mart);
        world.close().await;
    }
}

#[tokio::test]
async fn files_of_other_movies_may_come_in_any_order() {
    for engine in engines() {
        let mut marts = Vec::new();
        for order in [[0, 1, 2], [2, 0, 1]] {
            let world = World::new(&engine).await;
            for number in order {
                let line = Line {
                    id: number + 1,
                    companies: vec![number % 2 + 1],
                    ..Line::default()
                };
                world
                    .load_well(&format!("{number}.csv"), file(&[line]))
                    .await;
            }
            // The run that brought a movie is another one, of course.
            let mart = dump(&world.chain.db).await;
            let shown = mart
                .iter()
                .map(|row| row.split("run_id").next().unwrap().to_owned());
            marts.push(shown.collect::<Vec<_>>());
            world.close().await;
        }
        assert_eq!(marts[0], marts[1]);
    }
}

#[tokio::test]
async fn a_run_that_waits_or_is_held_can_be_cancelled() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let path = world.folder.path().join("a.csv");
        std::fs::write(&path, file(&[Line::default()])).unwrap();
        let id = queue::enqueue(db, &path, Trigger::Command, 1, RunMode::Merge)
            .await
            .unwrap();
        control::cancel(db, id, Trigger::Command).await.unwrap();
        assert_eq!(
            queue::run_now(&world.chain, id).await.unwrap().status,
            RunStatus::Cancelled
        );
        let held = world.load_as(&path, RunMode::Hold).await;
        control::cancel(db, held.id, Trigger::Command)
            .await
            .unwrap();
        let done = world.load_file(&path).await;
        assert_eq!(done.status, RunStatus::Succeeded);
        assert!(
            control::cancel(db, done.id, Trigger::Command)
                .await
                .is_err()
        );
        world.close().await;
    }
}

#[tokio::test]
async fn a_run_that_is_under_way_stops_when_it_is_cancelled() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let path = world.folder.path().join("large.csv");
        sample::write(40_000, 2, &mut std::fs::File::create(&path).unwrap()).unwrap();
        let id = queue::enqueue(db, &path, Trigger::Command, 1, RunMode::Merge)
            .await
            .unwrap();
        let shutdown = CancellationToken::new();
        let work = queue::work(world.chain.clone(), Arc::default(), shutdown.clone());
        let worker = tokio::spawn(work);
        while control::find(db, id).await.unwrap().rows_read == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        control::cancel(db, id, Trigger::Command).await.unwrap();
        shutdown.cancel();
        worker.await.unwrap().unwrap();
        assert_eq!(status(&world, id).await, RunStatus::Cancelled);
        assert_eq!(staging::movie::Entity::find().count(db).await.unwrap(), 0);
        assert_eq!(movie::Entity::find().count(db).await.unwrap(), 0);
        // It can be tried again.
        let again = control::retry(db, id, Trigger::Command).await.unwrap();
        assert_eq!(
            queue::run_now(&world.chain, again).await.unwrap().status,
            RunStatus::Succeeded
        );
        world.close().await;
    }
}

#[tokio::test]
async fn a_reject_is_sent_again_with_other_values() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let wrong = Line {
            id: -5,
            title: "\"A, B\"".to_owned(),
            ..Line::default()
        };
        let text = file(&[Line::default(), wrong])
            + "False,short\n"
            + &Line {
                id: 8,
                ..Line::default()
            }
            .csv();
        let run = world.load_well("a.csv", &text).await;
        assert_eq!((run.rows_inserted, run.rows_rejected), (2, 2));
        let rejects = reject::Entity::find()
            .order_by_asc(reject::Column::Line)
            .all(db)
            .await
            .unwrap();
        let value = |column: &str, value: &str| (column.to_owned(), value.to_owned());

        let id = correct::correct(
            &world.chain,
            rejects[0].id,
            &[value("id", "5")],
            Trigger::Api,
        )
        .await
        .unwrap();
        let again = queue::run_now(&world.chain, id).await.unwrap();
        assert_eq!(
            (again.status, again.rows_inserted),
            (RunStatus::Succeeded, 1),
            "{:?}",
            again.error
        );
        assert_eq!(again.file_name, "a.line-3.correction.csv");
        let five = movie::Entity::find_by_id(5).one(db).await.unwrap().unwrap();
        assert_eq!(
            (&*five.title, five.run_id, five.line),
            ("A, B", again.id, 2)
        );

        // Of a record that has too few fields nothing is taken.
        let values = [value("id", "6"), value("title", "Six")];
        let id = correct::correct(&world.chain, rejects[1].id, &values, Trigger::Api)
            .await
            .unwrap();
        assert_eq!(
            queue::run_now(&world.chain, id)
                .await
                .unwrap()
                .rows_inserted,
            1
        );
        let six = movie::Entity::find_by_id(6).one(db).await.unwrap().unwrap();
        assert_eq!((&*six.title, six.adult, six.budget), ("Six", None, None));

        let error = correct::correct(
            &world.chain,
            rejects[0].id,
            &[value("idd", "5")],
            Trigger::Api,
        )
        .await;
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("no column idd; it has adult, ")
        );
        assert!(
            correct::correct(&world.chain, 99, &[], Trigger::Api)
                .await
                .is_err()
        );
        assert_verified(&world).await;
        world.close().await;
    }
}
