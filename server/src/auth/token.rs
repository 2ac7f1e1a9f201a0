//! API tokens: what programs show instead of a password.
//!
//! A token is random and shown once; the database has its SHA-256. It does what its role allows and its owner may
//! do at the moment, until it expires, is revoked, or its owner is disabled. A new password of its owner's does not
//! end it.

use super::{
    AccessError, Actor, Viewer,
    audit::{self, Event},
    permission::of_role,
    role, session, user,
};
use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};
use entity::access::token;
use etl::database;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseConnection, DbErr, EntityTrait,
    QueryFilter, QueryOrder, QueryResult, QuerySelect,
};
use secrecy::SecretString;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// What every token begins with, so that people and scanners know one when they see it.
pub const PREFIX: &str = "mrq_";
/// How long a token lasts when nothing else is said, in days.
pub const DEFAULT_DAYS: i32 = 90;
/// How long one may last, in days.
pub const MAX_DAYS: i32 = 365;
/// How precisely its last use is written down.
const LAST_USE: TimeDelta = TimeDelta::minutes(1);

/// A token as shown; never the secret itself.
#[derive(Clone, Debug, Serialize)]
pub struct Token {
    /// Its key.
    pub id: i64,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// Which role limits it.
    pub role: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it holds.
    pub expires_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when it no longer holds.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Token {
    fn new(row: token::Model, owner: String) -> Self {
        Self {
            id: row.id,
            name: row.name,
            owner,
            role: row.role_name,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// What a request sends as a bearer token, whatever it is.
pub fn sent(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// As what a token is stored.
pub fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}

/// Whose a token was that no longer holds, such as `token nightly of ada`.
///
/// # Errors
/// When the database does not answer.
pub async fn owner(db: &DatabaseConnection, headers: &HeaderMap) -> Result<Option<String>, DbErr> {
    const SQL: &str =
        "SELECT t.name AS token, u.name AS owner FROM token t JOIN user u ON u.id = t.user_id
        WHERE t.token_hash = ?";
    let Some(token) = sent(headers) else {
        return Ok(None);
    };
    let rows = database::query(db, SQL, [hash(token).into()]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let (token, owner): (String, String) = (row.try_get("", "token")?, row.try_get("", "owner")?);
    Ok(Some(format!("token {token} of {owner}")))
}

/// Who the tokens of these hashes are, by hash; those are left out that are forged, have expired or were revoked, or
/// whose owner is disabled.
///
/// # Errors
/// When the database does not answer.
pub async fn viewers(
    db: &DatabaseConnection,
    hashes: &[&str],
) -> Result<HashMap<String, Viewer>, DbErr> {
    const SQL: &str = "SELECT t.token_hash, t.id AS token_id, t.name AS token, t.last_used_at,
            t.role_name AS token_role, m.permissions AS token_permissions, u.id, u.name, r.name AS role_name,
            r.permissions
        FROM token t
        JOIN user u ON u.id = t.user_id
        JOIN role m ON m.name = t.role_name
        LEFT JOIN user_role l ON l.user_id = u.id
        LEFT JOIN role r ON r.name = l.role_name
        WHERE t.token_hash IN ({keys}) AND t.revoked_at IS NULL AND t.expires_at > ? AND u.disabled_at IS NULL
        ORDER BY r.name";
    let now = Utc::now();
    let rows = database::query_keys(db, SQL, hashes, &[now.into()]).await?;
    let mut found = HashMap::new();
    for (hash, rows) in session::by_hash(rows)? {
        if let (Some(first), Some(owner)) = (rows.first(), user::viewer_of_rows(&rows)?) {
            found.insert(hash, limited(db, first, owner, now).await?);
        }
    }
    Ok(found)
}

/// Who a token of this owner's is; its use is written down.
async fn limited(
    db: &DatabaseConnection,
    row: &QueryResult,
    owner: Viewer,
    now: DateTime<Utc>,
) -> Result<Viewer, DbErr> {
    let (name, role): (String, String) =
        (row.try_get("", "token")?, row.try_get("", "token_role")?);
    let limit: String = row.try_get("", "token_permissions")?;
    let limit = of_role(&role, &limit);
    let last_used_at: Option<DateTime<Utc>> = row.try_get("", "last_used_at")?;
    if last_used_at.is_none_or(|at| now - at >= LAST_USE) {
        used(db, row.try_get("", "token_id")?, now).await?;
    }
    Ok(Viewer {
        name: format!("{} (token {name})", owner.user),
        token: Some(name),
        roles: vec![role],
        permissions: owner.permissions.intersection(&limit).copied().collect(),
        ..owner
    })
}

/// Writes down that a token is in use, unless another instance has just done so.
async fn used(db: &DatabaseConnection, id: i64, now: DateTime<Utc>) -> Result<(), DbErr> {
    const SQL: &str = "UPDATE token SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at <= ?)";
    database::execute(db, SQL, [now.into(), id.into(), (now - LAST_USE).into()]).await?;
    Ok(())
}

/// Makes a token of a user's; answers it with its secret, which nobody is ever told again.
///
/// # Errors
/// When the user has one of that name that still holds, the name or the number of days cannot be one, or there is
/// no such user or role.
pub async fn create(
    db: &DatabaseConnection,
    owner: &str,
    name: &str,
    role: &str,
    days: i32,
    actor: Actor<'_>,
) -> Result<(Token, SecretString), AccessError> {
    let name = name.trim();
    let letters = |c: char| !c.is_control() && !matches!(c, '(' | ')');
    if name.is_empty() || name.chars().count() > 64 || !name.chars().all(letters) {
        let words = "a token's name has 1 to 64 characters and no parentheses";
        return Err(AccessError::Input(words.to_owned()));
    }
    if !(1..=MAX_DAYS).contains(&days) {
        let words = format!("a token lasts 1 to {MAX_DAYS} days, not {days}");
        return Err(AccessError::Input(words));
    }
    role::allowed(db, &[role.to_owned()]).await?;
    let tx = database::begin(db).await?;
    let user = user::find(&tx, owner).await?;
    let now = Utc::now();
    let same = token::Entity::find()
        .filter(token::Column::UserId.eq(user.id))
        .filter(token::Column::Name.eq(name))
        .filter(token::Column::RevokedAt.is_null())
        .filter(token::Column::ExpiresAt.gt(now));
    if same.one(&tx).await?.is_some() {
        return Err(AccessError::Exists(format!("token {name} of {owner}")));
    }
    let secret = format!("{PREFIX}{}", hex::encode(rand::random::<[u8; 32]>()));
    let made = token::ActiveModel {
        name: Set(name.to_owned()),
        token_hash: Set(hash(&secret)),
        user_id: Set(user.id),
        role_name: Set(role.to_owned()),
        created_at: Set(now),
        expires_at: Set(now + TimeDelta::days(days.into())),
        ..Default::default()
    };
    let made = made.insert(&tx).await?;
    let until = made.expires_at.format("%Y-%m-%d");
    let event = Event {
        after: Some(format!("{name} of {owner} as {role} until {until}")),
        ..event(actor, "token.create", made.id)
    };
    audit::record(&tx, event).await?;
    tx.commit().await?;
    Ok((Token::new(made, user.name), secret.into()))
}

/// Ends a token on every instance; one that has ended stays so.
///
/// # Errors
/// [`AccessError::Unknown`] when there is none, or, where `owner` is given, it is not that user's.
pub async fn revoke(
    db: &DatabaseConnection,
    id: i64,
    owner: Option<i64>,
    actor: Actor<'_>,
) -> Result<Token, AccessError> {
    let tx = database::begin(db).await?;
    let found = token::Entity::find_by_id(id)
        .lock_exclusive()
        .one(&tx)
        .await?;
    let found = found.filter(|token| owner.is_none_or(|owner| token.user_id == owner));
    let found = found.ok_or_else(|| AccessError::Unknown(format!("token {id}")))?;
    let user = user::name(&tx, found.user_id).await?;
    if found.revoked_at.is_some() {
        return Ok(Token::new(found, user));
    }
    let before = format!("{} of {user} as {}", found.name, found.role_name);
    let changed = token::ActiveModel {
        id: Set(id),
        revoked_at: Set(Some(Utc::now())),
        ..Default::default()
    };
    let changed = changed.update(&tx).await?;
    let event = event(actor, "token.revoke", id);
    let before = Some(before);
    audit::record(&tx, Event { before, ..event }).await?;
    tx.commit().await?;
    Ok(Token::new(changed, user))
}

/// The tokens of a user, or of all, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &DatabaseConnection, owner: Option<i64>) -> Result<Vec<Token>, DbErr> {
    let mut found = token::Entity::find().order_by_desc(token::Column::Id);
    if let Some(owner) = owner {
        found = found.filter(token::Column::UserId.eq(owner));
    }
    let found = found.all(db).await?;
    let owners = found.iter().map(|token| token.user_id);
    let names = user::names(db, owners.collect::<BTreeSet<_>>()).await?;
    let owner = |id| names.get(&id).cloned().unwrap_or_default();
    let shown = found.into_iter().map(|token| {
        let owner = owner(token.user_id);
        Token::new(token, owner)
    });
    Ok(shown.collect())
}

fn event<'a>(actor: Actor<'a>, action: &'a str, id: i64) -> Event<'a> {
    Event {
        actor: actor.name,
        action,
        subject: format!("token {id}"),
        address: actor.address,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bearer_is_taken_for_a_token() {
        let check = |value: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(sent(&headers), expected, "{value}");
        };
        check("Bearer mrq_1", Some("mrq_1"));
        check("bearer  mrq_1 ", Some("mrq_1"));
        check("Basic bWU6aGk=", None);
        check("Bearer", None);
        assert_eq!(sent(&HeaderMap::new()), None);
    }
}
