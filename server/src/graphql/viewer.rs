//! Who is asking: signing in and out.

use super::{Client, services, viewer};
use crate::auth::{
    self,
    login::login,
    session::{self, Token},
};
use async_graphql::{Context, Object, Result, SimpleObject};
use axum::http::header::SET_COOKIE;

/// A person who is signed in.
#[derive(Clone, Debug, SimpleObject)]
pub struct Viewer {
    name: String,
    roles: Vec<String>,
    /// What the roles allow together, such as `data.read`.
    permissions: Vec<String>,
}

impl From<&auth::Viewer> for Viewer {
    fn from(viewer: &auth::Viewer) -> Self {
        let names = viewer.permissions.iter().map(|p| p.name().to_owned());
        Self {
            name: viewer.name.clone(),
            roles: viewer.roles.clone(),
            permissions: names.collect(),
        }
    }
}

/// Queries for the person.
#[derive(Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who is signed in; null when nobody is.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        viewer(ctx).map(Viewer::from)
    }
}

/// Mutations of the person.
#[derive(Default)]
pub struct ViewerMutation;

#[Object]
impl ViewerMutation {
    /// Signs in: the answer sets the session's cookie.
    #[graphql(complexity = 5000)]
    async fn login(
        &self,
        ctx: &Context<'_>,
        name: String,
        #[graphql(secret)] password: String,
    ) -> Result<Viewer> {
        let services = services(ctx);
        let client = client(ctx);
        let password = password.into();
        let (viewer, token) = login(
            &services.db,
            &services.unknown_names,
            &name,
            &password,
            client.address,
        )
        .await?;
        ctx.insert_http_header(SET_COOKIE, token.cookie(client.secure));
        Ok(Viewer::from(&viewer))
    }

    /// Signs out: the session ends on every instance.
    async fn logout(&self, ctx: &Context<'_>) -> Result<bool> {
        if let Some(token) = ctx.data_opt::<Token>() {
            session::close(&services(ctx).db, token).await?;
        }
        ctx.insert_http_header(SET_COOKIE, session::no_cookie(client(ctx).secure));
        Ok(true)
    }
}

fn client(ctx: &Context<'_>) -> Client {
    ctx.data_opt::<Client>().copied().unwrap_or_default()
}
