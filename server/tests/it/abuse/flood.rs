//! Requests that take a short text to ask for much.

use super::process::Process;
use crate::app::Person;
use reqwest::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

/// What is sent, and the code with which it is refused.
struct Flood {
    name: &'static str,
    body: Vec<u8>,
    code: &'static str,
}

/// Refused for what it is.
const WRONG: &str = "BAD_USER_INPUT";
/// Refused for how much it is, before anybody looks at what it is.
const MUCH: &str = "LIMIT_EXCEEDED";
/// Refused for being several.
const SEVERAL: &str = "BATCH_NOT_SUPPORTED";

fn query(name: &'static str, code: &'static str, query: impl AsRef<str>) -> Flood {
    let body = json!({"query": query.as_ref()}).to_string().into_bytes();
    Flood { name, body, code }
}

fn repeat(count: usize, of: impl Fn(usize) -> String) -> String {
    (0..count).map(of).collect()
}

/// Everything that is tried; all bodies are below the limit of a body's size.
fn floods() -> Vec<Flood> {
    let nested = |open: &str, close: &str, count| open.repeat(count) + &close.repeat(count);
    let raw = |name, code, body: String| Flood {
        name,
        body: body.into_bytes(),
        code,
    };
    let members = "fields { type { ".repeat(6) + "name" + &" } }".repeat(6);
    vec![
        query("braces, open", MUCH, "{a".repeat(100_000)),
        query("braces", MUCH, nested("{a", "}", 100_000)),
        query(
            "brackets",
            MUCH,
            format!("{{ a(b: {}) }}", nested("[", "]", 100_000)),
        ),
        query(
            "brackets, open",
            MUCH,
            format!("{{ a(b: {}", "[".repeat(200_000)),
        ),
        query(
            "objects",
            MUCH,
            format!(
                "{{ a(b: {}1{}) }}",
                "{c:".repeat(100_000),
                "}".repeat(100_000)
            ),
        ),
        query("parentheses", MUCH, "{a".to_owned() + &"(".repeat(100_000)),
        query(
            "list types",
            MUCH,
            format!("query ($a: {}) {{ a }}", nested("[", "]", 100_000)),
        ),
        query(
            "inline fragments",
            MUCH,
            format!(
                "{{ {}a{} }}",
                "... on Query {".repeat(30_000),
                "}".repeat(30_000)
            ),
        ),
        query(
            "relations",
            MUCH,
            format!(
                "{{ runs {{ nodes {}{{ id }}{} }} }}",
                "{ duplicateOf ".repeat(40),
                " }".repeat(40)
            ),
        ),
        query(
            "aliases",
            MUCH,
            format!(
                "{{ {} }}",
                repeat(30_000, |at| format!("a{at}:totals{{movies}}"))
            ),
        ),
        query(
            "aliases of a list",
            MUCH,
            format!(
                "{{ {} }}",
                repeat(2_000, |at| format!(
                    "a{at}:movies(first:100){{nodes{{id}}}}"
                ))
            ),
        ),
        query(
            "unknown fields",
            MUCH,
            format!("{{ {} }}", repeat(100_000, |at| format!("u{at} "))),
        ),
        query(
            "the same unknown field",
            MUCH,
            format!("{{ {} }}", "u ".repeat(400_000)),
        ),
        query(
            "conflicting fields",
            MUCH,
            format!(
                "{{ {} }}",
                repeat(20_000, |at| format!("m:movie(id:{at}){{id}} "))
            ),
        ),
        query(
            "unknown arguments",
            MUCH,
            format!(
                "{{ movie(id: 1, {}) {{ id }} }}",
                repeat(50_000, |at| format!("x{at}:1 "))
            ),
        ),
        query(
            "a fragment in itself",
            WRONG,
            "{ ...f } fragment f on Query { ...f ...f }",
        ),
        query(
            "fragments in a circle",
            WRONG,
            "{ ...f } fragment f on Query { ...g ...g } fragment g on Query { ...f ...f }",
        ),
        query(
            "a circle that nobody enters",
            WRONG,
            "{ totals { movies } } fragment f on Query { ...f ...f }",
        ),
        query(
            "a bomb of fragments",
            MUCH,
            "{ ...f0 }".to_owned()
                + &repeat(30, |at| {
                    format!("fragment f{at} on Query {{ ...f{0} ...f{0} }} ", at + 1)
                })
                + "fragment f30 on Query { totals { movies } }",
        ),
        query(
            "a wide bomb of fragments",
            MUCH,
            "{ ...f0 }".to_owned()
                + &repeat(4, |at| {
                    format!(
                        "fragment f{at} on Query {{ {} }} ",
                        format!("...f{} ", at + 1).repeat(1_000)
                    )
                })
                + "fragment f4 on Query { totals { movies } }",
        ),
        query(
            "a chain of fragments",
            MUCH,
            "{ ...f0 }".to_owned()
                + &repeat(20_000, |at| {
                    format!("fragment f{at} on Query {{ ...f{} }} ", at + 1)
                })
                + "fragment f20000 on Query { totals { movies } }",
        ),
        query(
            "a chain that nobody follows",
            MUCH,
            "{ totals { movies } }".to_owned()
                + &repeat(20_000, |at| {
                    format!("fragment f{at} on Query {{ ...f{} }} ", at + 1)
                }),
        ),
        query(
            "unused fragments",
            MUCH,
            "{ totals { movies } }".to_owned()
                + &repeat(20_000, |at| {
                    format!("fragment f{at} on Query {{ totals {{ movies }} }} ")
                }),
        ),
        query(
            "a deep schema",
            MUCH,
            format!("{{ __schema {{ types {{ {members} }} }} }}"),
        ),
        query(
            "a wide schema",
            MUCH,
            format!(
                "{{ {} }}",
                repeat(5_000, |at| {
                    format!(
                        "a{at}: __schema {{ types {{ name fields {{ name type {{ name }} }} }} }} "
                    )
                })
            ),
        ),
        query(
            "many schemas by a fragment",
            MUCH,
            format!(
                "{{ {} }} fragment s on Query {{ __schema {{ types {{ {} }} }} }}",
                "...s ".repeat(100),
                repeat(100, |at| format!("a{at}: fields {{ name }} "))
            ),
        ),
        query(
            "directives",
            MUCH,
            format!(
                "{{ totals {} {{ movies }} }}",
                "@include(if: true) ".repeat(40_000)
            ),
        ),
        query(
            "unknown directives",
            MUCH,
            format!("{{ totals {} {{ movies }} }}", "@x ".repeat(200_000)),
        ),
        query(
            "operations",
            MUCH,
            repeat(30_000, |at| {
                format!("query q{at} {{ totals {{ movies }} }} ")
            }),
        ),
        query(
            "variables",
            MUCH,
            format!(
                "query ({}) {{ totals {{ movies }} }}",
                repeat(50_000, |at| format!("$v{at}: Int "))
            ),
        ),
        query(
            "a long number",
            WRONG,
            format!("{{ movie(id: {}) {{ id }} }}", "9".repeat(900_000)),
        ),
        query(
            "a long name",
            MUCH,
            format!("{{ {} }}", "a".repeat(1_000_000)),
        ),
        query(
            "a long string",
            WRONG,
            format!("{{ movie(id: \"{}\") {{ id }} }}", "1".repeat(900_000)),
        ),
        query("a long line of nonsense", MUCH, "\u{1f3ac}".repeat(200_000)),
        raw(
            "nested lists in variables",
            WRONG,
            format!(
                "{{\"query\": \"{{ totals {{ movies }} }}\", \"variables\": {{\"a\": {}}}}}",
                nested("[", "]", 100_000)
            ),
        ),
        raw(
            "nested objects in variables",
            WRONG,
            format!(
                "{{\"query\": \"{{ totals {{ movies }} }}\", \"variables\": {}1{}}}",
                "{\"a\":".repeat(100_000),
                "}".repeat(100_000)
            ),
        ),
        raw(
            "nested lists in extensions",
            WRONG,
            format!(
                "{{\"query\": \"{{ totals {{ movies }} }}\", \"extensions\": {{\"a\": {}",
                "[".repeat(500_000)
            ),
        ),
        raw(
            "a batch",
            SEVERAL,
            format!(
                "[{}]",
                ["{\"query\": \"{ totals { movies } }\"}"; 1_000].join(",")
            ),
        ),
        raw("nested batches", SEVERAL, "[".repeat(500_000)),
        raw(
            "a number beyond all bounds",
            WRONG,
            "{\"query\": 1e999999}".to_owned(),
        ),
        Flood {
            name: "no text",
            body: b"{\"query\": \"\xff\xfe\"}".to_vec(),
            code: WRONG,
        },
        Flood {
            name: "a lone surrogate",
            body: b"{\"query\": \"\\ud800\"}".to_vec(),
            code: WRONG,
        },
        Flood {
            name: "zeros",
            body: vec![0; 1 << 19],
            code: WRONG,
        },
        Flood {
            name: "nothing",
            body: Vec::new(),
            code: WRONG,
        },
    ]
}

