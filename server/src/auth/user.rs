//! The users there are.

use super::{
    audit,
    password::{self, PasswordError},
    session,
};
use chrono::{DateTime, Utc};
use entity::access::{role, user, user_role};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, DbErr, EntityTrait,
    IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, SqlErr,
};
use secrecy::SecretString;
use serde::Serialize;

/// The user the first start makes.
pub const ADMIN: &str = "admin";

/// Why a user could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// The name is taken.
    #[error("there is a user {0} already")]
    Exists(String),
    /// No such user.
    #[error("there is no user {0}")]
    Unknown(String),
    /// The name cannot be one.
    #[error("a name has 1 to 64 characters and no spaces")]
    Name,
    /// No such role.
    #[error("there is no role {name}; there are {known}")]
    Role {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The password cannot be one.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// A user as shown to administrators.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// Names of the roles, sorted.
    pub roles: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when it may no longer sign in.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// Whether there is any user.
///
/// # Errors
/// When the database does not answer.
pub async fn any(db: &DatabaseConnection) -> Result<bool, DbErr> {
    Ok(user::Entity::find().count(db).await? > 0)
}

/// Makes a user with these roles.
///
/// # Errors
/// When the name is taken or cannot be one, a role does not exist, or the password cannot be taken.
pub async fn add(
    db: &DatabaseConnection,
    name: &str,
    password: &SecretString,
    roles: &[String],
    actor: &str,
) -> Result<(), UserError> {
    let letters = |c: char| !c.is_whitespace() && !c.is_control();
    if name.is_empty() || name.chars().count() > 64 || !name.chars().all(letters) {
        return Err(UserError::Name);
    }
    check_roles(db, roles).await?;
    let password_hash = password::hash(password).await?;
    let tx = etl::database::begin(db).await?;
    let inserted = user::ActiveModel {
        name: Set(name.to_owned()),
        password_hash: Set(password_hash),
        failed_logins: Set(0),
        created_at: Set(Utc::now()),
        ..Default::default()
    }
    .insert(&tx)
    .await;
    let user = match inserted {
        Ok(user) => user,
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            return Err(UserError::Exists(name.to_owned()));
        }
        Err(error) => return Err(error.into()),
    };
    for role in roles {
        let link = user_role::ActiveModel {
            user_id: Set(user.id),
            role_name: Set(role.clone()),
        };
        link.insert(&tx).await?;
    }
    let event = audit::Event {
        actor,
        action: "user.add",
        subject: format!("user {name}"),
        after: Some(roles.join(" ")),
        ..Default::default()
    };
    audit::record(&tx, event).await?;
    tx.commit().await?;
    Ok(())
}

async fn check_roles(db: &DatabaseConnection, roles: &[String]) -> Result<(), UserError> {
    let known = role::Entity::find()
        .order_by_asc(role::Column::Name)
        .all(db)
        .await?;
    let known: Vec<_> = known.into_iter().map(|role| role.name).collect();
    match roles.iter().find(|role| !known.contains(role)) {
        None => Ok(()),
        Some(name) => Err(UserError::Role {
            name: name.clone(),
            known: known.join(", "),
        }),
    }
}

/// All users by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &DatabaseConnection) -> Result<Vec<User>, DbErr> {
    let links = user_role::Entity::find()
        .order_by_asc(user_role::Column::RoleName)
        .all(db)
        .await?;
    let users = user::Entity::find()
        .order_by_asc(user::Column::Name)
        .all(db)
        .await?;
    let roles_of = |id| {
        let links = links.iter().filter(move |link| link.user_id == id);
        links.map(|link| link.role_name.clone()).collect()
    };
    let shown = users.into_iter().map(|user| User {
        roles: roles_of(user.id),
        name: user.name,
        created_at: user.created_at,
        disabled_at: user.disabled_at,
    });
    Ok(shown.collect())
}

async fn find(db: &DatabaseConnection, name: &str) -> Result<user::Model, UserError> {
    user::Entity::find()
        .filter(user::Column::Name.eq(name))
        .one(db)
        .await?
        .ok_or_else(|| UserError::Unknown(name.to_owned()))
}

/// Gives a user a new password and ends the sessions opened with the old one.
///
/// # Errors
/// When there is no such user or the password cannot be taken.
pub async fn set_password(
    db: &DatabaseConnection,
    name: &str,
    password: &SecretString,
    actor: &str,
) -> Result<(), UserError> {
    let mut changed = find(db, name).await?.into_active_model();
    changed.password_hash = Set(password::hash(password).await?);
    changed.failed_logins = Set(0);
    changed.last_failed_at = Set(None);
    change(db, changed, name, actor, "user.passwd").await
}

/// Keeps a user from signing in and ends the user's sessions.
///
/// # Errors
/// When there is no such user.
pub async fn disable(db: &DatabaseConnection, name: &str, actor: &str) -> Result<(), UserError> {
    let user = find(db, name).await?;
    if user.disabled_at.is_some() {
        return Ok(());
    }
    let mut changed = user.into_active_model();
    changed.disabled_at = Set(Some(Utc::now()));
    change(db, changed, name, actor, "user.disable").await
}

async fn change(
    db: &DatabaseConnection,
    changed: user::ActiveModel,
    name: &str,
    actor: &str,
    action: &'static str,
) -> Result<(), UserError> {
    let tx = etl::database::begin(db).await?;
    let user = changed.update(&tx).await?;
    session::close_all(&tx, user.id).await?;
    let event = audit::Event {
        actor,
        action,
        subject: format!("user {name}"),
        ..Default::default()
    };
    audit::record(&tx, event).await?;
    tx.commit().await?;
    Ok(())
}
