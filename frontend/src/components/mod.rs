//! What pages are made of, one thing to a file:
//!
//! - a page: [`layout`] (title, heading, section), [`state`] (loaded, empty, failure), [`allowed`] (permissions), [`tabs`];
//! - lists: [`list`] (search, sort and page in the URL), [`table`], [`feed`] (long tables over a connection),
//!   [`window`] (long tables in memory), [`field`] (filters, forms), [`period`] (stretches of time), [`csv`], [`export`] (a
//!   list as CSV and as GraphQL);
//! - acting: [`dialog`] (dialogs, confirmations), [`toast`], [`copy`], [`guard`] (unsaved changes);
//! - the keyboard: [`palette`], [`shortcut`];
//! - values: [`value`], [`time`], [`status`], [`icon`], [`figure`], [`measure`], [`chart`] (drawn by [`plot`]), [`movie_table`], [`past`]
//!   (data versions).

pub mod allowed;
pub mod chart;
pub mod copy;
pub mod csv;
pub mod dialog;
pub mod export;
pub mod feed;
pub mod field;
pub mod figure;
pub mod guard;
pub mod icon;
pub mod layout;
pub mod list;
pub mod measure;
pub mod movie_table;
pub mod palette;
pub mod past;
pub mod period;
pub mod plot;
pub mod shortcut;
pub mod state;
pub mod status;
pub mod table;
pub mod tabs;
pub mod time;
pub mod toast;
pub mod value;
pub mod window;
