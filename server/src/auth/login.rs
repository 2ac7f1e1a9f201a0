//! Signing in with a name and a password.
//!
//! An attempt is counted, for the address and for the name, before its password is looked at; see
//! [`attempt`]. Names nobody has are treated, and take, the same.

use super::{
    AccessError, Client, Viewer,
    attempt::{self, Subject},
    audit::{self, Outcome},
    password,
    session::{self, Token},
    user,
};
use chrono::{DateTime, Utc};
use sea_orm::DatabaseConnection;
use secrecy::SecretString;

/// Signs a person in: the viewer and the token of a new session.
///
/// # Errors
/// [`AccessError::Wrong`] when there is no such user, it is disabled or has another password;
/// [`AccessError::TooSoon`] after too many of these.
pub async fn login(
    db: &DatabaseConnection,
    name: &str,
    password: &SecretString,
    client: Client,
) -> Result<(Viewer, Token), AccessError> {
    let now = Utc::now();
    let address = client.address.map(Subject::address);
    for subject in address.iter().chain([&Subject::name(name)]) {
        if let Err(error) = attempt::count(db, subject, now).await {
            slowed_down(db, subject, name, client, (&error, now)).await?;
            return Err(error);
        }
    }
    let found = match user::find(db, name).await {
        Ok(user) => Some(user),
        Err(AccessError::Unknown(_)) => None,
        Err(error) => return Err(error),
    };
    let hash = found.as_ref().map(|user| user.password_hash.clone());
    let right = password::verify(password, hash).await?;
    let user = found.filter(|user| right && user.disabled_at.is_none());
    let Some(user) = user else {
        let event = audit::Event {
            outcome: Outcome::Refused,
            code: Some(AccessError::Wrong.code()),
            ..event(audit::STRANGER, name, client)
        };
        audit::record(db, event).await?;
        return Err(AccessError::Wrong);
    };
    attempt::reset(db, &Subject::name(name)).await?;
    if let Some(address) = address {
        attempt::take_back(db, &address).await?;
    }
    let token = session::open(db, user.id, client.address).await?;
    audit::record(db, event(&user.name, name, client)).await?;
    let viewer = user::viewer(db, user.id).await?;
    Ok((viewer.ok_or(AccessError::Wrong)?, token))
}

/// Tells the audit trail that somebody has to wait, once for each attempt that was counted.
async fn slowed_down(
    db: &DatabaseConnection,
    subject: &Subject,
    name: &str,
    client: Client,
    (error, now): (&AccessError, DateTime<Utc>),
) -> Result<(), AccessError> {
    if matches!(error, AccessError::TooSoon { .. }) && attempt::tell(db, subject, now).await? {
        let event = audit::Event {
            outcome: Outcome::Refused,
            code: Some(error.code()),
            reason: Some(error.to_string()),
            ..event(audit::STRANGER, name, client)
        };
        audit::record(db, event).await?;
    }
    Ok(())
}

fn event<'a>(actor: &'a str, name: &str, client: Client) -> audit::Event<'a> {
    audit::Event {
        actor,
        action: "login",
        subject: format!("user {name}"),
        address: client.address,
        ..Default::default()
    }
}
