//! How Marquee itself is, as each of its instances tells it.

use crate::{
    app::{App, Person, on_every_engine},
    world::{HEADER, Line, World, engines, file},
};
use chrono::{TimeDelta, Utc};
use entity::ingest::{RunMode, Trigger, instance, job};
use etl::queue;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use std::time::Duration;

const SYSTEM: &str = "{ system { version instance startedAt inbox
    instances { name version alive workers startedAt seenAt leases { until run { id status instance } } }
    queue { waiting running held oldestAt }
    database { engine version migration bytes }
    archive { kind files bytes deleted } } }";

async fn system(person: &Person) -> Value {
    person.ask(SYSTEM, json!({})).await["system"].take()
}

/// The instance of that name among all.
fn named<'a>(system: &'a Value, name: &str) -> &'a Value {
    let all = system["instances"].as_array().unwrap();
    let found = all.iter().find(|one| one["name"] == name);
    found.unwrap_or(&Value::Null)
}

/// Lets an instance have been heard of so long ago.
async fn silent(app: &App, name: &str, since: TimeDelta) {
    let seen = Expr::value(Utc::now() - since);
    let changed = instance::Entity::update_many()
        .col_expr(instance::Column::SeenAt, seen)
        .filter(instance::Column::Name.eq(name))
        .exec(&app.world.chain.db)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected, 1, "{name}");
}

#[tokio::test]
async fn instances_see_each_other_and_who_is_not_heard_of() {
    on_every_engine(async |app: &mut App| {
        let other = app.another().await;
        let (admin, elsewhere) = (app.admin().await, other.admin().await);
        let (here, there) = (system(&admin).await, system(&elsewhere).await);
        assert_eq!(
            (&here["instance"], &there["instance"]),
            (&json!("test"), &json!("another"))
        );
        assert_eq!(here["version"], env!("CARGO_PKG_VERSION"));
        let inbox = app.inbox().display().to_string();
        assert_eq!(
            (&here["inbox"], &there["inbox"]),
            (&json!(inbox), &Value::Null)
        );
        for (name, workers, own) in [("test", 1, &here), ("another", 0, &there)] {
            for seen in [&here, &there] {
                let one = named(seen, name);
                assert_eq!(
                    (&one["alive"], &one["workers"], &one["startedAt"]),
                    (&json!(true), &json!(workers), &own["startedAt"]),
                    "{seen}"
                );
            }
        }

        other.stop().await;
        silent(app, "another", TimeDelta::seconds(25)).await;
        assert_eq!(named(&system(&admin).await, "another")["alive"], true);
        silent(app, "another", TimeDelta::seconds(35)).await;
        assert_eq!(named(&system(&admin).await, "another")["alive"], false);
        silent(app, "another", TimeDelta::hours(23)).await;
        assert_eq!(named(&system(&admin).await, "another")["alive"], false);
        silent(app, "another", TimeDelta::hours(25)).await;
        assert!(named(&system(&admin).await, "another").is_null());

        // Who lives goes on to tell so, and forgets who does not.
        silent(app, "test", TimeDelta::hours(1)).await;
        let mut alive = Value::Null;
        for _ in 0..300 {
            alive = named(&system(&admin).await, "test")["alive"].clone();
            if alive == true {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(alive, true);
        let all = instance::Entity::find().all(&app.world.chain.db).await;
        assert_eq!(all.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_instance_has_leases_of_what_it_works_on() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = world.chain.db.clone();
        let app = App::start_with(world, &[("MARQUEE_ROLES", "api")]).await;
        let admin = app.admin().await;
        let path = app.world.folder.path().join("a.csv");
        let mut ids = Vec::new();
        for mode in [RunMode::Hold, RunMode::Merge, RunMode::Merge] {
            let line = Line {
                id: ids.len() as i64 + 1,
                ..Line::default()
            };
            std::fs::write(&path, file(&[line])).unwrap();
            let run = queue::enqueue(&db, &path, Trigger::Inbox, 1, mode).await;
            ids.push(run.unwrap());
            if ids.len() == 1 {
                queue::run_now(&app.world.chain, ids[0]).await.unwrap();
            }
        }
        let lease = async |owner: &str, until| {
            let until = Utc::now() + TimeDelta::seconds(until);
            job::Entity::update_many()
                .col_expr(job::Column::LeaseOwner, Expr::value(owner))
                .col_expr(job::Column::LeaseUntil, Expr::value(until))
                .filter(job::Column::RunId.eq(ids[1]))
                .exec(&db)
                .await
                .unwrap();
        };
        let oldest = "query ($id: ID!) { run(id: $id) { createdAt instance } }";
        let oldest = admin.ask(oldest, json!({"id": ids[1]})).await["run"].take();
        assert_eq!(oldest["instance"], Value::Null);

        lease("test", 60).await;
        let found = system(&admin).await;
        let leases = &named(&found, "test")["leases"];
        let run = json!({"id": ids[1].to_string(), "status": "QUEUED", "instance": "test"});
        assert_eq!(leases[0]["run"], run, "{found}");
        assert_eq!(leases.as_array().unwrap().len(), 1);
        assert!(leases[0]["until"].as_str() > oldest["createdAt"].as_str());
        let queue = json!({"waiting": 2, "running": 0, "held": 1, "oldestAt": oldest["createdAt"]});
        assert_eq!(found["queue"], queue);

        // Another's, and one that has run out, which anybody may take over.
        lease("elsewhere", 60).await;
        let found = system(&admin).await;
        assert_eq!(named(&found, "test")["leases"], json!([]));
        lease("test", -1).await;
        let found = system(&admin).await;
        assert_eq!(named(&found, "test")["leases"], json!([]));
        let run = "query ($id: ID!) { run(id: $id) { instance } }";
        let run = admin.ask(run, json!({"id": ids[1]})).await;
        assert_eq!(run["run"]["instance"], Value::Null);
        app.close().await;
    }
}

#[tokio::test]
async fn the_stores_are_told_of_as_they_are() {
    on_every_engine(async |app: &mut App| {
        let admin = app.admin().await;
        let empty = system(&admin).await;
        let nothing = json!({"kind": "file", "files": 0, "bytes": 0, "deleted": 0});
        assert_eq!(empty["archive"], nothing);
        let idle = json!({"waiting": 0, "running": 0, "held": 0, "oldestAt": null});
        assert_eq!(empty["queue"], idle);
        let bad = Line {
            id: -1,
            ..Line::default()
        };
        let text = format!("{HEADER}\n{}\n{}\n", Line::default().csv(), bad.csv());
        app.world.load_well("a.csv", text).await;
        let found = system(&admin).await;
        let archive = app.world.folder.path().join("archive");
        let mut bytes = 0;
        let mut folders = vec![archive];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false => bytes += entry.metadata().unwrap().len(),
                }
            }
        }
        let held = json!({"kind": "file", "files": 1, "bytes": bytes, "deleted": 0});
        assert_eq!(found["archive"], held);
        let database = &found["database"];
        let engine = database["engine"].as_str().unwrap();
        match app.world.url.starts_with("sqlite") {
            true => assert_eq!(engine, "SQLite"),
            false => assert!(["MariaDB", "MySQL"].contains(&engine)),
        }
        let version = database["version"].as_str().unwrap();
        assert!(version.split('.').all(|part| part.parse::<u32>().is_ok()));
        assert!(database["migration"].as_str().unwrap() >= "m20261125_000020_instance");
        assert!(database["bytes"].as_i64().unwrap() > 100_000);
    })
    .await;
}
