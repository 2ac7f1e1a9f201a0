//! The formats Marquee reads, each a TOML definition: it recognises a file by its header and turns records
//! into movies or into what companion files say of them.

mod catalog;
mod companion;
mod date;
pub mod definition;
mod field;
mod layout;
mod list;

pub use catalog::Catalog;
pub use companion::Companion;
pub use definition::{Definition, Fills};
pub use field::shown;
pub use layout::{Entry, Layout, field_count};
