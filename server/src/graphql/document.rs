//! What the text of a request may be, looked at before the engine works on it.
//!
//! The engine's parser takes a piece of stack for each bracket, which it gets from the heap without a bound, and its
//! checks follow a fragment as often as it is spread, in circles if need be. A short text could so take all of the
//! memory, or all of the time there is. Both are counted here in one pass each, at a cost that the text's length bounds.

use async_graphql::{
    Name, Request, ServerError, ServerResult,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};
use std::collections::HashMap;

/// Most brackets of any kind that may be open at one place.
pub const MAX_NESTING: usize = 100;
/// Most operations and fragments that a document may define.
pub const MAX_DEFINITIONS: usize = 1_000;
/// Most fields and fragments of a document, each fragment counted wherever it is spread.
pub const MAX_SELECTIONS: usize = 50_000;
/// As [`MAX_SELECTIONS`], where the schema is asked for: each may stand for a thousand values. The usual query
/// of tools has 300.
pub const MAX_SCHEMA_SELECTIONS: usize = 500;
/// Most levels of types' members in such a request: each makes the answer as many times longer as a type has members.
pub const MAX_MEMBERS: usize = 1;

/// Whether the engine may have a request; whatever takes requests asks first. The request keeps what was parsed.
///
/// # Errors
/// Those of [`check_text`], the parser's, and those of [`check_document`].
pub fn check(request: &mut Request) -> ServerResult<()> {
    check_text(&request.query)?;
    check_document(request.parsed_query()?)
}

/// Whether a text may be parsed.
///
/// # Errors
/// When more than [`MAX_NESTING`] brackets are open at one place.
pub fn check_text(text: &str) -> ServerResult<()> {
    let mut open = 0_usize;
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'{' | b'(' | b'[' => {
                open += 1;
                if open > MAX_NESTING {
                    let message = format!("brackets may be {MAX_NESTING} deep, not deeper");
                    return Err(ServerError::new(message, None));
                }
            }
            b'}' | b')' | b']' => open = open.saturating_sub(1),
            b'#' => rest = after_line(after),
            b'"' => rest = after_string(after),
            _ => {}
        }
    }
    Ok(())
}

/// What follows a comment.
fn after_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    end.map_or(&[], |end| &text[end..])
}

/// What follows a string whose first quote has been read; one that its line does not close ends with the line.
fn after_string(text: &[u8]) -> &[u8] {
    if let Some(block) = text.strip_prefix(b"\"\"") {
        let mut rest = block;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix(b"\"\"\"") {
                return after;
            }
            let step = if rest.starts_with(b"\\\"\"\"") { 4 } else { 1 };
            rest = &rest[step..];
        }
        return rest;
    }
    let mut rest = text;
    while let [first, after @ ..] = rest {
        match first {
            b'"' => return after,
            b'\n' | b'\r' => return rest,
            b'\\' => rest = after.get(1..).unwrap_or_default(),
            _ => rest = after,
        }
    }
    rest
}

/// Whether a document may be validated and executed.
///
/// # Errors
/// When a fragment is spread within itself, when the document has more than [`MAX_DEFINITIONS`] definitions or
/// [`MAX_SELECTIONS`] selections, or when it asks for more of the schema than tools do.
pub fn check_document(document: &ExecutableDocument) -> ServerResult<()> {
    if document.operations.iter().count() + document.fragments.len() > MAX_DEFINITIONS {
        return Err(ServerError::new(
            format!("a request may define {MAX_DEFINITIONS} operations and fragments, not more"),
            None,
        ));
    }
    let mut known = HashMap::new();
    let operations = document.operations.iter().map(|(_, found)| &found.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node);
    let sets = operations
        .map(|operation| &operation.selection_set.node)
        .chain(fragments.map(|fragment| &fragment.selection_set.node));
    for set in sets {
        let weight = weigh(document, set, &mut known, 0)?;
        if weight.selections > MAX_SELECTIONS {
            return Err(ServerError::new(
                format!(
                    "a request may have {MAX_SELECTIONS} fields and fragments, each fragment counted where it \
                     is spread"
                ),
                None,
            ));
        }
        let much = weight.selections > MAX_SCHEMA_SELECTIONS || weight.members > MAX_MEMBERS;
        if weight.schema && much {
            return Err(ServerError::new(
                format!(
                    "a request for the schema may have {MAX_SCHEMA_SELECTIONS} fields and fragments, and \
                     {MAX_MEMBERS} level of types' members"
                ),
                None,
            ));
        }
    }
    Ok(())
}

/// What a set of selections comes to, with all that is in them.
#[derive(Clone, Copy, Default)]
struct Weight {
    /// Fields and fragments.
    selections: usize,
    /// Whether the schema or a type of it is asked for.
    schema: bool,
    /// Levels of fields that ask for all members of a type, each of which has a type with members.
    members: usize,
}

