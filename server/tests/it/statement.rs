//! How many statements an operation takes: as many for many rows as for one.
//!
//! Operations are made from the schema: one for every field that leads from a list to something further, so that
//! a new relation is tested without being named here.

use crate::{
    app::{App, Person},
    world::{HEADER, Line, World, engines},
};
use async_graphql::parser::{
    parse_schema,
    types::{FieldDefinition, TypeKind, TypeSystemDefinition},
};
use chrono::{TimeDelta, Utc};
use etl::database;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// Statements that every read takes: the version before and after.
const ALWAYS: usize = 2;
/// Statements that a level of an operation may take: that of `revisions` reads a movie's every past state,
/// which lies in as many tables.
const OF_A_LEVEL: usize = 12;

struct Schema {
    types: BTreeMap<String, Vec<FieldDefinition>>,
    enums: BTreeMap<String, String>,
}

fn schema() -> Schema {
    let mut schema = Schema {
        types: BTreeMap::new(),
        enums: BTreeMap::new(),
    };
    for definition in parse_schema(server::graphql::sdl()).unwrap().definitions {
        let TypeSystemDefinition::Type(found) = definition else {
            continue;
        };
        let name = found.node.name.node.to_string();
        match found.node.kind {
            TypeKind::Object(object) => {
                let fields = object.fields.into_iter().map(|field| field.node);
                schema.types.insert(name, fields.collect());
            }
            TypeKind::Enum(kind) => {
                let first = kind.values[0].node.value.node.to_string();
                schema.enums.insert(name, first);
            }
            _ => {}
        }
    }
    schema
}

/// What a field is of, without brackets.
fn ty(field: &FieldDefinition) -> String {
    field.ty.node.to_string().replace(['[', ']', '!'], "")
}

impl Schema {
    /// A field as it is asked for, with a value for every argument that needs one; `None` where only an id
    /// would do.
    fn call(&self, field: &FieldDefinition) -> Option<String> {
        let mut given = Vec::new();
        for argument in &field.arguments {
            let argument = &argument.node;
            let name = argument.name.node.as_str();
            let needed = !argument.ty.node.nullable && argument.default_value.is_none();
            if name == "first" {
                given.push("first: 50".to_owned());
            } else if needed {
                let of = argument.ty.node.to_string();
                let value = self.enums.get(of.trim_end_matches('!'))?;
                given.push(format!("{name}: {value}"));
            }
        }
        let name = &field.name.node;
        Some(match given.is_empty() {
            true => name.to_string(),
            false => format!("{name}({})", given.join(", ")),
        })
    }

    /// For every type that is reached, the shortest way to it and everything plain that is said of it; how deep
    /// it lies, and the operation.
    fn operations(&self) -> Vec<(usize, String)> {
        let mut operations = Vec::new();
        let mut seen = HashSet::new();
        let mut ways: VecDeque<(String, Vec<String>)> = VecDeque::new();
        // Lists first, so that what can be reached through one is.
        for lists in [true, false] {
            ways.push_back(("Query".to_owned(), Vec::new()));
            self.follow(&mut ways, &mut seen, &mut operations, lists);
        }
        operations
    }

    /// Follows the ways through relations that were not seen yet, from the root those of `lists` or those of others.
    fn follow(
        &self,
        ways: &mut VecDeque<(String, Vec<String>)>,
        seen: &mut HashSet<String>,
        operations: &mut Vec<(usize, String)>,
        lists: bool,
    ) {
        while let Some((on, way)) = ways.pop_front() {
            for field in &self.types[&on] {
                let ty = ty(field);
                let many = field.ty.node.to_string().starts_with('[') || ty.ends_with("Connection");
                if way.is_empty() && many != lists {
                    continue;
                }
                let Some(call) = self.call(field) else {
                    continue;
                };
                // Each relation once, by the way that was found first.
                if !self.types.contains_key(&ty)
                    || !seen.insert(format!("{on}.{}", field.name.node))
                {
                    continue;
                }
                let mut further = way.clone();
                further.push(call);
                let plain = self.types[&ty].iter();
                let plain = plain.filter(|field| !self.types.contains_key(&self::ty(field)));
                let plain: Vec<_> = plain.filter_map(|field| self.call(field)).collect();
                let last = format!("__typename {}", plain.join(" "));
                let text = further
                    .iter()
                    .rev()
                    .fold(last, |inner, call| format!("{call} {{ {inner} }}"));
                operations.push((further.len(), format!("{{ {text} }}")));
                ways.push_back((ty, further));
            }
        }
    }
}

