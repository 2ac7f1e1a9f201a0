//! The server through its public face: HTTP, GraphQL and the command line, on every engine there is.
#![allow(clippy::unwrap_used)]

mod access;
mod answers;
mod app;
mod arrival;
mod backfill;
mod cli;
mod custody;
mod finding;
mod history;
mod http;
mod live;
mod preview;
mod reference;
#[path = "../../../etl/tests/common/mod.rs"]
mod world;
