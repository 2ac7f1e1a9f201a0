//! Python literals, as the data set's list columns hold them.
//!
//! What `repr` of CPython prints for lists, tuples, dicts, strings, numbers, `None`, `True` and `False`;
//! strings borrow from the cell unless they hold an escape.

use std::{borrow::Cow, fmt};

/// Lists and dicts may nest this deep.
const MAX_DEPTH: usize = 32;

/// A parsed literal.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Cow<'a, str>),
    List(Vec<Value<'a>>),
    /// In written order; keys may repeat, the last counts.
    Dict(Vec<(Value<'a>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// What a dict holds under a string key.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        match self {
            Value::Dict(pairs) => pairs
                .iter()
                .rev()
                .find(|(k, _)| matches!(k, Value::Str(k) if k == key))
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

/// As CPython's `repr` prints it, but for the spelling of some floats.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::None => f.write_str("None"),
            Value::Bool(true) => f.write_str("True"),
            Value::Bool(false) => f.write_str("False"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) if value.is_nan() => f.write_str("nan"),
            Value::Float(value) => write!(f, "{value:?}"),
            Value::Str(text) => write_str(f, text),
            Value::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Value::Dict(pairs) => {
                f.write_str("{")?;
                for (at, (key, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_str(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    use fmt::Write;
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    f.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\\' => f.write_str("\\\\")?,
            c if c == quote => write!(f, "\\{c}")?,
            ' '..='~' => f.write_char(c)?,
            c if c.is_control() || matches!(c, '\u{a0}' | '\u{ad}') => {
                write!(f, "\\x{:02x}", c as u32)?
            }
            c if c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}') => {
                write!(f, "\\u{:04x}", c as u32)?;
            }
            c => f.write_char(c)?,
        }
    }
    f.write_char(quote)
}

/// Where and why a text is not a literal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {offset}")]
pub struct LiteralError {
    /// Bytes before the fault.
    pub offset: usize,
    /// What was expected or found.
    pub message: &'static str,
}

/// Parses a whole text as one literal.
///
/// # Errors
/// When the text is not one literal, with the byte offset of the first fault.
pub fn parse(text: &str) -> Result<Value<'_>, LiteralError> {
    let mut parser = Parser { text, at: 0 };
    parser.space();
    let value = parser.value(0)?;
    parser.space();
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.error("text after the end of the literal")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, message: &'static str) -> LiteralError {
        LiteralError {
            offset: self.at,
            message,
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value<'a>, LiteralError> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deep"));
        }
        match self.peek() {
            Some(b'\'' | b'"') => self.string(),
            Some(b'[') => self.list(b']', depth),
            Some(b'(') => self.list(b')', depth),
            Some(b'{') => self.dict(depth),
            Some(b'0'..=b'9' | b'-' | b'+' | b'.') => self.number(),
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word(),
            Some(_) => Err(self.error("not the beginning of a literal")),
            None => Err(self.error("a literal was expected")),
        }
    }

    fn word(&mut self) -> Result<Value<'a>, LiteralError> {
        const WORDS: [(&str, Value<'static>); 5] = [
            ("None", Value::None),
            ("True", Value::Bool(true)),
            ("False", Value::Bool(false)),
            ("nan", Value::Float(f64::NAN)),
            ("inf", Value::Float(f64::INFINITY)),
        ];
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        match WORDS.iter().find(|(word, _)| *word == &rest[..length]) {
            Some((_, value)) => {
                self.at += length;
                Ok(value.clone())
            }
            None => Err(self.error("a name that is no literal")),
        }
    }

    fn number(&mut self) -> Result<Value<'a>, LiteralError> {
        let rest = &self.text[self.at..];
        let length = rest
            .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E' | '_'))
            .unwrap_or(rest.len());
        let digits = &rest[..length];
        let parsed = if digits.contains('_') {
            None
        } else if let Ok(int) = digits.parse() {
            Some(Value::Int(int))
        } else {
            digits.parse().ok().map(Value::Float)
        };
        if digits == "-" && rest[1..].starts_with("inf") {
            self.at += 4;
            return Ok(Value::Float(f64::NEG_INFINITY));
        }
        let value = parsed.ok_or_else(|| self.error("not a number"))?;
        self.at += length;
        Ok(value)
    }

    fn list(&mut self, end: u8, depth: usize) -> Result<Value<'a>, LiteralError> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.space();
            if self.eat(end) {
                return Ok(Value::List(items));
            }
            items.push(self.value(depth + 1)?);
            self.space();
            if !self.eat(b',') && self.peek() != Some(end) {
                return Err(self.error("a comma or the end of the list was expected"));
            }
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Value<'a>, LiteralError> {
        self.at += 1;
        let mut pairs = Vec::new();
        loop {
            self.space();
            if self.eat(b'}') {
                return Ok(Value::Dict(pairs));
            }
            let key = self.value(depth + 1)?;
            self.space();
            if !self.eat(b':') {
                return Err(self.error("a colon was expected"));
            }
            self.space();
            pairs.push((key, self.value(depth + 1)?));
            self.space();
            if !self.eat(b',') && self.peek() != Some(b'}') {
                return Err(self.error("a comma or the end of the dict was expected"));
            }
        }
    }

    fn string(&mut self) -> Result<Value<'a>, LiteralError> {
        let quote = self.text.as_bytes()[self.at];
        self.at += 1;
        let start = self.at;
        let mut owned = String::new();
        let mut copied = start;
        loop {
            match self.peek() {
                None => return Err(self.error("the string does not end")),
                Some(byte) if byte == quote => {
                    let tail = &self.text[copied..self.at];
                    self.at += 1;
                    return Ok(Value::Str(if copied == start {
                        Cow::Borrowed(tail)
                    } else {
                        owned.push_str(tail);
                        Cow::Owned(owned)
                    }));
                }
                Some(b'\\') => {
                    owned.push_str(&self.text[copied..self.at]);
                    self.escape(&mut owned)?;
                    copied = self.at;
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// Reads an escape; the cursor is on its backslash.
    fn escape(&mut self, out: &mut String) -> Result<(), LiteralError> {
        let escape = self.text[self.at + 1..].chars().next();
        let (length, c) = match escape {
            None => return Err(self.error("the string does not end")),
            Some('\n') => (2, None),
            Some('\\') => (2, Some('\\')),
            Some('\'') => (2, Some('\'')),
            Some('"') => (2, Some('"')),
            Some('n') => (2, Some('\n')),
            Some('r') => (2, Some('\r')),
            Some('t') => (2, Some('\t')),
            Some('a') => (2, Some('\x07')),
            Some('b') => (2, Some('\x08')),
            Some('f') => (2, Some('\x0c')),
            Some('v') => (2, Some('\x0b')),
            Some('x') => (4, Some(self.hex(2)?)),
            Some('u') => (6, Some(self.hex(4)?)),
            Some('U') => (10, Some(self.hex(8)?)),
            Some('0'..='7') => {
                let digits: String = self.text[self.at + 1..]
                    .chars()
                    .take(3)
                    .take_while(|c| matches!(c, '0'..='7'))
                    .collect();
                let code = u32::from_str_radix(&digits, 8)
                    .ok()
                    .and_then(char::from_u32);
                (1 + digits.len(), code)
            }
            // As Python: an unknown escape stands for itself.
            Some(_) => (1, Some('\\')),
        };
        self.at += length;
        out.extend(c);
        Ok(())
    }

    /// The character of `count` hex digits after the cursor's escape; a lone surrogate becomes U+FFFD.
    fn hex(&self, count: usize) -> Result<char, LiteralError> {
        let digits = self.text.get(self.at + 2..self.at + 2 + count);
        let code = digits
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match code {
            Some(0xd800..=0xdfff) => Ok('\u{fffd}'),
            Some(code) => char::from_u32(code).ok_or_else(|| self.error("no such character")),
            None => Err(self.error("an escape lacks hex digits")),
        }
    }
}
