//! Every file read again, through the API.

use crate::{
    app::{App, Person, on_every_engine},
    world::{Line, file},
};
use entity::access::audit_event;
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use std::time::Duration;

const BACKFILL: &str = "query ($id: ID!) { backfill(id: $id) {
    createdBy ruleVersion mode total bytesTotal cancelledAt
    progress { done failed cancelled remaining bytes startedAt finishedAt estimatedEnd }
    runs(first: 2) { totalCount nodes { status fileName backfill { id } } } } }";

async fn ended(person: &Person, id: &str) -> Value {
    for _ in 0..600 {
        let found = person.ask(BACKFILL, json!({"id": id})).await["backfill"].take();
        if found["progress"]["remaining"] == 0 {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("backfill {id} has not ended in half a minute");
}

async fn begin(person: &Person, arguments: &str) -> String {
    let mutation = format!("mutation {{ reprocessAll{arguments} {{ id }} }}");
    let begun = person.ask(&mutation, json!({})).await;
    begun["reprocessAll"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_file_is_read_again_as_one_backfill() {
    on_every_engine(async |app: &mut App| {
        let mut bytes = 0;
        for number in 0..3 {
            let text = file(&[Line {
                id: number + 1,
                ..Line::default()
            }]);
            bytes += text.len();
            app.world.load_well(&format!("{number}.csv"), text).await;
        }
        let person = app.person("operator").await;
        let id = begin(&person, "").await;
        let found = ended(&person, &id).await;
        assert_eq!(
            (&found["createdBy"], &found["mode"]),
            (&json!("a-operator"), &json!("MERGE"))
        );
        assert_eq!(
            (&found["total"], &found["bytesTotal"]),
            (&json!(3), &json!(bytes))
        );
        let progress = &found["progress"];
        assert_eq!(
            (&progress["done"], &progress["bytes"]),
            (&json!(3), &json!(bytes))
        );
        assert!(progress["startedAt"].is_string() && progress["finishedAt"].is_string());
        assert_eq!(
            (&progress["estimatedEnd"], &found["cancelledAt"]),
            (&Value::Null, &Value::Null)
        );
        let runs = &found["runs"];
        assert_eq!(runs["totalCount"], 3);
        assert_eq!(
            runs["nodes"][0],
            json!({"status": "SUCCEEDED", "fileName": "0.csv", "backfill": {"id": id}})
        );
        assert_eq!(
            person
                .ask("{ run(id: 1) { backfill { id } } }", json!({}))
                .await["run"]["backfill"],
            Value::Null
        );
        let cancel =
            |id: &str| format!("mutation {{ cancelBackfill(id: {id}) {{ cancelledAt }} }}");
        assert_eq!(
            person.refused(&cancel(&id), json!({})).await,
            "BAD_USER_INPUT"
        );
        assert_eq!(person.refused(&cancel("99"), json!({})).await, "NOT_FOUND");

        let id = begin(&person, "(rules: 1, preview: true)").await;
        assert_eq!(
            ended(&person, &id).await["runs"]["nodes"][0]["status"],
            "HELD"
        );
        let cancelled = person.ask(&cancel(&id), json!({})).await;
        assert!(cancelled["cancelBackfill"]["cancelledAt"].is_string());
        let found = ended(&person, &id).await;
        assert_eq!(
            (&found["mode"], &found["progress"]["cancelled"]),
            (&json!("HOLD"), &json!(3))
        );
        let list = "{ backfills(first: 1) { totalCount nodes { id progress { cancelled } } } }";
        assert_eq!(
            person.ask(list, json!({})).await["backfills"],
            json!({"totalCount": 2, "nodes": [{"id": id, "progress": {"cancelled": 3}}]})
        );
        let files = "{ files(orderBy: [{field: NAME}]) { nodes { sha256 } } }";
        let files = person.ask(files, json!({})).await["files"]["nodes"].take();
        let two = [&files[2]["sha256"], &files[0]["sha256"]];
        let chosen = begin(&person, &format!("(files: [{}, {}])", two[0], two[1])).await;
        let found = ended(&person, &chosen).await;
        assert_eq!(
            (&found["total"], &found["runs"]["nodes"][0]["fileName"]),
            (&json!(2), &json!("0.csv"))
        );
        for (files, code) in [("[]", "BAD_USER_INPUT"), ("[\"00\"]", "BAD_USER_INPUT")] {
            let mutation = format!("mutation {{ reprocessAll(files: {files}) {{ id }} }}");
            assert_eq!(person.refused(&mutation, json!({})).await, code);
        }
        let none = person.ask("{ backfill(id: 99) { id } }", json!({})).await;
        assert_eq!(none["backfill"], Value::Null);
        assert_eq!(
            person
                .refused("mutation { reprocessAll(rules: 7) { id } }", json!({}))
                .await,
            "BAD_USER_INPUT"
        );
        let viewer = app.person("viewer").await;
        for mutation in ["reprocessAll", "cancelBackfill(id: 1)"] {
            let code = viewer
                .refused(&format!("mutation {{ {mutation} {{ id }} }}"), json!({}))
                .await;
            assert_eq!(code, "FORBIDDEN", "{mutation}");
        }
        let trail = audit_event::Entity::find()
            .order_by_asc(audit_event::Column::Id)
            .all(&app.world.chain.db)
            .await
            .unwrap();
        let said: Vec<_> = trail
            .iter()
            .filter(|event| event.action.starts_with("backfill"))
            .filter(|event| event.outcome == audit_event::Outcome::Done)
            .map(|event| (&*event.action, &*event.subject))
            .collect();
        assert_eq!(
            said,
            [
                ("backfill.begin", "backfill 1"),
                ("backfill.begin", "backfill 2"),
                ("backfill.cancel", "backfill 2"),
                ("backfill.begin", "backfill 3"),
            ]
        );
    })
    .await;
}
