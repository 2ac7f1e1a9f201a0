//! A draft of rules tried out tells just what publishing it and reading everything again does.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file};
use entity::{ingest::*, mart::movie};
use etl::{
    asker::By,
    control, database, history,
    movers::{Measure, Of},
    queue,
    rules::{definition, store},
    scratch::preview::{Preview, Which, preview},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, HashMap};

const DRAFTS: [&str; 5] = [
    "[[check]]\nrule = 'a'\nwhen = 'id == 3 || budget == 7'\naction = 'reject'\ncode = 'third'\n",
    "[meaning]\nzero_budget = 'zero'\nkeep = 'first'\n",
    "[meaning]\nstatuses = ['Rumored']\n",
    "[guards]\nmin_rows = 3\n\n[[check]]\nrule = 'b'\nfield = 'revenue'\nmax = 1000\naction = 'clear'\n",
    // Lets in what the others do not.
    "[[check]]\nrule = 'c'\nfield = 'title'\none_of = ['A']\naction = 'set'\nvalue = 'Z'\n",
];

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (
        -1..7i64,
        prop::sample::select(vec!["A", "B"]),
        prop::sample::select(vec!["", "1995-01-01", "1996-06-06"]),
        prop::sample::select(vec![0, 7, 5_000_000_000i64]),
        prop::sample::select(vec![0, 9, 5_000_000_000i64]),
        prop::collection::vec(1..4i64, 0..3),
        prop::collection::vec(1..4i64, 0..3),
    );
    let line = line.prop_map(
        |(id, title, date, budget, revenue, companies, genres)| Line {
            id,
            title: title.to_owned(),
            date: date.to_owned(),
            budget,
            revenue,
            companies,
            genres,
            ..Line::default()
        },
    );
    prop::collection::vec(line, 1..7)
}

fn random() -> TestRunner {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Each movie's hash and state.
type Movies = HashMap<i64, (Vec<u8>, history::State)>;

async fn movies(db: &DatabaseConnection) -> Movies {
    let rows = movie::Entity::find().all(db).await.unwrap();
    let ids: Vec<i64> = rows.iter().map(|movie| movie.id).collect();
    let mut states = history::states(db, history::At::Now, &ids).await.unwrap();
    rows.into_iter()
        .map(|movie| {
            (
                movie.id,
                (movie.row_hash, states.remove(&movie.id).unwrap()),
            )
        })
        .collect()
}

/// The figures of a column by key.
async fn figures(db: &DatabaseConnection, of: Of) -> BTreeMap<(i64, i32), Option<i64>> {
    let noun = of.noun();
    let sql = format!("SELECT {noun}_id, year, revenue FROM {noun}_year");
    let rows = database::query(db, &sql, []).await.unwrap();
    rows.iter()
        .map(|row| {
            let key = (
                row.try_get_by_index(0).unwrap(),
                row.try_get_by_index(1).unwrap(),
            );
            (key, row.try_get_by_index(2).unwrap())
        })
        .collect()
}

async fn rejects(db: &DatabaseConnection, runs: &[i64]) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for reject in reject::Entity::find().all(db).await.unwrap() {
        if runs.contains(&reject.run_id) {
            *counts.entry(reject.code).or_default() += 1;
        }
    }
    counts
}

/// Rows of a preview as `id kind fields`.
fn told(preview: &Preview) -> Vec<String> {
    let rows = [&preview.gained, &preview.lost, &preview.changed];
    for rows in rows {
        assert_eq!(rows.count as usize, rows.first.len());
    }
    let rows = rows.into_iter().flat_map(|rows| &rows.first);
    let mut told: Vec<_> = rows
        .map(|row| format!("{} {} {:?}", row.movie_id, row.kind, row.fields))
        .collect();
    told.sort();
    told
}

/// The same of what really became of two marts.
fn real(before: &Movies, after: &Movies) -> Vec<String> {
    let ids: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut real = Vec::new();
    for id in ids {
        let kind = match (before.get(id), after.get(id)) {
            (None, _) => "inserted",
            (_, None) => "deleted",
            (Some(a), Some(b)) if a.0 != b.0 => "updated",
            _ => continue,
        };
        let state = |movies: &Movies| movies.get(id).map(|movie| movie.1.clone());
        let fields = history::differences(state(before).as_ref(), state(after).as_ref());
        real.push(format!("{id} {kind} {fields:?}"));
    }
    real.sort();
    real
}

