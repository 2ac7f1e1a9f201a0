//! What a request may not exceed, and how much it asks for.
//!
//! A fragment that is spread in many places is measured once and counted in each, so that a text whose
//! fragments double what they spread takes no longer to refuse than to read. What a list may cost is known by
//! the schema alone: [`found_complexity`] asks it when it has refused.

use super::{lexer, schema_builder};
use crate::config::Limits;
use async_graphql::{
    ServerError, ValidationResult, Value as ConstValue, Variables,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

use metrics::counter;
use std::{collections::HashMap, sync::Arc};

/// Most levels of brackets, and of fragments within fragments: what parser and engine go down safely.
pub const MAX_NESTING: usize = 64;

/// Most letters of a name. What there is none of is compared with everything that it may be meant to be, letter
/// by letter; the schema's own names have less than 40.
const MAX_NAME: usize = 128;

/// Most fields of an operation that asks for the schema: each may stand for a thousand values. The usual query of
/// tools has 300.
const MAX_SCHEMA_FIELDS: usize = 500;
/// Most levels of types' members in such an operation: each makes the answer as many times longer as a type has
/// members.
const MAX_MEMBERS: usize = 1;

/// A request asks for more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request's {limit} is {found}; at most {maximum} is allowed")]
pub struct Exceeded {
    /// Of what: `depth`, `complexity`, `result` and so on.
    pub limit: &'static str,
    /// How much is allowed.
    pub maximum: usize,
    /// How much it is.
    pub found: usize,
}

impl Exceeded {
    /// The refusal, counted.
    pub fn new(limit: &'static str, maximum: usize, found: usize) -> Self {
        counter!("marquee_limit_refusals_total", "limit" => limit).increment(1);
        Self {
            limit,
            maximum,
            found,
        }
    }
}

/// # Errors
/// [`Exceeded`] when more is found than is allowed.
pub fn at_most(limit: &'static str, maximum: usize, found: usize) -> Result<(), Exceeded> {
    match found > maximum {
        true => Err(Exceeded::new(limit, maximum, found)),
        false => Ok(()),
    }
}

/// Looks at an operation's text before it is parsed.
///
/// # Errors
/// [`Exceeded`] when it has too many words, brackets within brackets or letters in a word.
pub fn check_text(limits: &Limits, text: &str) -> Result<(), Exceeded> {
    let size = lexer::size(text);
    at_most("tokens", limits.tokens, size.tokens)?;
    at_most("nesting", MAX_NESTING, size.nesting)?;
    at_most("name", MAX_NAME, size.name)
}

/// Looks at an operation's variables.
///
/// # Errors
/// [`Exceeded`] when they hold too many values.
pub fn check_variables(limits: &Limits, variables: &Variables) -> Result<(), Exceeded> {
    fn values(value: &ConstValue) -> usize {
        match value {
            ConstValue::List(list) => 1 + list.iter().map(values).sum::<usize>(),
            ConstValue::Object(object) => 1 + object.values().map(values).sum::<usize>(),
            _ => 1,
        }
    }
    let found = variables.values().map(values).sum();
    at_most("values", limits.values, found)
}

/// Why a document is refused before it is validated.
#[derive(Debug)]
pub enum Refused {
    /// It asks for too much.
    Exceeded(Exceeded),
    /// A fragment spreads itself, directly or through others.
    Circular(String),
}

impl From<Exceeded> for Refused {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

/// Looks at what a document asks for where every fragment is put in its place.
///
/// # Errors
/// [`Refused`] when that is too much, or has no end.
pub fn check_document(limits: &Limits, document: &ExecutableDocument) -> Result<(), Refused> {
    let mut measure = Measure {
        document,
        fragments: HashMap::new(),
    };
    let mut fields = 0_usize;
    for (_, operation) in document.operations.iter() {
        let OperationDefinition {
            selection_set,
            directives,
            ..
        } = &operation.node;
        let mut size = measure.of(&selection_set.node, 1)?;
        size.directives = size.directives.saturating_add(directives.len());
        at_most("depth", limits.depth, size.depth)?;
        at_most("aliases", limits.aliases, size.aliases)?;
        at_most("directives", limits.directives, size.directives)?;
        if size.schema {
            at_most("schema fields", MAX_SCHEMA_FIELDS, size.fields)?;
            at_most("levels of members", MAX_MEMBERS, size.members)?;
        }
        // The engine goes through all operations, whichever is to be executed.
        fields = fields.saturating_add(size.fields);
    }
    Ok(at_most("complexity", limits.complexity, fields)?)
}

/// How much a selection asks for.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Levels of fields.
    depth: usize,
    /// Levels of selections, those of fragments included.
    nesting: usize,
    fields: usize,
    aliases: usize,
    directives: usize,
    /// Whether the schema or a type of it is asked for.
    schema: bool,
    /// Levels of fields that ask for all members of a type.
    members: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.nesting = self.nesting.max(other.nesting);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.schema |= other.schema;
        self.members = self.members.max(other.members);
    }
}

