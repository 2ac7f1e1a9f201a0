//! Operations by their hash, and the only ones that are allowed.

use crate::{
    app::{App, Person, on_every_engine},
    world::{World, engines},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const QUERY: &str = "query Who { viewer { name } totals { movies } }";

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn persisted(hash: &str) -> Value {
    json!({"persistedQuery": {"version": 1, "sha256Hash": hash}})
}

async fn post(person: &Person, body: Value) -> Value {
    let request = person.client.post(format!("{}/graphql", person.address));
    let response = request.json(&body).send().await.unwrap();
    response.json().await.unwrap()
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap()
}

#[tokio::test]
async fn an_operation_that_was_sent_once_is_known_by_its_hash() {
    on_every_engine(async |app: &mut App| {
        let person = app.admin().await;
        let own = hash(QUERY);
        let unknown = post(&person, json!({"extensions": persisted(&own)})).await;
        assert_eq!(code(&unknown), "PERSISTED_QUERY_NOT_FOUND");
        assert_eq!(unknown["errors"][0]["message"], "PersistedQueryNotFound");
        // A stranger's is not remembered.
        let both = json!({"query": QUERY, "extensions": persisted(&own)});
        assert_eq!(
            code(&post(&app.stranger(), both.clone()).await),
            "UNAUTHENTICATED"
        );
        let unknown = post(&person, json!({"extensions": persisted(&own)})).await;
        assert_eq!(code(&unknown), "PERSISTED_QUERY_NOT_FOUND");

        let sent = post(&person, both).await;
        assert_eq!(sent["data"]["viewer"]["name"], "admin", "{sent}");
        assert_eq!(
            post(&person, json!({"extensions": persisted(&own)})).await,
            sent
        );
        let address = format!("{}/graphql", app.address);
        let parameters = [
            ("operationName", "Who"),
            ("extensions", &persisted(&own).to_string()),
        ];
        let address = reqwest::Url::parse_with_params(&address, parameters).unwrap();
        let got: Value = person
            .client
            .get(address)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(got, sent);

        let other = json!({"query": "{ viewer { name } }", "extensions": persisted(&own)});
        assert_eq!(
            code(&post(&person, other).await),
            "PERSISTED_QUERY_MISMATCH"
        );
        let later = json!({"persistedQuery": {"version": 2, "sha256Hash": own}});
        assert_eq!(
            code(&post(&person, json!({"extensions": later})).await),
            "BAD_USER_INPUT"
        );
        // What is too much is too much by its hash as well.
        let deep = format!(
            "{{ runs {{ nodes {}id{} }} }}",
            "{ duplicateOf ".repeat(20),
            " }".repeat(20)
        );
        let sent = json!({"query": deep, "extensions": persisted(&hash(&deep))});
        assert_eq!(code(&post(&person, sent).await), "LIMIT_EXCEEDED");
        let by_hash = json!({"extensions": persisted(&hash(&deep))});
        assert_eq!(
            code(&post(&person, by_hash).await),
            "PERSISTED_QUERY_NOT_FOUND"
        );
    })
    .await;
}

#[tokio::test]
async fn where_some_are_allowed_others_are_for_those_who_may_ask_any() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let folder = world.folder.path().join("operations");
        std::fs::create_dir(&folder).unwrap();
        let listed = "query Totals {\n  totals { movies } # all of them\n}\n";
        std::fs::write(folder.join("totals.graphql"), listed).unwrap();
        std::fs::write(folder.join("notes.txt"), "nothing").unwrap();
        let role = "INSERT INTO role (name, permissions) VALUES ('service', 'data.read')";
        world.chain.db.execute_unprepared(role).await.unwrap();
        let manifest = world.folder.path().join("manifest.json");
        let operations =
            json!({"operations": [{"id": "totals-1", "name": "Totals", "body": listed}]});
        std::fs::write(&manifest, operations.to_string()).unwrap();

        let settings = [("MARQUEE_ALLOWED_OPERATIONS", folder.to_str().unwrap())];
        let app = App::start_with(world, &settings).await;
        let service = app.person("service").await;
        assert_eq!(
            service.ask("query Totals{totals{movies}}", json!({})).await["totals"]["movies"],
            0
        );
        let known = post(&service, json!({"extensions": persisted(&hash(listed))})).await;
        assert_eq!(known["data"]["totals"]["movies"], 0);
        for other in [
            "{ totals { movies } }",
            "query Totals { totals { movies companies } }",
            "{ __schema { types { name } } }",
        ] {
            assert_eq!(
                service.refused(other, json!({})).await,
                "OPERATION_NOT_ALLOWED",
                "{other}"
            );
            let stranger = app.stranger().refused(other, json!({})).await;
            assert_eq!(stranger, "OPERATION_NOT_ALLOWED", "{other}");
        }
        // What somebody who is known was refused is written down.
        let trail = "{ auditEvents(filter: {outcome: {eq: REFUSED}, actor: {eq: \"a-service\"}}) { nodes { action code } } }";
        let trail = app.admin().await.ask(trail, json!({})).await;
        let refused = json!({"action": "read", "code": "OPERATION_NOT_ALLOWED"});
        assert_eq!(
            trail["auditEvents"]["nodes"],
            json!([refused, refused, refused])
        );
        service.ask("{ viewer { name } }", json!({})).await;
        // People at the UI have one of the built-in roles.
        let viewer = app.person("viewer").await;
        viewer
            .ask("{ totals { movies companies } }", json!({}))
            .await;

        let settings = [("MARQUEE_ALLOWED_OPERATIONS", manifest.to_str().unwrap())];
        let by_manifest = app.another_with(&settings).await;
        let service = by_manifest.stranger();
        service.login("a-service", crate::app::PASSWORD).await;
        let known = post(&service, json!({"extensions": persisted("totals-1")})).await;
        assert_eq!(known["data"]["totals"]["movies"], 0, "{known}");
        assert_eq!(
            service.refused("{ genres { name } }", json!({})).await,
            "OPERATION_NOT_ALLOWED"
        );
        by_manifest.stop().await;
        app.close().await;
    }
}
