//! What idle subscribers cost, and how soon all of them hear of a change: `cargo bench -p server --bench live`.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use entity::ingest::{RunMode, Trigger};
use etl::{database, queue};
use futures::{SinkExt, StreamExt, future::join_all};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

const CLIENTS: usize = 1000;
const PASSWORD: &str = "correct horse battery";

/// What they may take while nothing changes, in MB.
const MOST: f64 = 20.0;

/// What each of them follows in the end.
const SUBSCRIPTIONS: [(&str, &str); 2] = [
    (
        "runs",
        "subscription { runs { id status progress counts { read inserted updated unchanged rejected } } }",
    ),
    ("version", "subscription { dataVersion { version } }"),
];

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("marquee.db").display());
    let mut server = Command::new(env!("CARGO_BIN_EXE_marquee"))
        .arg("serve")
        .current_dir(folder.path())
        .env("MARQUEE_DATABASE_URL", &url)
        .env("MARQUEE_LISTEN", "127.0.0.1:0")
        .env("MARQUEE_ROLES", "api")
        .env("MARQUEE_ADMIN_PASSWORD", PASSWORD)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let address = address(&mut server);
    measure(&address, &url, server.id()).await;
    server.kill().unwrap();
    server.wait().unwrap();
}

async fn measure(address: &str, url: &str, pid: u32) {
    let cookie = sign_in(address).await;
    // What the first ones make the server load stays out of the count.
    let mut first = join_all((0..20).map(|_| open(address, &cookie))).await;
    for (id, query) in SUBSCRIPTIONS {
        join_all(first.iter_mut().map(|socket| subscribe(socket, id, query))).await;
    }
    let before = settled(pid).await;
    let mut sockets = Vec::new();
    for _ in 0..CLIENTS / 50 {
        sockets.extend(join_all((0..50).map(|_| open(address, &cookie))).await);
    }
    let tell = |what: &str, now: f64| {
        let used = (now - before) / 1e3;
        println!(
            "{CLIENTS} {what}: {used:.1} MB ({:.1} kB each), {:.0} % of {MOST:.0} MB",
            used * 1e3 / CLIENTS as f64,
            used / MOST * 100.0
        );
    };
    println!("before: {:.1} MB", before / 1e3);
    tell("idle sockets", settled(pid).await);
    for (count, (id, query)) in SUBSCRIPTIONS.into_iter().enumerate() {
        join_all(
            sockets
                .iter_mut()
                .map(|socket| subscribe(socket, id, query)),
        )
        .await;
        let what = format!("idle sockets with {} subscriptions", count + 1);
        tell(&what, settled(pid).await);
    }
    let db = database::connect(url).await.unwrap();
    let path = std::path::Path::new("none.csv");
    let begun = Instant::now();
    queue::enqueue(&db, path, Trigger::Command, 1, RunMode::Merge)
        .await
        .unwrap();
    let heard = sockets.iter_mut().map(async |socket| {
        while next(socket).await["id"] != "runs" {}
        begun.elapsed()
    });
    let mut heard = join_all(heard).await;
    heard.sort_unstable();
    println!(
        "a change reaches half of them in {} ms and all in {} ms",
        heard[CLIENTS / 2].as_millis(),
        heard[CLIENTS - 1].as_millis()
    );
    tell("of them after it", settled(pid).await);
    drop(first);
}

/// Where the server says that it is.
fn address(server: &mut Child) -> String {
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = lines.find_map(|line| {
        line.unwrap()
            .split_once("http://")
            .map(|(_, rest)| rest.to_owned())
    });
    // Its further lines are nobody's, but must have somewhere to go.
    std::thread::spawn(move || lines.for_each(drop));
    line.unwrap().trim_end_matches('/').to_owned()
}

async fn sign_in(address: &str) -> String {
    let query =
        format!("mutation {{ login(name: \"admin\", password: \"{PASSWORD}\") {{ name }} }}");
    let response = reqwest::Client::new()
        .post(format!("http://{address}/graphql"))
        .json(&json!({"query": query}))
        .send()
        .await
        .unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// A socket of somebody who is signed in and has been greeted.
async fn open(address: &str, cookie: &str) -> Socket {
    let mut request = format!("ws://{address}/graphql/ws")
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert("cookie", cookie.parse().unwrap());
    headers.insert(
        "sec-websocket-protocol",
        "graphql-transport-ws".parse().unwrap(),
    );
    let (mut socket, _) = connect_async(request).await.unwrap();
    say(&mut socket, json!({"type": "connection_init"})).await;
    assert_eq!(next(&mut socket).await["type"], "connection_ack");
    socket
}

/// Begins a subscription, and waits until the server has seen to it.
async fn subscribe(socket: &mut Socket, id: &str, query: &str) {
    say(
        socket,
        json!({"type": "subscribe", "id": id, "payload": {"query": query}}),
    )
    .await;
    say(socket, json!({"type": "ping"})).await;
    while next(socket).await["type"] != "pong" {}
}

async fn say(socket: &mut Socket, message: Value) {
    socket
        .send(Message::Text(message.to_string().into()))
        .await
        .unwrap();
}

async fn next(socket: &mut Socket) -> Value {
    loop {
        if let Message::Text(text) = socket.next().await.unwrap().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

/// Kilobytes of memory that a process keeps.
async fn settled(pid: u32) -> f64 {
    tokio::time::sleep(Duration::from_secs(3)).await;
    resident(pid)
}

/// Kilobytes of memory that a process has.
fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<f64>()
        .unwrap()
        * 1.024
}
