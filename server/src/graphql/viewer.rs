//! Who is asking: signing in and out.

use super::{actor, client, guard::Person, person, scalar::DateTime, services, viewer};
use crate::auth::{
    self, AccessError,
    attempt::{self, Subject},
    login::login,
    session::{self, Token},
    user,
};
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use axum::http::header::SET_COOKIE;
use chrono::Utc;

/// A person who is signed in, or a program with a person's token.
#[derive(Clone, Debug, SimpleObject)]
pub struct Viewer {
    /// The user's name.
    name: String,
    /// The token's name; null for somebody who has signed in.
    token: Option<String>,
    roles: Vec<String>,
    /// What the roles allow together, such as `data.read`.
    permissions: Vec<String>,
}

impl From<&auth::Viewer> for Viewer {
    fn from(viewer: &auth::Viewer) -> Self {
        let names = viewer.permissions.iter().map(|p| p.name().to_owned());
        Self {
            name: viewer.user.clone(),
            token: viewer.token.clone(),
            roles: viewer.roles.clone(),
            permissions: names.collect(),
        }
    }
}

/// A sign-in that holds.
#[derive(Clone, Debug, SimpleObject)]
pub struct Session {
    id: ID,
    created_at: DateTime,
    expires_at: DateTime,
    /// Where it was opened from.
    address: Option<String>,
    /// Whether it is the one that asks.
    current: bool,
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

    /// The sign-ins that hold, newest first: one's own, or those of `user`, for which it takes the permission
    /// `user.manage`.
    #[graphql(guard = "Person", complexity = "20 * child_complexity")]
    async fn sessions(&self, ctx: &Context<'_>, user: Option<String>) -> Result<Vec<Session>> {
        let db = &services(ctx).db;
        let whose = whose(ctx, user).await?;
        let own = ctx.data_opt::<Token>();
        let shown = session::list(db, whose.id)
            .await?
            .into_iter()
            .map(|session| Session {
                current: own.is_some_and(|token| token.is(&session.id)),
                id: session.id.into(),
                created_at: session.created_at.into(),
                expires_at: session.expires_at.into(),
                address: session.address,
            });
        Ok(shown.collect())
    }
}

/// The user of that name, for whoever may manage users; without a name the person who asks.
async fn whose(
    ctx: &Context<'_>,
    name: Option<String>,
) -> Result<entity::access::user::Model, AccessError> {
    let (db, own) = (&services(ctx).db, person(ctx)?);
    match name.filter(|name| *name != own.user) {
        None => user::find(db, &own.user).await,
        Some(name) => {
            auth::require(Some(own), auth::Permission::UserManage)?;
            user::within_reach(db, &name, actor(ctx)?).await
        }
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
        let (services, client, password) = (services(ctx), client(ctx), password.into());
        let (viewer, token) = login(&services.db, &name, &password, client).await?;
        ctx.insert_http_header(SET_COOKIE, token.cookie(client.secure));
        Ok(Viewer::from(&viewer))
    }

    /// Signs out: the session ends on every instance.
    async fn logout(&self, ctx: &Context<'_>) -> Result<bool> {
        let services = services(ctx);
        if let (Some(token), Ok(person)) = (ctx.data_opt::<Token>(), person(ctx)) {
            let actor = auth::Actor {
                name: &person.user,
                ..actor(ctx)?
            };
            session::close(&services.db, token, actor).await?;
            services.access.forget();
        }
        ctx.insert_http_header(SET_COOKIE, session::no_cookie(client(ctx).secure));
        Ok(true)
    }

    /// Gives the person who asks a new password and ends all of their other sessions. Tokens stay as they are.
    #[graphql(guard = "Person", complexity = 5000)]
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret)] old: String,
        #[graphql(secret)] new: String,
    ) -> Result<bool> {
        let (services, person) = (services(ctx), person(ctx)?);
        // A session that was left open must not be a place to guess at.
        let guesses = Subject::name(&person.user);
        attempt::count(&services.db, &guesses, Utc::now()).await?;
        let passwords = (&old.into(), &new.into());
        let kept = ctx.data_opt::<Token>();
        user::change_password(&services.db, person.user_id, passwords, kept, actor(ctx)?).await?;
        attempt::reset(&services.db, &guesses).await?;
        services.access.forget();
        Ok(true)
    }

    /// Ends a sign-in: one's own, or one of `user`, for which it takes the permission `user.manage`.
    #[graphql(guard = "Person")]
    async fn end_session(&self, ctx: &Context<'_>, id: ID, user: Option<String>) -> Result<bool> {
        let services = services(ctx);
        let whose = whose(ctx, user).await?;
        session::end(&services.db, &whose, &id, actor(ctx)?).await?;
        services.access.forget();
        Ok(true)
    }
}
