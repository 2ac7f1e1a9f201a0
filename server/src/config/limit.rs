//! What one request may ask for, and how long it may take.

use super::{ConfigError, wrong};
use std::{num::NonZeroU32, path::PathBuf, time::Duration};

const MAX_DEPTH: &str = "MARQUEE_MAX_DEPTH";
const MAX_COMPLEXITY: &str = "MARQUEE_MAX_COMPLEXITY";
const MAX_ALIASES: &str = "MARQUEE_MAX_ALIASES";
const MAX_DIRECTIVES: &str = "MARQUEE_MAX_DIRECTIVES";
const MAX_TOKENS: &str = "MARQUEE_MAX_TOKENS";
const MAX_VALUES: &str = "MARQUEE_MAX_VALUES";
const MAX_RESULT: &str = "MARQUEE_MAX_RESULT";
const MAX_BODY: &str = "MARQUEE_MAX_BODY";
const MAX_RATE: &str = "MARQUEE_MAX_RATE";
const REQUEST_TIMEOUT: &str = "MARQUEE_REQUEST_TIMEOUT";
const CACHE_SIZE: &str = "MARQUEE_CACHE_SIZE";
const ALLOWED_OPERATIONS: &str = "MARQUEE_ALLOWED_OPERATIONS";

/// The keys of this part.
pub const KEYS: [&str; 12] = [
    MAX_DEPTH,
    MAX_COMPLEXITY,
    MAX_ALIASES,
    MAX_DIRECTIVES,
    MAX_TOKENS,
    MAX_VALUES,
    MAX_RESULT,
    MAX_BODY,
    MAX_RATE,
    REQUEST_TIMEOUT,
    CACHE_SIZE,
    ALLOWED_OPERATIONS,
];

/// The usual rate: more than a page or a notebook asks, less than fills an instance.
const RATE: NonZeroU32 = NonZeroU32::new(1_000).expect("not zero");

/// The limits of a request, and what is kept to answer it faster.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Levels of fields.
    pub depth: usize,
    /// Fields, a list's counted once for each row it may have.
    pub complexity: usize,
    /// Fields under another name, wherever a fragment repeats them.
    pub aliases: usize,
    /// Directives, wherever a fragment repeats them.
    pub directives: usize,
    /// Words and signs of the operation's text.
    pub tokens: usize,
    /// Single values in the variables.
    pub values: usize,
    /// Bytes of an answer.
    pub result: usize,
    /// Bytes of a request's body.
    pub body: usize,
    /// Requests a second of each session and token, and from each address without one.
    pub rate: NonZeroU32,
    /// How long an answer may take, its statements included.
    pub timeout: Duration,
    /// Bytes of answers that are kept; 0 keeps none.
    pub cache: u64,
    /// A directory of `.graphql` files or a JSON manifest: the only operations that are answered to those
    /// whose roles do not allow any.
    pub allowed: Option<PathBuf>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // What the usual introspection query needs.
            depth: 15,
            complexity: 50_000,
            aliases: 100,
            directives: 100,
            tokens: 5_000,
            values: 10_000,
            result: 16 << 20,
            body: 1 << 20,
            rate: RATE,
            timeout: Duration::from_secs(30),
            cache: 64 << 20,
            allowed: None,
        }
    }
}

impl Limits {
    /// Reads the values that are given and takes the defaults for the others.
    ///
    /// # Errors
    /// Names the key whose value cannot be used.
    pub(super) fn read(
        mut value: impl FnMut(&'static str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let usual = Self::default();
        let mut number = |key, usual: usize, least: usize| match value(key) {
            None => Ok(usual),
            Some(given) => match given.trim().parse() {
                Ok(number) if number >= least => Ok(number),
                _ => Err(wrong(
                    key,
                    format!("must be a whole number from {least}, not {given:?}"),
                )),
            },
        };
        Ok(Self {
            depth: number(MAX_DEPTH, usual.depth, 1)?,
            complexity: number(MAX_COMPLEXITY, usual.complexity, 1)?,
            aliases: number(MAX_ALIASES, usual.aliases, 0)?,
            directives: number(MAX_DIRECTIVES, usual.directives, 0)?,
            tokens: number(MAX_TOKENS, usual.tokens, 1)?,
            values: number(MAX_VALUES, usual.values, 0)?,
            result: number(MAX_RESULT, usual.result, 1024)?,
            body: number(MAX_BODY, usual.body, 1024)?,
            rate: {
                let given = number(MAX_RATE, usual.rate.get() as usize, 1)?;
                let given = u32::try_from(given).unwrap_or(u32::MAX);
                NonZeroU32::new(given).unwrap_or(usual.rate)
            },
            cache: number(
                CACHE_SIZE,
                usize::try_from(usual.cache).unwrap_or(usize::MAX),
                0,
            )? as u64,
            timeout: match value(REQUEST_TIMEOUT) {
                None => usual.timeout,
                Some(given) => timeout(&given)?,
            },
            allowed: value(ALLOWED_OPERATIONS).map(allowed).transpose()?,
        })
    }
}

fn timeout(value: &str) -> Result<Duration, ConfigError> {
    match value.trim().parse::<f64>() {
        Ok(seconds) if (0.1..=3_600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(wrong(
            REQUEST_TIMEOUT,
            format!("must be seconds between 0.1 and 3600, not {value:?}"),
        )),
    }
}

fn allowed(value: String) -> Result<PathBuf, ConfigError> {
    let path = PathBuf::from(&value);
    match path.exists() {
        true => Ok(path),
        false => Err(wrong(ALLOWED_OPERATIONS, format!("{value} is not there"))),
    }
}
