//! Reading every file again under other rules gives the mart that loading them afresh under these gives.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file};
use entity::ingest::*;
use etl::{
    asker::By,
    backfill, control, correct, differ, queue,
    rules::{definition, store},
    verify,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What is rejected under rules 2: movies of a budget that is given.
const STRICT: &str = r#"
[[check]]
rule = "strict"
when = "budget == 666"
action = "reject"
[[check]]
rule = "other"
when = "budget == 333"
field = "revenue"
action = "clear"
"#;

async fn publish(world: &World) {
    let body = STRICT.to_owned();
    definition::parse(&body, 2).unwrap();
    store::publish(&world.chain.db, &body, By::named("test"), "n")
        .await
        .unwrap();
}

/// Takes whatever waits to its end, by so many workers.
async fn work_off(world: &World, workers: usize) {
    let db = &world.chain.db;
    let shutdown = CancellationToken::new();
    let tasks: Vec<_> = (0..workers)
        .map(|number| {
            let mut chain = world.chain.clone();
            chain.worker = format!("worker {number}");
            tokio::spawn(queue::work(chain, Arc::default(), shutdown.clone()))
        })
        .collect();
    let open = || async {
        let open = job::Entity::find().filter(job::Column::DoneAt.is_null());
        open.one(db).await.unwrap().is_some()
    };
    for _ in 0..3000 {
        if !open().await {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!open().await, "still at work after a minute");
    shutdown.cancel();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

/// Where two worlds differ, but for which run and line rows are from.
async fn differences(one: &World, other: &World) -> Vec<String> {
    let tables = differ::compare(&one.chain.db, &other.chain.db, usize::MAX).await;
    let mut all = Vec::new();
    for table in tables.unwrap() {
        for difference in table.first {
            let column = difference.column.as_deref();
            if !matches!(
                column,
                Some("run_id" | "line" | "byte_offset" | "byte_length")
            ) {
                all.push(format!("{}: {difference}", table.table));
            }
        }
    }
    all
}

async fn all_runs(world: &World, id: i64) -> Vec<run::Model> {
    let ids = backfill::all(&world.chain.db, id).await.unwrap();
    let runs = run::Entity::find().filter(run::Column::Id.is_in(ids));
    runs.order_by_asc(run::Column::Id)
        .all(&world.chain.db)
        .await
        .unwrap()
}

/// A file of a few movies; what companies are called differs from file to file.
fn made_up(random: &mut StdRng) -> String {
    let mut lines: Vec<Line> = (0..random.random_range(1..5))
        .map(|_| Line {
            id: random.random_range(1..6),
            title: ["A", "B"][random.random_range(0..2)].to_owned(),
            budget: [100, 333, 666, 666][random.random_range(0..4)],
            companies: (1..5).filter(|_| random.random_bool(0.3)).collect(),
            genres: (1..4).filter(|_| random.random_bool(0.4)).collect(),
            ..Line::default()
        })
        .collect();
    if random.random_bool(0.5) {
        lines.push(Line {
            id: -7,
            ..Line::default()
        });
    }
    let text = file(&lines);
    let name = format!("Company {} of", random.random_range(0..3));
    text.replace("'Company", &format!("'{name}"))
}

fn keywords(random: &mut StdRng) -> String {
    let mut text = "id,keywords\n".to_owned();
    for _ in 0..random.random_range(1..4) {
        let id = random.random_range(1..6);
        let keyword = random.random_range(1..4);
        text += &format!("{id},\"[{{'id': {keyword}, 'name': 'k'}}]\"\n");
    }
    text
}

/// Loads, corrects, undoes and discards at random; answers which files' bytes the mart is made of, by name.
async fn history(world: &World, random: &mut StdRng) -> Vec<(String, Vec<u8>)> {
    let db = &world.chain.db;
    for number in 0..random.random_range(3..7) {
        let text = match random.random_range(0..5) {
            0 => keywords(random),
            _ => made_up(random),
        };
        let path = world.folder.path().join(format!("{number}.csv"));
        std::fs::write(&path, text).unwrap();
        let mode = match random.random_bool(0.2) {
            true => RunMode::Hold,
            false => RunMode::Merge,
        };
        let run = world.load_as(&path, mode).await;
        assert_eq!(run.error, None);
        match random.random_range(0..6) {
            _ if mode == RunMode::Hold => control::discard(db, run.id, Trigger::Command)
                .await
                .unwrap(),
            0 => {
                for id in control::undo(db, run.id, Trigger::Command, true)
                    .await
                    .unwrap()
                {
                    queue::run_now(&world.chain, id).await.unwrap();
                }
            }
            1 if run.rows_rejected > 0 => {
                let reject = reject::Entity::find().filter(reject::Column::RunId.eq(run.id));
                let reject = reject.one(db).await.unwrap().unwrap();
                let budget = ["100", "666"][random.random_range(0..2)];
                let values = [("id", "3"), ("title", "C"), ("budget", budget)];
                let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
                let id = correct::correct(&world.chain, reject.id, &values, Trigger::Command);
                let run = queue::run_now(&world.chain, id.await.unwrap())
                    .await
                    .unwrap();
                assert_eq!(run.error, None);
            }
            _ => {}
        }
    }
    let mut kept = Vec::new();
    let files = source_file::Entity::find().order_by_asc(source_file::Column::Id);
    for found in files.all(db).await.unwrap() {
        let merged = run::Entity::find()
            .filter(run::Column::SourceFileId.eq(found.id))
            .filter(run::Column::Kind.ne(RunKind::Undo))
            .filter(run::Column::Status.eq(RunStatus::Succeeded));
        if merged.one(db).await.unwrap().is_some() {
            let path = world
                .folder
                .path()
                .join("archive")
                .join(&found.archive_path);
            kept.push((found.name, std::fs::read(path).unwrap()));
        }
    }
    kept
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_every_file_again_is_loading_them_afresh() {
    for engine in engines() {
        let seeds = match engine {
            None => 0..16,
            Some(_) => 0..5,
        };
        let mut second = 0;
        for seed in seeds {
            let mut random = StdRng::seed_from_u64(seed);
            let world = World::new(&engine).await;
            let kept = history(&world, &mut random).await;
            publish(&world).await;
            let db = &world.chain.db;
            let begun =
                control::reprocess_all(db, "test", Trigger::Command, 2, RunMode::Merge, None);
            let begun = begun.await.unwrap();
            assert_eq!(begun.total, kept.len() as i64, "seed {seed}");
            work_off(&world, 1).await;
            let progress = &backfill::progress(db, &[begun.id]).await.unwrap()[&begun.id];
            let runs = all_runs(&world, begun.id).await;
            if progress.rounds == 2 {
                second += 1;
                assert_eq!(runs.len(), 2 * kept.len());
                assert!(runs[kept.len()..].iter().all(|run| run.rows_deleted == 0));
            }
            let now = backfill::find(db, begun.id).await.unwrap();
            assert_eq!((now.total, progress.done), (runs.len() as i64, now.total));
            assert_eq!(progress.bytes_done, now.bytes_total);

            let fresh = World::new(&engine).await;
            publish(&fresh).await;
            for (name, bytes) in &kept {
                fresh.load_well(name, bytes).await;
            }
            let differences = differences(&world, &fresh).await;
            assert!(differences.is_empty(), "seed {seed}: {differences:#?}");
            let report = verify::verify(&world.chain).await.unwrap();
            assert!(report.is_clean(), "seed {seed}: {report:?}");
            fresh.close().await;
            world.close().await;
        }
        assert!(second > 1, "only {second} seeds led to a second round");
    }
}

/// Two files with movie 1 and one each of their own; of the newer one it is rejected under rules 2.
async fn two_files(world: &World) {
    let line = |id: i64, budget: i64| Line {
        id,
        budget,
        ..Line::default()
    };
    world
        .load_well("a.csv", file(&[line(1, 1), line(2, 1)]))
        .await;
    world
        .load_well("b.csv", file(&[line(1, 666), line(3, 1)]))
        .await;
    publish(world).await;
}

async fn begin(world: &World, mode: RunMode) -> i64 {
    let begun = control::reprocess_all(&world.chain.db, "test", Trigger::Command, 2, mode, None);
    begun.await.unwrap().id
}

async fn has_movie(world: &World, id: i64) -> bool {
    let found = entity::mart::movie::Entity::find_by_id(id).one(&world.chain.db);
    found.await.unwrap().is_some()
}

async fn log(world: &World, run_id: i64) -> Vec<String> {
    let events = run_event::Entity::find().filter(run_event::Column::RunId.eq(run_id));
    let events = events.all(&world.chain.db).await.unwrap();
    events.into_iter().map(|event| event.message).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_round_is_queued_once_whoever_ends_the_last_runs() {
    for engine in engines() {
        for failing in [false, true] {
            let world = World::new(&engine).await;
            two_files(&world).await;
            let other = Line {
                id: 9,
                ..Line::default()
            };
            world.load_well("c.csv", file(&[other])).await;
            let db = &world.chain.db;
            let id = begin(&world, RunMode::Hold).await;
            work_off(&world, 1).await;
            let runs = backfill::all(db, id).await.unwrap();
            assert_eq!(runs.len(), 3, "held runs lead to nothing");
            // All end at the same time: merged, or two merged and one discarded.
            control::approve(db, runs[0], Trigger::Command)
                .await
                .unwrap();
            control::approve(db, runs[1], Trigger::Command)
                .await
                .unwrap();
            match failing {
                false => control::approve(db, runs[2], Trigger::Command)
                    .await
                    .unwrap(),
                true => {
                    let (db, run) = (db.clone(), runs[2]);
                    tokio::spawn(async move {
                        control::discard(&db, run, Trigger::Command).await.unwrap()
                    });
                }
            }
            work_off(&world, 3).await;
            for _ in 0..500 {
                if backfill::all(db, id).await.unwrap().len() > 3 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            work_off(&world, 3).await;
            let files = if failing { 2 } else { 3 };
            let all = all_runs(&world, id).await;
            assert_eq!(all.len(), 3 + files);
            // As asked, each is held; approving them leads to no third.
            for run in &all[3..] {
                assert_eq!((run.status, run.mode), (RunStatus::Held, RunMode::Hold));
                control::approve(db, run.id, Trigger::Command)
                    .await
                    .unwrap();
            }
            work_off(&world, 3).await;
            assert_eq!(all_runs(&world, id).await.len(), 3 + files);
            assert!(has_movie(&world, 1).await);
            let mut said = Vec::new();
            for run in &all {
                said.extend(log(&world, run.id).await);
            }
            said.retain(|line| line.contains("second round"));
            assert_eq!(
                said,
                [format!(
                    "backfill {id}: its runs have taken 1 rows out of the mart that older files may give; \
                     a second round reads its {files} files again, oldest first"
                )]
            );
            world.close().await;
        }
    }
}

#[tokio::test]
async fn cancelled_backfills_and_deletions_from_the_oldest_file_lead_to_no_second_round() {
    for engine in engines() {
        let world = World::new(&engine).await;
        two_files(&world).await;
        let db = &world.chain.db;
        let id = begin(&world, RunMode::Hold).await;
        work_off(&world, 1).await;
        let runs = backfill::all(db, id).await.unwrap();
        control::approve(db, runs[1], Trigger::Command)
            .await
            .unwrap();
        queue::run_now(&world.chain, runs[1]).await.unwrap();
        assert!(!has_movie(&world, 1).await);
        backfill::cancel(db, id, Trigger::Command).await.unwrap();
        assert_eq!(backfill::all(db, id).await.unwrap().len(), 2);
        world.close().await;

        let world = World::new(&engine).await;
        let line = |id: i64, budget: i64| Line {
            id,
            budget,
            ..Line::default()
        };
        world.load_well("a.csv", file(&[line(1, 666)])).await;
        world.load_well("b.csv", file(&[line(2, 1)])).await;
        publish(&world).await;
        let id = begin(&world, RunMode::Merge).await;
        work_off(&world, 1).await;
        let runs = all_runs(&world, id).await;
        assert_eq!((runs.len(), runs[0].rows_deleted), (2, 1));
        world.close().await;
    }
}

#[tokio::test]
async fn a_single_run_names_the_older_files_that_gave_what_it_takes_out() {
    for engine in engines() {
        let world = World::new(&engine).await;
        two_files(&world).await;
        let db = &world.chain.db;
        let run = control::reprocess_run(db, 2, Trigger::Command, 2, RunMode::Merge);
        let run = queue::run_now(&world.chain, run.await.unwrap())
            .await
            .unwrap();
        assert_eq!(run.rows_deleted, 1);
        let older = source_file::Entity::find_by_id(1)
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let said = log(&world, run.id).await;
        assert_eq!(
            said.last().unwrap(),
            &format!(
                "older files have given some of what was deleted before: a.csv (SHA-256 {}); \
                 `marquee reprocess --file SHA256 --rules 2` lets one give it again",
                older.sha256
            )
        );
        let again = control::reprocess_file(db, &older.sha256, Trigger::Command, 2, RunMode::Merge);
        queue::run_now(&world.chain, again.await.unwrap())
            .await
            .unwrap();
        assert!(has_movie(&world, 1).await);
        world.close().await;
    }
}
