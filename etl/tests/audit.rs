//! The audit trail's chain: made by many at once, never changed unnoticed.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, engines};
use entity::access::audit_event;
use etl::{
    audit::{self, Event},
    database,
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};

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
