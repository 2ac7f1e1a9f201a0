//! Lists in a cell: Python literals, JSON, or names alone.

use super::definition::{NameKey, Syntax};
use crate::literal::{self, Value};
use sha2::{Digest, Sha256};
use std::{borrow::Cow, collections::HashMap};

/// Reads a cell as one value.
///
/// # Errors
/// Where and why it is none.
pub fn parse<'a>(text: &'a str, syntax: &Syntax) -> Result<Value<'a>, String> {
    match syntax {
        Syntax::Python => literal::parse(text).map_err(|error| error.to_string()),
        Syntax::Json => serde_json::from_str(text)
            .map(from_json)
            .map_err(|error| error.to_string()),
        Syntax::Names(separator) => Ok(Value::List(
            text.split(separator.as_str())
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(|name| Value::Str(Cow::Borrowed(name)))
                .collect(),
        )),
    }
}

fn from_json(value: serde_json::Value) -> Value<'static> {
    match value {
        serde_json::Value::Null => Value::None,
        serde_json::Value::Bool(truth) => Value::Bool(truth),
        serde_json::Value::Number(number) => number.as_i64().map_or_else(
            || Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            Value::Int,
        ),
        serde_json::Value::String(text) => Value::Str(Cow::Owned(text)),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(from_json).collect()),
        serde_json::Value::Object(pairs) => Value::Dict(
            pairs
                .into_iter()
                .map(|(key, value)| (Value::Str(Cow::Owned(key)), from_json(value)))
                .collect(),
        ),
    }
}

/// What a list's elements are known by.
pub trait Key: PartialEq + Sized {
    /// The key that stands in an element; none where it cannot be one.
    fn read(value: &Value) -> Option<Self>;
    /// The key that a definition gives a name.
    fn given(key: &NameKey) -> Option<Self>;
    /// A key made of a name alone.
    fn derived(name: &str) -> Self;
}

/// A number greater than 0; one made of a name is below.
impl Key for i64 {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Int(id) if *id > 0 => Some(*id),
            _ => None,
        }
    }

    fn given(key: &NameKey) -> Option<Self> {
        match key {
            NameKey::Number(id) => Some(*id),
            NameKey::Code(_) => None,
        }
    }

    fn derived(name: &str) -> Self {
        // 53 bits, which every client can hold.
        -1 - (digest(name) >> 11) as i64
    }
}

/// A short code; one made of a name begins with `x-`.
impl Key for String {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Str(code) if !code.is_empty() && code.len() <= 16 => {
                Some(code.clone().into_owned())
            }
            _ => None,
        }
    }

    fn given(key: &NameKey) -> Option<Self> {
        match key {
            NameKey::Number(_) => None,
            NameKey::Code(code) => Some(code.clone()),
        }
    }

    fn derived(name: &str) -> Self {
        format!("x-{:013x}", digest(name) >> 12)
    }
}

fn digest(name: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(name.as_bytes())[..8]);
    u64::from_be_bytes(first)
}

/// The key of a name in a list of names.
pub fn key_of<K: Key>(name: &str, keys: Option<&HashMap<String, NameKey>>) -> K {
    keys.and_then(|keys| keys.get(name))
        .and_then(K::given)
        .unwrap_or_else(|| K::derived(name))
}
