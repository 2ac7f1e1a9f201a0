//! A whole instance on stores of its own, and people who talk to it.

use crate::world::{World, engines};
use reqwest::{Client, Response, StatusCode};
use secrecy::SecretString;
use serde_json::{Value, json};
use server::{
    auth::user,
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
        Self::start_as(world, |_| {}).await
    }

    /// Starts with other settings than the usual ones.
    pub async fn start_as(world: World, set_up: impl Fn(&mut Config)) -> Self {
        let inbox = world.folder.path().join("inbox");
        let set = |key: &str| match key {
            "MARQUEE_INBOX" => Some(inbox.display().to_string()),
            "MARQUEE_LISTEN" => Some("127.0.0.1:0".to_owned()),
            "MARQUEE_ADMIN_PASSWORD" => Some(PASSWORD.to_owned()),
            _ => None,
        };
        let mut config = Config::read(set, None).unwrap();
        set_up(&mut config);
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
        Person {
            client: Client::builder().cookie_store(true).build().unwrap(),
            address: self.address.clone(),
        }
    }

    pub async fn admin(&self) -> Person {
        let admin = self.stranger();
        let viewer = admin.login(user::ADMIN, PASSWORD).await;
        assert_eq!(viewer["data"]["login"]["name"], "admin", "{viewer}");
        admin
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
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
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
