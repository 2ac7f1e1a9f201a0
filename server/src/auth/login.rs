//! Signing in with a name and a password.
//!
//! An attempt is counted before its password is looked at, so that many at once are slowed down as one
//! after another would be. After [`FREE_ATTEMPTS`] wrong ones in a row each further one must wait twice
//! as long as the one before. Names nobody has are treated, and take, the same.

use super::{
    Viewer, audit,
    password::{self, PasswordError},
    session::{self, Token},
};
use chrono::{DateTime, TimeDelta, Utc};
use entity::access::user;
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter};
use secrecy::SecretString;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Wrong passwords in a row that cost nothing.
pub const FREE_ATTEMPTS: i32 = 5;
/// The longest wait, so that a stranger cannot lock somebody out for long.
const LONGEST_WAIT: i64 = 60;
/// How many names nobody has are remembered.
const REMEMBERED_NAMES: usize = 10_000;

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such user, a disabled one, or not the password.
    #[error("wrong name or password")]
    Wrong,
    /// Too many wrong ones before.
    #[error("too many wrong passwords for this name; try again in {seconds} s")]
    TooSoon {
        /// When an attempt counts again.
        seconds: i64,
    },
    /// The password could not be computed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database does not answer.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// How long to wait after that many wrong attempts.
fn wait(failures: i32) -> TimeDelta {
    let beyond = failures - FREE_ATTEMPTS;
    if beyond < 0 {
        return TimeDelta::zero();
    }
    TimeDelta::seconds(LONGEST_WAIT.min(1 << beyond.min(30)))
}

/// Failed attempts at names nobody has, of this instance.
#[derive(Default)]
pub struct UnknownNames(Mutex<HashMap<String, (i32, DateTime<Utc>)>>);

impl UnknownNames {
    fn count(&self, name: &str, now: DateTime<Utc>) -> Result<(), LoginError> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= REMEMBERED_NAMES {
            names.retain(|_, (_, last)| now - *last < TimeDelta::seconds(LONGEST_WAIT));
        }
        if names.len() >= REMEMBERED_NAMES {
            names.clear();
        }
        let (failures, last) = names.entry(name.to_owned()).or_insert((0, now));
        let next = *last + wait(*failures);
        if now < next {
            return Err(too_soon(next, now));
        }
        (*failures, *last) = (failures.saturating_add(1), now);
        Ok(())
    }
}

fn too_soon(next: DateTime<Utc>, now: DateTime<Utc>) -> LoginError {
    LoginError::TooSoon {
        seconds: (next - now).num_seconds().max(0) + 1,
    }
}

/// Counts an attempt at a user, unless it has to wait.
async fn count(
    db: &DatabaseConnection,
    user: &user::Model,
    now: DateTime<Utc>,
) -> Result<(), LoginError> {
    let wait = wait(user.failed_logins);
    let counted = etl::database::execute(
        db,
        "UPDATE user SET failed_logins = failed_logins + 1, last_failed_at = ?
         WHERE id = ? AND (failed_logins < ? OR (failed_logins = ? AND last_failed_at <= ?))",
        [
            now.into(),
            user.id.into(),
            FREE_ATTEMPTS.into(),
            user.failed_logins.into(),
            (now - wait).into(),
        ],
    )
    .await?;
    if counted == 1 {
        return Ok(());
    }
    Err(too_soon(user.last_failed_at.unwrap_or(now) + wait, now))
}

/// Signs a person in: the viewer and the token of a new session.
///
/// # Errors
/// See [`LoginError`].
pub async fn login(
    db: &DatabaseConnection,
    unknown: &UnknownNames,
    name: &str,
    password: &SecretString,
    address: Option<IpAddr>,
) -> Result<(Viewer, Token), LoginError> {
    let now = Utc::now();
    let found = user::Entity::find()
        .filter(user::Column::Name.eq(name))
        .one(db)
        .await?
        // MySQL finds `ada` for `ada `.
        .filter(|user| user.name == name);
    match &found {
        Some(user) => count(db, user, now).await?,
        None => unknown.count(name, now)?,
    }
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let right = password::verify(password, hash).await?;
    let Some(user) = found else {
        return Err(LoginError::Wrong);
    };
    let event = |action| audit::Event {
        actor: &user.name,
        action,
        subject: format!("user {}", user.name),
        address,
        ..Default::default()
    };
    if !right || user.disabled_at.is_some() {
        audit::record(db, event("login.refused")).await?;
        return Err(LoginError::Wrong);
    }
    etl::database::execute(
        db,
        "UPDATE user SET failed_logins = 0, last_failed_at = NULL WHERE id = ?",
        [user.id.into()],
    )
    .await?;
    let token = session::open(db, user.id).await?;
    audit::record(db, event("login")).await?;
    let viewer = session::viewer_of(db, user.id).await?;
    Ok((viewer.ok_or(LoginError::Wrong)?, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_its_bound() {
        let seconds: Vec<_> = [0, 4, 5, 6, 7, 10, 11, i32::MAX]
            .map(|n| wait(n).num_seconds())
            .to_vec();
        assert_eq!(seconds, [0, 0, 1, 2, 4, 32, 60, 60]);
    }

    #[test]
    fn unknown_names_are_slowed_down_too() {
        let names = UnknownNames::default();
        let now = Utc::now();
        for _ in 0..FREE_ATTEMPTS {
            assert!(names.count("nobody", now).is_ok());
        }
        let again = names.count("nobody", now);
        assert!(matches!(again, Err(LoginError::TooSoon { seconds: 2 })));
        assert!(names.count("somebody", now).is_ok());
        assert!(names.count("nobody", now + TimeDelta::seconds(1)).is_ok());
    }
}