struct Measure<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being measured.
    fragments: HashMap<&'a str, Option<Size>>,
}

impl<'a> Measure<'a> {
    /// Measures a selection that is `level` selections deep.
    fn of(&mut self, selection: &'a SelectionSet, level: usize) -> Result<Size, Refused> {
        at_most("nesting", MAX_NESTING, level)?;
        let mut size = Size {
            nesting: 1,
            ..Size::default()
        };
        for item in &selection.items {
            let mut inner = match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let mut inner = match field.selection_set.node.items.is_empty() {
                        true => Size::default(),
                        false => self.of(&field.selection_set.node, level + 1)?,
                    };
                    inner.depth += 1;
                    inner.fields = inner.fields.saturating_add(1);
                    let alias = usize::from(field.alias.is_some());
                    inner.aliases = inner.aliases.saturating_add(alias);
                    match field.name.node.as_str() {
                        "__schema" | "__type" => inner.schema = true,
                        "fields" | "inputFields" | "interfaces" | "possibleTypes" => {
                            inner.members += 1;
                        }
                        _ => {}
                    }
                    inner
                }
                Selection::InlineFragment(inline) => {
                    self.of(&inline.node.selection_set.node, level + 1)?
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(&spread.node.fragment_name.node, level + 1)?
                }
            };
            let directives = item.node.directives().len();
            inner.directives = inner.directives.saturating_add(directives);
            inner.nesting += 1;
            at_most("nesting", MAX_NESTING, level + inner.nesting - 1)?;
            size.add(inner);
        }
        Ok(size)
    }

    /// Measures a fragment; one that there is none of is told of by the engine.
    fn fragment(&mut self, name: &'a str, level: usize) -> Result<Size, Refused> {
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Size::default());
        };
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(Refused::Circular(name.to_owned())),
            None => {}
        }
        self.fragments.insert(name, None);
        let size = self.of(&fragment.node.selection_set.node, level)?;
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}

/// A schema that goes no further than to say how complex an operation is.
pub type Scale = super::Schema;

/// Makes the schema that measures.
pub fn scale() -> Scale {
    schema_builder().extension(Weighing).finish()
}

/// How complex an operation is; `None` where something else is wrong with it.
pub async fn found_complexity(scale: &Scale, request: async_graphql::Request) -> Option<usize> {
    let response = scale.execute(request).await;
    let mut errors = response.errors.iter();
    errors.find_map(|error| error.source::<Weight>().map(|weight| weight.0))
}

struct Weighing;
struct Weight(usize);

