//! What an operator may set: environment variables, or the same keys in `marquee.toml` (the environment wins).
//!
//! A wrong value is refused at start with its key's name; a secret's value is never shown.

use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::HashMap,
    fmt,
    net::{SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
    time::Duration,
};

/// The file looked for in the working directory.
pub const FILE: &str = "marquee.toml";

const DATABASE_URL: &str = "MARQUEE_DATABASE_URL";
const ARCHIVE_URL: &str = "MARQUEE_ARCHIVE_URL";
const INBOX: &str = "MARQUEE_INBOX";
const INBOX_POLL: &str = "MARQUEE_INBOX_POLL";
const LISTEN: &str = "MARQUEE_LISTEN";
const ADMIN_PASSWORD: &str = "MARQUEE_ADMIN_PASSWORD";
const SOURCES: &str = "MARQUEE_SOURCES";
const SOCKETS: &str = "MARQUEE_SOCKETS";
const SOCKETS_PER_USER: &str = "MARQUEE_SOCKETS_PER_USER";
const SUBSCRIPTIONS: &str = "MARQUEE_SUBSCRIPTIONS";
const ORIGINS: &str = "MARQUEE_ORIGINS";
const ROLES: &str = "MARQUEE_ROLES";
const LOG: &str = "MARQUEE_LOG";
const LOG_FORMAT: &str = "MARQUEE_LOG_FORMAT";

const KEYS: [&str; 14] = [
    DATABASE_URL,
    ARCHIVE_URL,
    INBOX,
    INBOX_POLL,
    SOURCES,
    LISTEN,
    ADMIN_PASSWORD,
    SOCKETS,
    SOCKETS_PER_USER,
    SUBSCRIPTIONS,
    ORIGINS,
    ROLES,
    LOG,
    LOG_FORMAT,
];

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key's value cannot be used.
    #[error("{key}: {message}")]
    Value {
        /// The key, as it is written in the environment and in the file.
        key: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The file cannot be read or understood.
    #[error("{FILE}: {0}")]
    File(String),
}

/// Everything an instance is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where data is kept.
    pub stores: Stores,
    /// Where files arrive.
    pub inbox: Inbox,
    /// A directory of source definitions besides the built-in ones.
    pub sources: Option<PathBuf>,
    /// Where requests arrive.
    pub http: Http,
    /// Subscriptions.
    pub sockets: Sockets,
    /// The first administrator.
    pub access: Access,
    /// What this instance does.
    pub roles: Roles,
    /// What it says about itself.
    pub log: Log,
}

/// The database and the archive.
#[derive(Clone, Debug)]
pub struct Stores {
    /// `sqlite://path` or `mysql://user:password@host/name`.
    pub database: StoreUrl,
    /// A directory or `s3://bucket/prefix`.
    pub archive: StoreUrl,
}

/// A URL that may hold a password; shown without it.
#[derive(Clone)]
pub struct StoreUrl(SecretString);

