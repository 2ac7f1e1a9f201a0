//! The protocol `graphql-transport-ws`: its messages and close codes.
//!
//! | code | meaning |
//! |---|---|
//! | 1001 | the instance stops; another one, or this one in a moment, answers |
//! | 1013 | the instance has as many sockets as it takes |
//! | 4400 | a message is not what the protocol says |
//! | 4401 | nobody is signed in, or no longer |
//! | 4403 | what the person may do has changed; connect again |
//! | 4408 | no `connection_init`, or no sign of life, in time |
//! | 4409 | an id is in use already |
//! | 4429 | `connection_init` came twice, the person has as many sockets as one may, or too many wrong tokens have come |

use async_graphql::{Request, Response, ServerError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The subprotocol's name.
pub const NAME: &str = "graphql-transport-ws";

/// Why a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The close code.
    pub code: u16,
    /// In words, at most 123 bytes.
    pub reason: &'static str,
}

impl Closing {
    /// The instance stops.
    pub const STOPPING: Self = Self::new(1001, "this instance stops");
    /// A message is too large.
    pub const TOO_LARGE: Self = Self::new(1009, "the message is too large");
    /// There are too many sockets.
    pub const FULL: Self = Self::new(
        1013,
        "this instance has as many sockets as it takes; try again later",
    );
    /// A message cannot be understood.
    pub const INVALID: Self = Self::new(4400, "this is no message of graphql-transport-ws");
    /// An operation's id is too long.
    pub const LONG_ID: Self = Self::new(4400, "an id has at most 128 bytes");
    /// The database cannot say who is asking.
    pub const AWAY: Self = Self::new(1011, "the database does not answer; try again later");
    /// Nobody is signed in.
    pub const UNAUTHENTICATED: Self = Self::new(4401, "sign in first");
    /// The session has ended, or the user was disabled.
    pub const ENDED: Self = Self::new(4401, "the session has ended");
    /// An operation came before the greeting.
    pub const NO_INIT: Self = Self::new(4401, "send connection_init first");
    /// The person's roles or permissions have changed.
    pub const CHANGED: Self = Self::new(4403, "what you may do has changed; connect again");
    /// The greeting did not come.
    pub const INIT_TIMEOUT: Self = Self::new(4408, "connection_init did not come in time");
    /// Nothing has been heard for a while.
    pub const SILENT: Self = Self::new(4408, "pings were not answered");
    /// An operation's id is in use.
    pub const USED_ID: Self = Self::new(4409, "this id is in use already");
    /// The greeting came twice.
    pub const SECOND_INIT: Self = Self::new(4429, "connection_init came twice");
    /// Too many tokens that nobody has came from there.
    pub const TOO_SOON: Self = Self::new(4429, "too many wrong tokens; try again later");
    /// The person has too many sockets.
    pub const TOO_MANY: Self = Self::new(4429, "you have as many sockets open as one person may");

    const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromClient {
    /// The greeting; its payload may hold `authorization`.
    ConnectionInit {
        /// What the client wants to be known.
        payload: Option<Value>,
    },
    /// Asks for a sign of life.
    Ping {},
    /// A sign of life.
    Pong {},
    /// Begins an operation.
    Subscribe {
        /// The client's name for it.
        id: String,
        /// The operation.
        payload: Box<Request>,
    },
    /// Ends an operation.
    Complete {
        /// The client's name for it.
        id: String,
    },
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromServer<'a> {
    /// Operations may begin.
    ConnectionAck,
    /// A sign of life.
    Pong,
    /// A result of an operation.
    Next {
        /// The client's name for it.
        id: &'a str,
        /// The result.
        payload: &'a Response,
    },
    /// An operation has ended with errors.
    Error {
        /// The client's name for it.
        id: &'a str,
        /// What was wrong.
        payload: &'a [ServerError],
    },
    /// An operation has ended.
    Complete {
        /// The client's name for it.
        id: &'a str,
    },
}
