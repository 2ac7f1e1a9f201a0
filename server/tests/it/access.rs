//! Who may do what.

use crate::{
    app::{App, PASSWORD, on_every_engine},
    world::{HEADER, Line, file},
};
use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use entity::access::{audit_event, session};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use serde_json::{Value, json};
use server::{auth::user, graphql};

/// The fields of a type of the schema, each as an operation that can be sent: with a value for every
/// argument that needs one and a field for every type that has some.
pub fn operations(of: &str) -> Vec<(String, String)> {
    let document = parse_schema(graphql::sdl()).unwrap();
    let types: Vec<_> = document
        .definitions
        .into_iter()
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(found) => Some(found.node),
            _ => None,
        })
        .collect();
    let is_object = |name: &str| {
        types
            .iter()
            .any(|found| found.name.node == name && matches!(found.kind, TypeKind::Object(_)))
    };
    let first_value = |name: &str| {
        let found = types.iter().find(|found| found.name.node == name)?;
        match &found.kind {
            TypeKind::Enum(kind) => Some(kind.values[0].node.value.node.to_string()),
            _ => None,
        }
    };
    let root = types.iter().find(|found| found.name.node == of).unwrap();
    let TypeKind::Object(root) = &root.kind else {
        panic!()
    };
    root.fields
        .iter()
        .map(|field| {
            let field = &field.node;
            let needed = field.arguments.iter().filter(|a| !a.node.ty.node.nullable);
            let given: Vec<_> = needed
                .filter(|a| a.node.default_value.is_none())
                .map(|a| {
                    let ty = a.node.ty.node.to_string();
                    let value = match first_value(ty.trim_end_matches('!')) {
                        Some(value) => value,
                        None if ty.starts_with('[') => "[]".to_owned(),
                        None => "\"1\"".to_owned(),
                    };
                    format!("{}: {value}", a.node.name.node)
                })
                .collect();
            let arguments = if given.is_empty() {
                String::new()
            } else {
                format!("({})", given.join(", "))
            };
            let ty = field.ty.node.to_string();
            let ty = ty.trim_matches(['[', ']', '!']);
            let fields = if is_object(ty) { "{ __typename }" } else { "" };
            let name = field.name.node.to_string();
            let call = format!("{} {{ {name}{arguments} {fields} }}", of.to_lowercase());
            (name, call)
        })
        .collect()
}