/// An instance whose every list has so many rows, and whose every relation leads somewhere.
async fn of(rows: i64, engine: &Option<String>) -> App {
    let world = World::new(engine).await;
    for id in 1..=rows {
        let line = Line {
            id,
            date: format!("{}-01-01", 1900 + id),
            genres: vec![id],
            companies: vec![id, id],
            ..Line::default()
        };
        let bad = Line {
            id: -1,
            ..line.clone()
        };
        let text = format!("{HEADER}\n{}\n{}\n", line.csv(), bad.csv());
        world.load_well(&format!("{id}.csv"), text).await;
    }
    let db = &world.chain.db;
    world.reprocess_all(1).await;
    let run = |sql: String| async move { db.execute_unprepared(&sql).await.unwrap() };
    // Only its record is wanted: runs that wait have changed nothing yet.
    for (table, key) in [("job", "run_id"), ("backfill_run", "run_id"), ("run", "id")] {
        run(format!("DELETE FROM {table} WHERE {key} > {rows}")).await;
    }
    run("UPDATE run SET undoes = id, duplicate_of = id".to_owned()).await;
    for id in 1..=rows {
        if id > 1 {
            let columns = "created_by, created_at, rule_version, mode, total, bytes_total";
            run(format!("INSERT INTO backfill (id, {columns}) SELECT {id}, {columns} FROM backfill WHERE id = 1")).await;
        }
        run(format!(
            "INSERT INTO backfill_run (run_id, backfill_id, round) VALUES ({id}, {id}, 1)"
        ))
        .await;
        run(format!(
            "INSERT INTO collection (id, name) VALUES ({id}, 'A Series')"
        ))
        .await;
        run(format!(
            "UPDATE movie SET collection_id = {id} WHERE id = {id}"
        ))
        .await;
        run(format!(
            "INSERT INTO country (code, name) VALUES ('{id}', 'A Country')"
        ))
        .await;
        run(format!(
            "INSERT INTO movie_country (movie_id, country_code, position) VALUES ({id}, '{id}', 0)"
        ))
        .await;
        run(format!(
            "INSERT INTO movie_link (movielens_id, movie_id) VALUES ({id}, {id})"
        ))
        .await;
    }
    let (now, later) = (Utc::now(), Utc::now() + TimeDelta::hours(1));
    for id in 1..=rows {
        let sql = "INSERT INTO instance (name, version, started_at, seen_at, workers)
             VALUES (?, '1', ?, ?, 1)";
        let name = format!("instance {id}");
        let values = [name.clone().into(), now.into(), now.into()];
        database::execute(db, sql, values).await.unwrap();
        let sql =
            "UPDATE job SET done_at = NULL, lease_owner = ?, lease_until = ? WHERE run_id = ?";
        let values = [name.into(), later.into(), id.into()];
        database::execute(db, sql, values).await.unwrap();
    }
    App::start_with(
        world,
        &[
            ("MARQUEE_MAX_COMPLEXITY", "1000000000"),
            ("MARQUEE_ROLES", "api"),
        ],
    )
    .await
}

