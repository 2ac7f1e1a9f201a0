//! Files that arrive in the inbox of a running instance, or of one that is down.

use crate::{
    app::{App, on_every_engine},
    world::{Line, file},
};
use serde_json::json;
use std::{fs, io::Write, time::Duration};

#[tokio::test]
async fn a_file_arrives_half_written_renamed_twice_and_while_nobody_is_there() {
    on_every_engine(async |app: &mut App| {
        let person = app.admin().await;
        let line = |id| Line {
            id,
            ..Line::default()
        };
        let whole = file(&[line(1), line(2)]);

        // Written in two parts with a pause between them.
        let (head, tail) = whole.split_at(whole.len() - 40);
        let mut slow = fs::File::create(app.inbox().join("slow.csv")).unwrap();
        slow.write_all(head.as_bytes()).unwrap();
        tokio::time::sleep(Duration::from_millis(250)).await;
        slow.write_all(tail.as_bytes()).unwrap();
        drop(slow);
        let runs = person.runs(1).await;
        assert_eq!(
            (&runs[0]["status"], &runs[0]["counts"]["inserted"]),
            (&json!("SUCCEEDED"), &json!(2))
        );

        // Renamed in; the name before is passed over.
        let part = app.inbox().join("next.csv.part");
        fs::write(&part, file(&[line(1), line(3)])).unwrap();
        tokio::time::sleep(Duration::from_millis(250)).await;
        fs::rename(&part, app.inbox().join("next.csv")).unwrap();
        let runs = person.runs(2).await;
        assert_eq!(runs[1]["fileName"], "next.csv");
        assert_eq!(runs[1]["counts"]["unchanged"], 1);

        // The same bytes under another name.
        app.drop_file("again.csv", &whole);
        let runs = person.runs(3).await;
        assert_eq!(
            (&runs[2]["status"], &runs[2]["duplicateOf"]),
            (&json!("DUPLICATE"), &json!({"id": "1"}))
        );
        assert_eq!(runs[2]["file"]["sha256"], runs[0]["file"]["sha256"]);

        // While the instance is down; what it took before is not taken again.
        app.pause().await;
        app.drop_file("down.csv", file(&[line(4)]));
        app.resume().await;
        let person = app.admin().await;
        let runs = person.runs(4).await;
        assert_eq!(
            (&runs[3]["fileName"], &runs[3]["status"]),
            (&json!("down.csv"), &json!("SUCCEEDED"))
        );
        assert_eq!(
            person
                .ask("{ totals { movies } dataVersion { version } }", json!({}))
                .await,
            json!({"totals": {"movies": 4}, "dataVersion": {"version": 3}})
        );
        assert_eq!(
            fs::read_dir(app.inbox()).unwrap().count(),
            4,
            "files stay where they arrived"
        );
    })
    .await;
}

#[tokio::test]
async fn a_bad_file_is_a_failed_run_and_the_next_one_goes_on() {
    on_every_engine(async |app: &mut App| {
        let person = app.admin().await;
        app.drop_file("broken.csv", "a,b\n1,2\n");
        let runs = person.runs(1).await;
        let error = runs[0]["error"].as_str().unwrap();
        assert!(
            error.contains("broken.csv, line 1") && error.contains("movies-dataset"),
            "{error}"
        );
        // Sent again under the same name, mended.
        app.drop_file("broken.csv", file(&[Line::default()]));
        let runs = person.runs(2).await;
        assert_eq!(runs[1]["status"], "SUCCEEDED");
    })
    .await;
}
