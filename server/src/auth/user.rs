//! The users there are.

use super::{
    AccessError, Actor, Viewer,
    audit::{self, Event},
    password,
    permission::{ADMIN_ROLE, of_role},
    role, session,
};
use chrono::{DateTime, Utc};
use entity::access::{role as role_table, user, user_role};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection,
    DatabaseTransaction, DbErr, EntityTrait, JoinType, PaginatorTrait, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, SqlErr,
};
use secrecy::SecretString;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The user the first start makes.
pub const ADMIN: &str = "admin";

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

/// The user of that name.
///
/// # Errors
/// [`AccessError::Unknown`] when there is none.
pub async fn find<C: ConnectionTrait>(db: &C, name: &str) -> Result<user::Model, AccessError> {
    let found = user::Entity::find().filter(user::Column::Name.eq(name));
    // MySQL finds `ada` for `ada `.
    let found = found.one(db).await?.filter(|user| user.name == name);
    found.ok_or_else(|| AccessError::Unknown(format!("user {name}")))
}

/// The name of a user by key.
///
/// # Errors
/// When the database does not answer.
pub async fn name<C: ConnectionTrait>(db: &C, id: i64) -> Result<String, DbErr> {
    let found = user::Entity::find_by_id(id).one(db).await?;
    Ok(found.map(|user| user.name).unwrap_or_default())
}

/// The names of users by key.
///
/// # Errors
/// When the database does not answer.
pub async fn names(
    db: &DatabaseConnection,
    ids: BTreeSet<i64>,
) -> Result<BTreeMap<i64, String>, DbErr> {
    let found = user::Entity::find().filter(user::Column::Id.is_in(ids));
    let found = found.all(db).await?.into_iter();
    Ok(found.map(|user| (user.id, user.name)).collect())
}

/// The roles of users by key, sorted.
///
/// # Errors
/// When the database does not answer.
pub async fn roles<C: ConnectionTrait>(
    db: &C,
    ids: Vec<i64>,
) -> Result<BTreeMap<i64, Vec<String>>, DbErr> {
    let links = user_role::Entity::find()
        .filter(user_role::Column::UserId.is_in(ids))
        .order_by_asc(user_role::Column::RoleName)
        .all(db)
        .await?;
    let mut roles: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for link in links {
        roles.entry(link.user_id).or_default().push(link.role_name);
    }
    Ok(roles)
}

/// All users by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &DatabaseConnection) -> Result<Vec<User>, DbErr> {
    let users = user::Entity::find().order_by_asc(user::Column::Name);
    let users = users.all(db).await?;
    let mut roles = roles(db, users.iter().map(|user| user.id).collect()).await?;
    let shown = users.into_iter().map(|user| User {
        roles: roles.remove(&user.id).unwrap_or_default(),
        name: user.name,
        created_at: user.created_at,
        disabled_at: user.disabled_at,
    });
    Ok(shown.collect())
}

/// The viewer that rows of a user with each of its roles make.
///
/// # Errors
/// When a row lacks a column.
pub fn viewer_of_rows(rows: &[QueryResult]) -> Result<Option<Viewer>, DbErr> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let name: String = first.try_get("", "name")?;
    let mut viewer = Viewer {
        user_id: first.try_get("", "id")?,
        user: name.clone(),
        token: None,
        name,
        roles: Vec::new(),
        permissions: BTreeSet::new(),
    };
    for row in rows {
        let role: Option<String> = row.try_get("", "role_name")?;
        let permissions: Option<String> = row.try_get("", "permissions")?;
        if let (Some(role), Some(permissions)) = (role, permissions) {
            viewer.permissions.extend(of_role(&role, &permissions));
            viewer.roles.push(role);
        }
    }
    Ok(Some(viewer))
}

/// The viewer a user is when signed in.
///
/// # Errors
/// When the database does not answer.
pub async fn viewer(db: &DatabaseConnection, user_id: i64) -> Result<Option<Viewer>, DbErr> {
    const SQL: &str = "SELECT u.id, u.name, r.name AS role_name, r.permissions
        FROM user u
        LEFT JOIN user_role l ON l.user_id = u.id
        LEFT JOIN role r ON r.name = l.role_name
        WHERE u.id = ?
        ORDER BY r.name";
    viewer_of_rows(&etl::database::query(db, SQL, [user_id.into()]).await?)
}

