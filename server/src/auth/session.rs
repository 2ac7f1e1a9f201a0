//! Sign-ins: the cookie holds a random token, the database its SHA-256, so that a copy of the database
//! opens no session.

use super::{AccessError, Actor, Viewer, audit, user::viewer_of_rows};
use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};
use entity::access::{session, user};
use etl::database;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait, QueryFilter, QueryOrder, QueryResult,
};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, net::IpAddr};

/// The cookie's name.
pub const COOKIE: &str = "marquee_session";
/// How long a session lasts.
pub const LIFETIME: TimeDelta = TimeDelta::days(7);

/// The secret of a session: 256 random bits in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    fn random() -> Self {
        Self(hex::encode(rand::random::<[u8; 32]>()))
    }

    /// The token of a request's cookies, if one is there and has the right form.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let cookies = headers.get_all(header::COOKIE).iter();
        let token = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE)?
            .1;
        let hexadecimal = token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit());
        hexadecimal.then(|| Self(token.to_owned()))
    }

    /// As what it is stored.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }

    /// Whether it is the one a session is shown with that id.
    pub fn is(&self, session_id: &str) -> bool {
        id(&self.hash()) == session_id
    }

    /// The `Set-Cookie` that hands it to the browser.
    pub fn cookie(&self, secure: bool) -> String {
        cookie(&self.0, LIFETIME.num_seconds(), secure)
    }
}

/// The `Set-Cookie` that takes the token away.
pub fn no_cookie(secure: bool) -> String {
    cookie("", 0, secure)
}

fn cookie(value: &str, seconds: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// A session as shown; never its token.
#[derive(Clone, Debug)]
pub struct Session {
    /// The beginning of its token's hash.
    pub id: String,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// Until when it holds.
    pub expires_at: DateTime<Utc>,
    /// Where it was opened from.
    pub address: Option<String>,
}

/// Letters of a token's hash that tell a user's sessions apart.
const ID_LETTERS: usize = 16;

/// Opens a session of a user, and clears away the ones that have run out.
///
/// # Errors
/// When the database does not answer.
pub async fn open(
    db: &DatabaseConnection,
    user_id: i64,
    address: Option<IpAddr>,
) -> Result<Token, DbErr> {
    let token = Token::random();
    let now = Utc::now();
    session::Entity::delete_many()
        .filter(session::Column::ExpiresAt.lte(now))
        .exec(db)
        .await?;
    session::ActiveModel {
        token_hash: Set(token.hash()),
        user_id: Set(user_id),
        created_at: Set(now),
        expires_at: Set(now + LIFETIME),
        address: Set(address.map(|address| address.to_string())),
    }
    .insert(db)
    .await?;
    Ok(token)
}

/// Ends the session of somebody who signs out.
///
/// # Errors
/// When the database does not answer.
pub async fn close(db: &DatabaseConnection, token: &Token, actor: Actor<'_>) -> Result<(), DbErr> {
    let tx = database::begin(db).await?;
    session::Entity::delete_by_id(token.hash())
        .exec(&tx)
        .await?;
    audit::record(&tx, event(actor, "logout", actor.name)).await?;
    tx.commit().await
}

/// Ends all sessions of a user, but for the one of `token` where it is given.
///
/// # Errors
/// When the database does not answer.
pub async fn close_all<C: ConnectionTrait>(
    db: &C,
    user_id: i64,
    but: Option<&Token>,
) -> Result<(), DbErr> {
    let mut gone = session::Entity::delete_many().filter(session::Column::UserId.eq(user_id));
    if let Some(token) = but {
        gone = gone.filter(session::Column::TokenHash.ne(token.hash()));
    }
    gone.exec(db).await?;
    Ok(())
}

/// The sessions of a user that hold, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(db: &DatabaseConnection, user_id: i64) -> Result<Vec<Session>, DbErr> {
    let found = session::Entity::find()
        .filter(session::Column::UserId.eq(user_id))
        .filter(session::Column::ExpiresAt.gt(Utc::now()))
        .order_by_desc(session::Column::CreatedAt)
        .all(db)
        .await?;
    let shown = found.into_iter().map(|session| Session {
        id: id(&session.token_hash),
        created_at: session.created_at,
        expires_at: session.expires_at,
        address: session.address,
    });
    Ok(shown.collect())
}

