//! Who asked for a run.

use crate::{
    app::{App, Person, on_every_engine},
    world::{HEADER, Line, file},
};
use entity::{
    access::audit_event,
    ingest::{RunMode, Trigger},
};
use etl::queue;
use sea_orm::EntityTrait;
use serde_json::{Value, json};

async fn requested_by(person: &Person, id: &Value) -> Value {
    let query = "query ($id: ID!) { run(id: $id) { requestedBy } }";
    person.ask(query, json!({"id": id})).await["run"]["requestedBy"].take()
}

/// The run that an operation has queued.
async fn queued(person: &Person, mutation: &str) -> Value {
    let mut answer = person
        .ask(&format!("mutation {{ {mutation} {{ id }} }}"), json!({}))
        .await;
    let name = mutation.split('(').next().unwrap();
    answer[name]["id"].take()
}

/// Sends a file; what is answered.
async fn upload(person: &Person, name: &str, text: String) -> Value {
    let address = format!("{}/api/v1/uploads/{name}", person.address);
    let answer = person.client.put(address).body(text).send().await;
    answer.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn a_run_names_who_asked_for_it() {
    on_every_engine(async |app: &mut App| {
        let operator = app.person("operator").await;
        let create = "mutation { createToken(name: \"nightly\", role: \"operator\") { secret } }";
        let secret = operator.ask(create, json!({})).await["createToken"]["secret"].take();
        let bearer = format!("Bearer {}", secret.as_str().unwrap());
        let program = app.showing("authorization", &bearer);
        let (person, token) = (json!("a-operator"), json!("a-operator (token nightly)"));

        // Nobody asks for what arrives.
        app.drop_file(
            "1.csv",
            file(&[Line {
                id: 1,
                ..Line::default()
            }]),
        );
        operator.runs(1).await;
        assert_eq!(requested_by(&operator, &json!("1")).await, Value::Null);

        let bad = Line {
            id: -1,
            ..Line::default()
        }
        .csv();
        let answer = upload(&operator, "2.csv", format!("{HEADER}\n{bad}\n")).await;
        assert_eq!(requested_by(&operator, &answer["run"]).await, person);
        let good = Line {
            id: 3,
            ..Line::default()
        };
        let answer = upload(&program, "3.csv", file(&[good])).await;
        assert_eq!(requested_by(&operator, &answer["run"]).await, token);
        let runs = operator.runs(3).await;
        let failed = app.world.load("empty.csv", "").await;
        assert_eq!(failed.requested_by, None, "nobody asks for what arrives");
        let path = app.world.folder.path().join("empty.csv");
        let typed = queue::enqueue(
            &app.world.chain.db,
            &path,
            Trigger::Command,
            1,
            RunMode::Merge,
        );
        let typed = typed.await.unwrap().to_string();
        assert_eq!(requested_by(&operator, &json!(typed)).await, "command line");

        let sha256 = runs[0]["file"]["sha256"].as_str().unwrap();
        let mut ids = Vec::new();
        for mutation in [
            &format!("retryRun(id: {})", failed.id),
            &format!("ingest(file: \"{sha256}\")"),
            &format!("reprocess(file: \"{sha256}\")"),
            "reprocess(run: 3)",
            "correctReject(id: 1, values: [{column: \"id\", value: \"2\"}])",
            "undoRun(id: 3)",
        ] {
            let id = queued(&operator, mutation).await;
            assert_eq!(requested_by(&operator, &id).await, person, "{mutation}");
            ids.push(id);
        }
        let begun = operator
            .ask(
                "mutation { reprocessAll { runs { nodes { id requestedBy } } } }",
                json!({}),
            )
            .await;
        let all = begun["reprocessAll"]["runs"]["nodes"].as_array().unwrap();
        assert!(
            !all.is_empty() && all.iter().all(|run| run["requestedBy"] == person),
            "{begun}"
        );
        ids.extend(all.iter().map(|run| run["id"].clone()));
        let by_token = queued(&program, "reprocess(run: 1)").await;
        assert_eq!(requested_by(&operator, &by_token).await, token);

        // As the audit trail names them.
        let events = audit_event::Entity::find()
            .all(&app.world.chain.db)
            .await
            .unwrap();
        for actor in [&person, &token] {
            assert!(
                events
                    .iter()
                    .any(|event| event.action == "run.reprocess" && *actor == json!(event.actor))
            );
        }
        let find =
            "query ($filter: RunFilter) { runs(filter: $filter, first: 100) { nodes { id } } }";
        let find = async |filter: Value| {
            let mut found = operator
                .ask(find, json!({"filter": {"requestedBy": filter}}))
                .await;
            found["runs"]["nodes"]
                .take()
                .as_array()
                .unwrap()
                .iter()
                .map(|run| run["id"].clone())
                .collect::<Vec<_>>()
        };
        let mut found = find(json!({"eq": "a-operator"})).await;
        found.reverse();
        assert_eq!(found[1..], ids);
        assert_eq!(find(json!({"contains": "nightly"})).await.len(), 2);
        assert_eq!(find(json!({"isNull": true})).await, ["4", "1"]);
    })
    .await;
}
