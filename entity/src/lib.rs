//! SeaORM entities of Marquee, one module per table family.
//!
//! The migrations own the schema; a test of `etl` proves that these match it on both engines.

pub mod access;
pub mod aggregate;
pub mod companion;
pub mod ingest;
pub mod mart;
pub mod past;
pub mod search;
pub mod staging;