fn id(hash: &str) -> String {
    hash.chars().take(ID_LETTERS).collect()
}

/// Ends a session of a user.
///
/// # Errors
/// [`AccessError::Unknown`] when the user has none of that id.
pub async fn end(
    db: &DatabaseConnection,
    user: &user::Model,
    session_id: &str,
    actor: Actor<'_>,
) -> Result<(), AccessError> {
    let tx = database::begin(db).await?;
    let sessions = session::Entity::find().filter(session::Column::UserId.eq(user.id));
    let sessions = sessions.all(&tx).await?;
    let found = sessions
        .iter()
        .find(|session| id(&session.token_hash) == session_id);
    let found = found.ok_or_else(|| AccessError::Unknown(format!("session {session_id}")))?;
    session::Entity::delete_by_id(found.token_hash.as_str())
        .exec(&tx)
        .await?;
    audit::record(&tx, event(actor, "session.end", &user.name)).await?;
    Ok(tx.commit().await?)
}

fn event<'a>(actor: Actor<'a>, action: &'a str, user: &str) -> audit::Event<'a> {
    audit::Event {
        actor: actor.name,
        action,
        subject: format!("user {user}"),
        address: actor.address,
        ..Default::default()
    }
}

/// Whose sessions the tokens of these hashes are, by hash; those are left out that are forged, have run out, or whose
/// user is disabled.
///
/// # Errors
/// When the database does not answer.
pub async fn viewers(
    db: &DatabaseConnection,
    hashes: &[&str],
) -> Result<HashMap<String, Viewer>, DbErr> {
    const SQL: &str = "SELECT s.token_hash, u.id, u.name, r.name AS role_name, r.permissions
        FROM session s
        JOIN user u ON u.id = s.user_id
        LEFT JOIN user_role l ON l.user_id = u.id
        LEFT JOIN role r ON r.name = l.role_name
        WHERE s.token_hash IN ({keys}) AND s.expires_at > ? AND u.disabled_at IS NULL
        ORDER BY r.name";
    let rows = database::query_keys(db, SQL, hashes, &[Utc::now().into()]).await?;
    let mut found = HashMap::new();
    for (hash, rows) in by_hash(rows)? {
        if let Some(viewer) = viewer_of_rows(&rows)? {
            found.insert(hash, viewer);
        }
    }
    Ok(found)
}

/// Rows by their column `token_hash`.
pub(super) fn by_hash(rows: Vec<QueryResult>) -> Result<HashMap<String, Vec<QueryResult>>, DbErr> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        found
            .entry(row.try_get("", "token_hash")?)
            .or_default()
            .push(row);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cookies: &str, found: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookies.parse().unwrap());
        assert_eq!(Token::of(&headers).is_some(), found, "{cookies}");
    }

    #[test]
    fn a_token_is_found_among_cookies() {
        let token = Token::random();
        check(&format!("{COOKIE}={}", token.0), true);
        check(&format!("a=b; {COOKIE}={}; c=d", token.0), true);
        check(&format!("x{COOKIE}={}", token.0), false);
        check(&format!("{COOKIE}={}0", token.0), false);
        check(&format!("{COOKIE}='; DROP TABLE session"), false);
        assert!(Token::of(&HeaderMap::new()).is_none());
    }

    #[test]
    fn the_cookie_is_for_the_browser_only() {
        let cookie = Token::random().cookie(true);
        for flag in [
            "HttpOnly",
            "SameSite=Strict",
            "Path=/",
            "Secure",
            "Max-Age=604800",
        ] {
            assert!(cookie.split("; ").any(|part| part == flag), "{cookie}");
        }
        assert!(!no_cookie(false).contains("Secure"));
    }
}
