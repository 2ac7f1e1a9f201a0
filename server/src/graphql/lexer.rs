//! The words and signs of an operation's text, counted before anything is made of them.
//!
//! The parser goes as deep as the text's brackets do and takes all of its words, so both are looked at first,
//! in one pass that keeps nothing.

/// What a text consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Words and signs.
    pub tokens: usize,
    /// Most brackets that are open at once.
    pub nesting: usize,
    /// Bytes of the longest name.
    pub name: usize,
}

/// Measures a text.
pub fn size(text: &str) -> Size {
    let (mut size, mut open) = (Size::default(), 0_usize);
    for token in tokens(text) {
        size.tokens += 1;
        match token {
            "{" | "[" | "(" => {
                open += 1;
                size.nesting = size.nesting.max(open);
            }
            "}" | "]" | ")" => open = open.saturating_sub(1),
            name if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                size.name = size.name.max(name.len());
            }
            _ => {}
        }
    }
    size
}

/// The text with one blank between its tokens: the same for all texts that differ in layout and comments.
pub fn canonical(text: &str) -> String {
    let mut canonical = String::with_capacity(text.len());
    for token in tokens(text) {
        if !canonical.is_empty() {
            canonical.push(' ');
        }
        canonical.push_str(token);
    }
    canonical
}

/// The tokens in order; what is none, such as a string without an end, is taken for one.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = after_blank(rest);
        let length = length(rest)?;
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

/// What comes after blanks, commas and comments.
fn after_blank(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r', ',', '\u{feff}']);
        if !rest.starts_with('#') {
            return rest;
        }
        rest = rest.find(['\n', '\r']).map_or("", |end| &rest[end..]);
    }
}

/// Bytes of the token with which a text begins.
fn length(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    Some(match first {
        '"' => string_length(text),
        '.' if text.starts_with("...") => 3,
        '-' => 1 + number_length(&text[1..]),
        c if c.is_ascii_digit() => number_length(text),
        c if word(c) => text.find(|c| !word(c)).unwrap_or(text.len()),
        c => c.len_utf8(),
    })
}

fn number_length(text: &str) -> usize {
    let of_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-');
    text.find(|c| !of_number(c)).unwrap_or(text.len())
}

fn string_length(text: &str) -> usize {
    let block = text.starts_with("\"\"\"");
    let (quote, from) = if block { ("\"\"\"", 3) } else { ("\"", 1) };
    let mut at = from;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("\\\"\"\"") && block {
            at += 4;
        } else if rest.starts_with(quote) {
            return at + quote.len();
        } else if rest.starts_with('\\') && !block {
            at += 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, tokens: usize, nesting: usize) {
        let found = size(text);
        assert_eq!((found.tokens, found.nesting), (tokens, nesting), "{text}");
    }

    #[test]
    fn words_signs_and_brackets_are_counted() {
        check("", 0, 0);
        check("# { { {\n", 0, 0);
        check("{ a }", 3, 1);
        check(
            "{ a: b(c: -1.5e+3, d: [1,2]) @skip(if: $e) { ...f } }",
            28,
            3,
        );
        check("{ a(b: \"{{\\\"{{\", c: \"\"\"{ \\\"\"\" {\"\"\") }", 11, 2);
        check("\"no end {", 1, 0);
        check("\"\\", 1, 0);
        check("}}}{", 4, 1);
        check("é{", 2, 1);
        check(&"{a".repeat(100_000), 200_000, 100_000);
    }

    #[test]
    fn the_longest_name_is_measured() {
        assert_eq!(
            size("{ ab: _cde(f: \"not a name\", g: 123456) # nor this\n }").name,
            4
        );
        assert_eq!(size("query ($variable: Int) { a }").name, 8);
        assert_eq!(size("{ }").name, 0);
    }

    #[test]
    fn layout_and_comments_make_no_difference() {
        let one = canonical("query A { movie(id: 1, asOf: 2) { title } }");
        let other = canonical("query A{movie(id:1 asOf:2){# the name\n title}}\n");
        assert_eq!(one, other);
        assert_ne!(
            one,
            canonical("query A { movie(id: 1, asOf: 3) { title } }")
        );
    }
}
