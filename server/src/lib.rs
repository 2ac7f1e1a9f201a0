//! Marquee's server: configuration, command line, access, GraphQL and the embedded admin UI.
//!
//! Requests come in through [`app`], are answered by [`graphql`] or [`ui`], and may do what [`auth`] lets them.
//! [`serve`] puts a whole instance together; [`cli`] is what people type.

pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod download;
pub mod graphql;
pub mod observe;
pub mod secure;
pub mod serve;
pub mod ui;
