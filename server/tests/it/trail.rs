//! The audit trail: what is written down, found, exported and proved.

use crate::{
    app::{App, PASSWORD, on_every_engine},
    cli::{self, Shell, text},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_done_and_what_is_refused_is_written_down() {
    on_every_engine(async |app: &mut App| {
        app.world.load("empty.csv", "").await;
        let stranger = app.stranger();
        stranger.login("admin", "not the password").await;
        stranger.send("mutation { a: retryRun(id: 1) { id } b: retryRun(id: 1) { id } }", json!({})).await;
        stranger.send("mutation { retryRun(id: 1) { id } }", json!({})).await;
        let viewer = app.person("viewer").await;
        viewer.send("mutation ($id: ID!) { mine: retryRun(id: $id) { id } }", json!({"id": "1"})).await;
        viewer.send("{ runs { nodes { rejects { nodes { line } } } } }", json!({})).await;
        viewer.get("/api/v1/runs/1/rejects.csv").await;
        let admin = app.admin().await;
        admin.send("mutation { retryRun(id: 99) { id } }", json!({})).await;
        admin.ask("mutation { retryRun(id: 1) { id } }", json!({})).await;
        let create = format!("mutation {{ createUser(name: \"ada\", password: \"{PASSWORD}\", roles: [\"viewer\"]) {{ name }} }}");
        admin.ask(&create, json!({})).await;
        admin.ask("mutation { updateUser(name: \"ada\", roles: [\"operator\"]) { name } }", json!({})).await;

        let all = "query ($filter: AuditFilter, $first: Int) { auditEvents(filter: $filter, first: $first) {
            totalCount pageInfo { hasNextPage } nodes {
            id actor action subject address outcome code reason before after hash previousHash } } }";
        let found = async |filter: Value| {
            let mut events = admin.ask(all, json!({"filter": filter})).await["auditEvents"].take();
            let mut nodes = std::mem::take(events["nodes"].as_array_mut().unwrap());
            nodes.reverse();
            nodes
        };
        let events = found(Value::Null).await;
        let shown: Vec<String> = events
            .iter()
            .map(|event| {
                let part = |name: &str| event[name].as_str().unwrap_or("-").to_owned();
                ["actor", "action", "subject", "outcome", "code", "before", "after"].map(part).join(" / ")
            })
            .collect();
        assert_eq!(
            shown,
            [
                "command line / user.create / user admin / DONE / - / - / admin",
                "not signed in / login / user admin / REFUSED / UNAUTHENTICATED / - / -",
                "not signed in / run.retry / run 1 / REFUSED / UNAUTHENTICATED / - / -",
                "test / user.create / user a-viewer / DONE / - / - / viewer",
                "a-viewer / login / user a-viewer / DONE / - / - / -",
                "a-viewer / run.retry / run 1 / REFUSED / FORBIDDEN / - / -",
                "a-viewer / read / runs.nodes.rejects / REFUSED / FORBIDDEN / - / -",
                "a-viewer / read / run 1 / REFUSED / FORBIDDEN / - / -",
                "admin / login / user admin / DONE / - / - / -",
                "admin / run.retry / run 99 / FAILED / NOT_FOUND / - / -",
                "admin / run.retry / run 1 / DONE / - / - / run 2",
                "admin / user.create / user ada / DONE / - / - / viewer",
                "admin / user.update / user ada / DONE / - / viewer / operator",
            ]
        );
        assert!(events[1..3].iter().all(|event| event["address"] == "127.0.0.1"));
        assert_eq!(events[0]["previousHash"], "0".repeat(64));
        for pair in events.windows(2) {
            assert_eq!(pair[1]["previousHash"], pair[0]["hash"]);
        }
        assert!(!json!(events).to_string().contains(PASSWORD));

        assert_eq!(found(json!({"actor": {"eq": "a-viewer"}})).await.len(), 4);
        let runs = json!({"action": {"startsWith": "run."}, "outcome": {"in": ["FAILED", "DONE"]}});
        assert_eq!(found(runs).await.len(), 2);
        assert_eq!(found(json!({"subject": {"contains": "ADA"}})).await.len(), 2);
        assert_eq!(found(json!({"address": {"eq": "10.0.0.1"}})).await.len(), 0);
        assert_eq!(found(json!({"id": {"between": [3, 5]}})).await.len(), 3);
        assert_eq!(found(json!({"before": {"eq": "viewer"}, "after": {"eq": "operator"}})).await.len(), 1);
        for (at, number) in [
            (json!({"gte": "2100-01-01T00:00:00Z"}), 0),
            (json!({"lt": "2100-01-01T00:00:00Z"}), 13),
            (json!({"gte": "1900-01-01T00:00:00Z"}), 13),
        ] {
            assert_eq!(found(json!({"at": at})).await.len(), number, "{at}");
        }
        let ordered = "{ auditEvents(orderBy: [{field: ACTOR}, {field: ID}], first: 3) { nodes { actor id } } }";
        let ordered = admin.ask(ordered, json!({})).await["auditEvents"]["nodes"].take();
        let first = json!([{"actor": "a-viewer", "id": 5}, {"actor": "a-viewer", "id": 6}, {"actor": "a-viewer", "id": 7}]);
        assert_eq!(ordered, first);
        let page = admin.ask(all, json!({"first": 2})).await["auditEvents"].take();
        assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(13), &json!(true)));
        assert_eq!(page["nodes"][0]["id"], 13);

        let csv = admin.get("/api/v1/audit.csv?actor=admin&outcome=done").await;
        assert_eq!(csv.headers()["content-type"], "text/csv; charset=utf-8");
        let csv = csv.text().await.unwrap();
        assert!(csv.starts_with("id,at,actor,action,subject,address,outcome,code,reason,before,after,previous_hash,hash\r\n"));
        assert_eq!(csv.matches("\r\n").count(), 5, "{csv}");
        let lines = admin.get("/api/v1/audit.jsonl").await.text().await.unwrap();
        let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        assert_eq!((&last["id"], &last["hash"]), (&json!(13), &events[12]["hash"]));
        for (path, status) in [
            ("/api/v1/audit.csv?since=yesterday", StatusCode::BAD_REQUEST),
            ("/api/v1/audit.csv?outcome=odd", StatusCode::BAD_REQUEST),
            ("/api/v1/audit.jsonl?limit=1", StatusCode::BAD_REQUEST),
        ] {
            assert_eq!(admin.get(path).await.status(), status, "{path}");
        }
        assert_eq!(viewer.get("/api/v1/audit.csv").await.status(), StatusCode::FORBIDDEN);
        assert_eq!(stranger.get("/api/v1/audit.jsonl").await.status(), StatusCode::UNAUTHORIZED);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_roles_and_tokens_are_managed_and_the_trail_shown_on_the_command_line() {
    cli::on_every_engine(|shell: &Shell| {
        shell.json(&["role", "add", "clerk", "data.read", "user.manage", "--json"]);
        shell.json(&[
            "user", "add", "ada", "--role", "clerk", "--random", "--json",
        ]);
        let in_use = shell.run(&["role", "delete", "clerk"]);
        assert!(
            text(&in_use.stderr).contains("is in use: 1 users"),
            "{in_use:?}"
        );
        let built_in = shell.run(&["role", "set", "viewer", "audit.read"]);
        assert!(
            text(&built_in.stderr).contains("is built in"),
            "{built_in:?}"
        );
        let token = shell.json(&[
            "token", "create", "nightly", "--user", "ada", "--role", "viewer", "--json",
        ]);
        let secret = token["secret"].as_str().unwrap();
        assert!(secret.starts_with("mrq_") && secret.len() == 68, "{token}");
        let id = token["id"].to_string();
        assert!(shell.json(&["token", "revoke", &id, "--json"])["revoked_at"].is_string());
        assert_eq!(
            shell.json(&["token", "list", "--user", "ada", "--json"])[0]["role"],
            "viewer"
        );
        shell.json(&["user", "roles", "ada", "viewer", "--json"]);
        shell.json(&["user", "disable", "ada", "--json"]);
        shell.json(&["user", "enable", "ada", "--json"]);
        let roles = shell.json(&["role", "delete", "clerk", "--json"]);
        assert_eq!(roles.as_array().unwrap().len(), 3);

        let shown = text(&shell.run(&["audit"]).stdout);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 8, "{shown}");
        assert!(
            lines[4].contains("  command line  user.update  user ada  from clerk  to viewer"),
            "{shown}"
        );
        assert!(!shown.contains(secret));
        let some = shell.run(&[
            "audit",
            "--action",
            "token",
            "--since",
            "2026-01-01",
            "--json",
        ]);
        assert_eq!(text(&some.stdout).lines().count(), 2);
        let none = text(
            &shell
                .run(&["audit", "--until", "2026-01-01", "--csv"])
                .stdout,
        );
        assert_eq!(none.lines().count(), 1, "the header: {none}");
        assert!(text(&shell.run(&["verify"]).stdout).contains("audit: 8 checked, 0 differ"));
    })
    .await;
}
