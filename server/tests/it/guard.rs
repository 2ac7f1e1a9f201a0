//! Whether every field is guarded: `guards.txt` has each field of the schema with what reaching it needs, as this
//! test finds it out. `MARQUEE_WRITE_GUARDS=1` writes it anew, for somebody to look at what has changed.

use crate::{
    access::operations,
    app::{App, Person, on_every_engine},
    live::Socket,
    world::{HEADER, Line},
};
use async_graphql::parser::{
    parse_schema,
    types::{TypeKind, TypeSystemDefinition},
};
use chrono::{TimeDelta, Utc};
use etl::database;
use serde_json::{Value, json};
use server::{
    auth::{Permission, permission::of_role},
    graphql,
};
use std::collections::{BTreeMap, BTreeSet};

/// What answers everybody.
const OPEN: [&str; 3] = ["viewer", "login", "logout"];

/// Fields within others that need more than what leads to them, and a way to each.
const NESTED: [(&str, &str, [&str; 2]); 5] = [
    (
        "Run.rejects",
        "{ runs { nodes { rejects { nodes { line } } } } }",
        ["data.read", "file.read"],
    ),
    (
        "Run.issues",
        "{ runs { nodes { issues { nodes { line } } } } }",
        ["data.read", "file.read"],
    ),
    (
        "Run.events",
        "{ runs { nodes { events { nodes { message } } } } }",
        ["data.read", "file.read"],
    ),
    (
        "SourceFile.objects",
        "{ runs { nodes { file { objects { path } } } } }",
        ["data.read", "file.read"],
    ),
    (
        "Lease.run",
        "{ system { instances { leases { run { id } } } } }",
        ["data.read", "system.read"],
    ),
];

async fn code(person: &Person, operation: &str) -> String {
    let answer = person.send(operation, json!({})).await;
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    code.unwrap_or_default().to_owned()
}

/// Somebody who lacks just one permission, and the cookie that shows who it is.
struct Lacking(Permission, Person, String);

async fn lacking(app: &App) -> Vec<Lacking> {
    let mut people = Vec::new();
    for permission in Permission::ALL {
        let others = Permission::ALL
            .into_iter()
            .filter(|other| *other != permission);
        let others: Vec<&str> = others.map(Permission::name).collect();
        let name = format!("no-{}", permission.name());
        let cookie = app.with_permissions(&name, &others.join(" ")).await;
        let person = app.showing("cookie", &cookie);
        people.push(Lacking(permission, person, cookie));
    }
    people
}

/// The permissions without which an operation is refused.
async fn needs(people: &[Lacking], operation: &str) -> Vec<&'static str> {
    let mut needs = Vec::new();
    for Lacking(permission, person, _) in people {
        if code(person, operation).await == "FORBIDDEN" {
            needs.push(permission.name());
        }
    }
    needs
}

/// What each subscription needs: everybody begins all of them, and each is refused or tells of something.
async fn subscriptions(app: &App, people: &[Lacking]) -> BTreeMap<String, String> {
    let all = operations("Subscription");
    let mut sockets = Vec::new();
    for Lacking(permission, _, cookie) in people {
        let mut socket = Socket::of(app, cookie).await;
        for (field, operation) in &all {
            socket.subscribe(field, operation).await;
        }
        sockets.push((permission, socket));
    }
    app.world.load("news.csv", format!("{HEADER}\n")).await;
    let mut guards: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (permission, socket) in &mut sockets {
        let mut heard = BTreeSet::new();
        while heard.len() < all.len() {
            let message = socket.next().await;
            let field = message["id"].as_str().unwrap().to_owned();
            let code = &message["payload"][0]["extensions"]["code"];
            let needs = guards.entry(format!("Subscription.{field}")).or_default();
            if code == "FORBIDDEN" {
                needs.push(permission.name());
            }
            heard.insert(field);
        }
    }
    for (name, needs) in &guards {
        assert!(!needs.is_empty(), "{name} is not guarded");
    }
    let joined = guards
        .into_iter()
        .map(|(name, needs)| (name, needs.join(" ")));
    joined.collect()
}

#[tokio::test]
async fn every_field_is_guarded() {
    on_every_engine(async |app: &mut App| {
        let bad = format!(
            "{HEADER}\n{}\n",
            Line {
                id: -1,
                ..Line::default()
            }
            .csv()
        );
        app.world.load("a.csv", bad).await;
        let (people, stranger) = (lacking(app).await, app.stranger());
        let cookie = app.with_permissions("nobody", "").await;
        let nobody = app.showing("cookie", &cookie);
        let admin = app.admin().await;
        // Number 1, which some of the operations below revoke.
        let first = "mutation { createToken(name: \"first\", role: \"admin\") { secret } }";
        admin.ask(first, json!({})).await;
        let token = "mutation { createToken(name: \"t\", role: \"admin\") { secret } }";
        let secret = admin.ask(token, json!({})).await["createToken"]["secret"].take();
        let bearer = format!("Bearer {}", secret.as_str().unwrap());
        let token = app.showing("authorization", &bearer);

        let mut guards: BTreeMap<String, String> = BTreeMap::new();
        for of in ["Query", "Mutation"] {
            for (field, operation) in operations(of) {
                let name = format!("{of}.{field}");
                if OPEN.contains(&field.as_str()) {
                    guards.insert(name, "open".to_owned());
                    continue;
                }
                assert_eq!(
                    code(&stranger, &operation).await,
                    "UNAUTHENTICATED",
                    "{name}"
                );
                let needed = needs(&people, &operation).await;
                let guard = match needed.as_slice() {
                    // Not a matter of roles, but of who asks.
                    [] => {
                        assert_eq!(
                            code(&token, &operation).await,
                            "FORBIDDEN",
                            "{name} is not guarded"
                        );
                        "person".to_owned()
                    }
                    needed => {
                        assert_eq!(code(&nobody, &operation).await, "FORBIDDEN", "{name}");
                        needed.join(" ")
                    }
                };
                guards.insert(name, guard);
            }
        }
        let leased =
            "UPDATE job SET done_at = NULL, lease_owner = 'test', lease_until = ? WHERE run_id = 1";
        let until = Utc::now() + TimeDelta::hours(1);
        database::execute(&app.world.chain.db, leased, [until.into()])
            .await
            .unwrap();
        for (field, way, needed) in NESTED {
            assert_eq!(needs(&people, way).await, needed, "{field}");
            guards.insert(field.to_owned(), needed.join(" "));
        }
        roles_get_what_they_allow(app, &guards).await;
        guards.extend(subscriptions(app, &people).await);
        compare(&reached(guards));
    })
    .await;
}

