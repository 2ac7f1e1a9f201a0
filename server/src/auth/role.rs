//! Roles: named sets of permissions.

use super::{
    AccessError, Actor, Permission,
    audit::{self, Event},
    permission::{ADMIN_ROLE, of_role},
};
use chrono::Utc;
use entity::access::{role, token, user_role};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait,
    DatabaseConnection, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, SqlErr,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The roles there always are; they are never changed, so that their names mean the same everywhere.
pub const BUILT_IN: [&str; 3] = [ADMIN_ROLE, "operator", "viewer"];

/// Longest name the table takes.
const MAX_NAME: usize = 64;

/// A role as shown.
#[derive(Clone, Debug, Serialize)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Names of what it allows.
    pub permissions: Vec<&'static str>,
    /// Whether it can't be changed or deleted.
    pub built_in: bool,
    /// How many users have it.
    pub users: u64,
}

/// All roles by name, with what they allow.
///
/// # Errors
/// When the database does not answer.
pub async fn all<C: ConnectionTrait>(
    db: &C,
) -> Result<BTreeMap<String, BTreeSet<Permission>>, DbErr> {
    let roles = role::Entity::find().all(db).await?;
    let allowed = |role: role::Model| {
        let permissions = of_role(&role.name, &role.permissions);
        (role.name, permissions)
    };
    Ok(roles.into_iter().map(allowed).collect())
}

/// What some roles allow together.
///
/// # Errors
/// [`AccessError::Input`] when one of them does not exist.
pub async fn allowed<C: ConnectionTrait>(
    db: &C,
    roles: &[String],
) -> Result<BTreeSet<Permission>, AccessError> {
    let known = all(db).await?;
    let mut together = BTreeSet::new();
    for name in roles {
        match known.get(name) {
            Some(permissions) => together.extend(permissions),
            None => {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                return Err(AccessError::Input(format!(
                    "there is no role {name}; there are {}",
                    names.join(", ")
                )));
            }
        }
    }
    Ok(together)
}

/// All roles by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &DatabaseConnection) -> Result<Vec<Role>, DbErr> {
    let roles = role::Entity::find().order_by_asc(role::Column::Name);
    let links = user_role::Entity::find().all(db).await?;
    let shown = roles.all(db).await?.into_iter().map(|role| Role {
        permissions: of_role(&role.name, &role.permissions)
            .into_iter()
            .map(Permission::name)
            .collect(),
        built_in: BUILT_IN.contains(&role.name.as_str()),
        users: links
            .iter()
            .filter(|link| link.role_name == role.name)
            .count() as u64,
        name: role.name,
    });
    Ok(shown.collect())
}

/// The role of that name.
///
/// # Errors
/// [`AccessError::Unknown`] when there is none.
pub async fn find(db: &DatabaseConnection, name: &str) -> Result<Role, AccessError> {
    let roles = list(db).await?;
    let found = roles.into_iter().find(|role| role.name == name);
    found.ok_or_else(|| AccessError::Unknown(format!("role {name}")))
}

/// The permissions that names stand for.
///
/// # Errors
/// [`AccessError::Input`] when one is none.
fn parse(names: &[String]) -> Result<BTreeSet<Permission>, AccessError> {
    let parse = |name: &String| {
        Permission::parse(name).ok_or_else(|| {
            let all = Permission::ALL.map(Permission::name).join(", ");
            AccessError::Input(format!("there is no permission {name}; there are {all}"))
        })
    };
    names.iter().map(parse).collect()
}

fn text(permissions: &BTreeSet<Permission>) -> String {
    let names: Vec<&str> = permissions.iter().map(|p| p.name()).collect();
    names.join(" ")
}

