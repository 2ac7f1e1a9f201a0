//! Who is asking, and what they may do.
//!
//! A request's cookie names a session, the session a user, the user's roles the permissions; everything
//! that needs a permission asks [`require`].

pub mod audit;
pub mod login;
pub mod password;
pub mod permission;
pub mod request;
pub mod session;
pub mod user;

pub use permission::{Denied, Permission, Viewer, require};