/// Makes a user with these roles.
///
/// # Errors
/// When the name is taken or cannot be one, a role does not exist or allows more than the actor may, or the
/// password cannot be taken.
pub async fn add<'a>(
    db: &DatabaseConnection,
    name: &str,
    password: &SecretString,
    roles: &[String],
    actor: impl Into<Actor<'a>>,
) -> Result<(), AccessError> {
    let actor = actor.into();
    let letters = |c: char| !c.is_whitespace() && !c.is_control();
    if name.is_empty() || name.chars().count() > 64 || !name.chars().all(letters) {
        let words = "a name has 1 to 64 characters and no spaces";
        return Err(AccessError::Input(words.to_owned()));
    }
    actor.reaches(&role::allowed(db, roles).await?)?;
    let password_hash = password::hash(password, name).await?;
    let tx = etl::database::begin(db).await?;
    let inserted = user::ActiveModel {
        name: Set(name.to_owned()),
        password_hash: Set(password_hash),
        created_at: Set(Utc::now()),
        ..Default::default()
    }
    .insert(&tx)
    .await;
    let user = match inserted {
        Ok(user) => user,
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            return Err(AccessError::Exists(format!("user {name}")));
        }
        Err(error) => return Err(error.into()),
    };
    link(&tx, user.id, roles).await?;
    let event = event(actor, "user.create", name);
    let after = Some(roles.join(" "));
    audit::record(&tx, Event { after, ..event }).await?;
    Ok(tx.commit().await?)
}

async fn link(tx: &DatabaseTransaction, user_id: i64, roles: &[String]) -> Result<(), DbErr> {
    for role in roles.iter().collect::<BTreeSet<_>>() {
        let link = user_role::ActiveModel {
            user_id: Set(user_id),
            role_name: Set(role.clone()),
        };
        link.insert(tx).await?;
    }
    Ok(())
}

/// A user whom the actor may change, locked against other changes, with the roles.
///
/// # Errors
/// [`AccessError::Unknown`] when there is none, [`AccessError::Denied`] when the user may do what the actor may not:
/// whoever could change such a user's password could do it too.
async fn reached(
    tx: &DatabaseTransaction,
    name: &str,
    actor: Actor<'_>,
) -> Result<(user::Model, Vec<String>), AccessError> {
    // One after another, so that two administrators cannot disable each other at the same moment.
    role_table::Entity::find_by_id(ADMIN_ROLE)
        .lock_exclusive()
        .one(tx)
        .await?;
    let user = find(tx, name).await?;
    let roles = roles(tx, vec![user.id]).await?;
    let roles = roles.into_values().next().unwrap_or_default();
    actor.reaches(&role::allowed(tx, &roles).await?)?;
    Ok((user, roles))
}

/// # Errors
/// [`AccessError::Denied`] when the user may do what the actor may not.
pub async fn within_reach(
    db: &DatabaseConnection,
    name: &str,
    actor: Actor<'_>,
) -> Result<user::Model, AccessError> {
    let tx = etl::database::begin(db).await?;
    let (user, _) = reached(&tx, name, actor).await?;
    tx.rollback().await?;
    Ok(user)
}

/// # Errors
/// [`AccessError::Input`] when no administrator would be left who may sign in.
async fn administered(tx: &DatabaseTransaction) -> Result<(), AccessError> {
    let left = user::Entity::find()
        .join_rev(
            JoinType::InnerJoin,
            user_role::Entity::belongs_to(user::Entity)
                .from(user_role::Column::UserId)
                .to(user::Column::Id)
                .into(),
        )
        .filter(user_role::Column::RoleName.eq(ADMIN_ROLE))
        .filter(user::Column::DisabledAt.is_null());
    match left.count(tx).await? {
        0 => Err(AccessError::Input(format!(
            "this is the last user with the role {ADMIN_ROLE} who may sign in; give it to another one first"
        ))),
        _ => Ok(()),
    }
}

/// Gives a user these roles instead of the ones before.
///
/// # Errors
/// When there is no such user or role, either has more than the actor may, or no administrator would be left.
pub async fn set_roles<'a>(
    db: &DatabaseConnection,
    name: &str,
    new: &[String],
    actor: impl Into<Actor<'a>>,
) -> Result<(), AccessError> {
    let actor = actor.into();
    let tx = etl::database::begin(db).await?;
    let (user, old) = reached(&tx, name, actor).await?;
    actor.reaches(&role::allowed(&tx, new).await?)?;
    user_role::Entity::delete_many()
        .filter(user_role::Column::UserId.eq(user.id))
        .exec(&tx)
        .await?;
    link(&tx, user.id, new).await?;
    if old.iter().any(|role| role == ADMIN_ROLE) {
        administered(&tx).await?;
    }
    let event = Event {
        before: Some(old.join(" ")),
        after: Some(new.join(" ")),
        ..event(actor, "user.update", name)
    };
    audit::record(&tx, event).await?;
    Ok(tx.commit().await?)
}

