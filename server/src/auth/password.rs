//! Passwords: argon2id in PHC form, computed away from the request threads.

use argon2::{
    Argon2, PasswordHasher, PasswordVerifier,
    password_hash::{self, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use tokio::sync::Semaphore;

/// Fewest characters of a password.
pub const MIN_CHARACTERS: usize = 12;
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
    /// Little more than the user's own name.
    #[error("a password is not the user's name with a little added")]
    Name,
    /// Among the first that anybody tries.
    #[error("this password is among the first that anybody tries")]
    Common,
    /// The same few letters over and over, or a row of the keyboard or the alphabet.
    #[error("a password is not the same few letters over and over, nor letters in their order")]
    Repetitive,
    /// Hashing failed, or its thread stopped.
    #[error("hashing a password: {0}")]
    Hash(String),
}

impl From<password_hash::Error> for PasswordError {
    fn from(error: password_hash::Error) -> Self {
        Self::Hash(error.to_string())
    }
}

/// Whether a user may have a password.
///
/// # Errors
/// [`PasswordError`] says what is wrong with it.
pub fn check(password: &SecretString, name: &str) -> Result<(), PasswordError> {
    let password = password.expose_secret();
    if password.len() > MAX_BYTES {
        return Err(PasswordError::TooLong);
    }
    if password.chars().count() < MIN_CHARACTERS {
        return Err(PasswordError::TooShort);
    }
    let (lower, name) = (password.to_lowercase(), name.to_lowercase());
    let beside = lower.replace(&name, "");
    if !name.is_empty() && beside != lower && beside.chars().count() < MIN_CHARACTERS / 2 {
        return Err(PasswordError::Name);
    }
    if is_repetitive(&lower) {
        return Err(PasswordError::Repetitive);
    }
    if is_common(&lower) {
        return Err(PasswordError::Common);
    }
    Ok(())
}

/// Whether a password is few different letters, a short piece over and over, or letters in their order.
fn is_repetitive(password: &str) -> bool {
    let letters: Vec<char> = password.chars().collect();
    let different: BTreeSet<_> = letters.iter().collect();
    let over_and_over = (1..=4).any(|size| letters.windows(size + 1).all(|w| w[0] == w[size]));
    let step = |pair: &[char]| {
        let (a, b) = (i64::from(u32::from(pair[0])), i64::from(u32::from(pair[1])));
        (a - b).abs() == 1 || (pair[0] == '9' && pair[1] == '0')
    };
    let steps = letters.windows(2).filter(|pair| step(pair)).count();
    different.len() < 5 || over_and_over || steps + 3 > letters.len()
}

/// Words that passwords are made of before anything else is thought of.
const COMMON: [&str; 32] = [
    "password",
    "passwort",
    "passphrase",
    "secret",
    "geheim",
    "welcome",
    "letmein",
    "login",
    "changeme",
    "change",
    "default",
    "administrator",
    "admin",
    "root",
    "superuser",
    "user",
    "test",
    "guest",
    "marquee",
    "movies",
    "movie",
    "qwertyuiop",
    "qwerty",
    "qwertz",
    "asdfghjkl",
    "iloveyou",
    "dragon",
    "monkey",
    "football",
    "baseball",
    "master",
    "me",
];

/// Whether nothing is left of a password when common words are taken out, however they are spelled, and digits and
/// signs around them.
fn is_common(password: &str) -> bool {
    let around = password.trim_matches(|c: char| !c.is_alphabetic());
    let plain = around.chars().filter_map(|letter| match letter {
        '0' => Some('o'),
        '1' | '!' => Some('i'),
        '3' => Some('e'),
        '4' | '@' => Some('a'),
        '5' | '$' => Some('s'),
        letter => letter.is_alphabetic().then_some(letter),
    });
    let mut left: String = plain.collect();
    for word in COMMON {
        left = left.replace(word, " ");
    }
    left.trim().is_empty()
}

/// The PHC string of a user's password under a new random salt.
///
/// # Errors
/// See [`check`].
pub async fn hash(password: &SecretString, name: &str) -> Result<String, PasswordError> {
    check(password, name)?;
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
        let hash = hash(&password, "ada").await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(verify(&password, Some(hash.clone())).await.unwrap());
        assert!(!verify(&random(), Some(hash)).await.unwrap());
        assert!(!verify(&password, None).await.unwrap());
    }

    fn refused(name: &str, password: &str) -> String {
        let checked = check(&password.into(), name);
        checked
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn length_is_bounded() {
        assert!(refused("ada", "äöüxyzäöü8k").contains("at least 12"));
        assert_eq!(refused("ada", "äöüxyzäöü8kq"), "");
        assert!(refused("ada", &"ab cde".repeat(171)).contains("at most 1024"));
    }

    #[test]
    fn what_anybody_would_try_is_refused() {
        for password in ["Annabella-2026", "annabellaannabella", "2026!annabella"] {
            assert!(
                refused("annabella", password).contains("name"),
                "{password}"
            );
        }
        for password in [
            "aaaaaaaaaaaa",
            "abababababab",
            "abcdabcdabcdabcd",
            "123456789012",
            "abcdefghijklm",
        ] {
            assert!(
                refused("ada", password).contains("over and over"),
                "{password}"
            );
        }
        for password in [
            "Password1234",
            "P@ssw0rd!2026",
            "adminadmin12",
            "qwertyuiop123",
            "ChangeMe2026!",
            "letmein-letmein",
        ] {
            assert!(
                refused("ada", password).contains("anybody tries"),
                "{password}"
            );
        }
        for password in [
            "correct horse battery",
            "a long password",
            "hunter2hunter2",
            "annabella likes tea and rain",
        ] {
            assert_eq!(refused("annabella", password), "", "{password}");
        }
        for _ in 0..100 {
            assert!(check(&random(), "admin").is_ok());
        }
    }
}
