//! Slowing guesses down, on all instances together.
//!
//! An attempt is counted before what was tried is looked at, so that many at once are slowed down as one after
//! another would be. After some that cost nothing each further wrong one must wait twice as long as the one
//! before, up to a bound: nobody is locked out for long, neither a name by strangers nor those who share an
//! address. What has rested for `REST` is forgotten.

use super::AccessError;
use chrono::{DateTime, TimeDelta, Utc};
use entity::access::attempt;
use sea_orm::{ActiveValue::Set, DatabaseConnection, DbErr, EntityTrait, SqlErr};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// How long wrong attempts are remembered after the last one.
const REST: TimeDelta = TimeDelta::minutes(15);

/// Who is slowed down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    key: String,
    /// Wrong attempts in a row that cost nothing.
    free: i32,
    /// The longest wait in seconds.
    longest: i64,
}

impl Subject {
    /// A name to sign in with, whether somebody has it or not.
    pub fn name(name: &str) -> Self {
        let hash = hex::encode(&Sha256::digest(name)[..16]);
        Self {
            key: format!("name {hash}"),
            free: 5,
            longest: 60,
        }
    }

    /// Sign-ins from an address, which may be that of many people.
    pub fn address(address: IpAddr) -> Self {
        Self {
            key: format!("address {}", network(address)),
            free: 30,
            longest: 15,
        }
    }

    /// Tokens that are none, from an address.
    pub fn tokens(address: IpAddr) -> Self {
        Self {
            key: format!("token {}", network(address)),
            ..Self::address(address)
        }
    }

    /// How long to wait after that many wrong attempts.
    fn wait(&self, failures: i32) -> TimeDelta {
        let beyond = failures - self.free;
        if beyond < 0 {
            return TimeDelta::zero();
        }
        TimeDelta::seconds(self.longest.min(1 << beyond.min(30)))
    }

    fn too_soon(&self, row: &attempt::Model, now: DateTime<Utc>) -> AccessError {
        let next = row.last_at + self.wait(row.failures);
        AccessError::TooSoon {
            seconds: (next - now).num_seconds().max(0) + 1,
        }
    }
}

/// One customer's part of the addresses: of IPv6 a customer has all that begin with the same 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let bits = address.to_bits() & !u128::from(u64::MAX);
            std::net::Ipv6Addr::from_bits(bits).into()
        }
        address => address,
    }
}

/// Counts an attempt, unless it has to wait.
///
/// # Errors
/// [`AccessError::TooSoon`] when it has to, [`AccessError::Database`] when the database does not answer.
pub async fn count(
    db: &DatabaseConnection,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<(), AccessError> {
    let first = attempt::ActiveModel {
        subject: Set(subject.key.clone()),
        failures: Set(1),
        last_at: Set(now),
        told_at: Set(None),
    };
    let row = match find(db, subject).await? {
        Some(row) => row,
        None => {
            forget(db, now).await?;
            let inserted = attempt::Entity::insert(first)
                .exec_without_returning(db)
                .await;
            match inserted {
                Ok(_) => return Ok(()),
                // Somebody else began at the same moment.
                Err(error) if is_taken(&error) => match find(db, subject).await? {
                    Some(row) => row,
                    None => return Ok(()),
                },
                Err(error) => return Err(error.into()),
            }
        }
    };
    if now - row.last_at > REST {
        reset(db, subject).await?;
        return Box::pin(count(db, subject, now)).await;
    }
    const COUNT: &str = "UPDATE attempt SET failures = failures + 1, last_at = ?
        WHERE subject = ? AND (failures < ? OR (failures = ? AND last_at <= ?))";
    let values = [
        now.into(),
        subject.key.clone().into(),
        subject.free.into(),
        row.failures.into(),
        (now - subject.wait(row.failures)).into(),
    ];
    match etl::database::execute(db, COUNT, values).await? {
        0 => Err(subject.too_soon(&row, now)),
        _ => Ok(()),
    }
}

fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

async fn find(db: &DatabaseConnection, subject: &Subject) -> Result<Option<attempt::Model>, DbErr> {
    attempt::Entity::find_by_id(subject.key.as_str())
        .one(db)
        .await
}

/// Forgets the wrong attempts of a subject.
///
/// # Errors
/// When the database does not answer.
pub async fn reset(db: &DatabaseConnection, subject: &Subject) -> Result<(), DbErr> {
    attempt::Entity::delete_by_id(subject.key.as_str())
        .exec(db)
        .await?;
    Ok(())
}

/// Takes back what was counted for an attempt that was right.
///
/// # Errors
/// When the database does not answer.
pub async fn take_back(db: &DatabaseConnection, subject: &Subject) -> Result<(), DbErr> {
    const BACK: &str =
        "UPDATE attempt SET failures = failures - 1 WHERE subject = ? AND failures > 0";
    etl::database::execute(db, BACK, [subject.key.clone().into()]).await?;
    Ok(())
}

/// Whether the audit trail is still to be told that a subject has to wait: once for each attempt that was counted,
/// so that it does not grow with those that were not.
///
/// # Errors
/// When the database does not answer.
pub async fn tell(
    db: &DatabaseConnection,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    const TELL: &str = "UPDATE attempt SET told_at = ? WHERE subject = ? AND (told_at IS NULL OR told_at < last_at)";
    let values = [now.into(), subject.key.clone().into()];
    Ok(etl::database::execute(db, TELL, values).await? > 0)
}

/// Clears away what has rested.
async fn forget(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<(), DbErr> {
    const FORGET: &str = "DELETE FROM attempt WHERE last_at < ?";
    etl::database::execute(db, FORGET, [(now - REST).into()]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_its_bound() {
        let waits = |subject: Subject, beyond: [i32; 7]| {
            beyond.map(|n| subject.wait(subject.free.saturating_add(n)).num_seconds())
        };
        let beyond = [-5, -1, 0, 1, 2, 6, i32::MAX];
        assert_eq!(waits(Subject::name("ada"), beyond), [0, 0, 1, 2, 4, 60, 60]);
        let address = Subject::address("1.2.3.4".parse().unwrap());
        assert_eq!(waits(address, beyond), [0, 0, 1, 2, 4, 15, 15]);
    }

    #[test]
    fn a_customers_addresses_are_one() {
        let of = |address: &str| Subject::address(address.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("1.2.3.4"), of("1.2.3.5"));
    }
}