/// Makes a role.
///
/// # Errors
/// When the name is taken or cannot be one, a permission does not exist, or the actor lacks one of them.
pub async fn create(
    db: &DatabaseConnection,
    name: &str,
    permissions: &[String],
    actor: Actor<'_>,
) -> Result<(), AccessError> {
    let letters = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.chars().count() > MAX_NAME || !name.chars().all(letters) {
        return Err(AccessError::Input(format!(
            "a role's name has 1 to {MAX_NAME} letters, digits, dots, hyphens and underscores"
        )));
    }
    let permissions = parse(permissions)?;
    actor.reaches(&permissions)?;
    let tx = etl::database::begin(db).await?;
    let made = role::ActiveModel {
        name: Set(name.to_owned()),
        permissions: Set(text(&permissions)),
    };
    match made.insert(&tx).await {
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            return Err(AccessError::Exists(format!("role {name}")));
        }
        made => made?,
    };
    let event = event(actor, "role.create", name);
    let after = Some(text(&permissions));
    audit::record(&tx, Event { after, ..event }).await?;
    Ok(tx.commit().await?)
}

/// Gives a role other permissions, at once for everyone who has it.
///
/// # Errors
/// When there is no such role or it is built in, a permission does not exist, or the actor lacks one of those
/// that it had or gets.
pub async fn update(
    db: &DatabaseConnection,
    name: &str,
    permissions: &[String],
    actor: Actor<'_>,
) -> Result<(), AccessError> {
    let permissions = parse(permissions)?;
    let tx = etl::database::begin(db).await?;
    let before = changeable(&tx, name, actor).await?;
    actor.reaches(&permissions)?;
    let changed = role::ActiveModel {
        name: Set(name.to_owned()),
        permissions: Set(text(&permissions)),
    };
    changed.update(&tx).await?;
    let event = Event {
        before: Some(text(&before)),
        after: Some(text(&permissions)),
        ..event(actor, "role.update", name)
    };
    audit::record(&tx, event).await?;
    Ok(tx.commit().await?)
}

/// Deletes a role that nobody has; tokens of it that no longer hold go with it.
///
/// # Errors
/// When there is no such role, it is built in or in use, or it allows what the actor may not.
pub async fn delete(
    db: &DatabaseConnection,
    name: &str,
    actor: Actor<'_>,
) -> Result<(), AccessError> {
    let tx = etl::database::begin(db).await?;
    let before = changeable(&tx, name, actor).await?;
    let users = user_role::Entity::find().filter(user_role::Column::RoleName.eq(name));
    let of_role = token::Column::RoleName.eq(name);
    let ended = Condition::any()
        .add(token::Column::RevokedAt.is_not_null())
        .add(token::Column::ExpiresAt.lte(Utc::now()));
    let tokens = token::Entity::find()
        .filter(of_role.clone())
        .filter(ended.clone().not());
    let (users, tokens) = (users.count(&tx).await?, tokens.count(&tx).await?);
    if users > 0 || tokens > 0 {
        return Err(AccessError::Input(format!(
            "the role {name} is in use: {users} users and {tokens} tokens have it"
        )));
    }
    token::Entity::delete_many()
        .filter(of_role)
        .filter(ended)
        .exec(&tx)
        .await?;
    role::Entity::delete_by_id(name).exec(&tx).await?;
    let event = event(actor, "role.delete", name);
    let before = Some(text(&before));
    audit::record(&tx, Event { before, ..event }).await?;
    Ok(tx.commit().await?)
}

/// What a role allows that is not built in and allows no more than the actor may.
async fn changeable<C: ConnectionTrait>(
    tx: &C,
    name: &str,
    actor: Actor<'_>,
) -> Result<BTreeSet<Permission>, AccessError> {
    let known = all(tx).await?;
    let found = known.get(name).cloned();
    let found = found.ok_or_else(|| AccessError::Unknown(format!("role {name}")))?;
    if BUILT_IN.contains(&name) {
        return Err(AccessError::Input(format!(
            "the role {name} is built in and stays as it is; make another one"
        )));
    }
    actor.reaches(&found)?;
    Ok(found)
}

fn event<'a>(actor: Actor<'a>, action: &'a str, name: &str) -> Event<'a> {
    Event {
        actor: actor.name,
        action,
        subject: format!("role {name}"),
        address: actor.address,
        ..Default::default()
    }
}