#[tokio::test]
async fn every_field_but_the_sign_in_needs_a_session() {
    on_every_engine(async |app: &mut App| {
        let stranger = app.stranger();
        for (name, operation) in [operations("Query"), operations("Mutation")].concat() {
            match name.as_str() {
                "viewer" => assert_eq!(
                    stranger.ask(&operation, json!({})).await["viewer"],
                    Value::Null
                ),
                "logout" => assert_eq!(stranger.ask(&operation, json!({})).await["logout"], true),
                // Its own refusal has the same code.
                _ => assert_eq!(
                    stranger.refused(&operation, json!({})).await,
                    "UNAUTHENTICATED",
                    "{name}"
                ),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_role_may_do_what_it_is_for_and_no_more() {
    on_every_engine(async |app: &mut App| {
        let bad = format!("{HEADER}\n{}\n", Line { id: -1, ..Line::default() }.csv());
        let run = app.world.load("a.csv", bad).await;
        app.world.load("empty.csv", "").await;
        let reading = "query ($id: ID!) { run(id: $id) { status counts { rejected } rejectReasons { code } } }";
        let contents = "query ($id: ID!) { run(id: $id) { rejects { nodes { line code raw } } } }";
        let files = "{ files { nodes { sha256 objects { path } } } }";
        let retry = "mutation { retryRun(id: 2) { status } }";
        let id = json!({"id": run.id.to_string()});

        let viewer = app.person("viewer").await;
        assert_eq!(viewer.ask(reading, id.clone()).await["run"]["counts"]["rejected"], 1);
        for (query, variables) in [(contents, &id), (files, &json!({})), (retry, &json!({}))] {
            assert_eq!(viewer.refused(query, variables.clone()).await, "FORBIDDEN", "{query}");
        }

        let operator = app.person("operator").await;
        let data = operator.ask(contents, id).await;
        let reject = &data["run"]["rejects"]["nodes"][0];
        assert_eq!((&reject["line"], &reject["code"]), (&json!(2), &json!("invalid_id")));
        assert!(reject["raw"].as_str().unwrap().contains(",-1,"), "{reject}");
        let objects = operator.ask(files, json!({})).await;
        let paths = objects["files"]["nodes"][1]["objects"].as_array().unwrap();
        assert_eq!(paths.len(), 2, "raw and rejects: {objects}");
        operator.ask(retry, json!({})).await;
        let runs = operator.runs(3).await;
        assert_eq!((&runs[2]["status"], &runs[2]["trigger"]), (&json!("FAILED"), &json!("API")));
        assert_eq!(operator.refused("mutation { retryRun(id: 1) { id } }", json!({})).await, "BAD_USER_INPUT");
        assert_eq!(operator.refused("mutation { retryRun(id: 99) { id } }", json!({})).await, "NOT_FOUND");

        let trail = audit_event::Entity::find()
            .order_by_asc(audit_event::Column::Id)
            .all(&app.world.chain.db)
            .await
            .unwrap();
        let retried = trail.iter().find(|event| event.action == "run.retry" && event.outcome == audit_event::Outcome::Done).unwrap();
        assert_eq!((&*retried.actor, &*retried.subject), ("a-operator", "run 2"));
        assert_eq!(retried.value_after.as_deref(), Some("run 3"));
        assert_eq!(retried.address.as_deref(), Some("127.0.0.1"));
    })
    .await;
}

#[tokio::test]
async fn a_session_begins_with_the_password_and_ends_with_the_sign_out() {
    on_every_engine(async |app: &mut App| {
        let person = app.stranger();
        for (name, password) in [
            ("admin", "wrong password"),
            ("nobody", PASSWORD),
            ("admin ", PASSWORD),
            ("", ""),
        ] {
            let answer = person.login(name, password).await;
            assert_eq!(
                answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
                "{answer}"
            );
            assert_eq!(answer["errors"][0]["message"], "wrong name or password");
        }
        let who = "{ viewer { name permissions } }";
        assert_eq!(person.ask(who, json!({})).await["viewer"], Value::Null);
        person.login("admin", PASSWORD).await;
        let viewer = person.ask(who, json!({})).await;
        assert_eq!(
            viewer["viewer"]["permissions"].as_array().unwrap().len(),
            13
        );
        // The session lives in the database: it holds on an instance that has just started.
        app.pause().await;
        app.resume().await;
        let person = crate::app::Person {
            address: app.address.clone(),
            ..person
        };
        assert_eq!(person.ask(who, json!({})).await["viewer"]["name"], "admin");
        person.ask("mutation { logout }", json!({})).await;
        assert_eq!(person.ask(who, json!({})).await["viewer"], Value::Null);
        let sessions = session::Entity::find()
            .count(&app.world.chain.db)
            .await
            .unwrap();
        assert_eq!(sessions, 0);

        let operator = app.person("operator").await;
        user::disable(&app.world.chain.db, "a-operator", "test")
            .await
            .unwrap();
        assert_eq!(
            operator.refused("{ totals { movies } }", json!({})).await,
            "UNAUTHENTICATED"
        );
        let again = operator.login("a-operator", PASSWORD).await;
        assert_eq!(again["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    })
    .await;
}

#[tokio::test]
async fn guessing_is_slowed_down_and_looks_the_same_for_names_nobody_has() {
    on_every_engine(async |app: &mut App| {
        let mut answers = Vec::new();
        for name in ["admin", "nobody"] {
            let person = app.stranger();
            let mut codes = Vec::new();
            for _ in 0..7 {
                let answer = person.login(name, "not the password").await;
                codes.push(
                    answer["errors"][0]["extensions"]["code"]
                        .as_str()
                        .unwrap()
                        .to_owned(),
                );
            }
            answers.push(codes);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0][0], "UNAUTHENTICATED");
        assert_eq!(answers[0][6], "TOO_MANY_REQUESTS");
    })
    .await;
}

#[tokio::test]
async fn forged_cookies_open_nothing() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("a.csv", file(&[Line::default()])).await;
        for cookie in [
            format!("marquee_session={}", "0".repeat(64)),
            "marquee_session=' OR '1'='1".to_owned(),
            format!("marquee_session={}", "f".repeat(10_000)),
        ] {
            let response = reqwest::Client::new()
                .post(format!("{}/graphql", app.address))
                .header("cookie", &cookie)
                .json(&json!({"query": "{ totals { movies } }"}))
                .send()
                .await
                .unwrap();
            let answer: Value = response.json().await.unwrap();
            assert_eq!(
                answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
                "{cookie}"
            );
        }
    })
    .await;
}
