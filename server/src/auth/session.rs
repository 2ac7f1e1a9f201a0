//! Sign-ins: the cookie holds a random token, the database its SHA-256, so that a copy of the database
//! opens no session.

use super::{Permission, Viewer};
use crate::graphql::batch::rows;
use axum::http::{HeaderMap, header};
use chrono::{TimeDelta, Utc};
use entity::access::session;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait, QueryFilter,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};

/// The cookie's name.
pub const COOKIE: &str = "marquee_session";
/// How long a session lasts.
pub const LIFETIME: TimeDelta = TimeDelta::days(7);

/// The secret of a session: 256 random bits in hexadecimal.
#[derive(Clone, PartialEq, Eq, Hash)]
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

    fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
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

/// Opens a session of a user, and clears away the ones that have run out.
///
/// # Errors
/// When the database does not answer.
pub async fn open(db: &DatabaseConnection, user_id: i64) -> Result<Token, DbErr> {
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
    }
    .insert(db)
    .await?;
    Ok(token)
}

/// Ends a session.
///
/// # Errors
/// When the database does not answer.
pub async fn close(db: &DatabaseConnection, token: &Token) -> Result<(), DbErr> {
    session::Entity::delete_by_id(token.hash()).exec(db).await?;
    Ok(())
}

/// Ends all sessions of a user.
///
/// # Errors
/// When the database does not answer.
pub async fn close_all<C: ConnectionTrait>(db: &C, user_id: i64) -> Result<(), DbErr> {
    session::Entity::delete_many()
        .filter(session::Column::UserId.eq(user_id))
        .exec(db)
        .await?;
    Ok(())
}

/// Whose session a token is: nobody's when it is forged, has run out, or the user is disabled.
///
/// # Errors
/// When the database does not answer.
pub async fn viewer(db: &DatabaseConnection, token: &Token) -> Result<Option<Viewer>, DbErr> {
    const SQL: &str = "SELECT u.id, u.name, r.name AS role_name, r.permissions
        FROM session s
        JOIN user u ON u.id = s.user_id
        LEFT JOIN user_role l ON l.user_id = u.id
        LEFT JOIN role r ON r.name = l.role_name
        WHERE s.token_hash = ? AND s.expires_at > ? AND u.disabled_at IS NULL
        ORDER BY r.name";
    let values = [token.hash().into(), Utc::now().into()];
    from_rows(&etl::database::query(db, SQL, values).await?)
}

/// Whose sessions these tokens are, those left out that are nobody's; one statement for all of them.
///
/// # Errors
/// When the database does not answer.
pub async fn viewers(
    db: &DatabaseConnection,
    tokens: &[Token],
) -> Result<HashMap<Token, Viewer>, DbErr> {
    const SQL: &str = "SELECT s.token_hash, u.id, u.name, r.name AS role_name, r.permissions
        FROM session s
        JOIN user u ON u.id = s.user_id
        LEFT JOIN user_role l ON l.user_id = u.id
        LEFT JOIN role r ON r.name = l.role_name
        WHERE s.token_hash IN ({keys}) AND s.expires_at > ? AND u.disabled_at IS NULL
        ORDER BY r.name";
    let hashes: Vec<String> = tokens.iter().map(Token::hash).collect();
    let mut of_hash: HashMap<String, Vec<sea_orm::QueryResult>> = HashMap::new();
    for row in rows(db, SQL, &hashes, &[Utc::now().into()]).await? {
        let hash = row.try_get("", "token_hash")?;
        of_hash.entry(hash).or_default().push(row);
    }
    let mut viewers = HashMap::new();
    for (token, hash) in tokens.iter().zip(&hashes) {
        if let Some(viewer) = from_rows(of_hash.get(hash).map_or(&[][..], Vec::as_slice))? {
            viewers.insert(token.clone(), viewer);
        }
    }
    Ok(viewers)
}

/// The viewer a user is when signed in.
///
/// # Errors
/// When the database does not answer.
pub async fn viewer_of(db: &DatabaseConnection, user_id: i64) -> Result<Option<Viewer>, DbErr> {
    const SQL: &str = "SELECT u.id, u.name, r.name AS role_name, r.permissions
        FROM user u
        LEFT JOIN user_role l ON l.user_id = u.id
        LEFT JOIN role r ON r.name = l.role_name
        WHERE u.id = ?
        ORDER BY r.name";
    from_rows(&etl::database::query(db, SQL, [user_id.into()]).await?)
}

/// One row for each role.
fn from_rows(rows: &[sea_orm::QueryResult]) -> Result<Option<Viewer>, DbErr> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut viewer = Viewer {
        user_id: first.try_get("", "id")?,
        name: first.try_get("", "name")?,
        roles: Vec::new(),
        permissions: BTreeSet::new(),
    };
    for row in rows {
        let role: Option<String> = row.try_get("", "role_name")?;
        let permissions: Option<String> = row.try_get("", "permissions")?;
        viewer.roles.extend(role);
        let names = permissions.unwrap_or_default();
        let known = names.split_whitespace().filter_map(Permission::parse);
        viewer.permissions.extend(known);
    }
    Ok(Some(viewer))
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
