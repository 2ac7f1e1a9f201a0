//! Addresses, methods and declarations that mean something else than they say.

use super::exchange;
use crate::{
    app::{App, PASSWORD},
    world::World,
};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// The status and the whole answer to a request line and headers.
async fn raw(app: &App, head: &str) -> (u16, String) {
    let sent = format!("{head}\r\nhost: x\r\nconnection: close\r\n\r\n");
    let answer = exchange(&app.address, sent.as_bytes()).await;
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (
        status.unwrap_or_else(|| panic!("{head:.100}: {answer}")),
        answer,
    )
}

#[tokio::test]
async fn no_address_leads_out_of_what_is_served() {
    let app = App::start(World::new(&None).await).await;
    let ups = [
        "..",
        "%2e%2e",
        "%2E.",
        ".%2e",
        "..%2f..",
        "%252e%252e",
        "..%5c..",
        "..\\..",
        "%c0%ae%c0%ae",
        "....//",
        "..;",
        "%2e%2e%00",
        "..%00/",
        "%uff0e%uff0e",
    ];
    let goals = [
        "Cargo.toml",
        "etc/passwd",
        "marquee.db",
        "src/main.rs",
        "index.html/../../Cargo.toml",
    ];
    let mut paths = Vec::new();
    for up in ups {
        for goal in goals {
            for base in [
                "/",
                "/assets/",
                "/assets/console/",
                "/api/v1/runs/",
                "/console/",
            ] {
                paths.push(format!("{base}{up}/{up}/{up}/{goal}"));
            }
        }
    }
    for path in [
        "//etc/passwd",
        "/assets//etc/passwd",
        "/assets/C:\\windows\\win.ini",
        "/assets/file:///etc/passwd",
        "/assets/%00",
        "/assets/index.html%00.js",
        "/assets/%",
        "/assets/%zz",
        "/assets/.",
        "/assets/..",
        "/assets/con",
        "/assets/*",
        "/assets/?../../Cargo.toml",
        "/assets/#/../Cargo.toml",
        "http://other.test/assets/x",
        "/api/v1/runs/1;DROP TABLE movie/rejects.csv",
        "/api/v1/runs/'/rejects.csv",
        "/api/v1/runs/%27%20OR%201=1/rejects.csv",
        "/api/v1/runs/-1/rejects.csv",
        "/api/v1/runs/99999999999999999999999/rejects.csv",
        "/api/v1/runs/..%2f..%2f..%2fetc%2fpasswd/rejects.csv",
        "/graphql/../graphql",
        "/metrics/..",
        "/console/",
        "/console//",
        "/CONSOLE",
        "/%63onsole",
        "*",
        "/assets/\u{e9}",
        "/assets/\u{202e}",
        "/healthz/../metrics",
        "/healthz%2f..%2fmetrics",
    ] {
        paths.push(path.to_owned());
    }
    paths.push(format!("/assets/{}", "a/".repeat(20_000)));
    paths.push(format!("/assets/{}", "../".repeat(15_000)));
    paths.push(format!("/assets/{}Cargo.toml", "%2e%2e%2f".repeat(5_000)));
    for path in paths {
        let (status, answer) = raw(&app, &format!("GET {path} HTTP/1.1")).await;
        assert!(status < 500, "{path:.100}: {answer:.300}");
        for secret in [
            "[workspace]",
            "root:",
            "SQLite format",
            "fn main",
            "marquee_data_version",
        ] {
            assert!(!answer.contains(secret), "{path:.100}: {answer:.300}");
        }
    }
    app.close().await;
}

#[tokio::test]
async fn a_run_number_is_a_number() {
    let app = App::start(World::new(&None).await).await;
    let admin = app.admin().await;
    for id in [
        "'",
        "1'--",
        "-1",
        "0",
        "1e1",
        "٣",
        "%00",
        "99999999999999999999",
        "../1",
        "1%2f..%2f1",
        " 1",
    ] {
        for file in ["rejects.csv", "issues.parquet"] {
            let response = admin.get(&format!("/api/v1/runs/{id}/{file}")).await;
            assert!(
                response.status().is_client_error() || id.contains(".."),
                "{id}: {}",
                response.status()
            );
        }
    }
    for query in [
        "fromLine=x",
        "fromLine=99999999999999999999",
        "severity='",
        "nothing=1",
        "%ff=%fe",
        "code=%00",
    ] {
        let response = admin
            .get(&format!("/api/v1/runs/1/rejects.csv?{query}"))
            .await;
        assert!(
            response.status().is_client_error(),
            "{query}: {}",
            response.status()
        );
    }
    app.close().await;
}

