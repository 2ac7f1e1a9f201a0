//! Subscriptions over real sockets.

use crate::{
    access::operations,
    app::{App, PASSWORD, on_every_engine, on_every_engine_as},
    world::{Line, World, engines, file},
};
use entity::{
    access::{role, user_role},
    ingest::{RunMode, Trigger, run},
};
use etl::{chain::Chain, database, queue};
use futures::{SinkExt, StreamExt};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use secrecy::SecretString;
use serde_json::{Value, json};
use server::{
    auth::user,
    config::{Config, Roles},
    serve::Instance,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::StatusCode},
};

/// How long something may take that should come soon.
const BOUND: Duration = Duration::from_secs(60);

/// A client.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a socket with these headers.
    async fn open(app: &App, headers: &[(&'static str, &str)]) -> Result<Self, StatusCode> {
        let address = app.address.replacen("http", "ws", 1) + "/graphql/ws";
        let mut request = address.into_client_request().unwrap();
        let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
        for (name, value) in [protocol].iter().chain(headers) {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{error}"),
        }
    }

    /// A socket of somebody who is signed in and has been greeted.
    pub async fn of(app: &App, cookie: &str) -> Self {
        let mut socket = Self::open(app, &[("cookie", cookie)]).await.unwrap();
        socket.say(json!({"type": "connection_init"})).await;
        assert_eq!(socket.next().await["type"], "connection_ack");
        socket
    }

    async fn say(&mut self, message: Value) {
        let message = Message::Text(message.to_string().into());
        self.0.send(message).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        let payload = json!({"query": query});
        self.say(json!({"type": "subscribe", "id": id, "payload": payload}))
            .await;
    }

    async fn frame(&mut self) -> Message {
        let next = timeout(BOUND, self.0.next()).await;
        next.expect("nothing comes").expect("the end").unwrap()
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        loop {
            match self.frame().await {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other}"),
            }
        }
    }

    /// The next result of an operation.
    async fn data(&mut self, id: &str) -> Value {
        let mut message = self.next().await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("next"), &json!(id)),
            "{message}"
        );
        assert!(message["payload"]["errors"].is_null(), "{message}");
        message["payload"]["data"].take()
    }

    /// The code of the error with which an operation has ended.
    async fn refusal(&mut self, id: &str, query: &str) -> String {
        self.subscribe(id, query).await;
        let message = self.next().await;
        assert_eq!(
            (&message["type"], &message["id"]),
            (&json!("error"), &json!(id)),
            "{message}"
        );
        let code = message["payload"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("{message}")).to_owned()
    }

    /// The code with which the server closes; what comes before is passed over.
    async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.frame().await {
                let frame = frame.unwrap();
                assert!(!frame.reason.is_empty());
                return frame.code.into();
            }
        }
    }
}