/// Each field of the API answers just those roles that have what it needs.
async fn roles_get_what_they_allow(app: &App, guards: &BTreeMap<String, String>) {
    let operator = "data.read file.read file.create run.trigger run.approve system.read";
    for (role, permissions) in [
        ("viewer", "data.read"),
        ("operator", operator),
        ("admin", ""),
    ] {
        let allowed: BTreeSet<&str> = of_role(role, permissions)
            .iter()
            .map(|p| p.name())
            .collect();
        let person = app.person(role).await;
        for of in ["Query", "Mutation"] {
            for (field, operation) in operations(of) {
                let guard = &guards[&format!("{of}.{field}")];
                if guard == "open" {
                    continue;
                }
                let may = guard == "person" || guard.split(' ').all(|one| allowed.contains(one));
                let refused = code(&person, &operation).await == "FORBIDDEN";
                assert_eq!(refused, !may, "{role}: {of}.{field}");
            }
        }
    }
}

/// Every field of every type with what leads to it: what the field needs by itself, or else any of what leads to
/// its type.
fn reached(guards: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let document = parse_schema(graphql::sdl()).unwrap();
    let mut types = BTreeMap::new();
    for definition in document.definitions {
        if let TypeSystemDefinition::Type(found) = definition
            && let TypeKind::Object(kind) = found.node.kind
        {
            let fields = kind.fields.into_iter().map(|field| {
                let of = field.node.ty.node.to_string();
                let of = of.trim_matches(['[', ']', '!']).to_owned();
                (field.node.name.node.to_string(), of)
            });
            types.insert(found.node.name.node.to_string(), fields.collect::<Vec<_>>());
        }
    }
    let mut ways: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut next: Vec<(String, String)> = ["Query", "Mutation", "Subscription"]
        .map(|root| (root.to_owned(), String::new()))
        .into();
    while let Some((of, way)) = next.pop() {
        for (field, child) in types.get(&of).into_iter().flatten() {
            let name = format!("{of}.{field}");
            let own = guards.get(&name).cloned().unwrap_or_else(|| way.clone());
            if ways.entry(name).or_default().insert(own.clone()) {
                next.push((child.clone(), own));
            }
        }
    }
    let all = types
        .iter()
        .flat_map(|(of, fields)| fields.iter().map(move |(field, _)| format!("{of}.{field}")));
    all.map(|name| {
        let ways = ways.get(&name).cloned().unwrap_or_default();
        let ways: Vec<String> = ways.into_iter().collect();
        let open = ways.is_empty() || ways.iter().any(|way| way == "open" || way.is_empty());
        let known = name.starts_with("Viewer.")
            || OPEN.iter().any(|open| name.ends_with(&format!(".{open}")));
        assert!(!open || known, "{name} is open to strangers");
        (name, ways.join(" | "))
    })
    .collect()
}

fn compare(found: &BTreeMap<String, String>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/guards.txt");
    let text: String = found
        .iter()
        .map(|(name, way)| format!("{name}: {way}\n"))
        .collect();
    if std::env::var_os("MARQUEE_WRITE_GUARDS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let known = std::fs::read_to_string(path).unwrap_or_default();
    let known: BTreeSet<&str> = known.lines().collect();
    let lines: BTreeSet<&str> = text.lines().collect();
    let (new, gone): (Vec<_>, Vec<_>) = (
        lines.difference(&known).collect(),
        known.difference(&lines).collect(),
    );
    assert!(
        new.is_empty() && gone.is_empty(),
        "who may read these has to be looked at: new {new:#?}, gone {gone:#?}"
    );
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_the_schema() {
    on_every_engine(async |app: &mut App| {
        let stranger = app.stranger();
        assert_eq!(
            stranger.ask("{ __typename }", json!({})).await["__typename"],
            "Query"
        );
        for query in [
            "{ __schema { types { name } } }",
            "{ __type(name: \"Movie\") { name } }",
            "{ moviez }",
            "{ viewer { ... on Movie { id } } }",
            "{ ...f } fragment f on Moviee { id }",
            "{ viewer { name } runs { nodes { id } } }",
        ] {
            let answer = stranger.send(query, json!({})).await;
            let error = &answer["errors"][0];
            assert_eq!(error["extensions"]["code"], "UNAUTHENTICATED", "{query}");
            assert_eq!(error["message"], "sign in first", "{query}");
            assert_eq!(answer["data"], Value::Null);
        }
        let admin = app.admin().await;
        let schema = admin
            .ask("{ __schema { queryType { name } } }", json!({}))
            .await;
        assert_eq!(schema["__schema"]["queryType"]["name"], "Query");
    })
    .await;
}
