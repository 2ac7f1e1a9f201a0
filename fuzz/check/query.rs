// What must hold for the bytes of any request: it is parsed, limited and validated without a panic, and answered in
// bounds. No database is asked: a schema that only answers about itself executes it.

use async_graphql::Request;
use server::{
    config::Limits,
    graphql::{self, Schema, error::finish, operation::Operations},
};
use std::sync::LazyLock;

/// Most bytes of an answer about the schema.
const MOST: usize = 8 << 20;

static SCHEMA: LazyLock<Schema> = LazyLock::new(graphql::bare);
static OPERATIONS: LazyLock<Operations> =
    LazyLock::new(|| Operations::new(&Limits::default()).expect("nothing is read"));

/// Takes the bytes as a request's body or, where they are none, as its query; whether it was executed.
pub fn check(bytes: &[u8]) -> bool {
    let request = serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Request::new(String::from_utf8_lossy(bytes)));
    let mut request = request.only_introspection();
    let Ok(opened) = OPERATIONS.open(&mut request) else {
        return false;
    };
    let request = opened.operation.prepare(request);
    let mut response = futures::executor::block_on(SCHEMA.execute(request));
    finish(&mut response);
    let text = serde_json::to_string(&response).expect("an answer is JSON");
    assert!(text.len() <= MOST, "an answer of {} bytes", text.len());
    response.errors.is_empty()
}
