//! How errors are shown: each has a stable `extensions.code`.
//!
//! | code | meaning |
//! |---|---|
//! | `UNAUTHENTICATED` | nobody is signed in, or a sign-in was refused |
//! | `FORBIDDEN` | the person lacks a permission |
//! | `BAD_USER_INPUT` | the request, an argument or a cursor is wrong |
//! | `NOT_FOUND` | what a mutation names does not exist |
//! | `CONFIRMATION_REQUIRED` | what was asked for has a consequence; ask again with `force` if it is meant |
//! | `TOO_MANY_REQUESTS` | too many wrong passwords for a name, or more at once than this instance does or keeps for a slow reader |
//! | `INTERNAL` | ours; the detail is in the log only |
//!
//! Resolvers return what went wrong as it is; [`finish`] is the one place that decides what of it is shown.

use crate::{
    auth::{Denied, login::LoginError},
    live::feed::Lagged,
};
use async_graphql::{ErrorExtensionValues, Response, ServerError};
use sea_orm::DbErr;
use std::sync::Arc;

/// Why a field has no value.
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
    /// The database did not answer a statement that several fields wait for.
    #[error("database: {0}")]
    Database(Arc<DbErr>),
    /// What is stored contradicts itself.
    #[error("{0}")]
    Broken(String),
}

const INTERNAL_MESSAGE: &str = "something went wrong on the server; its log has the detail";

/// Gives every error of an answer its code, and takes internal detail out of it into the log.
pub fn finish(response: &mut Response) {
    for error in &mut response.errors {
        let code = code(error);
        if code == "INTERNAL" {
            let path: Vec<_> = error.path.iter().map(segment).collect();
            tracing::error!(field = path.join("."), "{}", error.message);
            INTERNAL_MESSAGE.clone_into(&mut error.message);
        }
        let extensions = error
            .extensions
            .get_or_insert_with(ErrorExtensionValues::default);
        extensions.set("code", code);
    }
}

fn segment(segment: &async_graphql::PathSegment) -> String {
    match segment {
        async_graphql::PathSegment::Field(name) => name.clone(),
        async_graphql::PathSegment::Index(index) => index.to_string(),
    }
}

fn code(error: &ServerError) -> &'static str {
    if error.source.is_none() {
        // Only the GraphQL engine itself makes errors without a source: parsing, validation, limits.
        return "BAD_USER_INPUT";
    }
    if let Some(failure) = error.source::<Failure>() {
        return match failure {
            Failure::Input(_) => "BAD_USER_INPUT",
            Failure::NotFound(_) => "NOT_FOUND",
            Failure::Busy(_) => "TOO_MANY_REQUESTS",
            Failure::Database(_) | Failure::Broken(_) => "INTERNAL",
        };
    }
    if let Some(denied) = error.source::<Denied>() {
        return match denied {
            Denied::Unauthenticated => "UNAUTHENTICATED",
            Denied::Forbidden(_) => "FORBIDDEN",
        };
    }
    if error.source::<Lagged>().is_some() {
        return "TOO_MANY_REQUESTS";
    }
    match (error.source::<LoginError>(), error.source::<etl::Error>()) {
        (Some(LoginError::Wrong), _) => "UNAUTHENTICATED",
        (Some(LoginError::TooSoon { .. }), _) => "TOO_MANY_REQUESTS",
        (_, Some(etl::Error::Input(_))) => "BAD_USER_INPUT",
        (_, Some(etl::Error::Unconfirmed(_))) => "CONFIRMATION_REQUIRED",
        _ => "INTERNAL",
    }
}
