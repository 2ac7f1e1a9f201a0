//! Movies and where their values come from.

pub mod detail;
pub mod fact;
pub mod history;
pub mod lineage;
pub mod list;
pub mod people;
pub mod value;
