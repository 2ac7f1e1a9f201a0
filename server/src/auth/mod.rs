//! Who is asking, and what they may do.
//!
//! A request's cookie names a session, or its bearer token a token; either names a user, the user's roles the
//! permissions (of a token's, those its own role has as well). [`viewer_of`] answers who it is, for everything
//! that asks; everything that needs a permission asks [`require`]. What people do and are refused goes to
//! [`audit`].

pub mod attempt;
pub mod client;
pub mod error;
pub mod login;
pub mod pace;
pub mod password;
pub mod permission;
pub mod role;
pub mod session;
pub mod token;
pub mod user;
pub mod viewers;

pub use client::Client;
pub use error::AccessError;
pub use etl::audit;
pub use permission::{Actor, Denied, Permission, Viewer, require, require_person};
pub use viewers::{Access, Proof, viewer_of};
