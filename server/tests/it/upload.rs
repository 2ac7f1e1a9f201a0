//! Files through the REST API: in, broken off and gone on with, and out again.

use crate::{
    app::{App, Person, on_every_engine},
    world::{Line, file},
};
use entity::access::{audit_event, user};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use server::auth::session;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

impl Person {
    fn at(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}/api/v1{path}", self.address))
    }

    async fn put(&self, path: &str, body: impl Into<Vec<u8>>) -> Response {
        let request = self.at(Method::PUT, &format!("/uploads/{path}"));
        request.body(body.into()).send().await.unwrap()
    }

    /// How far an upload has come.
    async fn received(&self, name: &str) -> Option<u64> {
        let answer = self
            .at(Method::GET, &format!("/uploads/{name}"))
            .send()
            .await
            .unwrap();
        let offset = answer.headers().get("upload-offset")?.to_str().unwrap();
        Some(offset.parse().unwrap())
    }
}

async fn refused(answer: Response, status: u16, code: &str) -> Value {
    let given = answer.status();
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(
        (given.as_u16(), &problem["code"]),
        (status, &json!(code)),
        "{problem}"
    );
    problem
}

/// A connection on which the operator has begun to send a file.
async fn begin(app: &App, head: &str) -> TcpStream {
    let db = &app.world.chain.db;
    let user = user::Entity::find().filter(user::Column::Name.eq("a-operator"));
    let user = user.one(db).await.unwrap().unwrap();
    let cookie = session::open(db, user.id, None)
        .await
        .unwrap()
        .cookie(false);
    let cookie = cookie.split(';').next().unwrap();
    let address = app.address.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = format!("PUT /api/v1/uploads/{head}\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n");
    connection.write_all(head.as_bytes()).await.unwrap();
    connection
}

fn movie(id: i64) -> String {
    file(&[Line {
        id,
        ..Line::default()
    }])
}

