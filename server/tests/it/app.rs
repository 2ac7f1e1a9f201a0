//! A whole instance on stores of its own, and people who talk to it.

use crate::world::{World, engines};
use entity::access::{role, user as user_entity, user_role};
use reqwest::{Client, Response, StatusCode, header::HeaderName};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use secrecy::SecretString;
use serde_json::{Value, json};
use server::{
    auth::{session, user},
    config::Config,
    serve::{Instance, first_user},
};
use std::{path::PathBuf, time::Duration};

/// The administrator's password.
pub const PASSWORD: &str = "correct horse battery";

/// An instance that answers, watches its inbox and works.
pub struct App {
    pub world: World,
    pub address: String,
    config: Config,
    instance: Option<Instance>,
}

/// A further instance on somebody's stores.
pub struct Another {
    pub address: String,
    instance: Instance,
}

impl Another {
    pub fn stranger(&self) -> Person {
        stranger(&self.address)
    }

    pub async fn admin(&self) -> Person {
        admin(self.stranger()).await
    }

    pub async fn stop(self) {
        self.instance.stop().await.unwrap();
    }
}

/// The settings of an instance on a world's stores.
fn config(world: &World, settings: &[(&str, &str)]) -> Config {
    let inbox = world.folder.path().join("inbox");
    let uploads = world.folder.path().join("uploads");
    let own = |key: &str| settings.iter().find(|(name, _)| *name == key);
    let set = |key: &str| match key {
        _ if own(key).is_some() => own(key).map(|(_, value)| (*value).to_owned()),
        "MARQUEE_DATABASE_URL" => Some(world.url.clone()),
        "MARQUEE_INBOX" => Some(inbox.display().to_string()),
        "MARQUEE_UPLOADS" => Some(uploads.display().to_string()),
        "MARQUEE_MAX_UPLOAD" => Some("1 MiB".to_owned()),
        "MARQUEE_LISTEN" => Some("127.0.0.1:0".to_owned()),
        "MARQUEE_ADMIN_PASSWORD" => Some(PASSWORD.to_owned()),
        _ => None,
    };
    Config::read(set, None).unwrap()
}

fn stranger(address: &str) -> Person {
    Person {
        client: Client::builder().cookie_store(true).build().unwrap(),
        address: address.to_owned(),
    }
}

async fn admin(person: Person) -> Person {
    let viewer = person.login(user::ADMIN, PASSWORD).await;
    assert_eq!(viewer["data"]["login"]["name"], "admin", "{viewer}");
    person
}

/// Runs a test against an instance on each engine.
pub async fn on_every_engine(test: impl AsyncFn(&mut App)) {
    for engine in engines() {
        let mut app = App::start(World::new(&engine).await).await;
        test(&mut app).await;
        app.close().await;
    }
}

/// Runs a test against an instance with other settings on each engine.
pub async fn on_every_engine_as(set_up: impl Fn(&mut Config), test: impl AsyncFn(&mut App)) {
    for engine in engines() {
        let mut app = App::start_as(World::new(&engine).await, &set_up).await;
        test(&mut app).await;
        app.close().await;
    }
}

impl App {
    pub async fn start(world: World) -> Self {
        Self::start_with(world, &[]).await
    }

    /// An instance with settings of its own.
    pub async fn start_with(world: World, settings: &[(&str, &str)]) -> Self {
        let config = config(&world, settings);
        Self::of(world, config).await
    }

    /// An instance of which some things are set that have no settings.
    pub async fn start_as(world: World, set_up: impl Fn(&mut Config)) -> Self {
        let mut config = config(&world, &[]);
        set_up(&mut config);
        Self::of(world, config).await
    }

    async fn of(world: World, config: Config) -> Self {
        first_user(&world.chain.db, &config.access).await.unwrap();
        let mut app = Self {
            world,
            address: String::new(),
            config,
            instance: None,
        };
        app.resume().await;
        app
    }

    /// A further instance on the same stores, which answers.
    pub async fn another(&self) -> Another {
        self.another_with(&[]).await
    }

    /// A further instance on the same stores, with settings of its own.
    pub async fn another_with(&self, settings: &[(&str, &str)]) -> Another {
        let settings = [&[("MARQUEE_ROLES", "api")], settings].concat();
        let config = config(&self.world, &settings);
        let mut chain = self.world.chain.clone();
        chain.worker = "another".to_owned();
        let instance = Instance::start(&config, chain).await.unwrap();
        Another {
            address: format!("http://{}", instance.address.unwrap()),
            instance,
        }
    }

    /// Stops answering, watching and working, as a process that ends.
    pub async fn pause(&mut self) {
        self.instance.take().unwrap().stop().await.unwrap();
    }

