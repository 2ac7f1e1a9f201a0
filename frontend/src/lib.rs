//! Marquee's admin UI: a Leptos app rendered in the browser that sees only `schema.graphql`.
//!
//! Plain logic (`format`, `scale`, `chart_data`) knows no browser and is tested natively, but for the digits that
//! `locale` puts in; `api` talks to the server; `components` and `pages` draw.

// The router's types of a dozen nested views are long.
#![recursion_limit = "256"]

pub mod api;
pub mod app;
pub mod chart_data;
pub mod components;
pub mod csv;
pub mod format;
pub mod locale;
pub mod pages;
pub mod parts;
pub mod record;
pub mod scale;
pub mod theme;
