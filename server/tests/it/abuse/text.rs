//! Text that means something to a database, a shell or a terminal, in every argument of the schema that takes text.

use crate::{
    app::{App, Person, on_every_engine},
    world::{Line, file},
};
use async_graphql::parser::{
    parse_schema,
    types::{InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition},
};
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use server::graphql;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const TEXTS: [&str; 16] = [
    "'",
    "\"",
    "\\",
    "`",
    "\\'",
    "';--",
    "'; DROP TABLE movie; --",
    "\"; DELETE FROM company; --",
    "' OR '1'='1",
    "' UNION SELECT password_hash FROM user --",
    "1) OR (1=1",
    "%_%\\%",
    "\0",
    "${jndi:ldap://127.0.0.1/x}$(id)`id`|id",
    "\u{202e}\u{1b}[31m\r\n\u{feff}\u{10ffff}",
    "../../../../etc/passwd",
];

/// How deep values are filled in: a filter's tests, but no filter in another.
const DEPTH: u32 = 2;

struct Schema(BTreeMap<String, TypeDefinition>);

impl Schema {
    fn read() -> Self {
        let document = parse_schema(graphql::sdl()).unwrap();
        let types = document
            .definitions
            .into_iter()
            .filter_map(|definition| match definition {
                TypeSystemDefinition::Type(found) => {
                    Some((found.node.name.node.to_string(), found.node))
                }
                _ => None,
            });
        Self(types.collect())
    }

    /// A value of a type that holds `text` wherever the type takes text, down to some depth; and whether it does.
    fn value(&self, ty: &str, text: &str, depth: u32) -> (Option<String>, bool) {
        let name = ty.trim_matches(['[', ']', '!']);
        let (value, holds) = match name {
            "String" | "ID" => (Some(Value::from(text).to_string()), true),
            "Int" | "Long" | "Float" => (Some("1".to_owned()), false),
            "Boolean" => (Some("false".to_owned()), false),
            "Date" | "DateTime" | "NaiveDate" => (Some(Value::from(text).to_string()), true),
            _ => match self.0.get(name).map(|found| &found.kind) {
                Some(TypeKind::Enum(kind)) => {
                    (Some(kind.values[0].node.value.node.to_string()), false)
                }
                Some(TypeKind::InputObject(_)) if depth == 0 => (None, false),
                Some(TypeKind::InputObject(kind)) => {
                    let fields = kind.fields.iter().map(|field| &field.node);
                    let (given, holds) = self.arguments(fields, text, depth - 1);
                    (Some(format!("{{{}}}", given.join(", "))), holds)
                }
                // A scalar of the schema's own takes text as well as anything.
                _ => (Some(Value::from(text).to_string()), true),
            },
        };
        let list = ty.starts_with('[');
        (
            value.map(|value| if list { format!("[{value}]") } else { value }),
            holds,
        )
    }

    /// Arguments, those that take text with it and the others only where they are needed; and whether any does.
    fn arguments<'a>(
        &self,
        fields: impl Iterator<Item = &'a InputValueDefinition>,
        text: &str,
        depth: u32,
    ) -> (Vec<String>, bool) {
        let (mut given, mut any) = (Vec::new(), false);
        for field in fields {
            let needed = !field.ty.node.nullable && field.default_value.is_none();
            let (value, holds) = self.value(&field.ty.node.to_string(), text, depth);
            let Some(value) = value.filter(|_| needed || holds) else {
                continue;
            };
            any |= holds;
            given.push(format!("{}: {value}", field.name.node));
        }
        (given, any)
    }

    /// Every field that takes text, by the way to it: operations with one place left for its arguments' text.
    fn operations(&self, root: &str) -> Vec<Operation> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::from([root.to_owned()]);
        let mut open = VecDeque::from([(root.to_owned(), Vec::new())]);
        while let Some((name, way)) = open.pop_front() {
            let Some(TypeKind::Object(kind)) = self.0.get(&name).map(|ty| &ty.kind) else {
                continue;
            };
            for field in &kind.fields {
                let field = &field.node;
                let target = field
                    .ty
                    .node
                    .to_string()
                    .trim_matches(['[', ']', '!'])
                    .to_owned();
                let is_object = matches!(
                    self.0.get(&target).map(|ty| &ty.kind),
                    Some(TypeKind::Object(_))
                );
                let arguments: Vec<_> = field
                    .arguments
                    .iter()
                    .map(|argument| argument.node.clone())
                    .collect();
                if self.arguments(arguments.iter(), "x", DEPTH).1 {
                    found.push(Operation {
                        root: root.to_lowercase(),
                        way: way.clone(),
                        field: field.name.node.to_string(),
                        arguments: arguments.clone(),
                        is_object,
                    });
                }
                // On from there, past what it needs.
                if root == "Query" && is_object && seen.insert(target.clone()) {
                    let needed = arguments
                        .iter()
                        .filter(|a| !a.ty.node.nullable && a.default_value.is_none());
                    let given = self.arguments(needed, "1", 1).0;
                    let mut way = way.clone();
                    way.push(call(field.name.node.as_str(), &given));
                    open.push_back((target, way));
                }
            }
        }
        found
    }
}

