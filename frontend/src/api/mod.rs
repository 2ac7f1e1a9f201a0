//! Everything that talks to the server: one transport function, the socket with what the server says
//! by itself, the session, the query hooks and the fragments several pages share. Fragments of a single page live beside that page.

pub mod fragment;
pub mod live;
pub mod query;
pub mod session;
mod socket;
pub mod transport;
pub mod upload;

/// The server's schema as cynic's types; queries that disagree with it don't compile.
#[cynic::schema("marquee")]
pub mod schema {}

cynic::impl_scalar!(i64, schema::Long);

// Dates and instants are only read, so they need no more than this to be plain text.
impl cynic::schema::IsScalar<schema::Date> for String {
    type SchemaType = schema::Date;
}
impl cynic::schema::IsScalar<schema::DateTime> for String {
    type SchemaType = schema::DateTime;
}