    /// Starts again on the same stores.
    pub async fn resume(&mut self) {
        let instance = Instance::start(&self.config, self.world.chain.clone())
            .await
            .unwrap();
        self.address = format!("http://{}", instance.address.unwrap());
        self.instance = Some(instance);
    }

    /// A user of a role with just these permissions, and the cookie of a session of theirs.
    pub async fn with_permissions(&self, name: &str, permissions: &str) -> String {
        let db = &self.world.chain.db;
        role::ActiveModel {
            name: Set(name.to_owned()),
            permissions: Set(permissions.to_owned()),
        }
        .insert(db)
        .await
        .unwrap();
        let made = user_entity::ActiveModel {
            name: Set(name.to_owned()),
            password_hash: Set(String::new()),
            created_at: Set(chrono::Utc::now()),
            ..Default::default()
        };
        let made = made.insert(db).await.unwrap();
        user_role::ActiveModel {
            user_id: Set(made.id),
            role_name: Set(name.to_owned()),
        }
        .insert(db)
        .await
        .unwrap();
        let token = session::open(db, made.id, None).await.unwrap();
        let cookie = token.cookie(false);
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Somebody who sends a header with everything.
    pub fn showing(&self, name: &'static str, value: &str) -> Person {
        let headers = [(HeaderName::from_static(name), value.parse().unwrap())];
        Person {
            client: Client::builder()
                .default_headers(headers.into_iter().collect())
                .build()
                .unwrap(),
            address: self.address.clone(),
        }
    }

    pub async fn close(mut self) {
        self.pause().await;
        self.world.close().await;
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn inbox(&self) -> PathBuf {
        self.config.inbox.path.clone()
    }

    /// Somebody who is not signed in.
    pub fn stranger(&self) -> Person {
        stranger(&self.address)
    }

    pub async fn admin(&self) -> Person {
        admin(self.stranger()).await
    }

    /// A new user of one role, signed in.
    pub async fn person(&self, role: &str) -> Person {
        let (name, password) = (format!("a-{role}"), SecretString::from(PASSWORD));
        user::add(
            &self.world.chain.db,
            &name,
            &password,
            &[role.to_owned()],
            "test",
        )
        .await
        .unwrap();
        let person = self.stranger();
        let answer = person.login(&name, PASSWORD).await;
        assert_eq!(answer["data"]["login"]["roles"], json!([role]), "{answer}");
        person
    }

    /// Puts a whole file into the inbox.
    pub fn drop_file(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.inbox().join(name), bytes).unwrap();
    }
}

/// Somebody with a browser.
pub struct Person {
    pub client: Client,
    pub address: String,
}

impl Person {
    pub async fn get(&self, path: &str) -> Response {
        let request = self.client.get(format!("{}{path}", self.address));
        request.send().await.unwrap()
    }

    /// The whole answer to an operation.
    pub async fn send(&self, query: &str, variables: Value) -> Value {
        let request = self.client.post(format!("{}/graphql", self.address));
        let body = json!({"query": query, "variables": variables});
        let response = request.json(&body).send().await.unwrap();
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        let slowed = answer["errors"][0]["extensions"]["code"] == "TOO_MANY_REQUESTS";
        assert!(status == StatusCode::OK || slowed, "{status}: {answer}");
        answer
    }

    /// The data of an operation that must have no errors.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.send(query, variables).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].take()
    }

    /// The code of the error that an operation must have.
    pub async fn refused(&self, query: &str, variables: Value) -> String {
        let answer = self.send(query, variables).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("{query}: {answer}"))
            .to_owned()
    }

    pub async fn login(&self, name: &str, password: &str) -> Value {
        let query = "mutation ($name: String!, $password: String!) {
            login(name: $name, password: $password) { name roles permissions } }";
        self.send(query, json!({"name": name, "password": password}))
            .await
    }

    /// Waits until there are as many runs as given and all have ended; answers them, oldest first.
    pub async fn runs(&self, count: usize) -> Vec<Value> {
        let query = "{ runs(first: 100) { nodes {
            id status trigger fileName error dataVersion progress duplicateOf { id } file { sha256 }
            counts { read inserted updated unchanged superseded rejected issues } } } }";
        for _ in 0..1200 {
            let mut data = self.ask(query, json!({})).await;
            let nodes = data["runs"]["nodes"].as_array_mut().unwrap();
            let ended = |run: &Value| {
                let status = run["status"].as_str().unwrap();
                ["SUCCEEDED", "FAILED", "DUPLICATE"].contains(&status)
            };
            if nodes.len() >= count && nodes.iter().all(ended) {
                assert_eq!(nodes.len(), count, "{nodes:?}");
                nodes.reverse();
                return std::mem::take(nodes);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{count} runs have not ended in two minutes");
    }
}
