//! Users, for those who may manage them.

use super::{
    actor,
    filter::{
        filter,
        relation::{Link, ListFilter},
        value::{DateTimeFilter, StringFilter},
    },
    order::{Sort, order},
    page::{Connection, Direction, List, PageArgs, cost},
    scalar::DateTime,
    services,
};
use crate::auth::{Permission, role, user};
use async_graphql::{Context, Object, Result, SimpleObject};
use entity::access::{user as table, user_role};
use sea_orm::EntityTrait;

/// Somebody who may sign in.
#[derive(Clone, Debug, SimpleObject)]
pub struct User {
    #[graphql(skip)]
    key: i64,
    name: String,
    /// Names of the roles, sorted.
    roles: Vec<String>,
    /// What the roles allow together.
    permissions: Vec<String>,
    created_at: DateTime,
    /// Since when the user may no longer sign in; null for one who may.
    disabled_at: Option<DateTime>,
}

impl From<table::Model> for User {
    fn from(user: table::Model) -> Self {
        Self {
            key: user.id,
            name: user.name,
            roles: Vec::new(),
            permissions: Vec::new(),
            created_at: user.created_at.into(),
            disabled_at: user.disabled_at.map(DateTime),
        }
    }
}

filter! {
    /// Which roles of a user.
    UserRoleFilter of user_role {
        name: StringFilter = RoleName,
    }
}

filter! {
    /// Which users.
    UserFilter of table {
        name: StringFilter = Name,
        roles: ListFilter<UserRoleFilter> = Link::to(Id, user_role::Column::UserId),
        created_at: DateTimeFilter = CreatedAt,
        /// Since when the user may no longer sign in.
        disabled_at: DateTimeFilter = DisabledAt,
    }
}

order! {
    /// What users can be ordered by.
    UserOrderField UserOrder of table {
        Name = Name,
        CreatedAt = CreatedAt,
        DisabledAt = DisabledAt,
    }
}

/// Queries for users.
#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// Users, by name unless ordered otherwise.
    #[graphql(
        guard = "Permission::UserManage",
        complexity = "cost(first, last, child_complexity)"
    )]
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        filter: Option<UserFilter>,
        order_by: Option<Vec<UserOrder>>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<User>> {
        use table::Column::{Id, Name};
        let page = PageArgs::new((first, after), (last, before));
        let list = List {
            filter,
            order_by,
            page,
        };
        let usual = vec![Sort::by(Name, Direction::Asc)];
        let db = &services(ctx).db;
        let mut found: Connection<User> = list.of(db, "", table::Entity::find(), usual, Id).await?;
        complete(ctx, found.nodes_mut().collect()).await?;
        Ok(found)
    }
}

/// Gives users their roles.
async fn complete(ctx: &Context<'_>, users: Vec<&mut User>) -> Result<()> {
    let db = &services(ctx).db;
    let keys = users.iter().map(|user| user.key).collect();
    let (mut roles, known) = (user::roles(db, keys).await?, role::all(db).await?);
    for user in users {
        user.roles = roles.remove(&user.key).unwrap_or_default();
        let allowed = user.roles.iter().filter_map(|role| known.get(role));
        let allowed: std::collections::BTreeSet<_> = allowed.flatten().collect();
        user.permissions = allowed.iter().map(|p| p.name().to_owned()).collect();
    }
    Ok(())
}

/// Mutations of users. Nobody gives others what they may not do themselves, nor changes those who may do more.
#[derive(Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Makes a user who may sign in at once.
    #[graphql(guard = "Permission::UserManage", complexity = 5000)]
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        name: String,
        #[graphql(secret)] password: String,
        roles: Vec<String>,
    ) -> Result<User> {
        let db = &services(ctx).db;
        user::add(db, &name, &password.into(), &roles, actor(ctx)?).await?;
        shown(ctx, &name).await
    }

    /// Gives a user these roles instead of the ones before, at once on this instance and within a second on others.
    #[graphql(guard = "Permission::UserManage")]
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        name: String,
        roles: Vec<String>,
    ) -> Result<User> {
        user::set_roles(&services(ctx).db, &name, &roles, actor(ctx)?).await?;
        shown(ctx, &name).await
    }

    /// Keeps a user from signing in, ends the user's sessions and lets the user's tokens rest.
    #[graphql(guard = "Permission::UserManage")]
    async fn disable_user(&self, ctx: &Context<'_>, name: String) -> Result<User> {
        user::disable(&services(ctx).db, &name, actor(ctx)?).await?;
        shown(ctx, &name).await
    }

    /// Lets a disabled user sign in again.
    #[graphql(guard = "Permission::UserManage")]
    async fn enable_user(&self, ctx: &Context<'_>, name: String) -> Result<User> {
        user::enable(&services(ctx).db, &name, actor(ctx)?).await?;
        shown(ctx, &name).await
    }

    /// Gives a user a new password and ends the user's sessions.
    #[graphql(guard = "Permission::UserManage", complexity = 5000)]
    async fn set_password(
        &self,
        ctx: &Context<'_>,
        user: String,
        #[graphql(secret)] password: String,
    ) -> Result<User> {
        let db = &services(ctx).db;
        user::set_password(db, &user, &password.into(), actor(ctx)?).await?;
        shown(ctx, &user).await
    }
}

/// A user as it is now, which nobody is remembered as before.
async fn shown(ctx: &Context<'_>, name: &str) -> Result<User> {
    let services = services(ctx);
    services.access.forget();
    let found = user::find(&services.db, name).await;
    let mut user = found.map(User::from)?;
    complete(ctx, vec![&mut user]).await?;
    Ok(user)
}
