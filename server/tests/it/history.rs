//! Holding, approving, undoing and reading again through the API, and what was before.

use crate::{
    app::{App, Person, on_every_engine},
    world::{Line, file},
};
use entity::ingest::RunMode;
use serde_json::{Value, json};

/// Waits until a run has one of these statuses.
async fn wait_for(person: &Person, id: &str, statuses: &[&str]) -> Value {
    let query = "query ($id: ID!) { run(id: $id) { id kind status mode heldBecause error undoes { id status }
        counts { read inserted updated deleted unchanged superseded } } }";
    for _ in 0..200 {
        let run = person.ask(query, json!({"id": id})).await["run"].take();
        if statuses.contains(&run["status"].as_str().unwrap()) {
            return run;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("run {id} has become none of {statuses:?} in ten seconds");
}

async fn act(person: &Person, mutation: &str) -> String {
    let data = person
        .ask(
            &format!("mutation {{ run: {mutation} {{ id }} }}"),
            json!({}),
        )
        .await;
    data["run"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_stands_in_the_way_of_an_undo_is_known_before_it() {
    on_every_engine(async |app: &mut App| {
        let line = |id: i64, revenue: i64| Line { id, revenue, ..Line::default() };
        app.world.load_well("1.csv", file(&[line(1, 1)])).await;
        app.world.load_well("2.csv", file(&[line(1, 2), line(2, 2)])).await;
        // Has nothing to do with the first but through the second.
        app.world.load_well("3.csv", file(&[line(2, 3)])).await;
        app.world.load_well("4.csv", file(&[line(4, 4)])).await;
        let person = app.person("operator").await;
        let query = "{ runs(orderBy: [{field: ID}]) { nodes { id ruleSet { version note } undoConflicts { id fileName } } } }";
        let conflicts = async || {
            let found = person.ask(query, json!({})).await["runs"]["nodes"].take();
            let ids = |run: &Value| {
                let conflicts = run["undoConflicts"].as_array().unwrap().iter();
                conflicts.map(|run| run["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
            };
            assert_eq!(found[0]["ruleSet"]["version"], 1);
            found.as_array().unwrap().iter().map(ids).collect::<Vec<_>>()
        };
        assert_eq!(conflicts().await, ["3 2", "3", "", ""]);
        let before = conflicts().await.len();
        let last = act(&person, "undoRun(id: 1, cascade: true)").await;
        let undone = wait_for(&person, &last, &["SUCCEEDED", "FAILED"]).await;
        assert_eq!(undone["undoes"], json!({"id": "1", "status": "UNDONE"}));
        let after = conflicts().await;
        assert_eq!((after.len(), after.concat()), (before + 3, String::new()));
    })
    .await;
}

#[tokio::test]
async fn a_run_is_previewed_approved_and_undone() {
    on_every_engine(async |app: &mut App| {
        let line = Line::default();
        app.world.load_well("a.csv", file(std::slice::from_ref(&line))).await;
        let path = app.world.folder.path().join("b.csv");
        std::fs::write(&path, file(&[Line { revenue: 999, ..line.clone() }, Line { id: 2, ..line }])).unwrap();
        let held = app.world.load_as(&path, RunMode::Hold).await.id.to_string();

        let person = app.person("operator").await;
        let query = "query ($id: ID!, $filter: ChangeFilter) { run(id: $id) { status heldBecause
            changes(filter: $filter, first: 1) { totalCount pageInfo { hasNextPage endCursor }
                nodes { movieId kind title fields { field before after } } } } }";
        let run = person.ask(query, json!({"id": held})).await["run"].take();
        assert_eq!(run["status"], "HELD");
        let changes = &run["changes"];
        assert_eq!((&changes["totalCount"], &changes["pageInfo"]["hasNextPage"]), (&json!(2), &json!(true)));
        assert_eq!(changes["nodes"], json!([{"movieId": "1", "kind": "UPDATED", "title": "A Film",
            "fields": [{"field": "revenue", "before": "250", "after": "999"}]}]));
        let inserted = person.ask(query, json!({"id": held, "filter": {"kind": {"eq": "INSERTED"}}})).await;
        assert_eq!(inserted["run"]["changes"]["totalCount"], 1);
        assert_eq!(inserted["run"]["changes"]["nodes"][0]["movieId"], "2");
        let of_field = async |test: Value| {
            let found = person.ask(query, json!({"id": held, "filter": {"fields": test}})).await["run"]["changes"].take();
            (found["totalCount"].as_i64().unwrap(), found["nodes"][0]["movieId"].clone())
        };
        let budget = json!({"field": {"eq": "budget"}});
        assert_eq!(of_field(json!({"some": {"field": {"in": ["revenue", "budget"]}}})).await, (2, json!("1")));
        assert_eq!(of_field(json!({"some": budget})).await, (1, json!("2")));
        assert_eq!(of_field(json!({"none": budget})).await, (1, json!("1")));
        assert_eq!(of_field(json!({"every": {"field": {"eq": "revenue"}}})).await, (1, json!("1")));

        let movers = "query ($id: ID!) { run(id: $id) {
            movers(of: COMPANY) { id name year before after change }
            counts: movers(of: GENRE, measure: MOVIE_COUNT, first: 1) { name before after change } } }";
        let expected = json!({
            "movers": [{"id": "3", "name": "Company 3", "year": 1995, "before": 250.0, "after": 1249.0, "change": 999.0}],
            "counts": [{"name": "Genre 18", "before": 1.0, "after": 2.0, "change": 1.0}]});
        assert_eq!(person.ask(movers, json!({"id": held})).await["run"], expected);
        let many = "{ run(id: 1) { movers(of: GENRE, first: 101) { year } } }";
        assert_eq!(person.refused(many, json!({})).await, "BAD_USER_INPUT");

        act(&person, &format!("approveRun(id: {held})")).await;
        let merged = wait_for(&person, &held, &["SUCCEEDED"]).await;
        assert_eq!(merged["counts"]["inserted"], 1);
        assert_eq!(of_field(json!({"some": {"field": {"eq": "companies"}}})).await, (1, json!("2")));
        assert_eq!(of_field(json!({"none": {"field": {"eq": "genres"}}})).await, (1, json!("1")));
        assert_eq!(person.ask(movers, json!({"id": held})).await["run"], expected);
        let refused = format!("mutation {{ discardRun(id: {held}) {{ id }} }}");
        assert_eq!(person.refused(&refused, json!({})).await, "BAD_USER_INPUT");

        // What was, is still there.
        let then = "query ($asOf: Int) {
            movie(id: 1, asOf: $asOf) { revenue companies { name } }
            movies(asOf: $asOf, orderBy: [{field: REVENUE, direction: DESC}]) { totalCount nodes { id revenue } }
            company(id: 3) { years(asOf: $asOf) { year movieCount revenue profit averagePopularity } }
            genre(id: 18) { years(asOf: $asOf) { movieCount totalPopularity } } }";
        let first = person.ask(then, json!({"asOf": 1})).await;
        assert_eq!(first["movie"], json!({"revenue": 250, "companies": [{"name": "Company 3"}]}));
        assert_eq!(first["movies"], json!({"totalCount": 1, "nodes": [{"id": "1", "revenue": 250}]}));
        assert_eq!(first["company"]["years"], json!([{"year": 1995, "movieCount": 1, "revenue": 250, "profit": 150, "averagePopularity": 1.5}]));
        assert_eq!(first["genre"]["years"], json!([{"movieCount": 1, "totalPopularity": 1.5}]));
        let now = person.ask(then, json!({"asOf": 2})).await;
        assert_eq!(now, person.ask(then, json!({})).await);
        assert_eq!(now["company"]["years"][0]["revenue"], 1249);
        assert_eq!(person.ask(then, json!({"asOf": 0})).await["movie"], Value::Null);
        assert_eq!(person.refused(then, json!({"asOf": 3})).await, "BAD_USER_INPUT");

        let undo = act(&person, &format!("undoRun(id: {held})")).await;
        let undone = wait_for(&person, &undo, &["SUCCEEDED", "FAILED"]).await;
        assert_eq!(undone["undoes"], json!({"id": held, "status": "UNDONE"}));
        assert_eq!((&undone["counts"]["updated"], &undone["counts"]["deleted"]), (&json!(1), &json!(1)));
        let third = person.ask(then, json!({"asOf": 3})).await;
        assert_eq!(third, first);

        let revisions = "{ movie(id: 1) { revisions { version kind run { id kind } fields { field before after } } } }";
        let revisions = person.ask(revisions, json!({})).await["movie"]["revisions"].take();
        assert_eq!(revisions.as_array().unwrap().len(), 3);
        assert_eq!(revisions[2], json!({"version": 3, "kind": "UPDATED", "run": {"id": undo, "kind": "UNDO"},
            "fields": [{"field": "revenue", "before": "999", "after": "250"}]}));

        let again = act(&person, &format!("reprocess(run: {held}, preview: true)")).await;
        let again = wait_for(&person, &again, &["HELD", "FAILED"]).await;
        assert_eq!((&again["kind"], &again["counts"]["inserted"]), (&json!("REPROCESS"), &json!(1)));
        act(&person, &format!("discardRun(id: {})", again["id"].as_str().unwrap())).await;
        assert_eq!(person.ask(then, json!({})).await, first);

        let body = "[guards]\nmin_rows = 100\n";
        let publish = "mutation ($body: String!) { publishRules(body: $body, note: \"hold small files\") { version author } }";
        assert_eq!(person.refused(publish, json!({"body": body})).await, "FORBIDDEN");
        let admin = app.admin().await;
        let wrong = admin.send(publish, json!({"body": "[guards]\nmin_row = 1"})).await;
        assert!(wrong["errors"][0]["message"].as_str().unwrap().starts_with("line 2, column 1"), "{wrong}");
        let published = admin.ask(publish, json!({"body": body})).await;
        assert_eq!(published["publishRules"], json!({"version": 2, "author": "admin"}));
        let sets = admin.ask("{ ruleSet { body } ruleSets { version note } }", json!({})).await;
        assert_eq!(sets["ruleSet"]["body"], body);
        assert_eq!(sets["ruleSets"][0], json!({"version": 2, "note": "hold small files"}));
        assert_eq!(sets["ruleSets"][1]["version"], 1);
        let again = act(&person, "reprocess(run: 1, rules: 2)").await;
        let again = wait_for(&person, &again, &["HELD", "FAILED", "SUCCEEDED"]).await;
        assert_eq!(again["heldBecause"], "it has 1 rows, fewer than min_rows = 100");
        assert_eq!(person.refused("mutation { reprocess(run: 1, rules: 9) { id } }", json!({})).await, "BAD_USER_INPUT");

        let viewer = app.person("viewer").await;
        for mutation in ["approveRun(id: 1)", "discardRun(id: 1)", "undoRun(id: 1)", "cancelRun(id: 1)", "reprocess(run: 1)"] {
            let code = viewer.refused(&format!("mutation {{ {mutation} {{ id }} }}"), json!({})).await;
            assert_eq!(code, "FORBIDDEN", "{mutation}");
        }
    })
    .await;
}
