//! Cookies that nobody was given.

use crate::{
    app::{App, PASSWORD, on_every_engine},
    world::World,
};
use chrono::{TimeDelta, Utc};
use entity::access::session;
use reqwest::Client;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};

/// Signs in and answers the cookie as it stands in the header.
async fn cookie(app: &App) -> String {
    let query =
        format!("mutation {{ login(name: \"admin\", password: \"{PASSWORD}\") {{ name }} }}");
    let request = Client::new().post(format!("{}/graphql", app.address));
    let response = request.json(&json!({"query": query})).send().await.unwrap();
    let line = response.headers()["set-cookie"].to_str().unwrap();
    line.split(';').next().unwrap().to_owned()
}

/// Whether a request with these `Cookie` lines is answered as somebody's.
async fn is_somebody(app: &App, lines: &[&[u8]]) -> bool {
    let address = format!("{}/graphql", app.address);
    let mut request = Client::new().post(address);
    for line in lines {
        let line = reqwest::header::HeaderValue::from_bytes(line).unwrap();
        request = request.header("cookie", line);
    }
    let query = json!({"query": "{ viewer { name } totals { movies } }"});
    let answer: Value = request
        .json(&query)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let somebody = !answer["data"]["viewer"].is_null();
    if !somebody {
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
            "{answer}"
        );
    }
    somebody
}

#[tokio::test]
async fn a_cookie_that_nobody_was_given_is_nobody() {
    on_every_engine(async |app: &mut App| {
        let good = cookie(app).await;
        let (name, token) = good.split_once('=').unwrap();
        assert!(is_somebody(app, &[good.as_bytes()]).await);
        let of = |token: &str| format!("{name}={token}");
        let stored = session::Entity::find()
            .one(&app.world.chain.db)
            .await
            .unwrap()
            .unwrap();
        let mut other = token.to_owned();
        let last = if other.ends_with('0') { "1" } else { "0" };
        other.replace_range(63.., last);
        for forged in [
            of(&"0".repeat(64)),
            of(&other),
            // What a copy of the database would give away.
            of(&stored.token_hash),
            of(&token.to_uppercase()),
            of(&token[..63]),
            of(&format!("{token}0")),
            of(&format!("\"{token}\"")),
            of(&"f".repeat(20_000)),
            of("' OR '1'='1"),
            of("%00"),
            of(""),
            format!("{}={token}", name.to_uppercase()),
            format!("x{good}"),
            token.to_owned(),
            format!("{name}={name}={token}"),
            ";".repeat(10_000),
        ] {
            // A token in capitals is one that nobody was given, too.
            assert!(
                !is_somebody(app, &[forged.as_bytes()]).await,
                "{forged:.100}"
            );
        }
        assert!(!is_somebody(app, &[b"marquee_session=\xff\xfe"]).await);
        // Whatever other pages of the host have set does no harm.
        let among = format!("a=b; c; {good}; d=\"e;f\"");
        assert!(is_somebody(app, &[b"x=\xff", among.as_bytes()]).await);
    })
    .await;
}

#[tokio::test]
async fn a_cookie_ends_with_its_time_and_its_server() {
    on_every_engine(async |app: &mut App| {
        let own = cookie(app).await;
        let foreign = App::start(World::new(&None).await).await;
        assert!(!is_somebody(&foreign, &[own.as_bytes()]).await);
        foreign.close().await;
        let db = &app.world.chain.db;
        let stored = session::Entity::find().one(db).await.unwrap().unwrap();
        let mut stored = stored.into_active_model();
        stored.expires_at = Set(Utc::now() - TimeDelta::seconds(1));
        stored.update(db).await.unwrap();
        assert!(!is_somebody(app, &[own.as_bytes()]).await);
    })
    .await;
}

#[tokio::test]
async fn the_console_is_for_whoever_is_signed_in() {
    on_every_engine(async |app: &mut App| {
        let plain = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let page = || plain.get(format!("{}/console/page", app.address));
        let sent_away = page().send().await.unwrap();
        assert_eq!(sent_away.status(), 303);
        assert_eq!(sent_away.headers()["location"], "/login?next=%2Fconsole");
        let shown = page()
            .header("cookie", cookie(app).await)
            .send()
            .await
            .unwrap();
        // This build may be without it.
        assert!(
            [200, 404].contains(&shown.status().as_u16()),
            "{}",
            shown.status()
        );
        if shown.status() == 404 {
            return;
        }
        let policy = shown.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{policy}"
        );
        assert!(
            !policy.contains("unsafe-eval") && !policy.contains("blob:"),
            "{policy}"
        );
    })
    .await;
}
