//! What is answered besides GraphQL's own answers.

use crate::app::{App, on_every_engine};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn health_is_open_and_measurements_are_not() {
    on_every_engine(async |app: &mut App| {
        let stranger = app.stranger();
        assert_eq!(stranger.get("/healthz").await.status(), StatusCode::OK);
        let ready: Value = stranger.get("/readyz").await.json().await.unwrap();
        assert_eq!(
            ready,
            json!({"ready": true, "database": "ok", "archive": "ok"})
        );
        assert_eq!(
            stranger.get("/metrics").await.status(),
            StatusCode::UNAUTHORIZED
        );
        let text = app
            .admin()
            .await
            .get("/metrics")
            .await
            .text()
            .await
            .unwrap();
        for line in [
            "marquee_data_version 0",
            "marquee_http_requests_total{route=\"/readyz\",status=\"200\"}",
            "marquee_http_request_seconds_bucket{route=\"/graphql\",le=",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        std::fs::remove_dir_all(app.world.folder.path().join("archive")).unwrap();
        let response = stranger.get("/readyz").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        let ready: Value = response.json().await.unwrap();
        assert_eq!(ready["archive"], "does not answer");
    })
    .await;
}

#[tokio::test]
async fn every_answer_tells_browsers_to_be_strict() {
    on_every_engine(async |app: &mut App| {
        let stranger = app.stranger();
        for path in ["/", "/runs/1", "/healthz", "/graphql", "/assets/none.js"] {
            let response = stranger.get(path).await;
            let policy = response.headers()["content-security-policy"]
                .to_str()
                .unwrap();
            assert!(
                policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"),
                "{policy}"
            );
            assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        }
    })
    .await;
}

#[tokio::test]
async fn a_foreign_page_can_send_no_mutation() {
    on_every_engine(async |app: &mut App| {
        let address = format!("{}/graphql", app.address);
        // What a form can send.
        let body = json!({"query": "mutation { logout }"}).to_string();
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
        ] {
            let request = Client::new()
                .post(&address)
                .header("content-type", kind)
                .body(body.clone());
            assert_eq!(
                request.send().await.unwrap().status(),
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            );
        }
        // What an image's address can hold.
        let person = app.admin().await;
        let response = person.get("/graphql?query=mutation%7Blogout%7D").await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        let answer: Value = person
            .get("/graphql?query=%7Bviewer%7Bname%7D%7D")
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(answer["data"]["viewer"]["name"], "admin");
        let preflight = Client::new()
            .request(reqwest::Method::OPTIONS, &address)
            .header("origin", "http://evil.test");
        assert!(
            !preflight
                .send()
                .await
                .unwrap()
                .headers()
                .contains_key("access-control-allow-origin")
        );
    })
    .await;
}

#[tokio::test]
async fn requests_have_limits_and_every_error_a_code() {
    on_every_engine(async |app: &mut App| {
        let person = app.admin().await;
        let deep = format!("{{ runs {{ nodes {}{} }} }}", "{ duplicateOf ".repeat(20), "{ id }".to_owned() + &" }".repeat(20));
        let wide = "{ movies(first: 500) { nodes { companies { movies(first: 500) { nodes { id } } } } } }";
        for query in [deep.as_str(), wide] {
            assert_eq!(person.refused(query, json!({})).await, "LIMIT_EXCEEDED", "{query}");
        }
        for query in ["{ nothing }", "{", "", "query ($x: Int!) { movie(id: $x) { id } }"] {
            assert_eq!(person.refused(query, json!({})).await, "BAD_USER_INPUT", "{query}");
        }
        let post = |body: Vec<u8>| {
            person.client.post(format!("{}/graphql", app.address)).header("content-type", "application/json").body(body)
        };
        let broken = post(b"{\"query\": ".to_vec()).send().await.unwrap();
        assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
        let answer: Value = broken.json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        let large = post(vec![b' '; 3 << 20]).send().await;
        assert!(large.is_err() || large.unwrap().status() == StatusCode::PAYLOAD_TOO_LARGE);
    })
    .await;
}

#[tokio::test]
async fn paths_lead_to_the_ui_or_to_nothing() {
    on_every_engine(async |app: &mut App| {
        let stranger = app.stranger();
        for path in [
            "/assets/../../Cargo.toml",
            "/assets/%2e%2e/%2e%2e/Cargo.toml",
            "/assets//etc/passwd",
        ] {
            let response = stranger.get(path).await;
            let text = response.text().await.unwrap();
            assert!(
                !text.contains("[workspace]") && !text.contains("root:"),
                "{path}"
            );
        }
        let post = stranger
            .client
            .post(format!("{}/runs", app.address))
            .send()
            .await
            .unwrap();
        assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
    })
    .await;
}

#[test]
fn the_committed_schema_is_the_servers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schema.graphql");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == server::graphql::sdl(),
        "schema.graphql is out of date; `make schema` writes it anew"
    );
}