/// Weighs a set; each fragment once, which is then remembered, and is `None` while it is being weighed.
fn weigh<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    known: &mut HashMap<&'a Name, Option<Weight>>,
    depth: usize,
) -> ServerResult<Weight> {
    if depth > MAX_NESTING {
        let message = format!("fields and fragments may be {MAX_NESTING} deep, not deeper");
        return Err(ServerError::new(message, None));
    }
    let mut sum = Weight::default();
    for selection in &set.items {
        let inner = match &selection.node {
            Selection::Field(field) => {
                let field = &field.node;
                let mut inner = weigh(document, &field.selection_set.node, known, depth + 1)?;
                match field.name.node.as_str() {
                    "__schema" | "__type" => inner.schema = true,
                    "fields" | "inputFields" | "interfaces" | "possibleTypes" => inner.members += 1,
                    _ => {}
                }
                inner
            }
            Selection::InlineFragment(inline) => {
                weigh(document, &inline.node.selection_set.node, known, depth + 1)?
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                match (known.get(name), document.fragments.get(name)) {
                    (Some(Some(weight)), _) => *weight,
                    (Some(None), _) => {
                        let message = format!("the fragment {name} is spread within itself");
                        return Err(ServerError::new(message, Some(selection.pos)));
                    }
                    // What does not exist is the validation's to tell.
                    (None, None) => Weight::default(),
                    (None, Some(fragment)) => {
                        known.insert(name, None);
                        let set = &fragment.node.selection_set.node;
                        let inner = weigh(document, set, known, depth + 1)?;
                        known.insert(name, Some(inner));
                        inner
                    }
                }
            }
        };
        sum.selections = sum
            .selections
            .saturating_add(inner.selections)
            .saturating_add(1);
        sum.schema |= inner.schema;
        sum.members = sum.members.max(inner.members);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn nested(text: &str) -> bool {
        check_text(text).is_err()
    }

    #[test]
    fn brackets_are_counted_where_the_parser_would() {
        let deep = "[".repeat(MAX_NESTING + 1);
        assert!(nested(&deep) && nested(&format!("{{ a(b: {deep}")));
        assert!(!nested(&"{}".repeat(100_000)));
        assert!(!nested(&"[".repeat(MAX_NESTING)));
        for hidden in ["\"{}\"", "#{}\n", "\"\"\"{}\"\"\"", "\"\\\"{}\""] {
            let text = hidden.replace("{}", &deep);
            assert!(!nested(&text), "{hidden}");
            assert!(nested(&(text + &deep)), "{hidden}");
        }
        // Where a string ends too early for the parser, what follows is counted.
        assert!(nested(&format!("\"\n{deep}")));
        assert!(nested(&format!("\"\"{deep}")));
        assert!(nested(&format!("\"\"\"\\\"\"\"\"\"\"{deep}")));
        for broken in ["\"", "\"\\", "\"\"\"", "#", "\"\"\"\\"] {
            assert!(!nested(broken), "{broken}");
        }
    }

    fn refused(text: &str) -> Option<String> {
        let document = parse_query(text).unwrap();
        Some(check_document(&document).err()?.message)
    }

    /// Fragments each of which spreads the next twice.
    fn bomb(levels: usize) -> String {
        let fragments = (0..levels).map(|level| {
            format!(
                "fragment f{level} on Query {{ ...f{0} ...f{0} }} ",
                level + 1
            )
        });
        let last = format!("fragment f{levels} on Query {{ dataVersion {{ version }} }}");
        "{ ...f0 } ".to_owned() + &fragments.collect::<String>() + &last
    }

    #[test]
    fn fragments_count_wherever_they_are_spread() {
        assert_eq!(
            refused("{ a b { c } ...f } fragment f on Query { a }"),
            None
        );
        assert_eq!(refused(&bomb(10)), None);
        assert!(refused(&bomb(60)).unwrap().contains("may have"));
        // Deep, and spread by nobody.
        let chain: String = (0..900)
            .map(|at| format!("fragment f{at} on Query {{ ...f{} }} ", at + 1))
            .collect();
        assert!(
            refused(&format!("{{ a }} {chain}"))
                .unwrap()
                .contains("deep")
        );
        let many: String = (0..1_001)
            .map(|at| format!("query q{at} {{ a }} "))
            .collect();
        assert!(refused(&many).unwrap().contains("define"));
        for circle in [
            "{ ...f } fragment f on Query { ...f }",
            "{ a } fragment f on Query { ...g } fragment g on Query { x { ...f ...f } }",
        ] {
            assert!(refused(circle).unwrap().contains("itself"), "{circle}");
        }
        assert_eq!(refused("{ ...nobody }"), None);
    }

    #[test]
    fn the_schema_may_be_asked_for_but_not_for_all_of_it_many_times() {
        let usual = "{ __schema { types { ...t } } __type(name: \"Movie\") { fields { name } } }
            fragment t on __Type { fields { args { type { name } } type { name } } possibleTypes { name } }";
        assert_eq!(refused(usual), None);
        let deep = usual.replace("type { name } }", "type { fields { type { name } } } }");
        assert!(refused(&deep).unwrap().contains("level"));
        let wide = |count| -> String {
            let asked = (0..count).map(|at| format!("a{at}: __schema {{ types {{ name }} }} "));
            format!("{{ {} }}", asked.collect::<String>())
        };
        assert_eq!(refused(&wide(100)), None);
        assert!(refused(&wide(200)).unwrap().contains("500"));
        assert_eq!(refused(&wide(200).replace("__schema", "schema")), None);
    }
}
