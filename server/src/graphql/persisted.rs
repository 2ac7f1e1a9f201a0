//! Operations known by their hash: those that clients have sent before (automatic persisted queries, as Apollo
//! has them), and those that an operator allows.

use super::{error::Failure, lexer};
use anyhow::{Context, Result, bail};
use async_graphql::{Request, Value};
use quick_cache::{Weighter, sync::Cache};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::Arc,
};

/// Bytes of operations that are remembered; the ones asked for least make room.
const REMEMBERED: u64 = 8 << 20;

/// The operations that clients have sent before, by the SHA-256 of their text.
pub struct Remembered(Cache<String, Arc<str>, Text>);

#[derive(Clone)]
struct Text;

impl Weighter<String, Arc<str>> for Text {
    fn weight(&self, hash: &String, text: &Arc<str>) -> u64 {
        (hash.len() + text.len() + 64) as u64
    }
}

impl Default for Remembered {
    fn default() -> Self {
        Self(Cache::with_weighter(1024, REMEMBERED, Text))
    }
}

impl Remembered {
    /// Gives a request that has only a hash the text that belongs to it; answers the hash where both came.
    ///
    /// # Errors
    /// [`Failure::NotPersisted`] for a hash that is not known, [`Failure::NotItsHash`] for one of another text,
    /// [`Failure::Input`] for a protocol of another version.
    pub fn resolve(
        &self,
        request: &mut Request,
        allowed: Option<&Allowed>,
    ) -> Result<Option<String>, Failure> {
        let Some(Value::Object(asked)) = request.extensions.get("persistedQuery") else {
            return Ok(None);
        };
        let (Some(Value::String(hash)), Some(Value::Number(version))) =
            (asked.get("sha256Hash"), asked.get("version"))
        else {
            return Err(Failure::Input(
                "extensions.persistedQuery has a version and a sha256Hash".to_owned(),
            ));
        };
        if version.as_u64() != Some(1) {
            return Err(Failure::Input(format!(
                "persisted queries are understood in version 1, not {version}"
            )));
        }
        let hash = hash.to_ascii_lowercase();
        if request.query.is_empty() {
            let listed = allowed.and_then(|allowed| allowed.text(&hash));
            let text = listed.or_else(|| self.0.get(&hash));
            request.query = text.ok_or(Failure::NotPersisted)?.as_ref().to_owned();
            return Ok(None);
        }
        match hash == hex::encode(Sha256::digest(&request.query)) {
            true => Ok(Some(hash)),
            false => Err(Failure::NotItsHash),
        }
    }

    /// Remembers an operation that was worth answering.
    pub fn remember(&self, hash: String, text: &str) {
        self.0.insert(hash, text.into());
    }
}

/// The operations that an operator allows.
pub struct Allowed {
    /// Texts as they were given, by their hash and by any other name that a manifest gives them.
    texts: HashMap<String, Arc<str>>,
    /// Their texts without regard to layout.
    canonical: HashSet<String>,
}

impl Allowed {
    /// Reads a directory of `.graphql` files, or a manifest in JSON: `{"<hash>": "<text>"}`, or as Apollo's
    /// tools write it, `{"operations": [{"id": "<hash>", "body": "<text>"}]}`.
    ///
    /// # Errors
    /// Names the file that cannot be read or understood.
    pub fn read(path: &Path) -> Result<Self> {
        let mut allowed = Self {
            texts: HashMap::new(),
            canonical: HashSet::new(),
        };
        let read =
            |path: &Path| std::fs::read_to_string(path).with_context(|| path.display().to_string());
        if path.is_dir() {
            for entry in std::fs::read_dir(path).with_context(|| path.display().to_string())? {
                let file = entry?.path();
                if file.extension().is_some_and(|end| end == "graphql") {
                    let text = read(&file)?;
                    allowed
                        .add(None, &text)
                        .with_context(|| file.display().to_string())?;
                }
            }
        } else {
            let manifest: serde_json::Value =
                serde_json::from_str(&read(path)?).with_context(|| path.display().to_string())?;
            for (id, text) in listed(&manifest).with_context(|| path.display().to_string())? {
                allowed.add(Some(id), text)?;
            }
        }
        if allowed.canonical.is_empty() {
            bail!("{} allows no operation", path.display());
        }
        Ok(allowed)
    }

    fn add(&mut self, id: Option<&str>, text: &str) -> Result<()> {
        async_graphql::parser::parse_query(text).context("not a GraphQL operation")?;
        let shared: Arc<str> = text.into();
        let hash = hex::encode(Sha256::digest(text));
        self.texts.insert(hash, shared.clone());
        if let Some(id) = id {
            self.texts.insert(id.to_ascii_lowercase(), shared);
        }
        self.canonical.insert(lexer::canonical(text));
        Ok(())
    }

    fn text(&self, hash: &str) -> Option<Arc<str>> {
        self.texts.get(hash).cloned()
    }

    /// Whether it is one of them, however it is laid out.
    pub fn contains(&self, text: &str) -> bool {
        self.canonical.contains(&lexer::canonical(text))
    }
}

fn listed(manifest: &serde_json::Value) -> Result<Vec<(&str, &str)>> {
    let pairs: Option<Vec<_>> = match manifest.get("operations").and_then(|all| all.as_array()) {
        Some(operations) => operations
            .iter()
            .map(|one| Some((one["id"].as_str()?, one["body"].as_str()?)))
            .collect(),
        None => manifest.as_object().and_then(|all| {
            all.iter()
                .map(|(id, text)| Some((&**id, text.as_str()?)))
                .collect()
        }),
    };
    pairs.context(
        "a manifest is {\"<hash>\": \"<operation>\"} or {\"operations\": [{\"id\", \"body\"}]}",
    )
}
