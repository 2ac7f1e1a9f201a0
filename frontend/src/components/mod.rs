//! What pages are made of.

pub mod chart;
pub mod csv;
pub mod figure;
pub mod icon;
pub mod layout;
pub mod list;
pub mod movie_table;
pub mod plot;
pub mod state;
pub mod status;
pub mod table;
pub mod time;
pub mod value;
