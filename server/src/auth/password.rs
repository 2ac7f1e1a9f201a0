//! Passwords: argon2id in PHC form, computed away from the request threads.

use argon2::{
    Argon2, PasswordHasher, PasswordVerifier,
    password_hash::{self, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

/// Fewest characters of a password.
pub const MIN_CHARACTERS: usize = 8;
/// Most bytes of a password: argon2's work grows with it.
const MAX_BYTES: usize = 1024;

/// Each computation takes 19 MiB, so only a few go on at a time.
static AT_WORK: Semaphore = Semaphore::const_new(4);

/// A hash that no password has, with the cost of a real one: verified against for names nobody has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmUh$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Why a password cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Shorter than [`MIN_CHARACTERS`].
    #[error("a password has at least {MIN_CHARACTERS} characters")]
    TooShort,
    /// Longer than 1024 bytes.
    #[error("a password has at most {MAX_BYTES} bytes")]
    TooLong,
    /// Hashing failed, or its thread stopped.
    #[error("hashing a password: {0}")]
    Hash(String),
}

impl From<password_hash::Error> for PasswordError {
    fn from(error: password_hash::Error) -> Self {
        Self::Hash(error.to_string())
    }
}

/// Whether a password may be set.
///
/// # Errors
/// When it is too short or too long.
pub fn check(password: &SecretString) -> Result<(), PasswordError> {
    let password = password.expose_secret();
    if password.len() > MAX_BYTES {
        Err(PasswordError::TooLong)
    } else if password.chars().count() < MIN_CHARACTERS {
        Err(PasswordError::TooShort)
    } else {
        Ok(())
    }
}

/// The PHC string of a password under a new random salt.
///
/// # Errors
/// See [`check`].
pub async fn hash(password: &SecretString) -> Result<String, PasswordError> {
    check(password)?;
    let password = password.clone();
    aside(move || {
        let hash = Argon2::default().hash_password(password.expose_secret().as_bytes())?;
        Ok(hash.to_string())
    })
    .await
}

/// Whether the password has this hash; without a hash it takes as long and is false.
///
/// # Errors
/// When the stored hash cannot be understood.
pub async fn verify(password: &SecretString, hash: Option<String>) -> Result<bool, PasswordError> {
    if password.expose_secret().len() > MAX_BYTES {
        return Ok(false);
    }
    let password = password.clone();
    aside(move || {
        let known = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY))
            .map_err(|error| PasswordError::Hash(error.to_string()))?;
        match Argon2::default().verify_password(password.expose_secret().as_bytes(), &known) {
            Ok(()) => Ok(hash.is_some()),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordError> {
    let stopped = |error: &dyn std::fmt::Display| PasswordError::Hash(error.to_string());
    let _turn = AT_WORK.acquire().await.map_err(|e| stopped(&e))?;
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| stopped(&error))?
}

/// A password for people to type once: 20 letters and digits without look-alikes, about 114 bits.
pub fn random() -> SecretString {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let letter = || char::from(LETTERS[rand::random_range(0..LETTERS.len())]);
    let password: String = (0..20).map(|_| letter()).collect();
    password.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_knows_its_password_only() {
        let password = random();
        let hash = hash(&password).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(verify(&password, Some(hash.clone())).await.unwrap());
        assert!(!verify(&random(), Some(hash)).await.unwrap());
        assert!(!verify(&password, None).await.unwrap());
    }

    #[test]
    fn length_is_bounded() {
        assert!(check(&"äöüäöü8".into()).is_err());
        assert!(check(&"äöüäöü88".into()).is_ok());
        assert!(check(&"x".repeat(1025).into()).is_err());
    }
}