impl StoreUrl {
    /// The URL as given.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for StoreUrl {
    fn from(url: String) -> Self {
        Self(url.into())
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.expose();
        // Neither the credentials nor the parameters (which may hold keys) are for showing.
        let shown = url.split('?').next().unwrap_or(url);
        let Some((scheme, rest)) = shown.split_once("://") else {
            return f.write_str(shown);
        };
        match rest.rsplit_once('@') {
            Some((_, place)) => write!(f, "{scheme}://…@{place}"),
            None => f.write_str(shown),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The folder files are dropped into.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// Made when it does not exist.
    pub path: PathBuf,
    /// How often to look instead of waiting for events, for mounts that send none.
    pub poll: Option<Duration>,
}

/// The HTTP server.
#[derive(Clone, Debug)]
pub struct Http {
    /// Port 0 takes any free one.
    pub listen: SocketAddr,
}

/// The sockets of subscriptions; the times are as most deployments want them and have no keys.
#[derive(Clone, Debug)]
pub struct Sockets {
    /// Most sockets of this instance.
    pub total: usize,
    /// Most of one person.
    pub per_user: usize,
    /// Most subscriptions of one socket.
    pub subscriptions: usize,
    /// Origins besides the instance's own whose pages may open sockets, such as `https://desk.example.com`.
    pub origins: Vec<String>,
    /// How long a client may take to say who it is.
    pub greeting: Duration,
    /// How often a client is asked for a sign of life; it is given up after twice as long.
    pub ping: Duration,
    /// How long a client may take to read a message.
    pub patience: Duration,
}

/// Users.
#[derive(Clone, Debug)]
pub struct Access {
    /// The password of the user `admin` that the first start makes; random when unset.
    pub admin_password: Option<SecretString>,
}

/// Which parts run in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Answers requests.
    pub api: bool,
    /// Watches the inbox and runs the chain.
    pub worker: bool,
}

/// Logging.
#[derive(Clone, Debug)]
pub struct Log {
    /// `tracing` directives such as `info` or `info,etl=debug`.
    pub filter: String,
    /// JSON lines for machines.
    pub json: bool,
}

impl Config {
    /// Reads the environment and, where it exists, `marquee.toml` in the working directory.
    ///
    /// # Errors
    /// Names the key whose value cannot be used.
    pub fn load() -> Result<Self, ConfigError> {
        let file = match std::fs::read_to_string(FILE) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(ConfigError::File(error.to_string())),
        };
        Self::read(|key| std::env::var(key).ok(), file.as_deref())
    }

    /// Reads values from a function that stands for the environment and from a file's text.
    ///
    /// # Errors
    /// Names the key whose value cannot be used.
    pub fn read(
        environment: impl Fn(&str) -> Option<String>,
        file: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let mut file = file.map(file_values).transpose()?.unwrap_or_default();
        let mut value = |key: &'static str| {
            let given = environment(key).or_else(|| file.remove(key));
            given.filter(|value| !value.trim().is_empty())
        };
        Ok(Self {
            stores: Stores {
                database: database_url(value(DATABASE_URL))?,
                archive: value(ARCHIVE_URL)
                    .unwrap_or_else(|| "data/archive".to_owned())
                    .into(),
            },
            inbox: Inbox {
                path: inbox_path(value(INBOX))?,
                poll: value(INBOX_POLL).map(|v| poll(&v)).transpose()?,
            },
            sources: value(SOURCES).map(sources).transpose()?,
            http: Http {
                listen: listen(value(LISTEN).as_deref().unwrap_or("127.0.0.1:8080"))?,
            },
            sockets: Sockets {
                total: count(SOCKETS, value(SOCKETS), 4096)?,
                per_user: count(SOCKETS_PER_USER, value(SOCKETS_PER_USER), 1024)?,
                subscriptions: count(SUBSCRIPTIONS, value(SUBSCRIPTIONS), 16)?,
                origins: origins(&value(ORIGINS).unwrap_or_default())?,
                greeting: Duration::from_secs(5),
                ping: Duration::from_secs(25),
                patience: Duration::from_secs(10),
            },
            access: Access {
                admin_password: value(ADMIN_PASSWORD).map(admin_password).transpose()?,
            },
            roles: roles(value(ROLES).as_deref().unwrap_or("api,worker"))?,
            log: Log {
                filter: filter(value(LOG).unwrap_or_else(|| "info".to_owned()))?,
                json: json(value(LOG_FORMAT).as_deref().unwrap_or("text"))?,
            },
        })
    }
}

fn wrong(key: &'static str, message: impl Into<String>) -> ConfigError {
    ConfigError::Value {
        key,
        message: message.into(),
    }
}

