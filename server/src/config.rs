//! What an operator may set: environment variables, or the same keys in `marquee.toml` (the environment wins).
//!
//! A wrong value is refused at start with its key's name; a secret's value is never shown.

mod limit;

pub use limit::Limits;

use axum::http::HeaderValue;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    path::{Path, PathBuf},
    time::Duration,
};

/// The file looked for in the working directory.
pub const FILE: &str = "marquee.toml";

const DATABASE_URL: &str = "MARQUEE_DATABASE_URL";
const ARCHIVE_URL: &str = "MARQUEE_ARCHIVE_URL";
const INBOX: &str = "MARQUEE_INBOX";
const INBOX_POLL: &str = "MARQUEE_INBOX_POLL";
const UPLOADS: &str = "MARQUEE_UPLOADS";
const MAX_UPLOAD: &str = "MARQUEE_MAX_UPLOAD";
const LISTEN: &str = "MARQUEE_LISTEN";
const ADMIN_PASSWORD: &str = "MARQUEE_ADMIN_PASSWORD";
const SOURCES: &str = "MARQUEE_SOURCES";
const TRUSTED_PROXIES: &str = "MARQUEE_TRUSTED_PROXIES";
const CORS_ORIGINS: &str = "MARQUEE_CORS_ORIGINS";
const SOCKETS: &str = "MARQUEE_SOCKETS";
const SOCKETS_PER_USER: &str = "MARQUEE_SOCKETS_PER_USER";
const SUBSCRIPTIONS: &str = "MARQUEE_SUBSCRIPTIONS";
const ROLES: &str = "MARQUEE_ROLES";
const LOG: &str = "MARQUEE_LOG";
const LOG_FORMAT: &str = "MARQUEE_LOG_FORMAT";

