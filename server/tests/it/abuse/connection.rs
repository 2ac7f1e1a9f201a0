//! Clients that take their time, or all the connections there are.

use axum::{Router, body::Bytes, routing::get};
use server::{
    auth::client::Proxies,
    listen::{self, Limits},
};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{interval, timeout},
};
use tokio_util::sync::CancellationToken;

/// Longer than anything here may take.
const BOUND: Duration = Duration::from_secs(20);

/// Bytes of an answer that no buffer of the system's takes whole.
const LONG: usize = 64 << 20;

struct Listener {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Listener {
    /// Answers with "well", and a POST with the length of its body, under limits that a test can wait for.
    async fn start(connections: usize) -> Self {
        Self::with(Limits {
            connections,
            ..Limits::default()
        })
        .await
    }

    async fn with(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route(
                "/",
                get(async || "well").post(async |body: Bytes| body.len().to_string()),
            )
            .route("/long", get(async || vec![b'x'; LONG]));
        let limits = Limits {
            head_time: Duration::from_millis(500),
            head_bytes: 8 << 10,
            body_pause: Duration::from_millis(500),
            read_pause: Duration::from_millis(500),
            ..limits
        };
        let stop = CancellationToken::new();
        let task = tokio::spawn(listen::serve(listener, router, limits, stop.clone()));
        Self {
            address,
            stop,
            task,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// All that is answered to what is sent until the server closes; a connection that is reset has ended too.
    async fn answer(&self, sent: &[u8]) -> String {
        let mut stream = self.connect().await;
        let _ = stream.write_all(sent).await;
        ended(&mut stream).await
    }

    async fn is_well(&self) {
        let answer = self
            .answer(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .await;
        assert!(answer.ends_with("well"), "{answer}");
    }
}

/// What is read until the server closes.
async fn ended(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = timeout(BOUND, stream.read_to_end(&mut answer))
        .await
        .expect("the connection stays open");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_head_that_does_not_end_is_cut_off_and_others_are_served() {
    let listener = Listener::start(1_000).await;
    let mut slow = Vec::new();
    for _ in 0..200 {
        let mut stream = listener.connect().await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ")
            .await
            .unwrap();
        slow.push(stream);
    }
    listener.is_well().await;
    // A byte now and then does not help.
    let mut dripping = slow.pop().unwrap();
    let (mut read, mut write) = dripping.split();
    let drip = async {
        let mut pace = interval(Duration::from_millis(50));
        loop {
            pace.tick().await;
            if write.write_all(b"x").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut rest = Vec::new();
    tokio::select! {
        read = timeout(BOUND, read.read_to_end(&mut rest)) => { let _ = read.expect("it drips on"); }
        () = drip => {}
    }
    for stream in &mut slow {
        ended(stream).await;
    }
    // Nor does sending nothing at all.
    assert_eq!(listener.answer(b"").await, "");
}

#[tokio::test]
async fn who_does_not_read_is_cut_off() {
    let listener = Listener::start(1).await;
    let request = b"GET /long HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut stream = listener.connect().await;
    stream.write_all(request).await.unwrap();
    // There is but one connection: others are served once it has ended.
    timeout(BOUND, listener.is_well()).await.unwrap();
    assert!(ended(&mut stream).await.len() < LONG);
    // Whoever reads, however slowly, gets all of it.
    let mut stream = listener.connect().await;
    stream.write_all(request).await.unwrap();
    let mut part = vec![0; 8 << 20];
    let mut read = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        match stream.read(&mut part).await.unwrap() {
            0 => break,
            more => read += more,
        }
    }
    assert!(read > LONG);
}

#[tokio::test]
async fn no_address_has_all_connections() {
    let limits = Limits {
        connections: 10,
        of_address: 2,
        ..Limits::default()
    };
    let listener = Listener::with(limits.clone()).await;
    let mut first = [listener.connect().await, listener.connect().await];
    let refused = listener.answer(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(refused, "");
    for stream in &mut first {
        ended(stream).await;
    }
    listener.is_well().await;

    let proxies = Proxies(vec!["127.0.0.0/8".parse().unwrap()]);
    let listener = Listener::with(Limits { proxies, ..limits }).await;
    let _three = [
        listener.connect().await,
        listener.connect().await,
        listener.connect().await,
    ];
    listener.is_well().await;
}

#[tokio::test]
async fn a_body_that_stays_away_is_an_error() {
    let listener = Listener::start(10).await;
    for head in ["content-length: 100", "transfer-encoding: chunked"] {
        let sent = format!("POST / HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n3\r\nabc\r\n");
        let answer = listener.answer(sent.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{head}: {answer}");
    }
    let whole = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc";
    assert!(listener.answer(whole).await.ends_with('3'));
}

#[tokio::test]
async fn connections_beyond_the_most_wait_their_turn() {
    let listener = Listener::start(2).await;
    let mut idle = [listener.connect().await, listener.connect().await];
    // Answered once one of the idle ones has been cut off.
    listener.is_well().await;
    for stream in &mut idle {
        ended(stream).await;
    }
}

#[tokio::test]
async fn a_head_of_any_size_and_form_is_answered_or_cut_off() {
    let listener = Listener::start(10).await;
    let many: String = (0..1_000).map(|at| format!("x-{at}: y\r\n")).collect();
    let long = "x".repeat(100_000);
    for (sent, status) in [
        (
            format!("GET / HTTP/1.1\r\nhost: x\r\nx: {long}\r\n\r\n"),
            "431",
        ),
        (format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"), "431"),
        (format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"), "4"),
        (format!("{long} / HTTP/1.1\r\nhost: x\r\n\r\n"), "4"),
        (
            "GET / HTTP/1.1\r\nhost: x\r\nbad header: y\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "GET / HTTP/1.1\r\nhost: x\r\nx: a\0b\r\n\r\n".to_owned(),
            "400",
        ),
        ("GET\0/ HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), "4"),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "4"),
        (
            "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03".to_owned(),
            "4",
        ),
        // Two lengths, of which a proxy might believe the other one.
        (
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"
                .to_owned(),
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(),
            "400",
        ),
    ] {
        let answer = listener.answer(sent.as_bytes()).await;
        // What is left unread when the server closes resets the connection, and may take the answer with it.
        let answered = answer.starts_with(&format!("HTTP/1.1 {status}"));
        let start: String = sent.chars().take(80).collect();
        assert!(answered || answer.is_empty(), "{start:?}: {answer}");
    }
    listener.is_well().await;
}

#[tokio::test]
async fn stopping_waits_for_nobody_who_is_idle() {
    let listener = Listener::start(10).await;
    listener.is_well().await;
    let mut idle = listener.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    idle.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    listener.stop.cancel();
    timeout(BOUND, listener.task).await.unwrap().unwrap();
    ended(&mut idle).await;
}
