//! Which types say nothing but what the mart holds, so that what is read of them changes only with the data
//! version.
//!
//! Runs, files, rules and people change without it, and what the archive gives back may be deleted. Every
//! object type of the schema is in one of the two lists; a test sees to it.

use async_graphql::parser::{
    Error, parse_schema,
    types::{
        ExecutableDocument, OperationDefinition, Selection, SelectionSet, TypeKind,
        TypeSystemDefinition,
    },
};
use std::collections::{HashMap, HashSet};

/// Types of which every field that is not of another type is the mart's.
pub const MART: [&str; 31] = [
    "CastMember",
    "Collection",
    "Company",
    "CompanyConnection",
    "CompanyEdge",
    "CompanyYear",
    "Country",
    "CrewMember",
    "DataVersion",
    "DataVersionConnection",
    "DataVersionEdge",
    "FieldChange",
    "FloatStats",
    "Genre",
    "GenreCount",
    "GenreYear",
    "Keyword",
    "Language",
    "LongStats",
    "Movie",
    "MovieConnection",
    "MovieEdge",
    "MovieStats",
    "MovieStatsConnection",
    "MovieStatsEdge",
    "PageInfo",
    "Ratings",
    "Revision",
    "SearchHit",
    "Totals",
    "YearTotals",
];

/// Types that change without the mart, and the roots, whose fields are told apart by their types.
pub const OTHER: [&str; 64] = [
    "ApiToken",
    "ArchiveObject",
    "ArchiveState",
    "AuditEvent",
    "AuditEventConnection",
    "AuditEventEdge",
    "Backfill",
    "BackfillConnection",
    "BackfillEdge",
    "BackfillProgress",
    "Change",
    "ChangeConnection",
    "ChangeEdge",
    "CompanionChange",
    "CompanionChangeConnection",
    "CompanionChangeEdge",
    "DatabaseState",
    "FileDeletion",
    "FileHold",
    "Instance",
    "Issue",
    "IssueConnection",
    "IssueEdge",
    "Lease",
    "Lineage",
    "Mover",
    "Mutation",
    "NewToken",
    "Phase",
    "PreviewedRows",
    "Query",
    "Queue",
    "ReasonCount",
    "Reject",
    "RejectConnection",
    "RejectDifference",
    "RejectEdge",
    "Role",
    "RuleFault",
    "RulePreview",
    "RuleSet",
    "Run",
    "RunConnection",
    "RunCounts",
    "RunDay",
    "RunEdge",
    "RunEvent",
    "RunEventConnection",
    "RunEventEdge",
    "RunStats",
    "RunStatusCount",
    "Session",
    "Source",
    "SourceColumn",
    "SourceFile",
    "SourceFileConnection",
    "SourceFileEdge",
    "Subscription",
    "System",
    "TriedFile",
    "User",
    "UserConnection",
    "UserEdge",
    "Viewer",
];

/// The object types of the schema, each with its fields and what these are of.
pub struct Types(HashMap<String, HashMap<String, String>>);

impl Types {
    /// The types of a schema in the schema definition language.
    ///
    /// # Errors
    /// When it is no schema.
    pub fn read(sdl: &str) -> Result<Self, Error> {
        let mut types = HashMap::new();
        for definition in parse_schema(sdl)?.definitions {
            let TypeSystemDefinition::Type(found) = definition else {
                continue;
            };
            let TypeKind::Object(object) = found.node.kind else {
                continue;
            };
            let fields = object.fields.into_iter().map(|field| {
                let ty = field.node.ty.node.to_string();
                let ty = ty.replace(['[', ']', '!'], "");
                (field.node.name.node.to_string(), ty)
            });
            types.insert(found.node.name.node.to_string(), fields.collect());
        }
        Ok(Self(types))
    }

    /// The object types' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether a query reads nothing but the mart.
    pub fn only_mart(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
    ) -> bool {
        let mut walk = Walk {
            types: self,
            document,
            seen: HashSet::new(),
        };
        walk.only_mart(&operation.selection_set.node, "Query")
    }
}

