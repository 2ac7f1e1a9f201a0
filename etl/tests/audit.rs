//! The audit trail's chain: made by many at once, never changed unnoticed.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file};
use entity::{
    access::audit_event,
    ingest::{RunMode, Trigger},
};
use etl::{
    asker::{Asker, By},
    audit::{self, Event},
    backfill, control, correct, database, queue,
    rules::store,
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};

async fn write(db: &DatabaseConnection, number: usize) {
    let event = Event {
        actor: "ada",
        action: "run.retry",
        subject: format!("run {number}"),
        after: Some("ein Ä, \u{1f3ac}, 'x'  ".to_owned()),
        ..Event::default()
    };
    audit::record(db, event).await.unwrap();
}

async fn differences(db: &DatabaseConnection) -> Vec<String> {
    audit::check(db).await.unwrap().differences
}

async fn run(db: &DatabaseConnection, sql: &str) {
    database::execute(db, sql, []).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_write_one_chain_and_what_is_tampered_with_shows() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = world.chain.db.clone();
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let db = db.clone();
                tokio::spawn(async move {
                    for number in 0..5 {
                        if writer % 2 == 0 {
                            write(&db, number).await;
                            continue;
                        }
                        // Within a change of something else, that now and then comes to nothing.
                        let tx = database::begin(&db).await.unwrap();
                        database::execute(
                            &tx,
                            "UPDATE mart_state SET version = version WHERE id = 1",
                            [],
                        )
                        .await
                        .unwrap();
                        let event = Event {
                            actor: "bob",
                            action: "run.undo",
                            ..Event::default()
                        };
                        audit::record(&tx, event).await.unwrap();
                        match number {
                            3 => tx.rollback().await.unwrap(),
                            _ => tx.commit().await.unwrap(),
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let report = audit::check(&db).await.unwrap();
        assert_eq!((report.checked, report.differences), (36, Vec::new()));

        for sql in [
            "UPDATE audit_event SET actor = 'eve'",
            "DELETE FROM audit_event WHERE id = 36",
        ] {
            let refused = database::execute(&db, sql, []).await.unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{refused}");
        }
        run(&db, "DROP TRIGGER audit_event_unchanged").await;
        run(&db, "DROP TRIGGER audit_event_kept").await;
        run(
            &db,
            "UPDATE audit_event SET actor = CONCAT(actor, 'x') WHERE id = 7",
        )
        .await;
        assert_eq!(
            differences(&db).await,
            ["event 7: was changed after it was written"]
        );
        run(
            &db,
            "UPDATE audit_event SET actor = REPLACE(actor, 'x', '') WHERE id = 7",
        )
        .await;
        assert_eq!(differences(&db).await, [""; 0]);
        run(&db, "DELETE FROM audit_event WHERE id = 36").await;
        assert_eq!(differences(&db).await, ["event 36: is missing at the end"]);
        run(&db, "DELETE FROM audit_event WHERE id BETWEEN 9 AND 11").await;
        assert_eq!(differences(&db).await, ["events 9 to 11: are missing"]);
        world.close().await;
    }
}

#[tokio::test]
async fn what_was_written_before_there_was_a_chain_is_chained() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let steps = Migrator::migrations();
        let since = steps.iter().rev();
        let later = since
            .take_while(|step| step.name() != "m20261125_000018_access")
            .count();
        write(db, 1).await;
        Migrator::down(db, Some(later as u32 + 1)).await.unwrap();
        for (id, subject) in [(4, "user Ä"), (9, "run 7")] {
            let sql = format!(
                "INSERT INTO audit_event (id, at, actor, action, subject, address, value_after)
                 VALUES ({id}, '2026-11-25 12:00:00.123456', 'ada', 'user.add', '{subject}', NULL, 'x')"
            );
            run(db, &sql).await;
        }
        Migrator::up(db, None).await.unwrap();
        write(db, 2).await;
        let report = audit::check(db).await.unwrap();
        assert_eq!((report.checked, report.differences), (4, Vec::new()));
        let events = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
        let subjects: Vec<_> = events
            .all(db)
            .await
            .unwrap()
            .into_iter()
            .map(|event| event.subject)
            .collect();
        assert_eq!(subjects, ["run 1", "user Ä", "run 7", "run 2"]);
        world.close().await;
    }
}

/// The events since the last call: what was done, to what, before and after.
async fn told(db: &DatabaseConnection, last: &mut i64) -> Vec<String> {
    let events = audit_event::Entity::find()
        .filter(audit_event::Column::Id.gt(*last))
        .order_by_asc(audit_event::Column::Id);
    let events = events.all(db).await.unwrap();
    *last = events.last().map_or(*last, |event| event.id);
    let shown = events.into_iter().map(|event| {
        assert_eq!(event.actor, "ada");
        assert_eq!(event.address.as_deref(), Some("10.0.0.7"));
        let value = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let (before, after) = (value(event.value_before), value(event.value_after));
        format!("{} {}: {before} / {after}", event.action, event.subject)
    });
    shown.collect()
}

#[tokio::test]
async fn what_is_done_with_runs_and_rules_is_written_down_in_the_same_transaction() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let (chain, db) = (&world.chain, &world.chain.db);
        let by = By {
            address: Some("10.0.0.7".parse().unwrap()),
            ..By::named("ada")
        };
        let ada = Asker::api(by);
        let mut last = 0;
        let wrong = Line {
            id: 0,
            ..Line::default()
        };
        let path = world.folder.path().join("a.csv");
        std::fs::write(&path, file(&[Line::default(), wrong])).unwrap();
        let sha256 = {
            // Nobody asks for what arrives.
            let run = world.load_file(&path).await;
            let file = queue::file_of(db, &run).await.unwrap().unwrap();
            file.sha256
        };
        assert!(told(db, &mut last).await.is_empty());

        let body = store::find(db, 1).await.unwrap().body + "\n# stricter\n";
        let rules = store::publish(db, &body, by, "why").await.unwrap();
        let first = store::find(db, 1).await.unwrap();
        let published = format!("rule.publish rules 2: {} / {}", first.hash, rules.hash);
        assert_eq!(told(db, &mut last).await, [published]);
        store::publish(db, &body, by, "again").await.unwrap_err();

        let hold = RunMode::Hold;
        let held = control::reprocess_file(db, &sha256, ada, 1, hold)
            .await
            .unwrap();
        queue::run_now(chain, held).await.unwrap();
        control::cancel(db, held, ada).await.unwrap();
        control::retry(db, held, ada).await.unwrap();
        control::cancel(db, held, ada).await.unwrap_err();
        control::approve(db, held, ada).await.unwrap_err();
        assert_eq!(
            told(db, &mut last).await,
            [
                format!("run.reprocess file {sha256}: - / run 2"),
                "run.cancel run 2: held / cancelled".to_owned(),
                "run.retry run 2: - / run 3".to_owned(),
            ]
        );
        control::cancel(db, 3, ada).await.unwrap();
        for id in [4, 5] {
            assert_eq!(
                control::reprocess_run(db, 1, ada, 1, hold).await.unwrap(),
                id
            );
            queue::run_now(chain, id).await.unwrap();
        }
        control::approve(db, 4, ada).await.unwrap();
        control::discard(db, 5, ada).await.unwrap();
        queue::run_now(chain, 4).await.unwrap();
        let value = [("id".to_owned(), "7".to_owned())];
        assert_eq!(correct::correct(chain, 1, &value, ada).await.unwrap(), 6);
        queue::run_now(chain, 6).await.unwrap();
        assert_eq!(control::undo(db, 6, ada, false).await.unwrap(), [7]);
        assert_eq!(
            told(db, &mut last).await,
            [
                "run.cancel run 3: queued / cancelled",
                "run.reprocess run 1: - / run 4",
                "run.reprocess run 1: - / run 5",
                "run.approve run 4: held / queued",
                "run.discard run 5: held / discarded",
                "reject.correct reject 1: - / run 6",
                "run.undo run 6: - / run 7",
            ]
        );
        queue::run_now(chain, 7).await.unwrap();
        assert_eq!(
            control::ingest_file(db, &sha256, ada, 1, hold)
                .await
                .unwrap(),
            8
        );
        let merge = RunMode::Merge;
        let begun = control::reprocess_all(db, "ada", ada, 2, merge, None)
            .await
            .unwrap();
        backfill::cancel(db, begun.id, ada).await.unwrap();
        backfill::cancel(db, begun.id, ada).await.unwrap_err();
        queue::enqueue(db, &path, ada, 1, merge).await.unwrap();
        queue::enqueue(db, &path, Trigger::Inbox, 1, merge)
            .await
            .unwrap();
        assert_eq!(
            told(db, &mut last).await,
            [
                format!("run.ingest file {sha256}: - / run 8"),
                "backfill.begin backfill 1: - / 1 files under rules 2".to_owned(),
                "backfill.cancel backfill 1: 1 of 1 files remain / cancelled".to_owned(),
                "run.cancel run 9: queued / cancelled".to_owned(),
                format!("run.ingest file {}: - / run 10", path.display()),
            ]
        );
        assert!(differences(db).await.is_empty());
        world.close().await;
    }
}
