//! Drafts of rules tried out through the API and the command line.

use crate::{
    app::{App, on_every_engine},
    world::{Line, file},
};
use etl::sample;
use serde_json::json;
use std::time::{Duration, Instant};

const PREVIEW: &str = "mutation ($body: String!, $files: [String!], $sample: Int) {
    previewRules(body: $body, files: $files, sample: $sample) {
        faults { line column message } files { name heldBecause }
        gained { count rows { movieId } } lost { count rows(first: 1) { movieId kind title } }
        changed { count rows { movieId kind fields { field before after } } }
        rejects { code before after }
        movers(of: COMPANY) { name year before after change } } }";

#[tokio::test]
async fn a_draft_is_tried_and_the_mart_is_as_it_was() {
    on_every_engine(async |app: &mut App| {
        let line = |id: i64, budget: i64| Line { id, budget, ..Line::default() };
        app.world.load_well("a.csv", file(&[line(1, 100), line(2, 7), line(3, 7), line(-4, 7)])).await;
        app.world.load_well("b.csv", file(&[line(5, 100), line(6, 7)])).await;
        let body = "[guards]\nmin_rows = 3\n
            [[check]]\nrule = 'cheap'\nwhen = 'budget == 7'\naction = 'reject'\ncode = 'cheap'\n
            [[check]]\nrule = 'none'\nfield = 'revenue'\nmax = 1\naction = 'clear'\n";
        let admin = app.admin().await;
        let figures = "{ dataVersion { version } totals { movies } company(id: 3) { years { movieCount revenue } } }";
        let before = admin.ask(figures, json!({})).await;

        let found = admin.ask(PREVIEW, json!({"body": body})).await["previewRules"].take();
        assert_eq!(found, json!({
            "faults": [],
            "files": [{"name": "a.csv", "heldBecause": null},
                      {"name": "b.csv", "heldBecause": "it has 2 rows, fewer than min_rows = 3"}],
            "gained": {"count": 0, "rows": []},
            "lost": {"count": 3, "rows": [{"movieId": "2", "kind": "DELETED", "title": "A Film"}]},
            "changed": {"count": 2, "rows": [
                {"movieId": "1", "kind": "UPDATED", "fields": [{"field": "revenue", "before": "250", "after": null}]},
                {"movieId": "5", "kind": "UPDATED", "fields": [{"field": "revenue", "before": "250", "after": null}]}]},
            "rejects": [{"code": "cheap", "before": 0, "after": 3}, {"code": "invalid_id", "before": 1, "after": 1}],
            "movers": [{"name": "Company 3", "year": 1995, "before": 1250.0, "after": null, "change": -1250.0}],
        }));
        let newest = admin.ask(PREVIEW, json!({"body": body, "sample": 1})).await["previewRules"].take();
        assert_eq!((&newest["lost"]["count"], &newest["changed"]["count"]), (&json!(1), &json!(1)));
        let files = admin.ask("{ files { nodes { name sha256 } } }", json!({})).await;
        let first = &files["files"]["nodes"][1];
        let chosen = admin.ask(PREVIEW, json!({"body": body, "files": [first["sha256"]]})).await;
        assert_eq!(chosen["previewRules"]["files"][0]["name"], first["name"]);
        assert_eq!(chosen["previewRules"]["lost"]["count"], 2);

        let faulty = admin.ask(PREVIEW, json!({"body": "[guards]\nmin_row = 1"})).await;
        let fault = &faulty["previewRules"]["faults"][0];
        assert_eq!((&fault["line"], &fault["column"]), (&json!(2), &json!(1)));
        for variables in [
            json!({"body": "", "files": ["ff"]}),
            json!({"body": "", "files": []}),
            json!({"body": "", "sample": 0}),
            json!({"body": "", "files": ["ff"], "sample": 1}),
        ] {
            assert_eq!(admin.refused(PREVIEW, variables).await, "BAD_USER_INPUT");
        }
        assert_eq!(admin.ask(figures, json!({})).await, before);
        let operator = app.person("operator").await;
        assert_eq!(operator.refused(PREVIEW, json!({"body": body})).await, "FORBIDDEN");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_draft_at_a_time_is_tried_and_ends_when_its_client_goes_away() {
    on_every_engine(async |app: &mut App| {
        let path = app.world.folder.path().join("large.csv");
        sample::write(25_000, 5, &mut std::fs::File::create(&path).unwrap()).unwrap();
        assert_eq!(app.world.load_file(&path).await.error, None);
        app.world
            .load_well("small.csv", file(&[Line::default()]))
            .await;
        let admin = app.admin().await;
        let try_large = || {
            let request = admin
                .client
                .post(format!("{}/graphql", admin.address))
                .json(&json!({"query": PREVIEW, "variables": {"body": ""}}))
                .timeout(Duration::from_millis(1000));
            (Instant::now(), tokio::spawn(request.send()))
        };
        let small = json!({"body": "", "sample": 1});
        let (mut begun, mut large) = try_large();
        // Once the large one has begun, another is refused; should another be faster, it is itself.
        while admin.send(PREVIEW, small.clone()).await["errors"].is_null() {
            if large.is_finished() {
                (begun, large) = try_large();
            }
        }
        assert_eq!(
            admin.refused(PREVIEW, small.clone()).await,
            "TOO_MANY_REQUESTS"
        );
        assert!(large.await.unwrap().unwrap_err().is_timeout());
        // Its client is gone, and with it the trial, which by itself takes longer.
        while !admin.send(PREVIEW, small.clone()).await["errors"].is_null() {
            assert!(begun.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let freed = begun.elapsed();
        let begun = Instant::now();
        admin.ask(PREVIEW, json!({"body": ""})).await;
        assert!(freed < begun.elapsed(), "{freed:?}");
    })
    .await;
}