fn hash(bytes: &str) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[tokio::test]
async fn an_uploaded_file_is_loaded_as_one_that_arrives() {
    on_every_engine(async |app: &mut App| {
        let operator = app.person("operator").await;
        let bytes = movie(1);
        let answer = operator.put(&format!("movies%20%C3%BC.csv?sha256={}", hash(&bytes)), &*bytes).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer, json!({"run": 1, "file": {"sha256": hash(&bytes), "name": "movies ü.csv", "bytes": bytes.len()}}));
        let runs = operator.runs(1).await;
        assert_eq!((&runs[0]["status"], &runs[0]["trigger"], &runs[0]["fileName"]), (&json!("SUCCEEDED"), &json!("API"), &json!("movies ü.csv")));
        assert_eq!(operator.received("movies%20%C3%BC.csv").await, None);

        // The same bytes, under a name of another packing even.
        operator.put("again.csv", &*bytes).await;
        let runs = operator.runs(2).await;
        assert_eq!((&runs[1]["status"], &runs[1]["duplicateOf"]), (&json!("DUPLICATE"), &json!({"id": "1"})));

        let held: Value = operator.put("held.csv?hold=true&rules=1", movie(2)).await.json().await.unwrap();
        let query = "query ($id: ID!) { run(id: $id) { status } }";
        let mut status = Value::Null;
        for _ in 0..400 {
            status = operator.ask(query, json!({"id": held["run"]})).await["run"]["status"].take();
            if status == "HELD" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(status, "HELD");
        let events = audit_event::Entity::find().all(&app.world.chain.db).await.unwrap();
        let event = events.iter().find(|event| event.action == "file.upload").unwrap();
        assert_eq!((&*event.actor, &*event.subject), ("a-operator", &*format!("file {}", hash(&bytes))));
        assert_eq!(event.value_after.as_deref(), Some("run 1"));

        // What the archive has can be loaded by its hash.
        let mutation = "mutation ($file: String!) { ingest(file: $file) { id fileName } }";
        let run = operator.ask(mutation, json!({"file": hash(&bytes)})).await;
        assert_eq!(run["ingest"], json!({"id": "4", "fileName": "movies ü.csv"}));
        assert_eq!(operator.refused(mutation, json!({"file": "ab"})).await, "BAD_USER_INPUT");
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_breaks_off_loads_nothing_and_is_gone_on_with() {
    on_every_engine(async |app: &mut App| {
        let operator = app.person("operator").await;
        let bytes = movie(1);
        let (head, tail) = bytes.split_at(400);
        // The connection goes away before the length that was said.
        let mut connection = begin(
            app,
            &format!("a.csv HTTP/1.1\r\ncontent-length: {}", bytes.len()),
        )
        .await;
        connection.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..400 {
            if operator.received("a.csv").await == Some(400) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert_eq!(operator.received("a.csv").await, Some(400));
        // While it goes on, nobody else writes it.
        let busy = operator
            .at(Method::PUT, "/uploads/a.csv")
            .header("upload-offset", "400")
            .body("x")
            .send()
            .await
            .unwrap();
        refused(busy, 409, "CONFLICT").await;
        drop(connection);

        let rest = async |offset: &str, body: &str| {
            let mut answer = None;
            // The server learns of the broken connection in its own time.
            for _ in 0..400 {
                let request = operator
                    .at(Method::PUT, "/uploads/a.csv")
                    .header("upload-offset", offset);
                let got = request.body(body.to_owned()).send().await.unwrap();
                let busy = got.status() == StatusCode::CONFLICT
                    && got.headers().get("upload-offset").is_none();
                answer = Some(got);
                if !busy {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            answer.unwrap()
        };
        let wrong = rest("399", tail).await;
        assert_eq!(wrong.headers()["upload-offset"], "400");
        refused(wrong, 409, "CONFLICT").await;
        // Other people's uploads are their own.
        assert_eq!(app.admin().await.received("a.csv").await, None);
        let none = operator
            .ask(
                "{ runs { nodes { id } } files { nodes { sha256 } } }",
                json!({}),
            )
            .await;
        assert_eq!(none, json!({"runs": {"nodes": []}, "files": {"nodes": []}}));
        let answer: Value = rest("400", tail).await.json().await.unwrap();
        assert_eq!(answer["file"]["sha256"], hash(&bytes));
        assert_eq!(operator.runs(1).await[0]["status"], "SUCCEEDED");
    })
    .await;
}

#[tokio::test]
async fn uploads_have_limits() {
    on_every_engine(async |app: &mut App| {
        let operator = app.person("operator").await;
        let viewer = app.person("viewer").await;
        refused(
            app.stranger().put("a.csv", "x").await,
            401,
            "UNAUTHENTICATED",
        )
        .await;
        refused(viewer.put("a.csv", "x").await, 403, "FORBIDDEN").await;
        for name in [
            "..%2Fa.csv",
            "%2e%2e%2fa",
            ".a.csv",
            "a%5Cb.csv",
            "a%00.csv",
            "a%0A.csv",
            "%2Fetc%2Fpasswd",
        ] {
            refused(operator.put(name, "x").await, 400, "BAD_USER_INPUT").await;
        }
        let long = "a".repeat(201);
        refused(operator.put(&long, "x").await, 400, "BAD_USER_INPUT").await;
        refused(
            operator.put("a.csv?colour=1", "x").await,
            400,
            "BAD_USER_INPUT",
        )
        .await;
        refused(
            operator.put("a.csv?sha256=ab", "x").await,
            400,
            "BAD_USER_INPUT",
        )
        .await;
        refused(operator.put("a.csv?rules=99", "x").await, 404, "NOT_FOUND").await;
        let form = operator
            .at(Method::PUT, "/uploads/a.csv")
            .header("content-type", "multipart/form-data; boundary=x");
        refused(
            form.body("x").send().await.unwrap(),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        )
        .await;
        let mismatch = operator
            .put(&format!("a.csv?sha256={}", hash("other")), "x")
            .await;
        let mismatch = refused(mismatch, 409, "CONFLICT").await;
        assert!(
            mismatch["detail"].as_str().unwrap().contains(&hash("x")),
            "{mismatch}"
        );

        // Too large, as it says itself and as it turns out.
        let large = operator
            .at(Method::PUT, "/uploads/b.csv")
            .header("content-length", "9999999")
            .send()
            .await;
        if let Ok(answer) = large {
            refused(answer, 413, "TOO_LARGE").await;
        }
        let mut connection = begin(app, "c.csv HTTP/1.1\r\ntransfer-encoding: chunked").await;
        let chunk = format!("10000\r\n{}\r\n", "a".repeat(1 << 16));
        let mut answer = String::new();
        for _ in 0..40 {
            // Once it has been refused, the server may read no more.
            if connection.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        let _ = connection.read_to_string(&mut answer).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 413"),
            "{answer}"
        );
        for name in ["a.csv", "b.csv", "c.csv"] {
            assert_eq!(operator.received(name).await, None, "{name}");
        }
        let left = std::fs::read_dir(app.world.folder.path().join("uploads")).unwrap();
        assert_eq!(left.count(), 0);

        // Given up.
        let none = operator
            .at(Method::DELETE, "/uploads/a.csv")
            .send()
            .await
            .unwrap();
        refused(none, 404, "NOT_FOUND").await;
        assert_eq!(
            operator
                .ask("{ files { nodes { sha256 } } }", json!({}))
                .await,
            json!({"files": {"nodes": []}})
        );
    })
    .await;
}

#[tokio::test]
async fn raw_files_and_what_runs_wrote_come_out_again() {
    on_every_engine(async |app: &mut App| {
        let bytes = movie(1);
        let run = app.world.load_well("a.csv", &bytes).await.id;
        let operator = app.person("operator").await;
        let path = format!("/files/{}/raw", hash(&bytes));
        let get = async |person: &Person, path: &str, name: &str, value: &str| {
            person.at(Method::GET, path).header(name, value).send().await.unwrap()
        };
        refused(get(&app.stranger(), &path, "x", "x").await, 401, "UNAUTHENTICATED").await;
        refused(get(&app.person("viewer").await, &path, "x", "x").await, 403, "FORBIDDEN").await;
        let whole = get(&operator, &path, "x", "x").await;
        let headers = whole.headers().clone();
        assert_eq!(headers["content-disposition"], "attachment; filename=\"a.csv\"; filename*=UTF-8''a.csv");
        assert_eq!(headers["content-length"], bytes.len().to_string());
        assert_eq!(whole.text().await.unwrap(), bytes);

        let part = get(&operator, &path, "range", "bytes=10-19").await;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.headers()["content-range"], format!("bytes 10-19/{}", bytes.len()));
        assert_eq!(part.text().await.unwrap(), bytes[10..20]);
        let beyond = get(&operator, &path, "range", "bytes=999999-").await;
        assert_eq!(beyond.headers()["content-range"], format!("bytes */{}", bytes.len()));
        refused(beyond, 416, "RANGE_NOT_SATISFIABLE").await;
        let etag = headers["etag"].to_str().unwrap();
        assert_eq!(get(&operator, &path, "if-none-match", etag).await.status(), StatusCode::NOT_MODIFIED);
        let head = operator.at(Method::HEAD, &path).send().await.unwrap();
        assert_eq!((head.status(), &head.headers()["content-length"]), (StatusCode::OK, &headers["content-length"]));

        let parquet = get(&operator, &format!("/runs/{run}/movies.parquet"), "x", "x").await;
        let parquet = parquet.bytes().await.unwrap();
        assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
        let none = get(&operator, &format!("/runs/{run}/companions.parquet"), "x", "x").await;
        refused(none, 404, "NOT_FOUND").await;
        refused(get(&operator, "/files/ab/raw", "x", "x").await, 404, "NOT_FOUND").await;

        let admin = app.admin().await;
        let delete = "mutation ($file: String!) { deleteFile(sha256: $file, reason: \"asked to\", force: true) { sha256 } }";
        admin.ask(delete, json!({"file": hash(&bytes)})).await;
        for path in [path, format!("/runs/{run}/movies.parquet")] {
            let gone = refused(get(&operator, &path, "x", "x").await, 410, "GONE").await;
            let detail = gone["detail"].as_str().unwrap();
            assert!(detail.contains("deleted by admin") && detail.contains("asked to"), "{detail}");
        }
    })
    .await;
}
