//! The server through its public face: HTTP, GraphQL and the command line, on every engine there is.
#![allow(clippy::unwrap_used)]

mod abuse;
mod access;
mod answers;
mod app;
mod arrival;
mod asker;
mod backfill;
mod cli;
mod custody;
mod filter;
mod finding;
mod fresh;
mod guard;
mod history;
mod http;
mod limit;
mod live;
mod origin;
mod paging;
mod past;
mod persisted;
mod preview;
mod reference;
mod rest;
mod run_stats;
mod statement;
mod stats;
mod system;
mod token;
mod trail;
mod upload;
#[path = "../../../etl/tests/common/mod.rs"]
mod world;