async fn send(person: &Person, body: Vec<u8>) -> Result<(StatusCode, String), reqwest::Error> {
    let request = person
        .client
        .post(format!("{}/graphql", person.address))
        .timeout(Duration::from_secs(60))
        .header(CONTENT_TYPE, "application/json");
    let response = request.body(body).send().await?;
    Ok((response.status(), response.text().await?))
}

/// Asks for something small again and again until told to stop; counts the answers.
async fn bystander(person: Person, done: &AtomicBool, answered: &AtomicU64) {
    while !done.load(Ordering::Relaxed) {
        let data = person.ask("{ totals { movies } }", json!({})).await;
        assert!(data["totals"]["movies"].as_u64().unwrap() > 400, "{data}");
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_asked_with_little_is_refused_in_little_memory_while_others_are_served() {
    let process = Process::start(500).await;
    let person = process.admin().await;
    // So that what the first requests take anyhow is not counted.
    person
        .ask("{ movies(first: 500) { nodes { id } } }", json!({}))
        .await;
    let before = process.peak();
    let (done, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    let other = process.admin().await;
    let floods = async {
        for flood in floods() {
            let name = flood.name;
            assert!(
                flood.body.len() < 1 << 20,
                "{name}: {} bytes",
                flood.body.len()
            );
            let count = answered.load(Ordering::Relaxed);
            let (status, text) = send(&person, flood.body)
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(
                status.is_success() || status.is_client_error(),
                "{name}: {status}"
            );
            assert!(
                text.len() < 1 << 20,
                "{name}: answered with {} bytes",
                text.len()
            );
            let answer: Value =
                serde_json::from_str(&text).unwrap_or_else(|_| panic!("{name}: {text}"));
            assert!(answer["data"].is_null(), "{name}: {text:.300}");
            let errors = answer["errors"].as_array().unwrap();
            for error in errors {
                let code = error["extensions"]["code"].as_str().unwrap_or_default();
                assert_eq!(code, flood.code, "{name}: {error}");
            }
            assert!(!errors.is_empty(), "{name}");
            let peak = process.peak();
            assert!(
                peak < before + 300,
                "{name}: {before} MiB before, {peak} MiB now"
            );
            // Somebody else is served before the next one.
            while answered.load(Ordering::Relaxed) == count {
                tokio::task::yield_now().await;
            }
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(floods, bystander(other, &done, &answered));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_take_no_more_memory_than_there_is() {
    let process = Process::start(500).await;
    let person = process.admin().await;
    person
        .ask("{ movies(first: 500) { nodes { id } } }", json!({}))
        .await;
    let before = process.peak();
    for flood in floods() {
        let sent = (0..8).map(|_| send(&person, flood.body.clone()));
        for answer in futures::future::join_all(sent).await {
            let (status, _) = answer.unwrap_or_else(|error| panic!("{}: {error}", flood.name));
            assert!(!status.is_server_error(), "{}: {status}", flood.name);
        }
    }
    let peak = process.peak();
    assert!(peak < before + 1_000, "{before} MiB before, {peak} MiB now");
    person.ask("{ totals { movies } }", json!({})).await;
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_not_read() {
    let process = Process::start(10).await;
    let before = process.peak();
    let person = process.admin().await;
    for _ in 0..20 {
        // It may close before all is sent.
        if let Ok((status, _)) = send(&person, vec![b' '; 32 << 20]).await {
            assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        }
    }
    let peak = process.peak();
    assert!(peak < before + 150, "{before} MiB before, {peak} MiB now");
    person.ask("{ totals { movies } }", json!({})).await;
}