fn file_values(text: &str) -> Result<HashMap<String, String>, ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        // The error's own display would quote the line, which may be a password.
        let before = error
            .span()
            .map_or("", |span| &text[..span.start.min(text.len())]);
        let line = before.lines().count().max(1);
        ConfigError::File(format!("line {line}: {}", error.message()))
    })?;
    let mut values = HashMap::new();
    for (key, value) in table {
        let Some(known) = KEYS.iter().find(|known| **known == key) else {
            return Err(ConfigError::File(format!(
                "{key}: no such key; there are {}",
                KEYS.join(", ")
            )));
        };
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Float(number) => number.to_string(),
            _ => return Err(wrong(known, "must be a string or a number")),
        };
        values.insert(key, value);
    }
    Ok(values)
}

fn database_url(value: Option<String>) -> Result<StoreUrl, ConfigError> {
    let url = value.unwrap_or_else(|| "sqlite://data/marquee.db".to_owned());
    let named = match url.split_once(':') {
        Some(("sqlite", rest)) => !rest.trim_start_matches('/').is_empty(),
        Some(("mysql" | "mariadb", rest)) => rest
            .trim_start_matches('/')
            .split('?')
            .next()
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(host, name)| !host.is_empty() && !name.is_empty()),
        _ => false,
    };
    if !named {
        return Err(wrong(
            DATABASE_URL,
            "must be sqlite://path or mysql://user:password@host:port/name",
        ));
    }
    Ok(url.into())
}

fn inbox_path(value: Option<String>) -> Result<PathBuf, ConfigError> {
    let value = value.unwrap_or_else(|| "data/inbox".to_owned());
    if value.contains("://") {
        return Err(wrong(INBOX, "must be a directory"));
    }
    if Path::new(&value).is_file() {
        return Err(wrong(INBOX, format!("{value} is a file, not a directory")));
    }
    Ok(value.into())
}

fn sources(value: String) -> Result<PathBuf, ConfigError> {
    match Path::new(&value).is_dir() {
        true => Ok(value.into()),
        false => Err(wrong(SOURCES, format!("{value} is not a directory"))),
    }
}

fn poll(value: &str) -> Result<Duration, ConfigError> {
    match value.trim().parse::<f64>() {
        Ok(seconds) if (0.1..=86_400.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(wrong(
            INBOX_POLL,
            format!("must be seconds between 0.1 and 86400, not {value:?}"),
        )),
    }
}

fn listen(value: &str) -> Result<SocketAddr, ConfigError> {
    let message = || format!("must be an address and a port such as 127.0.0.1:8080, not {value:?}");
    value
        .to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| wrong(LISTEN, message()))
}

fn count(key: &'static str, value: Option<String>, default: usize) -> Result<usize, ConfigError> {
    let Some(value) = value else {
        return Ok(default);
    };
    match value.trim().parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(wrong(
            key,
            format!("must be a whole number above 0, not {value:?}"),
        )),
    }
}

fn origins(value: &str) -> Result<Vec<String>, ConfigError> {
    let given = value
        .split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty());
    given
        .map(|origin| match url::Url::parse(origin) {
            // Browsers write origins in this form.
            Ok(url) if url.has_host() && url.path() == "/" => {
                Ok(url.origin().ascii_serialization())
            }
            _ => Err(wrong(
                ORIGINS,
                format!("must be origins such as https://desk.example.com, not {origin:?}"),
            )),
        })
        .collect()
}

fn admin_password(value: String) -> Result<SecretString, ConfigError> {
    let password = SecretString::from(value);
    crate::auth::password::check(&password)
        .map_err(|error| wrong(ADMIN_PASSWORD, error.to_string()))?;
    Ok(password)
}

fn roles(value: &str) -> Result<Roles, ConfigError> {
    let mut roles = Roles {
        api: false,
        worker: false,
    };
    for role in value.split(',').map(str::trim) {
        match role {
            "api" => roles.api = true,
            "worker" => roles.worker = true,
            _ => {
                return Err(wrong(
                    ROLES,
                    format!("must be api, worker or api,worker, not {value:?}"),
                ));
            }
        }
    }
    Ok(roles)
}

