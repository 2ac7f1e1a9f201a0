//! The screens, one folder per noun.

pub mod account;
pub mod audit;
pub mod backfill;
pub mod company;
pub mod console;
pub mod dashboard;
pub mod file;
pub mod genre;
pub mod login;
pub mod missing;
pub mod movie;
pub mod rule;
pub mod run;
pub mod system;
pub mod token;
pub mod user;
