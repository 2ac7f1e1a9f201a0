//! API tokens.

use super::{actor, guard::Person, number, person, scalar::DateTime, services};
use crate::auth::{
    Permission, require,
    token::{self, DEFAULT_DAYS},
};
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use secrecy::ExposeSecret;

/// What a program shows instead of a password, without its secret.
#[derive(Clone, Debug, SimpleObject)]
pub struct ApiToken {
    id: ID,
    name: String,
    /// The user whose it is.
    owner: String,
    /// Which role limits it: it may do what both this and its owner may.
    role: String,
    created_at: DateTime,
    expires_at: DateTime,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime>,
    /// Since when it no longer holds.
    revoked_at: Option<DateTime>,
}

impl From<token::Token> for ApiToken {
    fn from(token: token::Token) -> Self {
        Self {
            id: token.id.into(),
            name: token.name,
            owner: token.owner,
            role: token.role,
            created_at: token.created_at.into(),
            expires_at: token.expires_at.into(),
            last_used_at: token.last_used_at.map(DateTime),
            revoked_at: token.revoked_at.map(DateTime),
        }
    }
}

/// A token that was just made.
#[derive(Clone, Debug, SimpleObject)]
pub struct NewToken {
    /// What to send as `Authorization: Bearer`; shown this once.
    secret: String,
    token: ApiToken,
}

/// Queries for tokens.
#[derive(Default)]
pub struct TokenQuery;

#[Object]
impl TokenQuery {
    /// Tokens, newest first: one's own, or with `all` everybody's, for which it takes the permission `user.manage`.
    #[graphql(guard = "Person", complexity = "50 * child_complexity")]
    async fn tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(default)] all: bool,
    ) -> Result<Vec<ApiToken>> {
        let own = person(ctx)?;
        if all {
            require(Some(own), Permission::UserManage)?;
        }
        let owner = (!all).then_some(own.user_id);
        let found = token::list(&services(ctx).db, owner).await?;
        Ok(found.into_iter().map(ApiToken::from).collect())
    }
}

/// Mutations of tokens.
#[derive(Default)]
pub struct TokenMutation;

#[Object]
impl TokenMutation {
    /// Makes a token of one's own that lasts 1 to 365 days. It may do what the role allows and its owner may.
    #[graphql(guard = "Person")]
    async fn create_token(
        &self,
        ctx: &Context<'_>,
        name: String,
        role: String,
        #[graphql(default_with = "DEFAULT_DAYS")] days: i32,
    ) -> Result<NewToken> {
        let (db, own) = (&services(ctx).db, person(ctx)?);
        let (made, secret) = token::create(db, &own.user, &name, &role, days, actor(ctx)?).await?;
        Ok(NewToken {
            secret: secret.expose_secret().to_owned(),
            token: made.into(),
        })
    }

    /// Ends a token at once on this instance and within a second on others: one's own, or with the permission
    /// `user.manage` anybody's.
    #[graphql(guard = "Person")]
    async fn revoke_token(&self, ctx: &Context<'_>, id: ID) -> Result<ApiToken> {
        let (services, own) = (services(ctx), person(ctx)?);
        let manages = require(Some(own), Permission::UserManage).is_ok();
        let owner = (!manages).then_some(own.user_id);
        let ended = token::revoke(&services.db, number(&id)?, owner, actor(ctx)?).await?;
        services.access.forget();
        Ok(ended.into())
    }
}
