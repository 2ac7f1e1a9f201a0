//! Read answers are as new as the mart, tagged, and cheap when it has not changed.

use crate::{
    app::{App, Person, on_every_engine},
    world::{Line, World, engines, file},
};
use axum::{
    body::{Bytes, to_bytes},
    http::{HeaderMap, StatusCode as Status},
};
use etl::database::reading;
use flate2::read::GzDecoder;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use server::fresh::{Answers, Made, version};
use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const MOVIE: &str = "query ($id: ID!) { movie(id: $id) { title revenue companies { name } } }";

/// Asks with POST, as somebody who may have the answer already.
async fn ask(person: &Person, query: &str, variables: Value, had: &str) -> Response {
    let request = person.client.post(format!("{}/graphql", person.address));
    let request = request.header("if-none-match", had);
    let body = json!({"query": query, "variables": variables});
    request.json(&body).send().await.unwrap()
}

fn header(response: &Response, name: &str) -> String {
    let value = response.headers().get(name);
    let value = value.unwrap_or_else(|| panic!("{name} in {:?}", response.headers()));
    value.to_str().unwrap().to_owned()
}

/// How many statements an answer took.
fn statements(response: &Response) -> String {
    let told = header(response, "server-timing");
    told.split('"').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn an_answer_about_the_mart_is_tagged_and_had_until_a_merge() {
    on_every_engine(async |app: &mut App| {
        let line = Line::default();
        app.world
            .load_well("a.csv", file(std::slice::from_ref(&line)))
            .await;
        let person = app.admin().await;
        let id = json!({"id": "1"});
        let first = ask(&person, MOVIE, id.clone(), "\"other\"").await;
        assert_eq!(first.status(), StatusCode::OK);
        let tag = header(&first, "etag");
        assert!(tag.starts_with('"') && tag.len() > 20, "{tag}");
        assert_eq!(header(&first, "x-marquee-data-version"), "1");
        assert_eq!(header(&first, "vary"), "Cookie, Authorization");
        assert_eq!(header(&first, "cache-control"), "private, no-cache");
        // The version, a movie, its companies, the version.
        assert_eq!(statements(&first), "4 statements");
        let body = first.text().await.unwrap();
        let told: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(told["extensions"]["dataVersion"], 1);
        assert_eq!(told["data"]["movie"]["revenue"], 250);

        // Kept: neither the movie nor its companies are read.
        let again = ask(&person, MOVIE, id.clone(), "\"other\"").await;
        assert_eq!(
            (statements(&again).as_str(), header(&again, "etag")),
            ("1 statements", tag.clone())
        );
        assert_eq!(again.text().await.unwrap(), body);
        // Had.
        for had in [tag.clone(), format!("\"x\", W/{tag}")] {
            let had = ask(&person, MOVIE, id.clone(), &had).await;
            assert_eq!(had.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(statements(&had), "1 statements");
            assert_eq!(
                (header(&had, "etag"), header(&had, "x-marquee-data-version")),
                (tag.clone(), "1".to_owned())
            );
            assert_eq!(had.text().await.unwrap(), "");
        }
        // The same with GET.
        let address = format!("{}/graphql", app.address);
        let parameters = [("query", MOVIE), ("variables", "{\"id\":\"1\"}")];
        let address = reqwest::Url::parse_with_params(&address, parameters).unwrap();
        let got = person
            .client
            .get(address)
            .header("if-none-match", &tag)
            .send()
            .await
            .unwrap();
        assert_eq!(got.status(), StatusCode::NOT_MODIFIED);

        // Other questions and other people have other answers.
        let other = ask(&person, MOVIE, json!({"id": "2"}), &tag).await;
        assert_eq!(other.status(), StatusCode::OK);
        let named = format!("query A {}", MOVIE.strip_prefix("query").unwrap());
        assert_ne!(
            header(&ask(&person, &named, id.clone(), "").await, "etag"),
            tag
        );
        let viewer = app.person("viewer").await;
        let theirs = ask(&viewer, MOVIE, id.clone(), &tag).await;
        assert_eq!(theirs.status(), StatusCode::OK);
        let stranger = ask(&app.stranger(), MOVIE, id.clone(), &tag).await;
        assert!(
            stranger.headers().get("etag").is_none()
                && stranger.headers().get("server-timing").is_none()
        );
        assert_eq!(header(&stranger, "cache-control"), "no-store");
        let told: Value = stranger.json().await.unwrap();
        assert_eq!(told["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");

        app.world
            .load_well(
                "b.csv",
                file(&[Line {
                    revenue: 999,
                    ..line
                }]),
            )
            .await;
        let newer = ask(&person, MOVIE, id, &tag).await;
        assert_eq!(newer.status(), StatusCode::OK);
        assert_eq!(header(&newer, "x-marquee-data-version"), "2");
        assert_ne!(header(&newer, "etag"), tag);
        let told: Value = newer.json().await.unwrap();
        assert_eq!(told["data"]["movie"]["revenue"], 999);
        let text = person.get("/metrics").await.text().await.unwrap();
        for result in ["hit", "miss", "not_modified"] {
            assert!(
                text.contains(&format!("marquee_answers_total{{result=\"{result}\"}}")),
                "{text}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_changes_without_the_mart_is_tagged_by_its_bytes() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("a.csv", file(&[Line::default()])).await;
        let person = app.admin().await;
        let runs = "{ runs { nodes { id status } } }";
        let first = ask(&person, runs, json!({}), "").await;
        let tag = header(&first, "etag");
        assert_eq!(header(&first, "x-marquee-data-version"), "1");
        let same = ask(&person, runs, json!({}), &tag).await;
        assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
        // A run that fails changes the list, and not the mart.
        app.world.load("empty.csv", "").await;
        let other = ask(&person, runs, json!({}), &tag).await;
        assert_eq!(
            (other.status(), header(&other, "x-marquee-data-version")),
            (StatusCode::OK, "1".to_owned())
        );
        let told: Value = other.json().await.unwrap();
        assert_eq!(told["data"]["runs"]["nodes"].as_array().unwrap().len(), 2);
        // What holds such a field is not kept either.
        let mixed = "{ totals { movies } runs { nodes { id } } }";
        let before = ask(&person, mixed, json!({}), "")
            .await
            .json::<Value>()
            .await
            .unwrap();
        app.world.load("empty.csv", " ").await;
        let after = ask(&person, mixed, json!({}), "")
            .await
            .json::<Value>()
            .await
            .unwrap();
        assert_ne!(before, after);

        let wrong = ask(&person, "{ movie(id: \"x\") { id } }", json!({}), "*").await;
        assert_eq!(
            (wrong.status(), wrong.headers().get("etag")),
            (StatusCode::OK, None)
        );
        let change = ask(
            &person,
            "mutation { retryRun(id: 99) { id } }",
            json!({}),
            "*",
        )
        .await;
        assert_eq!(
            (change.status(), change.headers().get("etag")),
            (StatusCode::OK, None)
        );
        assert_eq!(header(&change, "cache-control"), "no-store");
    })
    .await;
}

#[tokio::test]
async fn what_one_instance_merges_another_answers_at_once() {
    for engine in engines() {
        let app = App::start(World::new(&engine).await).await;
        let other = app.another().await;
        let (one, two) = (app.admin().await, other.admin().await);
        let mut tag = String::new();
        for (round, revenue) in [(1, 250), (2, 300), (3, 20)] {
            let line = Line {
                revenue,
                ..Line::default()
            };
            app.drop_file(&format!("{round}.csv"), file(&[line]));
            one.runs(round).await;
            // Twice: made and kept.
            for _ in 0..2 {
                for person in [&two, &one] {
                    let answer = ask(person, MOVIE, json!({"id": "1"}), &tag).await;
                    assert_eq!(answer.status(), StatusCode::OK);
                    assert_eq!(header(&answer, "x-marquee-data-version"), round.to_string());
                    let told: Value = answer.json().await.unwrap();
                    assert_eq!(told["data"]["movie"]["revenue"], revenue);
                }
            }
            let answer = ask(&two, MOVIE, json!({"id": "1"}), "").await;
            tag = header(&answer, "etag");
            // A tag of one instance is a tag of the other.
            let had = ask(&one, MOVIE, json!({"id": "1"}), &tag).await;
            assert_eq!(had.status(), StatusCode::NOT_MODIFIED);
        }
        other.stop().await;
        app.close().await;
    }
}

fn made(text: impl Into<Bytes>) -> Made {
    Made {
        status: Status::OK,
        kind: "text/plain",
        bytes: text.into(),
        whole: true,
    }
}

#[tokio::test]
async fn many_that_ask_the_same_wait_for_one() {
    on_every_engine(async |app: &mut App| {
        let db = &reading::connect(&app.world.url, Duration::from_secs(30))
            .await
            .unwrap();
        let answers = Answers::new(1 << 20, Duration::from_secs(30));
        let count = Arc::new(AtomicUsize::new(0));
        let headers = HeaderMap::new();
        let make = |_| {
            let count = count.clone();
            async move {
                let so_many = count.fetch_add(1, Ordering::SeqCst);
                // Long enough for the others to come.
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                made(so_many.to_string())
            }
        };
        let all = (0..100).map(|_| answers.answer_with(db, &headers, &[b"a"], make));
        for answer in futures::future::join_all(all).await {
            let body = to_bytes(answer.unwrap().into_body(), 100).await.unwrap();
            assert_eq!(body, "0");
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        answers
            .answer_with(db, &headers, &[b"b"], make)
            .await
            .unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2);
        // Nothing is kept where nothing may be.
        let answers = Answers::new(0, Duration::from_secs(30));
        for so_many in [3, 4] {
            answers
                .answer_with(db, &headers, &[b"a"], make)
                .await
                .unwrap();
            assert_eq!(count.load(Ordering::SeqCst), so_many);
        }
        // What nobody waits for any more is given up, and begun anew for the next one.
        let never = |_| async { std::future::pending::<Made>().await };
        let waiting = answers.answer_with(db, &headers, &[b"c"], never);
        tokio::time::timeout(Duration::from_millis(200), waiting)
            .await
            .unwrap_err();
        answers
            .answer_with(db, &headers, &[b"c"], make)
            .await
            .unwrap();
        db.close_by_ref().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_made_again_when_the_mart_changes_meanwhile() {
    on_every_engine(async |app: &mut App| {
        let db = &reading::connect(&app.world.url, Duration::from_secs(30))
            .await
            .unwrap();
        let answers = Answers::new(1 << 20, Duration::from_secs(30));
        let world = &app.world;
        let headers = HeaderMap::new();
        let load = |revenue: i64| {
            let line = Line {
                revenue,
                ..Line::default()
            };
            world.load_well("a.csv", file(&[line]))
        };
        load(1).await;
        // The making is held up until another version is there.
        let (begun, go) = (
            tokio::sync::Semaphore::new(0),
            tokio::sync::Semaphore::new(0),
        );
        let (begun, go) = (Arc::new(begun), Arc::new(go));
        let make = |version: server::fresh::Version| {
            let (begun, go) = (begun.clone(), go.clone());
            async move {
                begun.add_permits(1);
                go.acquire().await.unwrap().forget();
                made(version.number.to_string())
            }
        };
        let meanwhile = async {
            begun.acquire().await.unwrap().forget();
            load(2).await;
            go.add_permits(2);
        };
        let (answer, ()) =
            tokio::join!(answers.answer_with(db, &headers, &[b"a"], make), meanwhile);
        let answer = answer.unwrap();
        assert_eq!(version(db).await.unwrap().number, 2);
        assert_eq!(answer.headers()["x-marquee-data-version"], "2");
        assert!(answer.headers().contains_key("etag"));
        assert_eq!(to_bytes(answer.into_body(), 100).await.unwrap(), "2");

        // Where it never comes to rest, the answer is given without a tag.
        begun.acquire().await.unwrap().forget();
        let meanwhile = async {
            for revenue in 3..6 {
                begun.acquire().await.unwrap().forget();
                load(revenue).await;
                go.add_permits(1);
            }
        };
        let (answer, ()) =
            tokio::join!(answers.answer_with(db, &headers, &[b"b"], make), meanwhile);
        let answer = answer.unwrap();
        assert!(!answer.headers().contains_key("etag"));
        assert_eq!(answer.headers()["cache-control"], "no-store");
        db.close_by_ref().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_long_answer_is_compressed_for_whoever_takes_it_and_has_a_tag_of_its_own() {
    on_every_engine(async |app: &mut App| {
        let lines: Vec<_> = (1..=40)
            .map(|id| Line {
                id,
                ..Line::default()
            })
            .collect();
        app.world.load_well("a.csv", file(&lines)).await;
        let person = app.admin().await;
        let asked = |address: &str, coding: &str, had: &str| {
            let request = person.client.get(format!("{}{address}", app.address));
            let request = request.header("accept-encoding", coding.to_owned());
            request.header("if-none-match", had.to_owned()).send()
        };
        for address in [
            "/graphql?query=%7Bmovies%7Bnodes%7Bid%20title%20year%20revenue%7D%7D%7D",
            "/api/v1/movies",
            "/api/v1/movies.csv",
        ] {
            let plain = asked(address, "identity", "").await.unwrap();
            assert!(
                plain.headers().get("content-encoding").is_none(),
                "{address}"
            );
            let tag = header(&plain, "etag");
            let body = plain.bytes().await.unwrap();

            let packed = asked(address, "br, gzip", "").await.unwrap();
            assert_eq!(header(&packed, "content-encoding"), "gzip", "{address}");
            let vary = packed.headers().get_all("vary").iter();
            let vary: Vec<_> = vary
                .map(|value| value.to_str().unwrap().to_lowercase())
                .collect();
            assert!(vary.join(", ").contains("accept-encoding"), "{vary:?}");
            let own = header(&packed, "etag");
            assert_eq!(own, format!("{}.gz\"", tag.trim_end_matches('"')));
            let bytes = packed.bytes().await.unwrap();
            assert!(
                bytes.len() < body.len() / 2,
                "{} of {}",
                bytes.len(),
                body.len()
            );
            let mut unpacked = Vec::new();
            GzDecoder::new(&bytes[..])
                .read_to_end(&mut unpacked)
                .unwrap();
            assert_eq!(unpacked, body);

            for (coding, tag) in [("gzip", own), ("identity", tag)] {
                let had = asked(address, coding, &tag).await.unwrap();
                assert_eq!(had.status(), StatusCode::NOT_MODIFIED, "{address} {tag}");
                assert_eq!(header(&had, "etag"), tag);
            }
        }
        let short = asked("/api/v1/movies/1", "gzip", "").await.unwrap();
        assert_eq!(short.status(), StatusCode::OK);
        assert!(short.headers().get("content-encoding").is_none());
    })
    .await;
}
