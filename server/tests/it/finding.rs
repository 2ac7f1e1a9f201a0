//! Rejects and issues through the API, as downloads and on the command line.

use crate::{
    app::{App, on_every_engine},
    cli::{self, Shell, text},
    world::{HEADER, Line},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Two bad ids, one record that is too short, and a movie whose budget is cleared.
fn dirty() -> String {
    let line = |id, budget| Line {
        id,
        budget,
        ..Line::default()
    };
    format!(
        "{HEADER}\n{}\n{}\n=cmd|'/C calc'!A0,x\n{}\n",
        line(-1, 1).csv(),
        line(-2, 1).csv(),
        line(7, -5).csv()
    )
}

#[tokio::test]
async fn rejects_and_issues_are_found_in_one_run_and_in_all() {
    on_every_engine(async |app: &mut App| {
        let first = app.world.load("a.csv", dirty()).await;
        let second = app.world.load("b.csv", dirty() + "x\n").await;
        let operator = app.person("operator").await;
        let within = "query ($id: ID!, $filter: RejectFilter) {
            run(id: $id) { rejects(filter: $filter) { totalCount nodes { line code value } } } }";
        let found = async |filter: Value| {
            let data = operator
                .ask(within, json!({"id": first.id, "filter": filter}))
                .await;
            let nodes = data["run"]["rejects"]["nodes"].as_array().unwrap().clone();
            let count = data["run"]["rejects"]["totalCount"].as_u64().unwrap();
            assert_eq!(count as usize, nodes.len());
            let lines = nodes.iter().map(|row| row["line"].as_i64().unwrap());
            lines.collect::<Vec<_>>()
        };
        assert_eq!(found(Value::Null).await, [2, 3, 4]);
        assert_eq!(found(json!({"code": {"eq": "invalid_id"}})).await, [2, 3]);
        assert_eq!(found(json!({"code": {"in": ["invalid_id"]}, "line": {"gte": 3}})).await, [3]);
        assert_eq!(found(json!({"line": {"lte": 2}})).await, [2]);
        assert_eq!(found(json!({"severity": {"eq": "ERROR"}})).await, [2, 3, 4]);
        assert_eq!(found(json!({"severity": {"in": ["INFO", "WARNING"]}})).await, [0; 0]);
        assert_eq!(found(json!({"column": {"eq": "id"}, "or": [{"value": {"contains": "-2"}}, {"message": {"contains": "-2"}}]})).await, [3]);
        assert_eq!(found(json!({"value": {"contains": "100%"}})).await, [0; 0]);
        assert_eq!(found(json!({"rule": {"in": ["none"]}})).await, [0; 0]);

        let all = "query ($filter: RejectFilter, $after: String) {
            rejects(filter: $filter, first: 2, after: $after) {
                totalCount pageInfo { endCursor hasNextPage } nodes { line run { id file { sha256 } } } } }";
        let filter = json!({"code": {"eq": "invalid_id"}});
        let page = operator.ask(all, json!({"filter": filter})).await["rejects"].take();
        assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(4), &json!(true)));
        assert_eq!(page["nodes"][0]["run"]["id"], second.id.to_string(), "newest first: {page}");
        let after = page["pageInfo"]["endCursor"].clone();
        let rest = operator.ask(all, json!({"filter": filter, "after": after})).await["rejects"].take();
        assert_eq!(rest["nodes"][1]["line"], 2);
        let file = rest["nodes"][1]["run"]["file"]["sha256"].clone();
        for filter in [json!({"run": {"file": {"sha256": {"eq": file}}}}), json!({"runId": {"eq": first.id}})] {
            assert_eq!(operator.ask(all, json!({"filter": filter})).await["rejects"]["totalCount"], 3);
        }
        let nobody = operator.ask(all, json!({"filter": {"run": {"file": {"sha256": {"eq": "ab"}}}}})).await;
        assert_eq!(nobody["rejects"]["totalCount"], 0);

        let issues = "{ issues(filter: {column: {eq: \"budget\"}, severity: {ne: ERROR}, oldValue: {contains: \"-5\"}}) {
            totalCount nodes { line byteOffset byteLength severity oldValue run { id } } } }";
        let issues = operator.ask(issues, json!({})).await["issues"].take();
        assert_eq!(issues["totalCount"], 2, "{issues}");
        let issue = &issues["nodes"][1];
        assert_eq!((&issue["line"], &issue["run"]["id"]), (&json!(5), &json!(first.id.to_string())));
        assert_eq!(issue["severity"], "WARNING");
        let offset = dirty().find(&Line { id: 7, budget: -5, ..Line::default() }.csv()).unwrap();
        assert_eq!(issue["byteOffset"], offset as i64);

        let viewer = app.person("viewer").await;
        assert_eq!(viewer.refused("{ rejects { totalCount } }", json!({})).await, "FORBIDDEN");
    })
    .await;
}