/// Publishes a draft, reads every file again, and holds what became of the mart against the preview; answers
/// how many rows it changed.
async fn assert_foretold(world: &World, draft: &str, foretold: &Preview, base: &[i64]) -> usize {
    let db = &world.chain.db;
    let before = (
        movies(db).await,
        figures(db, Of::Company).await,
        figures(db, Of::Genre).await,
    );
    let version = store::publish(db, draft, By::named("test"), "try")
        .await
        .unwrap()
        .version;
    let runs = world.reprocess_all(version).await;
    let mut held = Vec::new();
    for id in &runs {
        let mut run = queue::run_now(&world.chain, *id).await.unwrap();
        held.push(run.held_because.clone());
        if run.status == RunStatus::Held {
            control::approve(db, run.id, Trigger::Command)
                .await
                .unwrap();
            run = queue::run_now(&world.chain, *id).await.unwrap();
        }
        assert_eq!((run.status, run.error), (RunStatus::Succeeded, None));
    }
    // The second round, where the first has led to one.
    let queued = run::Entity::find().filter(run::Column::Status.eq(RunStatus::Queued));
    for run in queued.order_by_asc(run::Column::Id).all(db).await.unwrap() {
        let mut run = queue::run_now(&world.chain, run.id).await.unwrap();
        if run.status == RunStatus::Held {
            control::approve(db, run.id, Trigger::Command)
                .await
                .unwrap();
            run = queue::run_now(&world.chain, run.id).await.unwrap();
        }
        assert_eq!((run.status, run.error), (RunStatus::Succeeded, None));
    }
    let after = (
        movies(db).await,
        figures(db, Of::Company).await,
        figures(db, Of::Genre).await,
    );
    let told = told(foretold);
    assert_eq!(told, real(&before.0, &after.0), "{draft}");
    let because: Vec<_> = foretold
        .files
        .iter()
        .map(|file| file.held_because.clone())
        .collect();
    assert_eq!(because, held, "{draft}");
    let counts = |before: bool| -> BTreeMap<String, i64> {
        let counts = foretold.rejects.iter();
        let counts = counts.map(|r| (r.code.clone(), if before { r.before } else { r.after }));
        counts.filter(|(_, count)| *count > 0).collect()
    };
    assert_eq!(counts(true), rejects(db, base).await);
    assert_eq!(counts(false), rejects(db, &runs).await);
    for (of, before, after) in [
        (Of::Company, before.1, after.1),
        (Of::Genre, before.2, after.2),
    ] {
        let mut expected = BTreeMap::new();
        for key in before.keys().chain(after.keys()) {
            let value = |figures: &BTreeMap<_, Option<i64>>| figures.get(key).copied().flatten();
            let change = value(&after).unwrap_or(0) - value(&before).unwrap_or(0);
            if change != 0 {
                expected.insert(*key, change);
            }
        }
        let moved = foretold.moved(of, Measure::Revenue);
        let found: BTreeMap<_, _> = moved
            .iter()
            .map(|m| ((m.id, m.year), m.change as i64))
            .collect();
        assert_eq!(found, expected, "{draft} {of:?}");
        assert!(
            moved
                .windows(2)
                .all(|pair| pair[0].change.abs() >= pair[1].change.abs())
        );
        assert!(
            moved
                .iter()
                .all(|m| m.name.ends_with(&format!(" {}", m.id)))
        );
    }
    told.len()
}

#[tokio::test]
async fn a_preview_of_everything_is_what_publishing_and_reprocessing_do() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let mut random = random();
        let mut base = Vec::new();
        for number in 0..6 {
            let lines = lines().new_tree(&mut random).unwrap().current();
            let text = file(&lines) + &"\n".repeat(number);
            base.push(world.load_well(&format!("{number}.csv"), text).await.id);
        }
        let mut changed = 0;
        // Each draft is tried on what the one before has made.
        for draft in DRAFTS {
            let rules = definition::parse(draft, 9).unwrap();
            let (mart, runs) = (movies(db).await, run::Entity::find().all(db).await.unwrap());
            let foretold = preview(&world.chain, rules, &Which::All, 100)
                .await
                .unwrap();
            assert_eq!(movies(db).await, mart, "the mart is as it was");
            assert_eq!(run::Entity::find().all(db).await.unwrap(), runs);
            assert_eq!(foretold.files.len(), 6);
            changed += assert_foretold(&world, draft, &foretold, &base).await;
            let runs = run::Entity::find().all(db).await.unwrap();
            base = runs[runs.len() - 6..].iter().map(|run| run.id).collect();
        }
        assert!(changed > 10, "{changed}");
        world.close().await;
    }
}

