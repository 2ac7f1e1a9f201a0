//! What the mart has just so is staged in brief; whatever happens to the mart meanwhile, nothing is lost.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file};
use entity::{ingest::*, mart, staging};
use etl::{control, queue};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

fn line(id: i64, title: &str) -> Line {
    Line {
        id,
        title: title.to_owned(),
        companies: vec![id, 30],
        ..Line::default()
    }
}

#[tokio::test]
async fn only_what_is_news_is_staged_whole() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        world
            .load_well("a.csv", file(&[line(1, "A"), line(2, "A"), line(3, "A")]))
            .await;
        let path = world.folder.path().join("b.csv");
        let lines = [line(1, "A"), line(2, "B"), line(3, "A"), line(4, "B")];
        std::fs::write(&path, file(&lines)).unwrap();
        world.load_as(&path, RunMode::Hold).await;
        let whole = staging::movie::Entity::find()
            .filter(staging::movie::Column::Whole.eq(true))
            .all(db)
            .await
            .unwrap();
        let whole: Vec<i64> = whole.iter().map(|movie| movie.movie_id).collect();
        assert_eq!(whole, [2, 4]);
        let links = staging::movie_company::Entity::find().count(db).await;
        assert_eq!(links.unwrap(), 4);
        world.close().await;
    }
}

#[tokio::test]
async fn what_was_staged_in_brief_and_has_gone_meanwhile_is_merged_whole() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let first = world
            .load_well("a.csv", file(&[line(1, "A"), line(2, "A")]))
            .await;
        let bad = Line {
            id: -1,
            ..Line::default()
        };
        let path = world.folder.path().join("b.csv");
        std::fs::write(&path, file(&[line(1, "A"), line(3, "B"), bad])).unwrap();
        let held = world.load_as(&path, RunMode::Hold).await;
        assert_eq!((held.rows_unchanged, held.rows_inserted), (1, 1));
        for id in control::undo(db, first.id, Trigger::Command, false)
            .await
            .unwrap()
        {
            queue::run_now(&world.chain, id).await.unwrap();
        }
        control::approve(db, held.id, Trigger::Command)
            .await
            .unwrap();
        let merged = queue::run_now(&world.chain, held.id).await.unwrap();
        assert_eq!((merged.status, merged.error), (RunStatus::Succeeded, None));
        let counts = [merged.rows_read, merged.rows_inserted, merged.rows_rejected];
        assert_eq!(counts, [3, 2, 1]);
        let movie = mart::movie::Entity::find_by_id(1)
            .one(db)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((movie.title.as_str(), movie.run_id), ("A", held.id));
        let links = mart::movie_company::Entity::find()
            .filter(mart::movie_company::Column::MovieId.eq(1))
            .count(db)
            .await;
        assert_eq!(links.unwrap(), 2);
        assert_eq!(reject::Entity::find().count(db).await.unwrap(), 1);
        let report = etl::verify::verify(&world.chain).await.unwrap();
        assert!(report.is_clean(), "{report:?}");
        world.close().await;
    }
}

#[tokio::test]
async fn an_undone_file_is_no_duplicate_even_after_a_replay_that_changed_nothing() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let text = file(&[line(1, "A")]);
        let first = world.load_well("a.csv", &text).await;
        let (by, mode) = (Trigger::Command, RunMode::Merge);
        let again = control::reprocess_run(db, first.id, by, 1, mode)
            .await
            .unwrap();
        let again = queue::run_now(&world.chain, again).await.unwrap();
        assert_eq!(
            (again.status, again.rows_unchanged),
            (RunStatus::Succeeded, 1)
        );
        let same = world.load("b.csv", &text).await;
        assert_eq!(same.status, RunStatus::Duplicate);
        for id in control::undo(db, first.id, by, false).await.unwrap() {
            queue::run_now(&world.chain, id).await.unwrap();
        }
        let loaded = world.load_well("c.csv", &text).await;
        assert_eq!(
            (loaded.status, loaded.rows_inserted),
            (RunStatus::Succeeded, 1)
        );
        let same = world.load("d.csv", &text).await;
        assert_eq!(same.duplicate_of, Some(loaded.id));
        world.close().await;
    }
}