fn call(field: &str, given: &[String]) -> String {
    if given.is_empty() {
        field.to_owned()
    } else {
        format!("{field}({})", given.join(", "))
    }
}

struct Operation {
    root: String,
    way: Vec<String>,
    field: String,
    arguments: Vec<InputValueDefinition>,
    is_object: bool,
}

impl Operation {
    /// With `text` in one argument, or in all of them.
    fn with(&self, schema: &Schema, text: &str, only: Option<usize>) -> String {
        let chosen = self.arguments.iter().enumerate().filter(|(at, argument)| {
            let needed = !argument.ty.node.nullable && argument.default_value.is_none();
            only.is_none_or(|only| only == *at) || needed
        });
        let given = schema
            .arguments(chosen.map(|(_, argument)| argument), text, DEPTH)
            .0;
        let asked = if self.is_object {
            " { __typename }"
        } else {
            ""
        };
        let inner = call(&self.field, &given) + asked;
        let opened: String = self.way.iter().map(|step| format!("{step} {{ ")).collect();
        format!(
            "{} {{ {opened}{inner}{} }}",
            self.root,
            " }".repeat(self.way.len())
        )
    }
}

/// Sends an operation, which must be answered with data or refused for what it is.
async fn send(person: &Person, operation: &str) {
    let answer = person.send(operation, json!({})).await;
    for error in answer["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().unwrap_or_default();
        assert!(
            !code.is_empty() && code != "INTERNAL",
            "{operation}: {error}"
        );
        let message = error["message"].as_str().unwrap_or_default();
        for leaked in ["SELECT ", "sqlx", "near \"", "SQL syntax"] {
            assert!(
                !message.contains(leaked) || operation.contains(leaked),
                "{operation}: {message}"
            );
        }
    }
}

#[tokio::test]
async fn text_is_text_in_every_argument() {
    let schema = Schema::read();
    let mut operations = schema.operations("Query");
    operations.extend(schema.operations("Mutation"));
    assert!(
        operations.len() > 20,
        "{} fields take text",
        operations.len()
    );
    on_every_engine(async |app: &mut App| {
        let lines = [1, 2].map(|id| Line {
            id,
            ..Line::default()
        });
        app.world.load_well("1.csv", file(&lines)).await;
        let db = &app.world.chain.db;
        let movies = async || entity::mart::movie::Entity::find().count(db).await.unwrap();
        let users = async || {
            entity::access::user::Entity::find()
                .count(db)
                .await
                .unwrap()
        };
        let before = (movies().await, users().await);
        let admin = app.admin().await;
        for operation in &operations {
            for text in TEXTS {
                send(&admin, &operation.with(&schema, text, None)).await;
            }
            for at in 0..operation.arguments.len() {
                for text in [TEXTS[0], TEXTS[2], TEXTS[12], &"x".repeat(2_000)] {
                    send(&admin, &operation.with(&schema, text, Some(at))).await;
                }
            }
        }
        assert_eq!((movies().await, users().await), before);
        db.execute_unprepared("SELECT 1").await.unwrap();
        let data = admin
            .ask(
                "{ movie(id: 1) { title companies { name } } viewer { name } }",
                json!({}),
            )
            .await;
        assert_eq!(data["movie"]["companies"][0]["name"], "Company 3");
    })
    .await;
}
