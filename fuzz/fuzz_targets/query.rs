#![no_main]

#[path = "../check/query.rs"]
mod check;

use server::graphql::{self, Schema};
use std::sync::LazyLock;

static SCHEMA: LazyLock<Schema> = LazyLock::new(graphql::bare);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check::check(&SCHEMA, bytes);
});
