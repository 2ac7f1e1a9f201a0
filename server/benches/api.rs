//! How fast the API answers, beside the two limits of the same run: the bare statements on the same database,
//! and an HTTP server that returns the same bytes.
//!
//! `make bench` runs it, with wrk as the load. The mart holds the real file where it is there, else a sample of
//! the same size; MariaDB is measured where `MARQUEE_TEST_MYSQL` names a server.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../etl/tests/common/mod.rs"]
mod world;

use axum::{Router, http::header, routing::get};
use etl::sample;
use reqwest::header::{COOKIE, ETAG, SET_COOKIE};
use sea_orm::{DatabaseConnection, DbErr, QueryResult, Value};
use serde_json::json;
use server::{
    config::Config,
    serve::{Instance, first_user},
};
use std::{
    net::SocketAddr,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tikv_jemallocator::Jemalloc;
use tokio::net::TcpListener;
use world::{World, engines, real_data};

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

const PASSWORD: &str = "correct horse battery";
/// How long each figure is measured.
const SECONDS: u64 = 4;
const CONNECTIONS: [usize; 2] = [16, 64];

/// A question of an analyst.
struct Question {
    name: &'static str,
    query: String,
    /// The least that the database has to be asked for it.
    statements: Vec<String>,
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for engine in engines() {
        runtime.block_on(measure(&engine));
    }
}

async fn measure(engine: &Option<String>) {
    let name = if engine.is_some() {
        "MariaDB"
    } else {
        "SQLite"
    };
    let world = World::new(engine).await;
    let path = world.folder.path().join("movies.csv");
    match real_data() {
        Some(data) => {
            std::fs::copy(data.join("movies-dataset/movies_metadata.45k.csv"), &path).unwrap();
        }
        None => {
            let mut file = std::fs::File::create(&path).unwrap();
            sample::write(45_000, 1, &mut file).unwrap();
        }
    }
    let run = world.load_file(&path).await;
    println!("\n{name}: {} movies", run.rows_inserted);
    println!(
        "{:<44} {:>4} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "", "conn", "req/s", "p50 ms", "p99 ms", "of sql", "of http"
    );
    let questions = questions(&world.chain.db).await;
    for cache in ["0", ""] {
        let inbox = world.folder.path().join("inbox");
        let set = |key: &str| match key {
            "MARQUEE_INBOX" => Some(inbox.display().to_string()),
            "MARQUEE_LISTEN" => Some("127.0.0.1:0".to_owned()),
            "MARQUEE_ROLES" => Some("api".to_owned()),
            // The limit is there, but one person asks as much as the instance can answer.
            "MARQUEE_MAX_RATE" => Some("1000000".to_owned()),
            "MARQUEE_ADMIN_PASSWORD" => Some(PASSWORD.to_owned()),
            "MARQUEE_DATABASE_URL" => Some(world.url.clone()),
            "MARQUEE_CACHE_SIZE" if !cache.is_empty() => Some(cache.to_owned()),
            _ => None,
        };
        let config = Config::read(set, None).unwrap();
        first_user(&world.chain.db, &config.access).await.unwrap();
        let instance = Instance::start(&config, world.chain.clone()).await.unwrap();
        let address = instance.address.unwrap();
        let cookie = sign_in(address).await;
        for question in &questions {
            let url = format!(
                "http://{address}/graphql?query={}",
                encoded(&question.query)
            );
            let answer = reqwest::Client::new()
                .get(&url)
                .header(COOKIE, &cookie)
                .send();
            let answer = answer.await.unwrap();
            let tag = answer
                .headers()
                .get(ETAG)
                .map(|tag| tag.to_str().unwrap().to_owned());
            let bytes = answer.bytes().await.unwrap();
            assert!(
                !bytes.starts_with(b"{\"errors"),
                "{}: {bytes:?}",
                question.name
            );
            let what = if cache.is_empty() {
                "cached"
            } else {
                "uncached"
            };
            for connections in CONNECTIONS {
                let ours = load(&url, &[("Cookie", &cookie)], connections);
                let sql = statements(&world.chain.db, &question.statements, connections).await;
                let http = bare(bytes.to_vec(), connections).await;
                print(
                    &format!("{}, {what}", question.name),
                    connections,
                    &ours,
                    Some(sql),
                    &http,
                );
                if cache.is_empty()
                    && let Some(tag) = &tag
                {
                    let headers = [("Cookie", cookie.as_str()), ("If-None-Match", tag)];
                    let ours = load(&url, &headers, connections);
                    print(
                        &format!("{}, 304", question.name),
                        connections,
                        &ours,
                        None,
                        &http,
                    );
                }
            }
        }
        instance.stop().await.unwrap();
    }
    world.close().await;
}

/// The questions, about the company and the year that most is known of.
async fn questions(db: &DatabaseConnection) -> Vec<Question> {
    let first = async |sql: &str| -> i64 {
        let rows = etl::database::query(db, sql, []).await.unwrap();
        rows[0].try_get("", "found").unwrap()
    };
    let company = first(
        "SELECT company_id AS found FROM company_year GROUP BY company_id
         ORDER BY COUNT(*) DESC, company_id LIMIT 1",
    )
    .await;
    let movie = first("SELECT MAX(movie_id) AS found FROM movie_company").await;
    let links = |noun: &str| {
        format!(
            "SELECT n.*, l.movie_id AS parent_key FROM movie_{noun} l JOIN {noun} n ON n.id = l.{noun}_id
             WHERE l.movie_id IN (SELECT id FROM (SELECT id FROM movie WHERE release_year = 2010 ORDER BY id LIMIT 50) m)
             ORDER BY l.movie_id, l.position"
        )
    };
    vec![
        Question {
            name: "a company's years",
            query: format!(
                "{{ company(id: {company}) {{ name years {{ year movieCount budget revenue profit averagePopularity }} }} }}"
            ),
            statements: vec![format!(
                "SELECT * FROM company_year WHERE company_id = {company} ORDER BY year"
            )],
        },
        Question {
            name: "50 movies of a year, companies, genres",
            query: "{ movies(filter: {year: {eq: 2010}}, first: 50) { nodes { id title budget revenue companies { name } genres { name } } } }"
                .to_owned(),
            statements: vec![
                "SELECT * FROM movie WHERE release_year = 2010 ORDER BY id LIMIT 50".to_owned(),
                links("company"),
                links("genre"),
            ],
        },
        Question {
            name: "all genres' years over a decade",
            query: "{ genres { name years(from: 2000, to: 2009) { year movieCount budget revenue profit averagePopularity } } }"
                .to_owned(),
            statements: vec![
                "SELECT * FROM genre_year WHERE year BETWEEN 2000 AND 2009 ORDER BY genre_id, year".to_owned(),
            ],
        },
        Question {
            name: "a movie by id",
            query: format!("{{ movie(id: {movie}) {{ title year budget revenue profit }} }}"),
            statements: vec![format!("SELECT * FROM movie WHERE id = {movie}")],
        },
    ]
}

async fn sign_in(address: SocketAddr) -> String {
    let body = json!({
        "query": "mutation ($password: String!) { login(name: \"admin\", password: $password) { name } }",
        "variables": { "password": PASSWORD },
    });
    let request = reqwest::Client::new().post(format!("http://{address}/graphql"));
    let answer = request.json(&body).send().await.unwrap();
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

fn encoded(query: &str) -> String {
    url::form_urlencoded::byte_serialize(query.as_bytes()).collect()
}

/// What a load has found.
struct Found {
    per_second: f64,
    p50: String,
    p99: String,
}

/// As many requests as are answered over so many connections.
fn load(url: &str, headers: &[(&str, &str)], connections: usize) -> Found {
    let mut wrk = Command::new("wrk");
    wrk.args([
        "-t1",
        "--latency",
        &format!("-c{connections}"),
        &format!("-d{SECONDS}s"),
    ]);
    for (name, value) in headers {
        wrk.args(["-H", &format!("{name}: {value}")]);
    }
    let output = wrk.arg(url).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("Non-2xx"), "{text}");
    let after = |label: &str| {
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("{text}")).trim().to_owned()
    };
    Found {
        per_second: after("Requests/sec:").parse().unwrap(),
        p50: milliseconds(&after("50%")),
        p99: milliseconds(&after("99%")),
    }
}