struct Walk<'a> {
    types: &'a Types,
    document: &'a ExecutableDocument,
    /// Fragments that were looked at, each on the type it is on.
    seen: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn only_mart(&mut self, selection: &'a SelectionSet, on: &str) -> bool {
        selection.items.iter().all(|item| match &item.node {
            Selection::Field(field) => {
                let name = field.node.name.node.as_str();
                if name == "__typename" {
                    return true;
                }
                let types = self.types;
                let Some(ty) = types.0.get(on).and_then(|fields| fields.get(name)) else {
                    return false;
                };
                match types.0.contains_key(ty) {
                    true => {
                        MART.contains(&ty.as_str())
                            && self.only_mart(&field.node.selection_set.node, ty)
                    }
                    // A plain value is its type's.
                    false => MART.contains(&on),
                }
            }
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                let on = condition.map_or(on, |condition| condition.node.on.node.as_str());
                self.only_mart(&inline.node.selection_set.node, on)
            }
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                let Some(fragment) = self.document.fragments.get(name) else {
                    return false;
                };
                if !self.seen.insert(name) {
                    return true;
                }
                let on = fragment.node.type_condition.node.on.node.as_str();
                self.only_mart(&fragment.node.selection_set.node, on)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::sdl;
    use async_graphql::parser::parse_query;

    fn check(text: &str, only_mart: bool) {
        let document = parse_query(text).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let types = Types::read(&sdl()).unwrap();
        assert_eq!(
            types.only_mart(&document, &operation.node),
            only_mart,
            "{text}"
        );
    }

    #[test]
    fn every_type_is_the_marts_or_not() {
        let types = Types::read(&sdl()).unwrap();
        for name in types.names() {
            let both = (MART.contains(&name), OTHER.contains(&name));
            assert!(
                both.0 != both.1,
                "{name}: add it to one of the two lists of graphql/mart.rs"
            );
        }
        for name in MART.iter().chain(&OTHER) {
            assert!(types.0.contains_key(*name), "there is no type {name}");
        }
    }

    #[test]
    fn nothing_of_the_mart_is_chosen_by_what_changes_without_it() {
        const OTHER: [&str; 7] = [
            "AuditFilter",
            "BackfillFilter",
            "FileFilter",
            "IssueFilter",
            "RejectFilter",
            "RunFilter",
            "UserFilter",
        ];
        let bare = |ty: String| ty.replace(['[', ']', '!'], "");
        let (mut inputs, mut arguments) = (HashMap::new(), Vec::new());
        for definition in parse_schema(sdl()).unwrap().definitions {
            let TypeSystemDefinition::Type(found) = definition else {
                continue;
            };
            let name = found.node.name.node.to_string();
            match found.node.kind {
                TypeKind::InputObject(input) => {
                    let fields = input.fields.iter();
                    let types = fields.map(|field| bare(field.node.ty.node.to_string()));
                    inputs.insert(name, types.collect::<Vec<_>>());
                }
                TypeKind::Object(object) if name != "Mutation" => {
                    for field in object.fields {
                        let ty = bare(field.node.ty.node.to_string());
                        let given = field.node.arguments.iter();
                        let given = given.map(|given| bare(given.node.ty.node.to_string()));
                        if MART.contains(&ty.as_str()) {
                            arguments.extend(given);
                        }
                    }
                }
                _ => {}
            }
        }
        let mut seen = HashSet::new();
        while let Some(ty) = arguments.pop() {
            assert!(!OTHER.contains(&ty.as_str()), "{ty}");
            if seen.insert(ty.clone()) {
                arguments.extend(inputs.get(&ty).into_iter().flatten().cloned());
            }
        }
        assert!(seen.contains("MovieFilter"));
        assert!(OTHER.iter().all(|other| inputs.contains_key(*other)));
    }

    #[test]
    fn what_reads_only_the_mart_is_told_from_what_reads_more() {
        check(
            "{ dataVersion { version mergedAt } totals { movies } }",
            true,
        );
        check(
            "{ movies { nodes { title companies { name years { releasesByGenre { genre { name } } } } } } }",
            true,
        );
        check(
            "{ __typename movie(id: 1) { revisions { version fields { field } } } }",
            true,
        );
        check(
            "query ($id: ID!) { ...A } fragment A on Query { movie(id: $id) { ... { title } ... on Movie { year } } }",
            true,
        );
        check("{ dataVersions { nodes { version mergedAt } } }", true);
        check("{ dataVersions { nodes { run { id } } } }", false);
        check("{ runStats { count } }", false);
        check("{ system { version } }", false);
        check("{ dataVersion { run { id } } }", false);
        check("{ movie(id: 1) { title lineage { line } } }", false);
        check("{ movie(id: 1) { revisions { run { id } } } }", false);
        check(
            "{ movie(id: 1) { ...A } } fragment A on Movie { lineage { raw } }",
            false,
        );
        check("{ totals { movies } runs { totalCount } }", false);
        check("{ viewer { name } }", false);
        check("{ sources { name } }", false);
        check("{ __schema { types { name } } }", false);
    }
}
