//! Roles, for those who may manage users.

use super::{actor, services};
use crate::auth::{Permission, role};
use async_graphql::{Context, Object, Result, SimpleObject};

/// A named set of permissions.
#[derive(Clone, Debug, SimpleObject)]
pub struct Role {
    name: String,
    /// What it allows, such as `data.read`.
    permissions: Vec<String>,
    /// Whether it can't be changed or deleted; `admin` allows everything there is.
    built_in: bool,
    /// How many users have it.
    user_count: i32,
}

impl From<role::Role> for Role {
    fn from(role: role::Role) -> Self {
        Self {
            name: role.name,
            permissions: role.permissions.iter().map(|p| (*p).to_owned()).collect(),
            built_in: role.built_in,
            user_count: i32::try_from(role.users).unwrap_or(i32::MAX),
        }
    }
}

/// Queries for roles.
#[derive(Default)]
pub struct RoleQuery;

#[Object]
impl RoleQuery {
    /// All roles by name.
    #[graphql(guard = "Permission::UserManage", complexity = "20 * child_complexity")]
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Role>> {
        let roles = role::list(&services(ctx).db).await?;
        Ok(roles.into_iter().map(Role::from).collect())
    }
}

/// Mutations of roles. Nobody gives a role what they may not do themselves, nor changes one that allows more.
#[derive(Default)]
pub struct RoleMutation;

#[Object]
impl RoleMutation {
    /// Makes a role of these permissions.
    #[graphql(guard = "Permission::UserManage")]
    async fn create_role(
        &self,
        ctx: &Context<'_>,
        name: String,
        permissions: Vec<String>,
    ) -> Result<Role> {
        let db = &services(ctx).db;
        role::create(db, &name, &permissions, actor(ctx)?).await?;
        Ok(role::find(db, &name).await?.into())
    }

    /// Gives a role these permissions instead of the ones before, for everyone who has it.
    #[graphql(guard = "Permission::UserManage")]
    async fn update_role(
        &self,
        ctx: &Context<'_>,
        name: String,
        permissions: Vec<String>,
    ) -> Result<Role> {
        let services = services(ctx);
        role::update(&services.db, &name, &permissions, actor(ctx)?).await?;
        services.access.forget();
        Ok(role::find(&services.db, &name).await?.into())
    }

    /// Deletes a role that no user and no token has.
    #[graphql(guard = "Permission::UserManage")]
    async fn delete_role(&self, ctx: &Context<'_>, name: String) -> Result<bool> {
        role::delete(&services(ctx).db, &name, actor(ctx)?).await?;
        Ok(true)
    }
}