/// Gives a user a new password and ends the sessions opened with the old one.
///
/// # Errors
/// When there is no such user, the user may do what the actor may not, or the password cannot be taken.
pub async fn set_password<'a>(
    db: &DatabaseConnection,
    name: &str,
    password: &SecretString,
    actor: impl Into<Actor<'a>>,
) -> Result<(), AccessError> {
    let actor = actor.into();
    let password_hash = password::hash(password, name).await?;
    let tx = etl::database::begin(db).await?;
    let (user, _) = reached(&tx, name, actor).await?;
    let changed = user::ActiveModel {
        id: Set(user.id),
        password_hash: Set(password_hash),
        ..Default::default()
    };
    changed.update(&tx).await?;
    session::close_all(&tx, user.id, None).await?;
    audit::record(&tx, event(actor, "password.set", name)).await?;
    Ok(tx.commit().await?)
}

/// Gives the person who asks a new password, if the old one is right, and ends all other sessions.
///
/// # Errors
/// [`AccessError::Input`] when the old one is wrong, or when the new one cannot be taken.
pub async fn change_password(
    db: &DatabaseConnection,
    user_id: i64,
    (old, new): (&SecretString, &SecretString),
    kept: Option<&session::Token>,
    actor: Actor<'_>,
) -> Result<(), AccessError> {
    let user = user::Entity::find_by_id(user_id).one(db).await?;
    let user = user.ok_or_else(|| AccessError::Unknown(format!("user {}", actor.name)))?;
    if !password::verify(old, Some(user.password_hash.clone())).await? {
        return Err(AccessError::Input("the old password is wrong".to_owned()));
    }
    let password_hash = password::hash(new, &user.name).await?;
    let tx = etl::database::begin(db).await?;
    let changed = user::ActiveModel {
        id: Set(user.id),
        password_hash: Set(password_hash),
        ..Default::default()
    };
    changed.update(&tx).await?;
    session::close_all(&tx, user.id, kept).await?;
    audit::record(&tx, event(actor, "password.change", &user.name)).await?;
    Ok(tx.commit().await?)
}

/// Keeps a user from signing in and ends the user's sessions; the user's tokens rest until it is enabled again.
///
/// # Errors
/// When there is no such user, the user may do what the actor may not, or no administrator would be left.
pub async fn disable<'a>(
    db: &DatabaseConnection,
    name: &str,
    actor: impl Into<Actor<'a>>,
) -> Result<(), AccessError> {
    set_disabled(db, name, Some(Utc::now()), actor.into()).await
}

/// Lets a disabled user sign in again.
///
/// # Errors
/// When there is no such user, or the user may do what the actor may not.
pub async fn enable<'a>(
    db: &DatabaseConnection,
    name: &str,
    actor: impl Into<Actor<'a>>,
) -> Result<(), AccessError> {
    set_disabled(db, name, None, actor.into()).await
}

async fn set_disabled(
    db: &DatabaseConnection,
    name: &str,
    at: Option<DateTime<Utc>>,
    actor: Actor<'_>,
) -> Result<(), AccessError> {
    let tx = etl::database::begin(db).await?;
    let (user, roles) = reached(&tx, name, actor).await?;
    if user.disabled_at.is_some() == at.is_some() {
        return Ok(());
    }
    let changed = user::ActiveModel {
        id: Set(user.id),
        disabled_at: Set(at),
        ..Default::default()
    };
    changed.update(&tx).await?;
    let action = match at {
        Some(_) => {
            session::close_all(&tx, user.id, None).await?;
            if roles.iter().any(|role| role == ADMIN_ROLE) {
                administered(&tx).await?;
            }
            "user.disable"
        }
        None => "user.enable",
    };
    audit::record(&tx, event(actor, action, name)).await?;
    Ok(tx.commit().await?)
}

fn event<'a>(actor: Actor<'a>, action: &'a str, name: &str) -> Event<'a> {
    Event {
        actor: actor.name,
        action,
        subject: format!("user {name}"),
        address: actor.address,
        ..Default::default()
    }
}