/// A span as wrk prints it, such as `812.00us`, in milliseconds.
fn milliseconds(span: &str) -> String {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    let found = units.iter().find_map(|(unit, factor)| {
        let number: f64 = span.strip_suffix(unit)?.parse().ok()?;
        Some(format!("{:.2}", number * factor))
    });
    found.unwrap_or_else(|| panic!("{span}"))
}

/// How often the statements are answered to so many tasks, in questions a second.
async fn statements(db: &DatabaseConnection, statements: &[String], tasks: usize) -> f64 {
    let answered = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let end = start + Duration::from_secs(SECONDS);
    let tasks = (0..tasks).map(|_| {
        let (db, statements, answered) = (db.clone(), statements.to_owned(), answered.clone());
        tokio::spawn(async move {
            while Instant::now() < end {
                for sql in &statements {
                    let rows: Result<Vec<QueryResult>, DbErr> =
                        etl::database::query(&db, sql, [] as [Value; 0]).await;
                    rows.unwrap();
                }
                answered.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    answered.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

/// The same bytes from an address that does nothing else.
async fn bare(bytes: Vec<u8>, connections: usize) -> Found {
    let bytes = axum::body::Bytes::from(bytes);
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], bytes) };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server =
        tokio::spawn(
            async move { axum::serve(listener, Router::new().route("/", get(answer))).await },
        );
    let url = format!("http://{address}/");
    let found = tokio::task::spawn_blocking(move || load(&url, &[], connections));
    let found = found.await.unwrap();
    server.abort();
    found
}

fn print(what: &str, connections: usize, ours: &Found, sql: Option<f64>, http: &Found) {
    let share = |limit: f64| format!("{:.0} %", 100.0 * ours.per_second / limit);
    println!(
        "{what:<44} {connections:>4} {:>9.0} {:>9} {:>9} {:>9} {:>9}",
        ours.per_second,
        ours.p50,
        ours.p99,
        sql.map_or_else(String::new, share),
        share(http.per_second),
    );
}