/// What an operation answers, and how many statements it takes.
async fn count(person: &Person, operation: &str) -> (Value, usize) {
    let request = person.client.post(format!("{}/graphql", person.address));
    let response = request.json(&json!({"query": operation})).send().await;
    let response = response.unwrap();
    let told = response.headers().get("server-timing").cloned();
    let answer: Value = response.json().await.unwrap();
    assert!(answer["errors"].is_null(), "{operation}: {answer}");
    let told = told.unwrap();
    let told = told.to_str().unwrap().split('"').nth(1).unwrap();
    let count = told.split(' ').next().unwrap().parse().unwrap();
    (answer, count)
}

#[tokio::test]
async fn an_operation_takes_as_many_statements_for_many_rows_as_for_one() {
    let operations = schema().operations();
    assert!(operations.len() > 60, "{}", operations.len());
    for engine in engines() {
        let (one, many) = (of(1, &engine).await, of(50, &engine).await);
        let (person, other) = (one.admin().await, many.admin().await);
        let mut wrong = Vec::new();
        for (depth, operation) in &operations {
            let (_, few) = count(&person, operation).await;
            let (answer, more) = count(&other, operation).await;
            // The runtime may hear the fields of a level in two turns; a statement for each row would be 49 more.
            if few > more || more > few + depth || more > ALWAYS + OF_A_LEVEL * depth {
                wrong.push(format!("{few} for one row, {more} for many: {operation}"));
            }
            assert!(!answer["data"].is_null(), "{operation}");
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        one.close().await;
        many.close().await;
    }
}

#[tokio::test]
async fn pages_within_a_list_are_those_that_are_asked_for_alone() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let mut text = HEADER.to_owned() + "\n";
        for id in 1..=60 {
            let line = Line {
                id,
                // Some without a year, which come last; ties in revenue.
                date: if id % 7 == 0 {
                    String::new()
                } else {
                    format!("{}-03-01", 1950 + id * 37 % 50)
                },
                revenue: 100 + id % 5,
                companies: (1..=12).filter(|company| (id + company) % 3 != 0).collect(),
                ..Line::default()
            };
            text += &(line.csv() + "\n");
        }
        world.load_well("a.csv", text).await;
        let app = App::start(world).await;
        let person = app.admin().await;
        let page = "movies(first: 7, orderBy: [{field: RELEASE_DATE, direction: DESC}, {field: REVENUE}]) {
            totalCount pageInfo { hasNextPage endCursor } nodes { id releaseDate revenue } }";
        let last = "last: movies(last: 5, orderBy: [{field: RELEASE_DATE}]) { nodes { id } }";
        let revisions =
            "movies(first: 3) { nodes { id revisions { version kind fields { field after } } } }";
        let all = format!("{{ companies {{ nodes {{ id {page} {last} }} }} }}");
        let all = person.ask(&all, json!({})).await;
        let nodes = all["companies"]["nodes"].as_array().unwrap();
        assert_eq!(nodes.len(), 12);
        for node in nodes {
            let alone = format!("query ($id: ID!) {{ company(id: $id) {{ id {page} {last} }} }}");
            let alone = person.ask(&alone, json!({"id": node["id"]})).await;
            assert_eq!(node, &alone["company"]);
        }
        let all = person.ask(&format!("{{ {revisions} }}"), json!({})).await;
        for node in all["movies"]["nodes"].as_array().unwrap() {
            let alone = "query ($id: ID!) { movie(id: $id) { id revisions { version kind fields { field after } } } }";
            let alone = person.ask(alone, json!({"id": node["id"]})).await;
            assert_eq!(node, &alone["movie"]);
        }
        let movers = "{ runs { nodes { a: movers(of: COMPANY) { id change } b: movers(of: COMPANY, first: 3) { id change } } } }";
        let movers = person.ask(movers, json!({})).await;
        let run = &movers["runs"]["nodes"][0];
        assert_eq!(
            run["a"].as_array().unwrap()[..3],
            run["b"].as_array().unwrap()[..]
        );
        let count = "SELECT COUNT(*) AS c FROM company_year";
        assert!(
            !database::query(&app.world.chain.db, count, [])
                .await
                .unwrap()
                .is_empty()
        );
        app.close().await;
    }
}