fn filter(value: String) -> Result<String, ConfigError> {
    match value.parse::<tracing_subscriber::filter::Targets>() {
        Ok(_) => Ok(value),
        Err(error) => Err(wrong(LOG, format!("{value:?}: {error}"))),
    }
}

fn json(value: &str) -> Result<bool, ConfigError> {
    match value {
        "text" => Ok(false),
        "json" => Ok(true),
        _ => Err(wrong(
            LOG_FORMAT,
            format!("must be text or json, not {value:?}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(environment: &[(&str, &str)], file: &str) -> Result<Config, String> {
        let find = |key: &str| {
            let found = environment.iter().find(|(name, _)| *name == key);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::read(find, Some(file)).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_are_those_of_the_contract() {
        let config = read(&[], "").unwrap();
        assert_eq!(config.stores.database.expose(), "sqlite://data/marquee.db");
        assert_eq!(config.stores.archive.expose(), "data/archive");
        assert_eq!(config.inbox.path, Path::new("data/inbox"));
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
        assert!(config.access.admin_password.is_none());
        assert!(config.roles.api && config.roles.worker);
        assert_eq!(config.log.filter, "info");
        assert!(config.sockets.origins.is_empty());
    }

    #[test]
    fn origins_are_taken_as_browsers_write_them() {
        let given = (
            "MARQUEE_ORIGINS",
            "https://Desk.test:443/, http://desk.test:8080",
        );
        let config = read(&[given], "").unwrap();
        let expected = ["https://desk.test", "http://desk.test:8080"];
        assert_eq!(config.sockets.origins, expected);
    }

    #[test]
    fn environment_wins_over_the_file() {
        let file = "MARQUEE_LISTEN = '0.0.0.0:1'\nMARQUEE_INBOX_POLL = 5";
        let config = read(&[("MARQUEE_LISTEN", "127.0.0.1:2")], file).unwrap();
        assert_eq!(config.http.listen.port(), 2);
        assert_eq!(config.inbox.poll, Some(Duration::from_secs(5)));
    }

    #[test]
    fn a_wrong_value_is_refused_by_its_key() {
        for (key, value) in [
            ("MARQUEE_DATABASE_URL", "postgres://x/y"),
            ("MARQUEE_DATABASE_URL", "mysql://host"),
            ("MARQUEE_INBOX", "s3://bucket"),
            ("MARQUEE_INBOX_POLL", "often"),
            ("MARQUEE_LISTEN", "8080"),
            ("MARQUEE_ADMIN_PASSWORD", "secret"),
            ("MARQUEE_ROLES", "api,cook"),
            ("MARQUEE_SOCKETS", "0"),
            ("MARQUEE_SOCKETS_PER_USER", "many"),
            ("MARQUEE_ORIGINS", "desk.test"),
            ("MARQUEE_ORIGINS", "https://desk.test/page"),
            ("MARQUEE_LOG", "in=fo=x"),
            ("MARQUEE_LOG_FORMAT", "xml"),
        ] {
            let error = read(&[(key, value)], "").unwrap_err();
            assert!(error.starts_with(&format!("{key}: ")), "{error}");
            assert!(!error.contains("\"secret\""), "{error}");
        }
        assert!(
            read(&[], "MARQUEE_LISTN = 'x'")
                .unwrap_err()
                .contains("MARQUEE_LISTN")
        );
        let unclosed = read(&[], "\nMARQUEE_ADMIN_PASSWORD = 'hunter2hunter2").unwrap_err();
        assert!(!unclosed.contains("hunter2"), "{unclosed}");
    }

    #[test]
    fn secrets_are_not_shown() {
        let config = read(
            &[
                ("MARQUEE_DATABASE_URL", "mysql://me:hunter2@host:1/mart"),
                ("MARQUEE_ARCHIVE_URL", "s3://bucket/p?secret_key=hunter2"),
                ("MARQUEE_ADMIN_PASSWORD", "hunter2hunter2"),
            ],
            "",
        );
        let shown = format!("{:?}", config.unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("mysql://…@host:1/mart"), "{shown}");
    }
}