const KEYS: [&str; 17] = [
    DATABASE_URL,
    ARCHIVE_URL,
    INBOX,
    INBOX_POLL,
    SOURCES,
    UPLOADS,
    MAX_UPLOAD,
    LISTEN,
    ADMIN_PASSWORD,
    TRUSTED_PROXIES,
    CORS_ORIGINS,
    SOCKETS,
    SOCKETS_PER_USER,
    SUBSCRIPTIONS,
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
    /// What comes in through the API.
    pub uploads: Uploads,
    /// Where requests arrive.
    pub http: Http,
    /// What one request may ask for.
    pub limits: Limits,
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

/// Files that are sent through the API.
#[derive(Clone, Debug)]
pub struct Uploads {
    /// Where they lie until they are whole; made when it does not exist.
    pub path: PathBuf,
    /// Most bytes of one.
    pub most: u64,
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
    /// How long a client may take to say who it is.
    pub greeting: Duration,
    /// How often a client is asked for a sign of life; it is given up after twice as long.
    pub ping: Duration,
    /// How long a client may take to read a message.
    pub patience: Duration,
}

/// Who may come in.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The password of the user `admin` that the first start makes; random when unset.
    pub admin_password: Option<SecretString>,
    /// The proxies whose `X-Forwarded-…` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The other sites whose pages may ask, such as `https://reports.example`.
    pub cors_origins: Vec<HeaderValue>,
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
            uploads: Uploads {
                path: value(UPLOADS)
                    .unwrap_or_else(|| "data/uploads".to_owned())
                    .into(),
                most: size(value(MAX_UPLOAD).as_deref().unwrap_or("4 GiB"))?,
            },
            http: Http {
                listen: listen(value(LISTEN).as_deref().unwrap_or("127.0.0.1:8080"))?,
            },
            limits: Limits::read(&mut value)?,
            sockets: Sockets {
                total: count(SOCKETS, value(SOCKETS), 4096)?,
                per_user: count(SOCKETS_PER_USER, value(SOCKETS_PER_USER), 1024)?,
                subscriptions: count(SUBSCRIPTIONS, value(SUBSCRIPTIONS), 16)?,
                greeting: Duration::from_secs(5),
                ping: Duration::from_secs(25),
                patience: Duration::from_secs(10),
            },
            access: Access {
                admin_password: value(ADMIN_PASSWORD).map(admin_password).transpose()?,
                trusted_proxies: proxies(&value(TRUSTED_PROXIES).unwrap_or_default())?,
                cors_origins: origins(&value(CORS_ORIGINS).unwrap_or_default())?,
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
        let keys = || KEYS.iter().chain(&limit::KEYS);
        let Some(known) = keys().find(|known| **known == key) else {
            let keys: Vec<_> = keys().copied().collect();
            return Err(ConfigError::File(format!(
                "{key}: no such key; there are {}",
                keys.join(", ")
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

fn size(value: &str) -> Result<u64, ConfigError> {
    let digits = value.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = match value[digits.len()..].trim() {
        "" | "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        "TiB" => Some(1_u64 << 40),
        _ => None,
    };
    let number = digits.trim().parse::<u64>().ok();
    let bytes = number.zip(unit).and_then(|(n, unit)| n.checked_mul(unit));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| {
        let message = format!("must be a size such as 500 MiB or 4 GiB, not {value:?}");
        wrong(MAX_UPLOAD, message)
    })
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

fn admin_password(value: String) -> Result<SecretString, ConfigError> {
    let password = SecretString::from(value);
    crate::auth::password::check(&password, crate::auth::user::ADMIN)
        .map_err(|error| wrong(ADMIN_PASSWORD, error.to_string()))?;
    Ok(password)
}

/// The entries of a list with commas between them.
fn entries(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(',')
        .map(str::trim)
        .filter(|one| !one.is_empty())
}

fn proxies(value: &str) -> Result<Vec<IpNet>, ConfigError> {
    let parse = |one: &str| {
        let net = one.parse::<IpNet>();
        let net = net.or_else(|_| one.parse::<IpAddr>().map(IpNet::from));
        net.map_err(|_| {
            let message = format!("must be addresses or networks such as 10.0.0.0/8, not {one:?}");
            wrong(TRUSTED_PROXIES, message)
        })
    };
    entries(value).map(parse).collect()
}

fn origins(value: &str) -> Result<Vec<HeaderValue>, ConfigError> {
    let parse = |one: &str| {
        // What a browser sends is compared letter by letter, so it has to be just that.
        let origin = url::Url::parse(one).map(|url| url.origin());
        let exact = origin.is_ok_and(|origin| {
            let (tuple, written) = (origin.is_tuple(), origin.ascii_serialization());
            tuple && written == one && written.starts_with("http")
        });
        let header = HeaderValue::from_str(one).ok().filter(|_| exact);
        header.ok_or_else(|| {
            let message = format!("must be origins such as https://reports.example, not {one:?}");
            wrong(CORS_ORIGINS, message)
        })
    };
    entries(value).map(parse).collect()
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
        assert_eq!(config.uploads.path, Path::new("data/uploads"));
        assert_eq!(config.uploads.most, 4 << 30);
        assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
        assert!(config.access.admin_password.is_none());
        assert!(config.roles.api && config.roles.worker);
        assert_eq!(config.log.filter, "info");
        assert_eq!(config.limits.depth, 15);
        assert_eq!(config.limits.timeout, Duration::from_secs(30));
        let given = read(&[], "MARQUEE_MAX_DEPTH = 7\nMARQUEE_CACHE_SIZE = 0").unwrap();
        assert_eq!((given.limits.depth, given.limits.cache), (7, 0));
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
            ("MARQUEE_MAX_UPLOAD", "much"),
            ("MARQUEE_MAX_UPLOAD", "4 GB"),
            ("MARQUEE_MAX_UPLOAD", "0"),
            ("MARQUEE_MAX_UPLOAD", "99999999 TiB"),
            ("MARQUEE_LISTEN", "8080"),
            ("MARQUEE_ADMIN_PASSWORD", "secret"),
            ("MARQUEE_ADMIN_PASSWORD", "Password1234"),
            ("MARQUEE_TRUSTED_PROXIES", "10.0.0.0/8, proxy"),
            ("MARQUEE_CORS_ORIGINS", "*"),
            ("MARQUEE_CORS_ORIGINS", "https://reports.example/"),
            ("MARQUEE_CORS_ORIGINS", "reports.example"),
            ("MARQUEE_ROLES", "api,cook"),
            ("MARQUEE_SOCKETS", "0"),
            ("MARQUEE_SOCKETS_PER_USER", "many"),
            ("MARQUEE_LOG", "in=fo=x"),
            ("MARQUEE_LOG_FORMAT", "xml"),
            ("MARQUEE_MAX_DEPTH", "0"),
            ("MARQUEE_MAX_RESULT", "16 MB"),
            ("MARQUEE_CACHE_SIZE", "-1"),
            ("MARQUEE_REQUEST_TIMEOUT", "0"),
            ("MARQUEE_ALLOWED_OPERATIONS", "/no/such/place"),
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
    fn proxies_and_origins_are_lists() {
        let environment = [
            ("MARQUEE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8,::1"),
            (
                "MARQUEE_CORS_ORIGINS",
                "https://a.example,http://b.example:8080",
            ),
        ];
        let access = read(&environment, "").unwrap().access;
        assert_eq!(access.trusted_proxies.len(), 3);
        assert_eq!(
            access.cors_origins,
            ["https://a.example", "http://b.example:8080"]
        );
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
