//! Marquee's chain from an arriving file to merged, aggregated tables.
//!
//! ```text
//! inbox → archive → read → rules → transformed → stage → compare → merge → aggregate
//! ```
//!
//! Each arrow is a function over plain values in its own module; [`run`] calls them in that order.

pub mod aggregate;
pub mod archive;
pub mod asker;
pub mod audit;
pub mod backfill;
pub mod bulk;
pub mod chain;
pub mod companion;
pub mod compare;
pub mod control;
pub mod correct;
pub mod csv;
pub mod custody;
pub mod database;
pub mod differ;
pub mod error;
pub mod fault;
pub mod finding;
mod giver;
pub mod history;
pub mod inbox;
pub mod instance;
pub mod journal;
pub mod lineage;
pub mod literal;
pub mod merge;
pub mod movers;
pub mod outcome;
pub mod queue;
pub mod read;
pub mod record;
mod round;
pub mod rules;
pub mod run;
pub mod sample;
pub mod scratch;
pub mod search;
pub mod source;
pub mod stage;
pub mod transform;
pub mod transformed;
pub mod undo;
pub mod verify;

pub use error::{Error, Result};