#[tokio::test]
async fn a_preview_of_some_files_is_what_a_mart_of_just_these_would_become() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let mut random = random();
        let mut texts = Vec::new();
        for number in 0..4 {
            let lines = lines().new_tree(&mut random).unwrap().current();
            texts.push(file(&lines) + &"\n".repeat(number));
            world
                .load_well(&format!("{number}.csv"), &texts[number])
                .await;
        }
        let db = &world.chain.db;
        let files = source_file::Entity::find().all(db).await.unwrap();
        // A file whose run was undone is none of them, and one that was read under other rules counts as such.
        control::undo(db, 4, Trigger::Command, true).await.unwrap();
        for id in run::Entity::find().all(db).await.unwrap() {
            queue::run_now(&world.chain, id.id).await.unwrap();
        }
        let other = store::publish(db, DRAFTS[4], By::named("test"), "why")
            .await
            .unwrap()
            .version;
        let id = control::reprocess_run(db, 2, Trigger::Command, other, RunMode::Merge)
            .await
            .unwrap();
        assert_eq!(queue::run_now(&world.chain, id).await.unwrap().error, None);

        let chosen = Which::Chosen(vec![
            files[2].sha256.to_uppercase(),
            files[1].sha256.clone(),
        ]);
        let mut previews = Vec::new();
        for which in [chosen, Which::Newest(2)] {
            let rules = definition::parse(DRAFTS[0], 9).unwrap();
            previews.push(preview(&world.chain, rules, &which, 100).await.unwrap());
        }
        let names = |preview: &Preview| -> Vec<String> {
            preview.files.iter().map(|file| file.name.clone()).collect()
        };
        assert_eq!(names(&previews[0]), ["1.csv", "2.csv"]);
        assert_eq!(names(&previews[1]), ["1.csv", "2.csv"]);
        assert_eq!(told(&previews[0]), told(&previews[1]));

        // Another mart, of these two alone.
        let just = World::new(&engine).await;
        let published = store::publish(&just.chain.db, DRAFTS[4], By::named("test"), "why")
            .await
            .unwrap();
        let mut base = Vec::new();
        for (number, rules) in [(1, published.version), (2, 1)] {
            let path = just.folder.path().join(format!("{number}.csv"));
            std::fs::write(&path, &texts[number]).unwrap();
            let by = Trigger::Command;
            let id = queue::enqueue(&just.chain.db, &path, by, rules, RunMode::Merge)
                .await
                .unwrap();
            base.push(queue::run_now(&just.chain, id).await.unwrap().id);
        }
        assert_foretold(&just, DRAFTS[0], &previews[0], &base).await;
        just.close().await;

        for (which, words) in [
            (
                Which::Chosen(vec!["f".repeat(64)]),
                "there is no file with the SHA-256 ffff",
            ),
            (
                Which::Chosen(vec![files[3].sha256.clone()]),
                "of which a run is merged",
            ),
        ] {
            let rules = definition::parse(DRAFTS[0], 9).unwrap();
            let error = preview(&world.chain, rules, &which, 1)
                .await
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{error}");
        }
        let few = definition::parse(DRAFTS[2], 9).unwrap();
        let few = preview(&world.chain, few, &Which::All, 1).await.unwrap();
        assert!(
            few.changed.count > 1 && few.changed.first.len() == 1,
            "{few:?}"
        );
        let fields: Vec<_> = few.changed.first[0]
            .fields
            .iter()
            .map(|f| &*f.field)
            .collect();
        assert!(
            fields == ["release_year"] || fields.is_empty(),
            "{fields:?}"
        );
        world.close().await;
    }
}
