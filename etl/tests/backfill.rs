//! Files read again together: how far that is, whoever goes on with it, and ending it.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file};
use entity::ingest::{RunKind, RunMode, Trigger, backfill as row, run, source_file};
use etl::{
    backfill::{self, Progress},
    control, queue, sample,
};
use sea_orm::{EntityTrait, QueryOrder};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Files of a few movies, and among them one that takes a while.
async fn files(world: &World) {
    for number in 0..5 {
        let line = Line {
            id: number + 1,
            ..Line::default()
        };
        match number {
            2 => {
                let path = world.folder.path().join("2.csv");
                sample::write(20_000, 3, &mut std::fs::File::create(&path).unwrap()).unwrap();
                assert_eq!(world.load_file(&path).await.error, None);
            }
            _ => {
                world
                    .load_well(&format!("{number}.csv"), file(&[line]))
                    .await;
            }
        }
    }
    world.load("bad.csv", "a,b\n").await;
}

async fn begin(world: &World, mode: RunMode) -> row::Model {
    control::reprocess_all(&world.chain.db, "ada", Trigger::Command, 1, mode, None)
        .await
        .unwrap()
}

async fn progress(world: &World, id: i64) -> Progress {
    let progress = backfill::progress(&world.chain.db, &[id]).await.unwrap();
    progress[&id].clone()
}

#[tokio::test]
async fn a_backfill_that_was_stopped_is_finished_by_another_process() {
    for engine in engines() {
        let world = World::new(&engine).await;
        files(&world).await;
        let db = &world.chain.db;
        assert_eq!(backfill::unfinished(db).await.unwrap(), None);
        let begun = begin(&world, RunMode::Merge).await;
        let id = begun.id;
        assert_eq!((begun.total, &*begun.created_by), (5, "ada"));
        let waiting = Progress {
            remaining: 5,
            rounds: 1,
            ..Progress::default()
        };
        assert_eq!(progress(&world, id).await, waiting);

        // One process stops in the midst of the third file.
        let shutdown = CancellationToken::new();
        let worker = tokio::spawn(queue::work(
            world.chain.clone(),
            Arc::default(),
            shutdown.clone(),
        ));
        let third = backfill::all(db, id).await.unwrap()[2];
        while control::find(db, third).await.unwrap().rows_read == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let midst = progress(&world, id).await;
        shutdown.cancel();
        worker.await.unwrap().unwrap();
        assert_eq!((midst.done, midst.remaining, midst.failed), (2, 3, 0));
        assert!(midst.bytes_done > 0 && midst.bytes_done < begun.bytes_total);
        assert!(
            midst.estimated_end > midst.started_at && midst.finished_at.is_none(),
            "{midst:?}"
        );

        let rest = backfill::unfinished(db).await.unwrap().unwrap();
        assert_eq!(rest.id, id);
        let left = backfill::remaining(db, id).await.unwrap();
        assert_eq!((left.len(), left[0]), (3, third));
        let other = etl::chain::Chain {
            worker: "another".to_owned(),
            ..world.chain.clone()
        };
        let shutdown = CancellationToken::new();
        let worker = tokio::spawn(queue::work(other, Arc::default(), shutdown.clone()));
        while progress(&world, id).await.remaining > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        shutdown.cancel();
        worker.await.unwrap().unwrap();
        let end = progress(&world, id).await;
        assert_eq!((end.done, end.bytes_done), (5, begun.bytes_total));
        assert!(end.finished_at.is_some() && end.estimated_end.is_none());
        assert_eq!(backfill::unfinished(db).await.unwrap(), None);

        // Oldest first: the versions rise with the files.
        let merged: Vec<Option<i64>> = run::Entity::find()
            .order_by_asc(run::Column::DataVersion)
            .all(db)
            .await
            .unwrap()
            .into_iter()
            .filter(|run| run.kind == RunKind::Reprocess)
            .map(|run| run.source_file_id)
            .collect();
        assert_eq!(merged, [1, 2, 3, 4, 5].map(Some));
        world.close().await;
    }
}

#[tokio::test]
async fn a_backfill_is_cancelled_as_a_whole_and_what_failed_is_counted() {
    for engine in engines() {
        let world = World::new(&engine).await;
        for number in 0..4 {
            let line = Line {
                id: number + 1,
                ..Line::default()
            };
            world
                .load_well(&format!("{number}.csv"), file(&[line]))
                .await;
        }
        let db = &world.chain.db;
        let path = source_file::Entity::find_by_id(2)
            .one(db)
            .await
            .unwrap()
            .unwrap();
        let path = world.folder.path().join("archive").join(path.archive_path);
        std::fs::remove_file(path).unwrap();
        let id = begin(&world, RunMode::Hold).await.id;
        let runs = backfill::all(db, id).await.unwrap();
        for run in &runs[..3] {
            queue::run_now(&world.chain, *run).await.unwrap();
        }
        let midst = progress(&world, id).await;
        assert_eq!(
            (midst.done, midst.failed, midst.remaining),
            (2, 1, 1),
            "{midst:?}"
        );
        assert!(midst.estimated_end.is_some(), "held runs have a pace too");
        backfill::cancel(db, id, Trigger::Command).await.unwrap();
        let end = progress(&world, id).await;
        assert_eq!((end.cancelled, end.failed, end.remaining), (3, 1, 0));
        for run in runs {
            let run = control::find(db, run).await.unwrap();
            assert!(run.status.is_final(), "{run:?}");
        }
        assert!(backfill::find(db, id).await.unwrap().cancelled_at.is_some());
        let again = backfill::cancel(db, id, Trigger::Command)
            .await
            .unwrap_err()
            .to_string();
        assert!(again.contains("has ended"), "{again}");
        assert!(
            backfill::cancel(db, 99, Trigger::Command)
                .await
                .unwrap_err()
                .to_string()
                .contains("no backfill 99")
        );
        world.close().await;
    }
}
