//! Marquee's server: configuration, command line, access, GraphQL and the embedded admin UI.
//!
//! Requests come in through [`app`], are answered by [`graphql`], [`rest`] or [`ui`], and may do what [`auth`] lets them;
//! subscriptions come and go on through [`live`].
//! [`serve`] puts a whole instance together; [`cli`] is what people type.

pub mod app;
pub mod auth;
pub mod cli;
pub mod compress;
pub mod config;
pub mod console;
pub mod fresh;
pub mod graphql;
pub mod listen;
pub mod live;
pub mod observe;
pub mod rest;
pub mod secure;
pub mod serve;
pub mod ui;
