//! What runs do to the figures: told before and after merging, and by the aggregate tables themselves.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file, real_data};
use entity::ingest::*;
use etl::{
    control, database,
    movers::{Measure, Mover, Of, movers},
    queue,
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sea_orm::DatabaseConnection;
use std::collections::BTreeMap;

/// Figures by company or genre and year.
type Figures = BTreeMap<(i64, i32), Option<f64>>;

async fn table(db: &DatabaseConnection, of: Of, measure: Measure) -> Figures {
    let noun = of.noun();
    let sql = format!(
        "SELECT {noun}_id, year, {} FROM {noun}_year",
        measure.column()
    );
    let rows = database::query(db, &sql, []).await.unwrap();
    let figure = |row: &sea_orm::QueryResult| match measure {
        Measure::AveragePopularity => row.try_get_by_index(2).unwrap(),
        Measure::MovieCount => {
            let count: i32 = row.try_get_by_index(2).unwrap();
            Some(f64::from(count))
        }
        _ => {
            let sum: Option<i64> = row.try_get_by_index(2).unwrap();
            sum.map(|sum| sum as f64)
        }
    };
    rows.iter()
        .map(|row| {
            let key = (
                row.try_get_by_index(0).unwrap(),
                row.try_get_by_index(1).unwrap(),
            );
            (key, figure(row))
        })
        .collect()
}

async fn tables(db: &DatabaseConnection) -> Vec<Figures> {
    let mut all = Vec::new();
    for of in Of::ALL {
        for measure in Measure::ALL {
            all.push(table(db, of, measure).await);
        }
    }
    all
}

/// The movers that two states of the aggregate tables have, without their names.
fn expected(before: &Figures, after: &Figures, measure: Measure) -> Vec<Mover> {
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut movers: Vec<Mover> = keys
        .into_iter()
        .map(|key| {
            let value = |figures: &Figures| figures.get(key).copied().flatten();
            let (before, after) = (value(before), value(after));
            Mover {
                id: key.0,
                name: String::new(),
                year: key.1,
                before,
                after,
                change: after.unwrap_or_default() - before.unwrap_or_default(),
            }
        })
        .filter(|mover| mover.change.abs() > measure.least())
        .collect();
    movers.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
    movers
}

async fn told(db: &DatabaseConnection, run: &run::Model, first: u64) -> Vec<Vec<Mover>> {
    let mut all = Vec::new();
    for of in Of::ALL {
        for measure in Measure::ALL {
            all.push(movers(db, run, of, measure, first).await.unwrap());
        }
    }
    all
}

/// The same changes of the same years, in an order of falling size; reals to the last digits but one.
fn assert_same(told: &[Mover], expected: &[Mover], what: &str) {
    let falls = |pair: &[Mover]| pair[0].change.abs() >= pair[1].change.abs() - 1e-6;
    assert!(told.windows(2).all(falls), "{what}: {told:?}");
    let by_key = |movers: &[Mover]| -> BTreeMap<(i64, i32), String> {
        let round = |value: Option<f64>| value.map(|value| (value * 1e6).round() as i64);
        let shown = |m: &Mover| {
            let figures = (round(m.before), round(m.after), round(Some(m.change)));
            ((m.id, m.year), format!("{figures:?}"))
        };
        movers.iter().map(shown).collect()
    };
    assert_eq!(by_key(told), by_key(expected), "{what}");
}

fn random() -> TestRunner {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Files of a few movies out of a few, so that files meet.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (
        1..9i64,
        prop::sample::select(vec!["", "1995-01-01", "1996-06-06"]),
        prop::sample::select(vec![0, 100, 5_000_000_000i64]),
        prop::sample::select(vec![0, 7, 6_000_000_000i64]),
        prop::sample::select(vec![0.1, 0.7, 12.345]),
        prop::collection::vec(1..4i64, 0..3),
        prop::collection::vec(1..4i64, 0..3),
    );
    let line = line.prop_map(
        |(id, date, budget, revenue, popularity, companies, genres)| Line {
            id,
            date: date.to_owned(),
            budget,
            revenue,
            popularity,
            companies,
            genres,
            ..Line::default()
        },
    );
    prop::collection::vec(line, 0..9)
}

#[tokio::test]
async fn a_held_run_tells_what_merging_does_and_a_merged_one_what_it_did() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let mut random = random();
        let mut history: Vec<(run::Model, Vec<Vec<Mover>>)> = Vec::new();
        for number in 0..14 {
            let lines = lines().new_tree(&mut random).unwrap().current();
            let before = tables(db).await;
            let run = match number {
                // Now and again the newest is undone instead.
                5 | 9 => {
                    let newest = &history.last().unwrap().0;
                    let undo = control::undo(db, newest.id, Trigger::Command, false)
                        .await
                        .unwrap();
                    queue::run_now(&world.chain, undo[0]).await.unwrap()
                }
                // Or the first file read again, which deletes nothing but may change its rows back.
                12 => {
                    let mode = RunMode::Hold;
                    let id = control::reprocess_run(db, 1, Trigger::Command, 1, mode)
                        .await
                        .unwrap();
                    queue::run_now(&world.chain, id).await.unwrap()
                }
                _ => {
                    let path = world.folder.path().join(format!("{number}.csv"));
                    std::fs::write(&path, file(&lines) + &"\n".repeat(number)).unwrap();
                    world.load_as(&path, RunMode::Hold).await
                }
            };
            assert_eq!(run.error, None);
            let foretold = told(db, &run, 1000).await;
            let run = match run.status {
                RunStatus::Held => {
                    control::approve(db, run.id, Trigger::Command)
                        .await
                        .unwrap();
                    queue::run_now(&world.chain, run.id).await.unwrap()
                }
                _ => run,
            };
            assert_eq!(run.status, RunStatus::Succeeded);
            let after = tables(db).await;
            let done = told(db, &run, 1000).await;
            let measures = Of::ALL.iter().flat_map(|_| Measure::ALL);
            for (at, measure) in measures.enumerate() {
                let real = expected(&before[at], &after[at], measure);
                let what = format!("{number} {measure:?}");
                assert_same(&done[at], &real, &what);
                assert_same(&foretold[at], &real, &what);
                let names = |movers: &[Mover]| -> Vec<String> {
                    let mut names: Vec<_> = movers
                        .iter()
                        .map(|m| format!("{} {}", m.id, m.name))
                        .collect();
                    names.sort();
                    names
                };
                assert_eq!(names(&foretold[at]), names(&done[at]));
                assert!(done[at].iter().all(|mover| mover.name != "?"));
            }
            history.push((run, done));
        }
        // However long ago, a run tells what it did then.
        for (run, done) in &history {
            for (now, then) in told(db, run, 1000).await.iter().zip(done) {
                assert_same(now, then, &format!("run {}", run.id));
            }
            let few = told(db, run, 2).await;
            let least = |movers: &[Mover]| movers.get(1).map(|m| m.change.abs());
            for (few, all) in few.iter().zip(done) {
                assert_eq!(few.len(), all.len().min(2));
                assert_eq!(least(few).map(|c| c.round()), least(all).map(|c| c.round()));
            }
        }
        assert!(history.iter().any(|(_, told)| told[0].len() > 2));
        world.close().await;
    }
}

#[tokio::test]
async fn a_run_that_has_not_merged_moves_nothing() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let run = world.load("bad.csv", "a,b\n").await;
        let told = told(&world.chain.db, &run, 10).await;
        assert!(told.iter().all(Vec::is_empty));
        world.close().await;
    }
}

#[tokio::test]
async fn the_real_file_moves_the_same_held_and_merged() {
    let Some(data) = real_data() else { return };
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let held = world
            .load_as(
                &data.join("movies-dataset/movies_metadata.45k.csv"),
                RunMode::Hold,
            )
            .await;
        let mut told = Vec::new();
        for status in [RunStatus::Held, RunStatus::Succeeded] {
            if status == RunStatus::Succeeded {
                control::approve(db, held.id, Trigger::Command)
                    .await
                    .unwrap();
            }
            let run = queue::run_now(&world.chain, held.id).await.unwrap();
            assert_eq!(run.status, status);
            told.push(
                movers(db, &run, Of::Company, Measure::Revenue, 5)
                    .await
                    .unwrap(),
            );
        }
        assert_eq!(told[0].len(), 5);
        assert_eq!(told[0], told[1]);
        world.close().await;
    }
}
