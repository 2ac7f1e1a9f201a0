//! Why somebody was not signed in, or a user, role, token or session was not changed.

use super::{Denied, password::PasswordError};
use sea_orm::DbErr;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No such user, a disabled one, or not the password.
    #[error("wrong name or password")]
    Wrong,
    /// Too many wrong attempts before.
    #[error("too many wrong attempts; try again in {seconds} s")]
    TooSoon {
        /// When an attempt counts again.
        seconds: i64,
    },
    /// More requests than are answered.
    #[error("more than {most} requests a second; try again in {seconds} s")]
    TooFast {
        /// How many a second are answered.
        most: u32,
        /// When one is answered again.
        seconds: i64,
    },
    /// There is one of that name.
    #[error("there is a {0} already")]
    Exists(String),
    /// There is none of that name.
    #[error("there is no {0}")]
    Unknown(String),
    /// What was given cannot be used, or what was asked for cannot be done.
    #[error("{0}")]
    Input(String),
    /// Whoever asks may not do it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The password cannot be taken or computed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl AccessError {
    /// The stable code of the error, as it is shown and written down.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "UNAUTHENTICATED",
            Self::TooSoon { .. } | Self::TooFast { .. } => "TOO_MANY_REQUESTS",
            Self::Exists(_) | Self::Input(_) => "BAD_USER_INPUT",
            Self::Unknown(_) => "NOT_FOUND",
            Self::Denied(denied) => denied.code(),
            Self::Password(PasswordError::Hash(_)) | Self::Database(_) => "INTERNAL",
            Self::Password(_) => "BAD_USER_INPUT",
        }
    }
}