/// The cookie of somebody who signs in.
async fn sign_in(app: &App, name: &str) -> String {
    let query = "mutation ($name: String!, $password: String!) { login(name: $name, password: $password) { name } }";
    let variables = json!({"name": name, "password": PASSWORD});
    let response = reqwest::Client::new()
        .post(format!("{}/graphql", app.address))
        .json(&json!({"query": query, "variables": variables}))
        .send()
        .await
        .unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// The cookie of a new user of a role.
async fn cookie_of(app: &App, name: &str, role: &str) -> String {
    let (password, roles) = (SecretString::from(PASSWORD), [role.to_owned()]);
    let db = &app.world.chain.db;
    user::add(db, name, &password, &roles, "test")
        .await
        .unwrap();
    sign_in(app, name).await
}

fn api_only(config: &mut Config) {
    config.roles = Roles {
        api: true,
        worker: false,
    };
}

/// Queues a file that nobody may be there to work on.
async fn enqueue(app: &App, name: &str, bytes: String) -> i64 {
    let path = app.world.folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let db = &app.world.chain.db;
    queue::enqueue(db, &path, Trigger::Command, 1, RunMode::Merge)
        .await
        .unwrap()
}

/// Notes how far a run has been read.
async fn progress(app: &App, id: i64, rows: i64) {
    run::ActiveModel {
        id: Set(id),
        rows_read: Set(rows),
        ..Default::default()
    }
    .update(&app.world.chain.db)
    .await
    .unwrap();
}

/// The order of the statuses that a run goes through.
const STATUSES: [&str; 7] = [
    "QUEUED",
    "ARCHIVING",
    "READING",
    "STAGING",
    "COMPARING",
    "MERGING",
    "SUCCEEDED",
];

#[tokio::test]
async fn a_run_on_another_instance_is_told_from_queued_to_succeeded() {
    on_every_engine_as(api_only, async |app: &mut App| {
        let mut socket = Socket::of(app, &sign_in(app, user::ADMIN).await).await;
        let fields = "id status fileName counts { read inserted } phases { name finishedAt } file { sha256 }";
        socket.subscribe("runs", &format!("subscription {{ runs {{ {fields} }} }}")).await;
        socket.subscribe("version", "subscription { dataVersion { version run { id status } } }").await;
        let first = socket.data("version").await;
        assert_eq!(first, json!({"dataVersion": {"version": 0, "run": null}}));

        let lines = [1, 2].map(|id| Line { id, ..Line::default() });
        enqueue(app, "a.csv", file(&lines)).await;
        let queued = socket.data("runs").await;
        assert_eq!(
            queued["runs"],
            json!({"id": "1", "status": "QUEUED", "fileName": "a.csv", "phases": [], "file": null,
                   "counts": {"read": 0, "inserted": 0}})
        );
        socket.subscribe("run", "subscription { run(id: 1) { status } }").await;
        assert_eq!(socket.data("run").await, json!({"run": {"status": "QUEUED"}}));
        socket.subscribe("log", "subscription { runEvents(id: 1) { id message } }").await;

        // Nothing but the database joins the two.
        let chain = Chain {
            db: database::connect(&app.world.url).await.unwrap(),
            news: Arc::default(),
            ..app.world.chain.clone()
        };
        let mut config = app.config().clone();
        config.roles = Roles { api: false, worker: true };
        let worker = Instance::start(&config, chain.clone()).await.unwrap();

        let (mut place, mut last, mut merged, mut log) = (0, Value::Null, Value::Null, Vec::new());
        let (mut alone, mut done) = (String::new(), false);
        while !done {
            let mut message = socket.next().await;
            let data = message["payload"]["data"].take();
            match message["id"].as_str().unwrap() {
                "runs" => {
                    let status = data["runs"]["status"].as_str().unwrap();
                    let now = STATUSES.iter().position(|known| *known == status).unwrap();
                    assert!(now >= place, "{status} after {}", STATUSES[place]);
                    place = now;
                    last = data["runs"].clone();
                }
                "run" => alone = data["run"]["status"].as_str().unwrap().to_owned(),
                "log" => log.push(data["runEvents"]["message"].as_str().unwrap().to_owned()),
                "version" => merged = data["dataVersion"].clone(),
                other => panic!("{other}: {message}"),
            }
            done = place == 6
                && alone == "SUCCEEDED"
                && !merged.is_null()
                && log.iter().any(|line| line.starts_with("merged: 2 inserted"));
        }
        assert_eq!(last["counts"], json!({"read": 2, "inserted": 2}));
        assert!(last["file"]["sha256"].is_string(), "{last}");
        let phases = last["phases"].as_array().unwrap();
        assert!(phases.iter().any(|phase| phase["name"] == "aggregating"), "{last}");
        assert!(phases.iter().all(|phase| phase["finishedAt"].is_string()), "{last}");
        assert_eq!(merged, json!({"version": 1, "run": {"id": "1", "status": "SUCCEEDED"}}));
        assert!(log[0].starts_with("archived"), "{log:?}");
        worker.stop().await.unwrap();
        chain.db.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_backfill_is_told_of_when_its_runs_change() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("a.csv", file(&[Line::default()])).await;
        let person = app.admin().await;
        let cookie = sign_in(app, user::ADMIN).await;
        let mut socket = Socket::of(app, &cookie).await;
        let begun = person
            .ask("mutation { reprocessAll { id } }", json!({}))
            .await;
        assert_eq!(begun["reprocessAll"]["id"], "1");
        let query = "subscription { backfill(id: 1) { total progress { done remaining } } }";
        socket.subscribe("b", query).await;
        loop {
            let data = socket.data("b").await;
            assert_eq!(data["backfill"]["total"], 1);
            if data["backfill"]["progress"] == json!({"done": 1, "remaining": 0}) {
                break;
            }
        }
        let mut other = Socket::of(app, &cookie).await;
        for field in ["backfill", "run", "runEvents"] {
            let query = format!("subscription {{ {field}(id: 9) {{ id }} }}");
            assert_eq!(other.refusal("1", &query).await, "NOT_FOUND", "{field}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_many_changes_the_last_state_arrives() {
    on_every_engine_as(api_only, async |app: &mut App| {
        let id = enqueue(app, "a.csv", String::new()).await;
        let mut socket = Socket::of(app, &sign_in(app, user::ADMIN).await).await;
        socket
            .subscribe("r", "subscription { run(id: 1) { counts { read } } }")
            .await;
        assert_eq!(socket.data("r").await["run"]["counts"]["read"], 0);
        for rows in 1..=200 {
            progress(app, id, rows).await;
        }
        let (mut told, mut last) = (0, 0);
        while last < 200 {
            let now = socket.data("r").await["run"]["counts"]["read"]
                .as_i64()
                .unwrap();
            assert!(now > last, "{now} after {last}");
            (told, last) = (told + 1, now);
        }
        assert!(told < 100, "{told} events");
        // Ended by the client, and begun again from the last state.
        socket.say(json!({"type": "complete", "id": "r"})).await;
        socket
            .subscribe("r", "subscription { run(id: 1) { counts { read } } }")
            .await;
        assert_eq!(socket.data("r").await["run"]["counts"]["read"], 200);
    })
    .await;
}

#[tokio::test]
async fn whoever_does_not_read_is_given_up() {
    let set_up = |config: &mut Config| {
        api_only(config);
        config.sockets.per_user = 1;
        config.sockets.patience = Duration::from_millis(200);
        config.limits.aliases = 10_000;
        config.limits.tokens = 100_000;
    };
    on_every_engine_as(set_up, async |app: &mut App| {
        let cookie = sign_in(app, user::ADMIN).await;
        let id = enqueue(app, &format!("{}.csv", "long".repeat(60)), String::new()).await;
        let mut deaf = Socket::of(app, &cookie).await;
        let names: String = (0..10_000).map(|n| format!("a{n}:fileName ")).collect();
        // Less than a message may have, and answered with some megabytes.
        let names = &names[..names.floor_char_boundary(30_000)];
        let names = names.rsplit_once(' ').unwrap().0;
        deaf.subscribe("r", &format!("subscription {{ runs {{ {names} }} }}"))
            .await;

        let mut place = false;
        for rows in 1..600 {
            progress(app, id, rows).await;
            let mut other = Socket::open(app, &[("cookie", &cookie)]).await.unwrap();
            other.say(json!({"type": "connection_init"})).await;
            match other.frame().await {
                Message::Text(_) => {
                    place = true;
                    break;
                }
                Message::Close(frame) => assert_eq!(u16::from(frame.unwrap().code), 4429),
                other => panic!("{other}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(place, "the deaf client keeps its place");
    })
    .await;
}

#[tokio::test]
async fn strangers_are_turned_away() {
    let set_up = |config: &mut Config| config.sockets.greeting = Duration::from_millis(500);
    on_every_engine_as(set_up, async |app: &mut App| {
        let init = json!({"type": "connection_init"});
        let forged = format!("marquee_session={}", "0".repeat(64));
        for headers in [vec![], vec![("cookie", forged.as_str())]] {
            let mut socket = Socket::open(app, &headers).await.unwrap();
            socket.say(init.clone()).await;
            assert_eq!(socket.closed().await, 4401, "{headers:?}");
        }
        let mut token = Socket::open(app, &[]).await.unwrap();
        token
            .say(json!({"type": "connection_init", "payload": {"authorization": "Bearer nothing"}}))
            .await;
        assert_eq!(token.closed().await, 4401);
        let mut early = Socket::open(app, &[]).await.unwrap();
        early.subscribe("1", "subscription { runs { id } }").await;
        assert_eq!(early.closed().await, 4401);
        let mut silent = Socket::open(app, &[]).await.unwrap();
        assert_eq!(silent.closed().await, 4408);

        let cookie = sign_in(app, user::ADMIN).await;
        let own = &app.address;
        for (name, value, expected) in [
            ("origin", "http://evil.test", Some(StatusCode::FORBIDDEN)),
            ("origin", "null", Some(StatusCode::FORBIDDEN)),
            ("origin", own.as_str(), None),
            (
                "sec-websocket-protocol",
                "graphql-ws",
                Some(StatusCode::BAD_REQUEST),
            ),
        ] {
            let answer = Socket::open(app, &[("cookie", &cookie), (name, value)]).await;
            assert_eq!(answer.err(), expected, "{value}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_guesses_tokens_has_to_wait() {
    on_every_engine_as(api_only, async |app: &mut App| {
        let mut codes = Vec::new();
        for guess in 0..40 {
            let authorization = format!("Bearer {guess}");
            let init =
                json!({"type": "connection_init", "payload": {"authorization": authorization}});
            let mut socket = Socket::open(app, &[]).await.unwrap();
            socket.say(init).await;
            codes.push(socket.closed().await);
        }
        let wrong = codes.iter().take_while(|code| **code == 4401).count();
        assert!(wrong >= 5, "{codes:?}");
        assert!(wrong < 40, "{codes:?}");
        assert!(codes[wrong..].iter().all(|code| *code == 4429), "{codes:?}");
        // Nobody who is signed in waits for that.
        Socket::of(app, &sign_in(app, user::ADMIN).await).await;
    })
    .await;
}

#[tokio::test]
async fn an_event_that_is_too_large_is_refused_with_its_size() {
    let set_up = |config: &mut Config| {
        api_only(config);
        config.limits.result = 2_000;
    };
    on_every_engine_as(set_up, async |app: &mut App| {
        let cookie = sign_in(app, user::ADMIN).await;
        let mut socket = Socket::of(app, &cookie).await;
        let names: String = (0..12).map(|n| format!(" a{n}: fileName")).collect();
        socket
            .subscribe("1", &format!("subscription {{ runs {{ id{names} }} }}"))
            .await;
        socket.subscribe("2", "subscription { runs { id } }").await;
        let id = enqueue(app, &format!("{}.csv", "long".repeat(50)), String::new()).await;
        let (mut large, mut small) = (Value::Null, Value::Null);
        while large.is_null() || small.is_null() {
            let message = socket.next().await;
            match message["id"].as_str() {
                Some("1") => large = message,
                _ => small = message,
            }
        }
        assert_eq!(small["payload"]["data"]["runs"]["id"], id.to_string());
        let told = &large["payload"][0]["extensions"];
        assert_eq!(told["code"], "LIMIT_EXCEEDED", "{large}");
        assert!(told["found"].as_u64() > Some(2_000), "{large}");
    })
    .await;
}

#[tokio::test]
async fn every_subscription_asks_for_a_permission() {
    on_every_engine_as(api_only, async |app: &mut App| {
        enqueue(app, "a.csv", String::new()).await;
        role::ActiveModel {
            name: Set("guest".to_owned()),
            permissions: Set(String::new()),
        }
        .insert(&app.world.chain.db)
        .await
        .unwrap();
        let all = operations("Subscription");
        assert!(all.len() >= 5);
        let mut guest = Socket::of(app, &cookie_of(app, "guest", "guest").await).await;
        for (name, operation) in &all {
            assert_eq!(guest.refusal(name, operation).await, "FORBIDDEN", "{name}");
        }
        let mut viewer = Socket::of(app, &cookie_of(app, "viewer", "viewer").await).await;
        let log = "subscription { runEvents(id: 1) { message } }";
        assert_eq!(viewer.refusal("1", log).await, "FORBIDDEN");
        let inner = "subscription { run(id: 1) { events { nodes { id } } } }";
        assert_eq!(viewer.refusal("1", inner).await, "FORBIDDEN");
        viewer
            .subscribe("1", "subscription { run(id: 1) { id } }")
            .await;
        assert_eq!(viewer.data("1").await, json!({"run": {"id": "1"}}));
    })
    .await;
}

#[tokio::test]
async fn whoever_loses_access_loses_the_socket() {
    on_every_engine_as(api_only, async |app: &mut App| {
        let db = &app.world.chain.db;
        let query = "subscription { dataVersion { version } }";
        let mut sockets = Vec::new();
        for name in ["disabled", "changed", "leaving", "staying"] {
            let cookie = cookie_of(app, name, "viewer").await;
            let mut socket = Socket::of(app, &cookie).await;
            socket.subscribe("v", query).await;
            socket.data("v").await;
            sockets.push((socket, cookie));
        }
        user::disable(db, "disabled", "test").await.unwrap();
        let changed = user_id(db, "changed").await;
        let more = user_role::ActiveModel {
            user_id: Set(changed),
            role_name: Set("operator".to_owned()),
        };
        more.insert(db).await.unwrap();
        reqwest::Client::new()
            .post(format!("{}/graphql", app.address))
            .header("cookie", &sockets[2].1)
            .json(&json!({"query": "mutation { logout }"}))
            .send()
            .await
            .unwrap();
        for (place, code) in [(0, 4401), (1, 4403), (2, 4401)] {
            assert_eq!(sockets[place].0.closed().await, code, "{place}");
        }
        sockets[3].0.say(json!({"type": "ping"})).await;
        assert_eq!(sockets[3].0.next().await["type"], "pong");
        let (mut last, _) = sockets.pop().unwrap();
        app.pause().await;
        assert_eq!(last.closed().await, 1001);
        app.resume().await;
    })
    .await;
}

async fn user_id(db: &sea_orm::DatabaseConnection, name: &str) -> i64 {
    let rows = database::query(db, "SELECT id FROM user WHERE name = ?", [name.into()]).await;
    rows.unwrap()[0].try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn the_protocol_has_bounds() {
    let set_up = |config: &mut Config| {
        api_only(config);
        config.sockets.total = 4;
        config.sockets.per_user = 3;
        config.sockets.subscriptions = 2;
    };
    on_every_engine_as(set_up, async |app: &mut App| {
        let cookie = sign_in(app, user::ADMIN).await;
        let runs = "subscription { runs { id } }";
        let mut socket = Socket::of(app, &cookie).await;
        for query in [
            "{ totals { movies } }",
            "mutation { logout }",
            "subscription { runs { id } dataVersion { version } }",
            "subscription { ...f } fragment f on Subscription { runs { id } }",
            "subscription { nothing }",
            "subscription {",
        ] {
            assert_eq!(
                socket.refusal("1", query).await,
                "BAD_USER_INPUT",
                "{query}"
            );
        }
        let deep = format!("{}id{}", "duplicateOf { ".repeat(20), " }".repeat(20));
        let deep = format!("subscription {{ runs {{ {deep} }} }}");
        assert_eq!(socket.refusal("1", &deep).await, "LIMIT_EXCEEDED");
        socket.subscribe("1", runs).await;
        socket.subscribe("2", runs).await;
        assert_eq!(socket.refusal("3", runs).await, "TOO_MANY_REQUESTS");
        socket.subscribe("1", runs).await;
        assert_eq!(socket.closed().await, 4409);

        let invalid = [
            (Message::Text("hello".into()), 4400),
            (
                Message::Text(json!({"type": "shout"}).to_string().into()),
                4400,
            ),
            (Message::Binary(vec![1].into()), 4400),
            (Message::Text(" ".repeat(40_000).into()), 1009),
            (
                Message::Text(json!({"type": "connection_init"}).to_string().into()),
                4429,
            ),
        ];
        for (message, code) in invalid {
            let mut socket = Socket::of(app, &cookie).await;
            socket.0.send(message).await.unwrap();
            assert_eq!(socket.closed().await, code);
        }
        // Their places are free again only when they are gone.
        drop(socket);
        let mut open: Vec<Socket> = Vec::new();
        while open.len() < 3 {
            let mut socket = Socket::open(app, &[("cookie", &cookie)]).await.unwrap();
            socket.say(json!({"type": "connection_init"})).await;
            if let Message::Text(_) = socket.frame().await {
                open.push(socket);
            }
        }
        let mut fourth = Socket::open(app, &[("cookie", &cookie)]).await.unwrap();
        let mut fifth = Socket::open(app, &[("cookie", &cookie)]).await.unwrap();
        assert_eq!(fifth.closed().await, 1013);
        fourth.say(json!({"type": "connection_init"})).await;
        assert_eq!(fourth.closed().await, 4429);
    })
    .await;
}

#[tokio::test]
async fn statements_do_not_grow_with_clients() {
    for engine in engines() {
        let statements = Arc::new(Mutex::new(Vec::<String>::new()));
        let heard = statements.clone();
        let mut world = World::new(&engine).await;
        world.chain.db.set_metric_callback(move |info| {
            heard.lock().unwrap().push(info.statement.sql.clone());
        });
        let app = App::start_as(world, api_only).await;
        let cookie = sign_in(&app, user::ADMIN).await;
        let id = enqueue(&app, "a.csv", String::new()).await;
        let mut sockets = Vec::new();
        for clients in [1, 25] {
            while sockets.len() < clients {
                let mut socket = Socket::of(&app, &cookie).await;
                let fields = "counts { read } phases { name } backfill { id }";
                socket
                    .subscribe("all", &format!("subscription {{ runs {{ {fields} }} }}"))
                    .await;
                socket
                    .subscribe("one", "subscription { run(id: 1) { counts { read } } }")
                    .await;
                socket.data("one").await;
                sockets.push(socket);
            }
            statements.lock().unwrap().clear();
            let rows = clients as i64;
            progress(&app, id, rows).await;
            for socket in &mut sockets {
                for _ in 0..2 {
                    let message = socket.next().await;
                    let data = &message["payload"]["data"];
                    let run = if data["runs"].is_null() {
                        &data["run"]
                    } else {
                        &data["runs"]
                    };
                    assert_eq!(run["counts"]["read"], rows, "{message}");
                }
            }
            let statements = statements.lock().unwrap();
            let count = |part: &str| statements.iter().filter(|sql| sql.contains(part)).count();
            // The run itself, and each of what it is related to.
            for part in ["FROM run r", "FROM run_phase", "FROM backfill_run"] {
                assert_eq!(count(part), 1, "{part}, {clients} clients: {statements:?}");
            }
        }
        drop(sockets);
        app.close().await;
    }
}
