//! Holding, moving and deleting files, on every engine with an archive in a folder and in S3.
#![allow(clippy::unwrap_used)]

mod act;
#[path = "../common/mod.rs"]
mod common;
mod crash;
mod order;
mod vault;