#[tokio::test]
async fn a_method_does_what_it_is_for_or_nothing() {
    let app = App::start(World::new(&None).await).await;
    let query = "{%20totals%20{%20movies%20}%20}";
    for method in [
        "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "OPTIONS", "PROPFIND", "get", "X", "POST",
    ] {
        for path in [
            "/",
            "/healthz",
            "/readyz",
            "/metrics",
            "/console",
            "/assets/x.js",
            "/api/v1/runs/1/rejects.csv",
        ] {
            let (status, answer) = raw(&app, &format!("{method} {path} HTTP/1.1")).await;
            assert!(
                (400..500).contains(&status),
                "{method} {path}: {answer:.300}"
            );
        }
        // Without a body declared as JSON.
        let (status, answer) =
            raw(&app, &format!("{method} /graphql?query={query} HTTP/1.1")).await;
        assert!((400..500).contains(&status), "{method}: {answer:.300}");
    }
    // A GET stays one, whatever it says it is.
    let admin = app.admin().await;
    for header in [
        "x-http-method-override",
        "x-method-override",
        "x-http-method",
    ] {
        let request = admin.client.get(format!(
            "{}/graphql?query=mutation%7Blogout%7D",
            app.address
        ));
        let response = request.header(header, "POST").send().await.unwrap();
        assert_eq!(
            response.status(),
            StatusCode::METHOD_NOT_ALLOWED,
            "{header}"
        );
    }
    let body = json!({"query": "mutation { logout }"}).to_string();
    let request = admin.client.get(format!(
        "{}/graphql?query=%7Bviewer%7Bname%7D%7D",
        app.address
    ));
    let request = request
        .header("content-type", "application/json")
        .body(body);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["viewer"]["name"], "admin");
    let request = admin.client.request(
        Method::HEAD,
        format!("{}/graphql?query=mutation%7Blogout%7D", app.address),
    );
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(
        admin.ask("{ viewer { name } }", json!({})).await["viewer"]["name"],
        "admin"
    );
    app.close().await;
}

#[tokio::test]
async fn a_body_is_json_or_refused() {
    let app = App::start(World::new(&None).await).await;
    let login =
        format!("mutation {{ login(name: \"admin\", password: \"{PASSWORD}\") {{ name }} }}");
    let body = json!({"query": login}).to_string();
    let post = |kind: Option<&'static [u8]>, encoding: Option<&'static str>, body: Vec<u8>| {
        let mut request = Client::new()
            .post(format!("{}/graphql", app.address))
            .body(body);
        if let Some(kind) = kind {
            request = request.header(
                "content-type",
                reqwest::header::HeaderValue::from_bytes(kind).unwrap(),
            );
        }
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        request.send()
    };
    for kind in [
        None,
        Some(&b""[..]),
        Some(b"text/json"),
        Some(b"application/graphql"),
        Some(b"application/jsonp"),
        Some(b"application/x-www-form-urlencoded"),
        Some(b"multipart/form-data; boundary=x"),
        Some(b"*/*"),
        Some(b"text/plain; application/json"),
        Some(b"\xff\xfe"),
        Some(b"application/json,text/plain"),
    ] {
        let response = post(kind, None, body.clone().into_bytes()).await.unwrap();
        assert_eq!(
            response.status(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{kind:?}"
        );
        assert!(!response.headers().contains_key("set-cookie"), "{kind:?}");
    }
    let json = Some(&b"application/json"[..]);
    let utf16: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (encoding, body) in [
        (None, utf16),
        (None, b"\xff\xfe\x00".to_vec()),
        (None, [b"\xef\xbb\xbf", body.as_bytes()].concat()),
        (None, format!("{body}{body}").into_bytes()),
        (None, body.replace("query", "QUERY").into_bytes()),
        (None, b"query=%7Btotals%7Bmovies%7D%7D".to_vec()),
        (
            Some("gzip"),
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03".to_vec(),
        ),
        (Some("br"), b"\x00\x01".to_vec()),
    ] {
        let response = post(json, encoding, body).await.unwrap();
        assert!(
            !response.headers().contains_key("set-cookie"),
            "{encoding:?}"
        );
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        assert!(answer["data"].is_null(), "{encoding:?}: {status} {answer}");
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{answer}"
        );
    }
    assert_eq!(
        app.stranger().get("/healthz").await.status(),
        StatusCode::OK
    );
    app.close().await;
}