impl ExtensionFactory for Weighing {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Weighing {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let found = next.run(ctx).await?;
        Err(vec![ServerError {
            source: Some(Arc::new(Weight(found.complexity))),
            ..ServerError::new("weighed", None)
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    /// The limit that a text exceeds and by how much it is found to.
    fn refused(text: &str) -> Option<(&'static str, usize)> {
        let limits = Limits::default();
        if let Err(exceeded) = check_text(&limits, text) {
            return Some((exceeded.limit, exceeded.found));
        }
        match check_document(&limits, &parse_query(text).unwrap()) {
            Ok(()) => None,
            Err(Refused::Exceeded(exceeded)) => Some((exceeded.limit, exceeded.found)),
            Err(Refused::Circular(_)) => Some(("circular", 0)),
        }
    }

    /// `count` fragments of which each spreads the next one `times` over.
    fn fragments(count: usize, times: usize, last: &str) -> String {
        let mut text = "query { ...f0 }".to_owned();
        for at in 0..count {
            let inner = match at + 1 == count {
                true => last.to_owned(),
                false => format!("...f{} ", at + 1).repeat(times),
            };
            text += &format!(" fragment f{at} on Query {{ {inner} }}");
        }
        text
    }

    #[test]
    fn what_is_within_the_limits_passes() {
        assert_eq!(refused("{ movies { nodes { id title } } }"), None);
        assert_eq!(
            refused(&fragments(10, 1, "a: dataVersion { version }")),
            None
        );
        assert_eq!(refused("{ ...nothing }"), None);
        assert_eq!(refused(&format!("{{ {}: b }}", "a".repeat(128))), None);
    }

    #[test]
    fn limits_count_what_fragments_repeat() {
        let name = format!("{{ {}: b }}", "a".repeat(129));
        assert_eq!(refused(&name), Some(("name", 129)));
        let depth = format!("{{ a {}{} }}", "{ a ".repeat(27), "}".repeat(27));
        assert_eq!(refused(&depth), Some(("depth", 28)));
        let aliases: String = (0..101).map(|at| format!("a{at}: b ")).collect();
        assert_eq!(refused(&format!("{{ {aliases} }}")), Some(("aliases", 101)));
        assert_eq!(refused(&fragments(8, 2, "a: b")), Some(("aliases", 128)));
        assert_eq!(
            refused(&fragments(21, 2, "b")),
            Some(("complexity", 1 << 20))
        );
        // Nobody lives to see this one put in its place.
        assert_eq!(refused(&fragments(60, 100, "b")).unwrap().0, "tokens");
        assert_eq!(
            refused(&fragments(60, 9, "b")),
            Some(("complexity", usize::MAX))
        );
        let flood = format!("{{ b {} }}", "@skip(if: false)".repeat(101));
        assert_eq!(refused(&flood), Some(("directives", 101)));
        assert_eq!(refused(&fragments(200, 1, "b")), Some(("nesting", 65)));
    }

    #[test]
    fn the_schema_may_be_asked_for_but_not_for_all_of_it_many_times() {
        let usual = "{ __schema { types { ...t } } __type(name: \"Movie\") { fields { name } } }
            fragment t on __Type { fields { args { type { name } } type { name } } possibleTypes { name } }";
        assert_eq!(refused(usual), None);
        let deep = usual.replace("type { name } }", "type { fields { type { name } } } }");
        assert_eq!(refused(&deep), Some(("levels of members", 2)));
        let wide: String = (0..99)
            .map(|at| format!("a{at}: __schema {{ types {{ a b c d }} }} "))
            .collect();
        assert_eq!(
            refused(&format!("{{ {wide} }}")),
            Some(("schema fields", 594))
        );
        assert_eq!(
            refused(&format!("{{ {} }}", wide.replace("__schema", "schema"))),
            None
        );
    }

    #[test]
    fn circles_are_found() {
        let circles = [
            "{ ...a } fragment a on Query { ...a ...a }",
            "{ ...a } fragment a on Query { x { ...b ...b } } fragment b on Query { ...a ...a }",
        ];
        for text in circles {
            assert_eq!(refused(text), Some(("circular", 0)), "{text}");
        }
    }

    #[test]
    fn brackets_are_counted_before_anything_is_parsed() {
        for open in ["{ a ", "[", "(", "{ a(b: [[{c: ["] {
            let text = open.repeat(2_400 / open.len());
            assert_eq!(refused(&text).unwrap().0, "nesting", "{open}");
        }
        let deepest = format!("{}a{}", "{ a ".repeat(63) + "{", "}".repeat(64));
        assert_eq!(refused(&deepest), Some(("depth", 64)));
        let list = format!("{{ a(b: {}1{}) }}", "[".repeat(62), "]".repeat(62));
        assert_eq!(refused(&list), None);
    }
}
