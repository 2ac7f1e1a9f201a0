//! What a request may ask for, and how long it may take.

use crate::{
    app::{App, Person, on_every_engine},
    world::{Line, World, engines, file},
};
use etl::database;
use reqwest::StatusCode;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::time::Duration;

/// Sends a body as it is.
async fn post(person: &Person, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
    let request = person.client.post(format!("{}/graphql", person.address));
    let request = request.header("content-type", "application/json");
    let response = request.body(body).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

/// Sends an operation that must exceed a limit; answers by how much.
async fn exceeds(person: &Person, limit: &str, query: &str, variables: Value) -> u64 {
    let answer = person.send(query, variables).await;
    let told = &answer["errors"][0]["extensions"];
    assert_eq!(told["code"], "LIMIT_EXCEEDED", "{answer}");
    assert_eq!(told["limit"], limit, "{answer}");
    assert!(answer["data"].is_null());
    let (maximum, found) = (told["maximum"].as_u64(), told["found"].as_u64());
    assert!(found > maximum, "{answer}");
    found.unwrap()
}

#[tokio::test]
async fn each_limit_tells_what_was_exceeded() {
    on_every_engine(async |app: &mut App| {
        let person = app.admin().await;
        let none = || json!({});
        let deep = format!("{{ runs {{ nodes {}{} }} }}", "{ duplicateOf ".repeat(20), "{ id }".to_owned() + &" }".repeat(20));
        assert_eq!(exceeds(&person, "depth", &deep, none()).await, 23);
        let wide = "{ movies(first: 500) { nodes { companies { movies(first: 500) { nodes { id } } } } } }";
        assert!(exceeds(&person, "complexity", wide, none()).await > 250_000);
        // As much by a variable.
        let wide = "query ($n: Int) { movies(first: $n) { nodes { companies { movies(first: $n) { nodes { id } } } } } }";
        assert!(exceeds(&person, "complexity", wide, json!({"n": 500})).await > 250_000);
        person.ask(wide, json!({"n": 5})).await;
        let aliases: String = (0..150).map(|n| format!("a{n}: __typename ")).collect();
        assert_eq!(exceeds(&person, "aliases", &format!("{{ {aliases} }}"), none()).await, 150);
        let flood = format!("{{ __typename {} }}", "@include(if: true) ".repeat(500));
        assert_eq!(exceeds(&person, "directives", &flood, none()).await, 500);
        let long = format!("{{ {} }}", "__typename ".repeat(6_000));
        assert_eq!(exceeds(&person, "tokens", &long, none()).await, 6_002);
        assert_eq!(exceeds(&person, "nesting", &"{ a ".repeat(2_000), none()).await, 2_000);
        let values = json!({"f": {"code": vec!["x"; 20_000]}});
        let query = "query ($f: RejectFilter) { rejects(filter: $f) { totalCount } }";
        assert_eq!(exceeds(&person, "values", query, values).await, 20_002);
        let text = person.get("/metrics").await.text().await.unwrap();
        assert!(text.contains("marquee_limit_refusals_total{limit=\"complexity\"}"), "{text}");
        // What tools ask a server first is within all of them.
        let introspection = include_str!("introspection.graphql");
        assert!(person.ask(introspection, none()).await["__schema"]["types"].is_array());
    })
    .await;
}

#[tokio::test]
async fn fragments_cannot_hide_what_is_asked() {
    on_every_engine(async |app: &mut App| {
        let person = app.admin().await;
        let circle = "{ ...a } fragment a on Query { ...b ...b } fragment b on Query { ...a ...a }";
        assert_eq!(person.refused(circle, json!({})).await, "BAD_USER_INPUT");
        let mut bomb = "{ ...f0 }".to_owned();
        for n in 0..50 {
            bomb += &format!(
                " fragment f{n} on Query {{ ...f{} ...f{} ...f{} }}",
                n + 1,
                n + 1,
                n + 1
            );
        }
        bomb += " fragment f50 on Query { totals { movies } }";
        assert_eq!(
            exceeds(&person, "complexity", &bomb, json!({})).await,
            u64::MAX
        );
    })
    .await;
}

#[tokio::test]
async fn bodies_batches_and_answers_have_their_size() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let lines: Vec<_> = (1..=400)
            .map(|id| Line {
                id,
                ..Line::default()
            })
            .collect();
        world.load_well("a.csv", file(&lines)).await;
        let app = App::start_with(
            world,
            &[
                ("MARQUEE_MAX_RESULT", "20000"),
                ("MARQUEE_MAX_BODY", "5000"),
            ],
        )
        .await;
        let person = app.admin().await;
        let query = "query ($n: Int) { movies(first: $n) { nodes { id title releaseDate budget revenue } } }";
        person.ask(query, json!({"n": 50})).await;
        assert!(exceeds(&person, "result", query, json!({"n": 400})).await > 30_000);
        let (status, answer) = post(&person, vec![b' '; 6_000]).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        let told =
            json!({"code": "LIMIT_EXCEEDED", "limit": "body", "maximum": 5000, "found": 6000});
        assert_eq!(answer["errors"][0]["extensions"], told);
        let (status, answer) = post(&person, " [{\"query\": \"{ __typename }\"}]").await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(
            answer["errors"][0]["extensions"]["code"],
            "BATCH_NOT_SUPPORTED"
        );
        let nested = format!(
            "{{\"query\": \"{{ __typename }}\", \"variables\": {{\"a\": {}1{}}}}}",
            "[".repeat(2_000),
            "]".repeat(2_000)
        );
        let (status, answer) = post(&person, nested).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        person.ask("{ __typename }", json!({})).await;
        app.close().await;
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_sends_little() {
    on_every_engine(async |app: &mut App| {
        let stranger = app.stranger();
        let (status, answer) = post(&stranger, vec![b' '; 20_000]).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        let told =
            json!({"code": "LIMIT_EXCEEDED", "limit": "body", "maximum": 16384, "found": 20000});
        assert_eq!(answer["errors"][0]["extensions"], told);
        let long = format!("{}{{\"query\": \"{{ __typename }}\"}}", " ".repeat(20_000));
        assert_eq!(post(&app.admin().await, long).await.0, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn nobody_asks_without_end() {
    for engine in engines() {
        let app = App::start_with(World::new(&engine).await, &[("MARQUEE_MAX_RATE", "10")]).await;
        let (admin, viewer) = (app.admin().await, app.person("viewer").await);
        let asked = async |person: &Person| {
            let request = person.client.post(format!("{}/graphql", person.address));
            request
                .json(&json!({"query": "{ __typename }"}))
                .send()
                .await
                .unwrap()
        };
        let refused = async |person: &Person| {
            for _ in 0..200 {
                let response = asked(person).await;
                if response.status() == StatusCode::TOO_MANY_REQUESTS {
                    assert_eq!(response.headers()["retry-after"], "1");
                    return response.json::<Value>().await.unwrap();
                }
            }
            panic!("two hundred requests at once are answered");
        };
        let answer = refused(&admin).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"],
            "TOO_MANY_REQUESTS"
        );
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(
            message.starts_with("more than 10 requests a second"),
            "{message}"
        );
        assert_eq!(
            admin.get("/api/v1/movies").await.status(),
            StatusCode::TOO_MANY_REQUESTS
        );
        // Others are answered, and so is whoever waits.
        assert_eq!(asked(&viewer).await.status(), StatusCode::OK);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(asked(&admin).await.status(), StatusCode::OK);
        // Strangers are counted by address, and with them whatever is shown for the first time.
        refused(&app.stranger()).await;
        app.close().await;
    }
}

#[tokio::test]
async fn lists_without_pages_cost_what_they_may_bring() {
    on_every_engine(async |app: &mut App| {
        let person = app.admin().await;
        let nested = (0..4).fold("id".to_owned(), |inner, _| {
            format!("file {{ runs {{ {inner} }} }}")
        });
        let query = format!("{{ runs(first: 1) {{ nodes {{ {nested} }} }} }}");
        assert!(exceeds(&person, "complexity", &query, json!({})).await > 1_000_000);
    })
    .await;
}

/// Puts something in the place of a table that takes longer to read than anybody lives.
async fn make_endless(app: &App) {
    let db = &app.world.chain.db;
    let sets = "SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4";
    for sql in [
        "ALTER TABLE year_total RENAME TO spare".to_owned(),
        "CREATE TABLE few (x BIGINT)".to_owned(),
        format!("INSERT INTO few SELECT a.x FROM ({sets}) a, ({sets}) b, ({sets}) c, ({sets}) d, ({sets}) e"),
        "CREATE VIEW year_total AS SELECT 2000 AS year, COUNT(*) AS movie_count, SUM(a.x) AS budget,
            SUM(b.x) AS revenue, SUM(c.x) AS profit, AVG(d.x) AS average_popularity
         FROM few a, few b, few c, few d WHERE a.x + b.x + c.x + d.x < 0 OR a.x * b.x > c.x"
            .to_owned(),
    ] {
        db.execute_unprepared(&sql).await.unwrap();
    }
}

/// How many endless statements the server is at.
async fn running(app: &App) -> i64 {
    let sql = "SELECT COUNT(*) AS c FROM information_schema.processlist
               WHERE db = DATABASE() AND id <> CONNECTION_ID() AND info LIKE '%year_total%'";
    let rows = database::query(&app.world.chain.db, sql, []).await.unwrap();
    rows[0].try_get("", "c").unwrap()
}

async fn wait_until(what: &str, is: impl AsyncFn() -> bool) {
    for _ in 0..400 {
        if is().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not in twenty seconds: {what}");
}

#[tokio::test]
async fn what_takes_too_long_is_ended_in_the_database_too() {
    for engine in engines() {
        let settings = [("MARQUEE_REQUEST_TIMEOUT", "5")];
        let app = App::start_with(World::new(&engine).await, &settings).await;
        let person = app.admin().await;
        make_endless(&app).await;
        // More than there are connections: were any of them still at it, nobody else would get one.
        let asked = (0..20).map(|n| {
            let query = format!("{{ years(from: {n}) {{ year movieCount }} }}");
            post(&person, json!({"query": query}).to_string())
        });
        let answers = futures::future::join_all(asked);
        let seen = async {
            if engine.is_some() {
                wait_until("it runs", async || running(&app).await > 0).await;
            }
        };
        let (answers, ()) = tokio::join!(answers, seen);
        for (status, answer) in answers {
            assert_eq!(status, StatusCode::GATEWAY_TIMEOUT, "{answer}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "TIMEOUT");
        }
        if engine.is_some() {
            wait_until("it is gone", async || running(&app).await == 0).await;
        }
        wait_until("others are answered", async || {
            let (status, _) = post(&person, r#"{"query": "{ genres { name } }"}"#).await;
            status == StatusCode::OK
        })
        .await;
        let text = person.get("/metrics").await.text().await.unwrap();
        assert!(text.contains("marquee_timeouts_total"), "{text}");
        app.close().await;
    }
}

#[tokio::test]
async fn what_nobody_waits_for_is_ended_in_an_embedded_database() {
    // MariaDB ends it by itself, when it has taken as long as an answer may.
    let app = App::start(World::new(&None).await).await;
    let person = app.admin().await;
    make_endless(&app).await;
    let asked = (0..20).map(|n| {
        let query = format!("{{ years(from: {n}) {{ year }} }}");
        let request = person.client.post(format!("{}/graphql", person.address));
        let request = request.timeout(Duration::from_millis(500));
        request.json(&json!({"query": query})).send()
    });
    for given in futures::future::join_all(asked).await {
        assert!(given.unwrap_err().is_timeout());
    }
    person.ask("{ genres { name } }", json!({})).await;
    app.close().await;
}
