//! How errors are shown: each has a stable `extensions.code`.
//!
//! | code | meaning |
//! |---|---|
//! | `UNAUTHENTICATED` | nobody is signed in, or a sign-in was refused |
//! | `FORBIDDEN` | the person lacks a permission, or it is not for API tokens |
//! | `BAD_USER_INPUT` | the request, an argument or a cursor is wrong |
//! | `NOT_FOUND` | what a mutation names does not exist |
//! | `CONFIRMATION_REQUIRED` | what was asked for has a consequence; ask again with `force` if it is meant |
//! | `LIMIT_EXCEEDED` | the request asks for more than it may: `extensions.limit`, `maximum` and `found` say of what |
//! | `TIMEOUT` | the answer would have taken longer than it may; its statements were ended |
//! | `PERSISTED_QUERY_NOT_FOUND` | only a hash was sent, of an operation that is not known here; send it with its text |
//! | `PERSISTED_QUERY_MISMATCH` | the hash that was sent is not that of the text |
//! | `OPERATION_NOT_ALLOWED` | only certain operations are answered here, and this is none of them |
//! | `BATCH_NOT_SUPPORTED` | several requests came in one body |
//! | `TOO_MANY_REQUESTS` | too many wrong passwords or tokens, or more at once than this instance does or keeps for a slow reader |
//! | `INTERNAL` | ours; the detail is in the log only |
//!
//! Resolvers return what went wrong as it is; [`finish`] is the one place that decides what of it is shown.

use super::limit::Exceeded;
use crate::{
    auth::{AccessError, Denied},
    live::feed::Lagged,
};
use async_graphql::{ErrorExtensionValues, Pos, Response, ServerError};
use etl::database::reading::{TimedOut, is_interrupted};
use sea_orm::DbErr;
use std::sync::Arc;

/// Why a field, or a whole request, has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    /// An argument cannot be used.
    #[error("{0}")]
    Input(String),
    /// What a mutation names does not exist.
    #[error("{0}")]
    NotFound(String),
    /// What may be done once at a time is being done.
    #[error("{0}")]
    Busy(String),
    /// The request asks for more than it may.
    #[error("{0}")]
    Exceeded(#[from] Exceeded),
    /// The request takes longer than it may.
    #[error("{0}")]
    TimedOut(#[from] TimedOut),
    /// Clients know an unknown hash by these words.
    #[error("PersistedQueryNotFound")]
    NotPersisted,
    /// A hash came with the text of another operation.
    #[error("the sha256Hash is not that of the query")]
    NotItsHash,
    /// The operation is not among those that are allowed.
    #[error("this operation is not among those that are allowed here")]
    NotAllowed,
    /// Several requests came in one body.
    #[error("send one request at a time, not a list of them")]
    Batch,
    /// The database did not answer a statement that several fields wait for.
    #[error("database: {0}")]
    Database(Arc<DbErr>),
    /// What is stored contradicts itself.
    #[error("{0}")]
    Broken(String),
}

impl Failure {
    /// The error of a request as a whole, which is of no place in its text.
    pub fn of_request(self) -> ServerError {
        let error = async_graphql::Error::from(self);
        ServerError {
            locations: Vec::new(),
            ..error.into_server_error(Pos::default())
        }
    }
}

const TIMEOUT_MESSAGE: &str = "the answer takes longer than it may; ask for less at a time";
/// What is shown of internal errors.
pub const INTERNAL_MESSAGE: &str = "something went wrong on the server; its log has the detail";

/// Most errors of an answer: a request of many faults would else be answered by many times its length.
const MAX_ERRORS: usize = 100;
/// Most bytes of an error's message, which may repeat part of the request.
const MAX_MESSAGE: usize = 4_000;

/// Gives every error of an answer its code, and takes internal detail out of it into the log.
pub fn finish(response: &mut Response) {
    response.errors.truncate(MAX_ERRORS);
    for error in &mut response.errors {
        let code = code(error);
        if code == "TIMEOUT" {
            TIMEOUT_MESSAGE.clone_into(&mut error.message);
        }
        if code == "INTERNAL" {
            let path: Vec<_> = error.path.iter().map(segment).collect();
            tracing::error!(field = path.join("."), "{}", error.message);
            INTERNAL_MESSAGE.clone_into(&mut error.message);
        }
        let failure = error.source.as_ref();
        let failure = failure.and_then(|source| source.downcast_ref::<Failure>());
        if error.message.len() > MAX_MESSAGE {
            let mut end = MAX_MESSAGE;
            while !error.message.is_char_boundary(end) {
                end -= 1;
            }
            error.message.replace_range(end.., "…");
        }
        let extensions = error
            .extensions
            .get_or_insert_with(ErrorExtensionValues::default);
        extensions.set("code", code);
        if let Some(Failure::Exceeded(exceeded)) = failure {
            extensions.set("limit", exceeded.limit);
            extensions.set("maximum", exceeded.maximum as u64);
            extensions.set("found", exceeded.found as u64);
        }
    }
}

fn segment(segment: &async_graphql::PathSegment) -> String {
    match segment {
        async_graphql::PathSegment::Field(name) => name.clone(),
        async_graphql::PathSegment::Index(index) => index.to_string(),
    }
}

/// The stable code of an error.
pub fn code(error: &ServerError) -> &'static str {
    if error.source.is_none() {
        // Only the GraphQL engine itself makes errors without a source: parsing and validation.
        return "BAD_USER_INPUT";
    }
    if let Some(failure) = error.source::<Failure>() {
        return match failure {
            Failure::Input(_) => "BAD_USER_INPUT",
            Failure::NotFound(_) => "NOT_FOUND",
            Failure::Busy(_) => "TOO_MANY_REQUESTS",
            Failure::Exceeded(_) => "LIMIT_EXCEEDED",
            Failure::TimedOut(_) => "TIMEOUT",
            Failure::NotPersisted => "PERSISTED_QUERY_NOT_FOUND",
            Failure::NotItsHash => "PERSISTED_QUERY_MISMATCH",
            Failure::NotAllowed => "OPERATION_NOT_ALLOWED",
            Failure::Batch => "BATCH_NOT_SUPPORTED",
            Failure::Database(error) => database(error),
            Failure::Broken(_) => "INTERNAL",
        };
    }
    if let Some(denied) = error.source::<Denied>() {
        return denied.code();
    }
    if let Some(error) = error.source::<AccessError>() {
        return match error {
            AccessError::Database(error) => database(error),
            error => error.code(),
        };
    }
    if error.source::<Lagged>().is_some() {
        return "TOO_MANY_REQUESTS";
    }
    match error.source::<etl::Error>() {
        Some(etl::Error::Input(_)) => "BAD_USER_INPUT",
        Some(etl::Error::Unconfirmed(_)) => "CONFIRMATION_REQUIRED",
        Some(etl::Error::Database(error)) => database(error),
        _ => error.source::<DbErr>().map_or("INTERNAL", database),
    }
}

/// The code of a statement's error.
fn database(error: &DbErr) -> &'static str {
    match is_interrupted(error) {
        true => "TIMEOUT",
        false => "INTERNAL",
    }
}
