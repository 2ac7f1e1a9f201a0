//! Holding, moving and deleting files through the API and on the command line.

use crate::{
    app::{App, on_every_engine},
    cli::{self, Shell, text},
    world::{Line, file},
};
use entity::access::{audit_event, role, user_role};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QueryOrder};
use serde_json::{Value, json};

const FILE: &str = "query ($sha256: String!) { file(sha256: $sha256) {
    name area references hold { by at reason } deleted { by at reason } objects { path } } }";

#[tokio::test]
async fn files_are_held_moved_and_deleted_by_those_who_may() {
    on_every_engine(async |app: &mut App| {
        let run = app.world.load_well("a.csv", file(&[Line::default()])).await;
        let admin = app.admin().await;
        let files = admin.ask("{ files { nodes { sha256 } } }", json!({})).await;
        let sha256 = files["files"]["nodes"][0]["sha256"].as_str().unwrap().to_owned();
        let shown = async || admin.ask(FILE, json!({"sha256": sha256})).await["file"].take();
        let before = shown().await;
        assert_eq!((&before["area"], &before["references"]), (&json!("RAW"), &json!(1)));
        assert_eq!((&before["hold"], &before["deleted"]), (&Value::Null, &Value::Null));
        assert_eq!(before["objects"].as_array().unwrap().len(), 2);

        let hold = format!("mutation {{ holdFile(sha256: \"{sha256}\", reason: \"a court asks\") {{ hold {{ by reason }} }} }}");
        let release = format!("mutation {{ releaseFile(sha256: \"{sha256}\") {{ hold {{ by }} }} }}");
        let cold = format!("mutation {{ moveFile(sha256: \"{sha256}\", area: COLD) {{ area }} }}");
        let delete = |more: &str| format!("mutation {{ deleteFile(sha256: \"{sha256}\", reason: \"a wish\"{more}) {{ deleted {{ by reason }} area }} }}");

        // Each act has a permission of its own.
        let acts = [(&hold, "file.hold"), (&release, "file.hold"), (&cold, "file.move"), (&delete(""), "file.delete")];
        let operator = app.person("operator").await;
        let guard = role::ActiveModel {
            name: Set("guard".to_owned()),
            permissions: Set(String::new()),
        };
        guard.insert(&app.world.chain.db).await.unwrap();
        let guard = app.person("guard").await;
        for (act, permission) in acts {
            assert_eq!(operator.refused(act, json!({})).await, "FORBIDDEN", "{act}");
            let all = "data.read file.read file.hold file.move file.delete run.trigger";
            let others: Vec<&str> = all.split(' ').filter(|one| *one != permission).collect();
            let update = "mutation ($permissions: [String!]!) {
                updateRole(name: \"guard\", permissions: $permissions) { name } }";
            admin.ask(update, json!({"permissions": others})).await;
            let answer = guard.send(act, json!({})).await;
            let message = answer["errors"][0]["message"].as_str().unwrap();
            assert_eq!(message, format!("this needs the permission {permission}"));
        }
        let links = user_role::Entity::find().all(&app.world.chain.db).await.unwrap();
        assert!(links.iter().any(|link| link.role_name == "guard"));

        let held = admin.ask(&hold, json!({})).await;
        assert_eq!(held["holdFile"]["hold"], json!({"by": "admin", "reason": "a court asks"}));
        assert_eq!(admin.refused(&delete(", force: true"), json!({})).await, "BAD_USER_INPUT");
        let answer = admin.send(&delete(", force: true"), json!({})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("held by admin") && message.contains("a court asks"), "{message}");
        admin.ask(&release, json!({})).await;

        assert_eq!(admin.ask(&cold, json!({})).await["moveFile"]["area"], "COLD");
        let lineage = "{ movie(id: 1) { lineage { raw missing file { area deleted { by } } } } }";
        let found = admin.ask(lineage, json!({})).await["movie"]["lineage"].take();
        assert!(found["raw"].as_str().unwrap().contains("A Film"), "{found}");
        assert_eq!(found["missing"], Value::Null);

        assert_eq!(admin.refused(&delete(""), json!({})).await, "CONFIRMATION_REQUIRED");
        assert_eq!(shown().await["objects"].as_array().unwrap().len(), 2);
        let deleted = admin.ask(&delete(", force: true"), json!({})).await;
        assert_eq!(deleted["deleteFile"], json!({"deleted": {"by": "admin", "reason": "a wish"}, "area": "COLD"}));
        let after = shown().await;
        assert_eq!((&after["name"], &after["objects"]), (&json!("a.csv"), &json!([])));
        assert_eq!(after["references"], 1);
        // The movie is still there, with whose bytes are not.
        let found = admin.ask(lineage, json!({})).await["movie"]["lineage"].take();
        assert_eq!((&found["raw"], &found["file"]["deleted"]["by"]), (&Value::Null, &json!("admin")));
        let missing = found["missing"].as_str().unwrap();
        assert!(missing.contains(&sha256) && missing.contains("deleted by admin at 2"), "{missing}");
        let again = format!("mutation {{ reprocess(run: {}) {{ id }} }}", run.id);
        let answer = admin.send(&again, json!({})).await;
        let message = answer["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("drop the file into the inbox again"), "{answer}");
        let unknown = "mutation { releaseFile(sha256: \"ab\") { name } }";
        assert_eq!(admin.refused(unknown, json!({})).await, "NOT_FOUND");

        app.drop_file("b.csv", file(&[Line::default()]));
        let runs = admin.runs(2).await;
        assert_eq!(runs[1]["status"], "DUPLICATE");
        let back = shown().await;
        assert_eq!((&back["deleted"], &back["area"]), (&Value::Null, &json!("RAW")));
        assert_eq!(back["objects"].as_array().unwrap().len(), 1, "{back}");

        let trail = audit_event::Entity::find()
            .order_by_asc(audit_event::Column::Id)
            .all(&app.world.chain.db)
            .await
            .unwrap();
        let done = trail.iter().filter(|event| event.outcome == audit_event::Outcome::Done);
        let trail: Vec<_> = done.filter(|event| event.action.starts_with("file.")).collect();
        let actions: Vec<&str> = trail.iter().map(|event| &*event.action).collect();
        assert_eq!(actions, ["file.hold", "file.release", "file.move", "file.delete"]);
        for event in &trail {
            assert_eq!((&*event.actor, event.address.as_deref()), ("admin", Some("127.0.0.1")));
            assert_eq!(event.subject, format!("file {sha256}"));
        }
        let moved = (trail[2].value_before.as_deref(), trail[2].value_after.as_deref());
        assert_eq!(moved, (Some("raw"), Some("cold")));
        assert!(trail[3].value_before.as_ref().unwrap().contains("1 rows"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_from_the_command_line() {
    cli::on_every_engine(|shell: &Shell| {
        shell.write("a.csv", file(&[Line::default()]));
        shell.write(
            "b.csv",
            file(&[Line {
                id: 2,
                ..Line::default()
            }]),
        );
        shell.json(&["ingest", "a.csv", "b.csv", "--json"]);
        let files = shell.json(&["file", "list", "--json"]);
        assert_eq!(
            (&files[0]["name"], &files[1]["name"]),
            (&json!("b.csv"), &json!("a.csv"))
        );
        let sha256 = files[1]["sha256"].as_str().unwrap();
        let held = shell.json(&["file", "hold", sha256, "--reason", "a court asks", "--json"]);
        assert_eq!(held["hold"]["by"], "command line");
        let list = text(&shell.run(&["file", "list"]).stdout);
        assert!(list.contains("raw, held by command line on 2"), "{list}");
        let refused = |arguments: &[&str], words: &str| {
            let output = shell.run(arguments);
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            assert!(text(&output.stderr).contains(words), "{output:?}");
        };
        refused(
            &["file", "delete", sha256, "--reason", "x", "--force"],
            "a court asks",
        );
        shell.json(&["file", "release", sha256, "--json"]);
        refused(&["file", "release", sha256], "is not held");

        let moved = shell.json(&["file", "move", sha256, "cold", "--json"]);
        let path = format!("cold/{}/{sha256}", &sha256[..2]);
        assert_eq!(
            (&moved["area"], &moved["path"]),
            (&json!("cold"), &json!(path))
        );
        let object = shell.folder.path().join("data/archive").join(&path);
        assert!(object.exists());
        assert_eq!(
            shell.json(&["reprocess", "--file", sha256, "--json"])[0]["unchanged"],
            1
        );
        assert_eq!(
            shell.run(&["file", "move", sha256, "attic"]).status.code(),
            Some(2)
        );

        refused(
            &["file", "delete", sha256, "--reason", "x"],
            "1 rows of the mart come from a.csv",
        );
        let deleted = shell.json(&[
            "file", "delete", sha256, "--reason", "a wish", "--force", "--json",
        ]);
        assert_eq!(
            (&deleted["deleted"]["reason"], &deleted["references"]),
            (&json!("a wish"), &json!(1))
        );
        assert!(!object.exists());
        assert!(shell.run(&["verify"]).status.success());
        refused(
            &["reprocess", "--file", sha256],
            "drop the file into the inbox again",
        );
        let all = shell.json(&["reprocess", "--all", "--json"]);
        assert_eq!(all["total"], 1, "the other one");

        let trail = shell.trail();
        let actions = trail.iter().map(|event| &*event.action);
        let actions: Vec<&str> = actions
            .filter(|action| action.starts_with("file."))
            .collect();
        assert_eq!(
            actions,
            ["file.hold", "file.release", "file.move", "file.delete"]
        );
    })
    .await;
}
