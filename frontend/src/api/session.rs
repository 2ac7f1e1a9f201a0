//! Who is signed in, and whether the server answers.

use cynic::{MutationBuilder, QueryBuilder};
use leptos::prelude::*;

use super::schema;
use super::transport::{ApiError, NETWORK, UNAUTHENTICATED, send};

/// The person at the screen.
#[derive(cynic::QueryFragment, Clone, Debug, PartialEq)]
pub struct Viewer {
    pub name: String,
    pub roles: Vec<String>,
    pub permissions: Vec<String>,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Query")]
struct ViewerQuery {
    viewer: Option<Viewer>,
}

#[derive(cynic::QueryVariables)]
struct LoginVariables {
    name: String,
    password: String,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "LoginVariables")]
struct LoginMutation {
    #[arguments(name: $name, password: $password)]
    login: Viewer,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation")]
struct LogoutMutation {
    #[allow(dead_code)]
    logout: bool,
}

/// The app-wide session, provided as a context.
#[derive(Clone, Copy)]
pub struct Session {
    /// Who is signed in, as far as known.
    pub viewer: RwSignal<Option<Viewer>>,
    /// Whether the server has been asked yet.
    pub known: RwSignal<bool>,
    /// False while the server can't be reached.
    pub online: RwSignal<bool>,
}

impl Session {
    /// A session of which nothing is known yet.
    pub fn new() -> Self {
        Self {
            viewer: RwSignal::new(None),
            known: RwSignal::new(false),
            online: RwSignal::new(true),
        }
    }

    /// Asks the server who is signed in.
    pub async fn load(self) -> Result<(), ApiError> {
        let answer = send(ViewerQuery::build(())).await;
        self.note(answer.as_ref().err());
        let viewer = match answer {
            Ok(answer) => answer.viewer,
            Err(error) if error.code == UNAUTHENTICATED => None,
            Err(error) => return Err(error),
        };
        self.viewer.set(viewer);
        self.known.set(true);
        Ok(())
    }

    /// Signs in; the server sets the session cookie.
    pub async fn login(self, name: String, password: String) -> Result<(), ApiError> {
        let answer = send(LoginMutation::build(LoginVariables { name, password })).await?;
        self.viewer.set(Some(answer.login));
        self.known.set(true);
        Ok(())
    }

    /// Signs out.
    pub async fn logout(self) -> Result<(), ApiError> {
        send(LogoutMutation::build(())).await?;
        self.viewer.set(None);
        Ok(())
    }

    /// Takes note of how a request went: an ended session, a lost or recovered connection.
    pub fn note(self, error: Option<&ApiError>) {
        let lost = error.is_some_and(|error| error.code == NETWORK);
        if self.online.get_untracked() == lost {
            self.online.set(!lost);
        }
        if error.is_some_and(|error| error.code == UNAUTHENTICATED) {
            self.viewer.set(None);
            self.known.set(true);
        }
    }

    /// Whether the viewer has a permission such as `run.trigger`. Reactive.
    pub fn may(self, permission: &str) -> bool {
        self.viewer.with(|viewer| {
            viewer
                .as_ref()
                .is_some_and(|viewer| viewer.permissions.iter().any(|p| p == permission))
        })
    }
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}
