//! API tokens, roles, and how fast what is taken away is gone.

use crate::app::{App, PASSWORD, Person, on_every_engine};
use entity::access::token;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use server::auth::{session, user};
use std::time::Duration;

const COUNT: &str = "{ totals { movies } }";

async fn code(person: &Person, query: &str) -> String {
    let answer = person.send(query, json!({})).await;
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    code.unwrap_or("OK").to_owned()
}

/// Makes a token; answers its id and somebody who shows it.
async fn made(app: &App, owner: &Person, name: &str, role: &str) -> (String, Person) {
    let create = "mutation ($name: String!, $role: String!) {
        createToken(name: $name, role: $role) { secret token { id owner role lastUsedAt } } }";
    let variables = json!({"name": name, "role": role});
    let made = owner.ask(create, variables).await["createToken"].take();
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    let id = made["token"]["id"].as_str().unwrap().to_owned();
    (id, app.showing("authorization", &bearer))
}

/// Waits until somebody is nobody any more; what is remembered may last half a second.
async fn until(person: &Person, query: &str, expected: &str) {
    for _ in 0..100 {
        if code(person, query).await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{query} is not {expected} after two seconds");
}

#[tokio::test]
async fn a_token_does_what_its_role_allows_until_it_is_revoked_everywhere() {
    on_every_engine(async |app: &mut App| {
        let (admin, db) = (app.admin().await, &app.world.chain.db);
        let (id, program) = made(app, &admin, "nightly", "viewer").await;
        let viewer = program.ask("{ viewer { name token roles permissions } }", json!({})).await;
        let expected = json!({"name": "admin", "token": "nightly", "roles": ["viewer"], "permissions": ["data.read", "query.any"]});
        assert_eq!(viewer["viewer"], expected);
        assert_eq!(code(&program, COUNT).await, "OK");
        assert_eq!(code(&program, "{ files { nodes { name } } }").await, "FORBIDDEN");
        for person_only in [
            "mutation { createToken(name: \"b\", role: \"viewer\") { secret } }",
            "mutation { changePassword(old: \"a\", new: \"b\") }",
            "{ sessions { id } }",
            "{ tokens { id } }",
        ] {
            assert_eq!(code(&program, person_only).await, "FORBIDDEN", "{person_only}");
        }
        let again = "mutation { createToken(name: \"nightly\", role: \"viewer\") { secret } }";
        assert_eq!(admin.refused(again, json!({})).await, "BAD_USER_INPUT");
        for days in [0, 366] {
            let query = format!("mutation {{ createToken(name: \"x\", role: \"viewer\", days: {days}) {{ secret }} }}");
            assert_eq!(admin.refused(&query, json!({})).await, "BAD_USER_INPUT");
        }

        // A cookie beside it counts for nothing, even where the token is none.
        let cookie = app.with_permissions("ada", "data.read").await;
        let both = |bearer: &str| {
            let request = reqwest::Client::new().post(format!("{}/graphql", app.address));
            let request = request.header("cookie", &cookie).header("authorization", bearer);
            request.json(&json!({"query": COUNT})).send()
        };
        let answer: Value = both("Bearer mrq_none").await.unwrap().json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        let answer: Value = both("Basic bWU6aGk=").await.unwrap().json().await.unwrap();
        assert!(answer["errors"].is_null(), "{answer}");

        // The secret is in no table, and the last use is written down once a minute.
        let row = token::Entity::find().one(db).await.unwrap().unwrap();
        let first = row.last_used_at.unwrap();
        assert!(!row.token_hash.contains("mrq_"));

        let other = app.another().await;
        let address = other.address.clone();
        let elsewhere = Person { client: program.client.clone(), address };
        assert_eq!(code(&elsewhere, COUNT).await, "OK");
        let row = token::Entity::find().one(db).await.unwrap().unwrap();
        assert_eq!(row.last_used_at, Some(first));
        let revoke = format!("mutation {{ revokeToken(id: \"{id}\") {{ revokedAt }} }}");
        assert!(admin.ask(&revoke, json!({})).await["revokeToken"]["revokedAt"].is_string());
        assert_eq!(code(&program, COUNT).await, "UNAUTHENTICATED", "at once where it was revoked");
        until(&elsewhere, COUNT, "UNAUTHENTICATED").await;
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_an_owner_loses_a_token_loses() {
    on_every_engine(async |app: &mut App| {
        let db = &app.world.chain.db;
        let cookie = app.with_permissions("ada", "data.read file.read").await;
        let ada = app.showing("cookie", &cookie);
        let (_, program) = made(app, &ada, "all", "admin").await;
        let files = "{ files { nodes { name } } }";
        assert_eq!(code(&program, files).await, "OK");
        assert_eq!(
            code(&program, "{ roles { name } }").await,
            "FORBIDDEN",
            "not what its owner may not"
        );
        user::set_roles(db, "ada", &["viewer".to_owned()], "test")
            .await
            .unwrap();
        until(&program, files, "FORBIDDEN").await;
        let expire = "UPDATE token SET expires_at = '2026-01-01 00:00:00'";
        let (_, second) = made(app, &ada, "second", "viewer").await;
        assert_eq!(code(&second, COUNT).await, "OK");
        user::disable(db, "ada", "test").await.unwrap();
        until(&second, COUNT, "UNAUTHENTICATED").await;
        user::enable(db, "ada", "test").await.unwrap();
        until(&second, COUNT, "OK").await;
        etl::database::execute(db, expire, []).await.unwrap();
        until(&second, COUNT, "UNAUTHENTICATED").await;
    })
    .await;
}

#[tokio::test]
async fn users_and_roles_are_managed_within_ones_own_reach() {
    on_every_engine(async |app: &mut App| {
        let admin = app.admin().await;
        let create = |name: &str, password: &str, role: &str| {
            format!("mutation {{ createUser(name: \"{name}\", password: \"{password}\", roles: [\"{role}\"]) {{ roles permissions }} }}")
        };
        for password in ["short", "ada-ada-ada-1", "Password2026!", "abababababab"] {
            assert_eq!(admin.refused(&create("ada", password, "viewer"), json!({})).await, "BAD_USER_INPUT");
        }
        let role = "mutation { createRole(name: \"clerk\", permissions: [\"data.read\", \"query.any\", \"user.manage\"]) { permissions builtIn } }";
        assert_eq!(admin.ask(role, json!({})).await["createRole"]["builtIn"], false);
        admin.ask(&create("clerk", PASSWORD, "clerk"), json!({})).await;
        let clerk = app.stranger();
        clerk.login("clerk", PASSWORD).await;

        clerk.ask(&create("ada", PASSWORD, "viewer"), json!({})).await;
        for beyond in [
            &create("eve", PASSWORD, "admin"),
            "mutation { updateUser(name: \"clerk\", roles: [\"admin\"]) { name } }",
            "mutation { setPassword(user: \"admin\", password: \"a long password\") { name } }",
            "mutation { disableUser(name: \"admin\") { name } }",
            "mutation { createRole(name: \"more\", permissions: [\"file.delete\"]) { name } }",
            "mutation { updateRole(name: \"clerk\", permissions: [\"audit.read\"]) { name } }",
            "{ sessions(user: \"admin\") { id } }",
        ] {
            assert_eq!(clerk.refused(beyond, json!({})).await, "FORBIDDEN", "{beyond}");
        }
        for wrong in [
            "mutation { updateRole(name: \"viewer\", permissions: []) { name } }",
            "mutation { deleteRole(name: \"admin\") }",
            "mutation { deleteRole(name: \"clerk\") }",
            "mutation { createRole(name: \"x\", permissions: [\"fly\"]) { name } }",
            "mutation { disableUser(name: \"admin\") { name } }",
            "mutation { updateUser(name: \"admin\", roles: [\"operator\"]) { name } }",
        ] {
            assert_eq!(admin.refused(wrong, json!({})).await, "BAD_USER_INPUT", "{wrong}");
        }

        let ada = app.stranger();
        ada.login("ada", PASSWORD).await;
        admin.ask("mutation { updateUser(name: \"ada\", roles: [\"operator\"]) { name } }", json!({})).await;
        assert_eq!(code(&ada, "{ files { nodes { name } } }").await, "OK", "at once");
        let users = "{ users(filter: {roles: {some: {name: {eq: \"operator\"}}}}, first: 1) { totalCount nodes { name roles permissions disabledAt } } }";
        let users = admin.ask(users, json!({})).await["users"].take();
        assert_eq!((&users["totalCount"], &users["nodes"][0]["name"]), (&json!(1), &json!("ada")));
        assert_eq!(users["nodes"][0]["permissions"].as_array().unwrap().len(), 7);
        admin.ask("mutation { disableUser(name: \"ada\") { disabledAt } }", json!({})).await;
        assert_eq!(code(&ada, COUNT).await, "UNAUTHENTICATED", "at once");
        admin.ask("mutation { enableUser(name: \"ada\") { disabledAt } }", json!({})).await;
        ada.login("ada", PASSWORD).await;
        admin.ask("mutation { updateUser(name: \"clerk\", roles: [\"viewer\"]) { name } }", json!({})).await;
        assert_eq!(admin.ask("mutation { deleteRole(name: \"clerk\") }", json!({})).await["deleteRole"], true);
        let roles = admin.ask("{ roles { name userCount } }", json!({})).await;
        assert_eq!(roles["roles"].as_array().unwrap().len(), 3, "{roles}");
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    on_every_engine(async |app: &mut App| {
        let (here, there) = (app.admin().await, app.admin().await);
        let change = |old: &str, new: &str| {
            format!("mutation {{ changePassword(old: \"{old}\", new: \"{new}\") }}")
        };
        let better = "another horse entirely";
        assert_eq!(
            here.refused(&change("wrong", better), json!({})).await,
            "BAD_USER_INPUT"
        );
        assert_eq!(
            here.refused(&change(PASSWORD, "short"), json!({})).await,
            "BAD_USER_INPUT"
        );
        assert_eq!(code(&there, COUNT).await, "OK");
        here.ask(&change(PASSWORD, better), json!({})).await;
        assert_eq!(code(&here, COUNT).await, "OK");
        assert_eq!(code(&there, COUNT).await, "UNAUTHENTICATED");
        there.login("admin", better).await;
        let sessions = here
            .ask("{ sessions { id current address } }", json!({}))
            .await["sessions"]
            .take();
        let sessions = sessions.as_array().unwrap();
        assert_eq!(sessions.len(), 2);
        assert_eq!(sessions[0]["address"], "127.0.0.1");
        let other = sessions
            .iter()
            .find(|session| session["current"] == false)
            .unwrap();
        let end = format!("mutation {{ endSession(id: {}) }}", other["id"]);
        here.ask(&end, json!({})).await;
        assert_eq!(here.refused(&end, json!({})).await, "NOT_FOUND");
        assert_eq!(code(&there, COUNT).await, "UNAUTHENTICATED");
        let id = user::find(&app.world.chain.db, "admin").await.unwrap().id;
        assert_eq!(
            session::list(&app.world.chain.db, id).await.unwrap().len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn guesses_from_one_address_are_slowed_down_on_all_instances() {
    on_every_engine(async |app: &mut App| {
        let other = app.another().await;
        let address = other.address.clone();
        let (here, mut there) = (app.stranger(), app.stranger());
        there.address = address;
        // Right ones do not count.
        app.admin().await;
        let mut refused = Vec::new();
        for number in 0..34 {
            let person = if number % 2 == 0 { &here } else { &there };
            let answer = person.login(&format!("nobody-{number}"), PASSWORD).await;
            refused.push(
                answer["errors"][0]["extensions"]["code"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        assert!(
            refused[..30].iter().all(|code| code == "UNAUTHENTICATED"),
            "{refused:?}"
        );
        assert!(
            refused[30..].iter().any(|code| code == "TOO_MANY_REQUESTS"),
            "{refused:?}"
        );

        let forged = app.showing("authorization", "Bearer mrq_0000");
        let mut codes = Vec::new();
        for _ in 0..34 {
            codes.push(code(&forged, COUNT).await);
        }
        assert_eq!(codes[29], "UNAUTHENTICATED");
        assert!(
            codes[30..].iter().any(|code| code == "TOO_MANY_REQUESTS"),
            "{codes:?}"
        );
        other.stop().await;
    })
    .await;
}