#[tokio::test]
async fn downloads_are_for_those_who_may_read_files() {
    on_every_engine(async |app: &mut App| {
        let run = app.world.load("a.csv", dirty()).await.id;
        let path = |end: &str| format!("/api/v1/runs/{run}/{end}");
        let stranger = app.stranger();
        let viewer = app.person("viewer").await;
        for end in [
            "rejects.csv",
            "rejects.parquet",
            "issues.csv",
            "issues.parquet",
        ] {
            let answer = stranger.get(&path(end)).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{end}");
            let answer = viewer.get(&path(end)).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{end}");
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(answer["code"], "FORBIDDEN");
        }

        let operator = app.person("operator").await;
        let answer = operator.get(&path("rejects.csv")).await;
        let headers = answer.headers();
        assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
        let named = format!("attachment; filename=\"run-{run}-rejects.csv\"");
        assert_eq!(headers["content-disposition"], named);
        let csv = answer.text().await.unwrap();
        let head = "id,run,file,sha256,line,byte_offset,byte_length,code,severity,rule,rule_version,column,value,message\r\n";
        assert!(csv.starts_with(head), "{csv}");
        assert_eq!(csv.matches("\r\n").count(), 4, "{csv}");
        let one = operator
            .get(&path("rejects.csv?code=invalid_id&fromLine=3&contains=-2"))
            .await;
        assert_eq!(one.text().await.unwrap().matches("\r\n").count(), 2);
        let issues = operator.get(&path("issues.csv?column=budget")).await;
        assert!(issues.text().await.unwrap().contains(",budget,-5,"));
        for (severity, lines) in [("info", 1), ("error&severity=warning", 2)] {
            let issues = operator.get(&path(&format!("issues.csv?severity={severity}"))).await;
            assert_eq!(issues.text().await.unwrap().matches("\r\n").count(), lines);
        }
        let parquet = operator.get(&path("issues.parquet")).await;
        let parquet = parquet.bytes().await.unwrap();
        assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));

        for (path, status) in [
            (path("rejects.csv?fromLine=x"), StatusCode::BAD_REQUEST),
            (path("rejects.csv?limit=3"), StatusCode::BAD_REQUEST),
            (path("rejects.csv?severity=fatal"), StatusCode::BAD_REQUEST),
            ("/api/v1/runs/99/rejects.csv".to_owned(), StatusCode::NOT_FOUND),
            ("/api/v1/runs/x/rejects.csv".to_owned(), StatusCode::NOT_FOUND),
        ] {
            let answer = operator.get(&path).await;
            assert_eq!(answer.status(), status, "{path}");
            let answer: Value = answer.json().await.unwrap();
            assert!(answer["detail"].is_string(), "{answer}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_are_listed_exported_and_corrected() {
    cli::on_every_engine(|shell: &Shell| {
        shell.write("a.csv", dirty());
        shell.json(&["ingest", "a.csv", "--json"]);
        let list = shell.run(&["rejects", "1"]);
        let lines: Vec<String> = text(&list.stdout).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 5, "{lines:?}");
        assert!(lines[0].starts_with("id  line  code"), "{lines:?}");
        assert_eq!(lines[4], "3 in all");

        let rejects = shell.json(&["rejects", "1", "--code", "invalid_id", "--json"]);
        assert_eq!(rejects.as_array().unwrap().len(), 2);
        assert_eq!(
            (&rejects[0]["value"], &rejects[0]["file"]),
            (&json!("-1"), &json!("a.csv"))
        );
        assert_eq!(
            shell.json(&["rejects", "1", "--column", "budget", "--json"]),
            json!([])
        );
        let issues = shell.json(&["rejects", "1", "--issues", "--column", "budget", "--json"]);
        assert_eq!(
            (&issues[0]["old_value"], &issues[0]["severity"]),
            (&json!("-5"), &json!("warning"))
        );
        let severe = |severity| {
            let rejects = shell.json(&["rejects", "1", "--severity", severity, "--json"]);
            rejects.as_array().unwrap().len()
        };
        assert_eq!((severe("error"), severe("info")), (3, 0));
        let wrong = shell.run(&["rejects", "1", "--severity", "fatal"]);
        assert_eq!(wrong.status.code(), Some(2));
        assert!(
            text(&wrong.stderr).contains("info, warning, error"),
            "{wrong:?}"
        );

        let written = shell.json(&[
            "rejects", "1", "--format", "csv", "--out", "r.csv", "--json",
        ]);
        let csv = std::fs::read(shell.folder.path().join("r.csv")).unwrap();
        assert_eq!(written["bytes"], csv.len());
        assert_eq!(shell.run(&["rejects", "1", "--format", "csv"]).stdout, csv);
        shell.json(&[
            "rejects",
            "1",
            "--format",
            "parquet",
            "--out",
            "r.parquet",
            "--json",
        ]);
        let parquet = std::fs::read(shell.folder.path().join("r.parquet")).unwrap();
        assert!(parquet.ends_with(b"PAR1"));
        let missing = shell.run(&["rejects", "9", "--format", "csv", "--out", "none.csv"]);
        assert_eq!(missing.status.code(), Some(1));
        assert!(
            text(&missing.stderr).contains("there is no run 9"),
            "{missing:?}"
        );
        assert!(!shell.folder.path().join("none.csv").exists());

        let id = rejects[1]["id"].to_string();
        let corrected = shell.json(&[
            "correct",
            &id,
            "--set",
            "id=42",
            "--set",
            "title=A=B",
            "--json",
        ]);
        assert_eq!(
            (&corrected[0]["status"], &corrected[0]["inserted"]),
            (&json!("succeeded"), &json!(1))
        );
        assert_eq!(corrected[0]["file"], "a.line-3.correction.csv");
        for (arguments, code, message) in [
            (vec!["correct", &id], 2, "--set"),
            (vec!["correct", &id, "--set", "id"], 2, "such as id=862"),
            (
                vec!["correct", &id, "--set", "colour=red"],
                1,
                "the file has no column colour",
            ),
            (
                vec!["correct", "99", "--set", "id=1"],
                1,
                "there is no reject 99",
            ),
        ] {
            let refused = shell.run(&arguments);
            assert_eq!(refused.status.code(), Some(code), "{refused:?}");
            assert!(text(&refused.stderr).contains(message), "{refused:?}");
        }
        let trail = shell.trail();
        let event = trail.last().unwrap();
        assert_eq!(
            (&*event.action, &*event.actor),
            ("reject.correct", "command line")
        );
        assert_eq!(
            (event.subject.clone(), event.value_after.clone()),
            (format!("reject {id}"), Some("run 2".to_owned()))
        );
    })
    .await;
}
