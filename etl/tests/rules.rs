//! Rule sets: what they say of a record, what is wrong with them, and runs under them.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Line, World, engines, file};
use entity::{aggregate::*, ingest::*, mart};
use etl::{
    asker::By,
    control, queue,
    record::{Issue, MovieRecord, Named, Reject},
    rules::{RuleSet, definition, store},
};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};

fn rules(text: &str) -> RuleSet {
    definition::parse(text, 2).unwrap()
}

fn record() -> MovieRecord {
    MovieRecord {
        id: 7,
        title: "T".to_owned(),
        ..Default::default()
    }
}

/// What becomes of a record: its issues as `code column old → new`.
fn apply(rules: &RuleSet, record: &mut MovieRecord) -> Result<Vec<String>, Reject> {
    let mut issues = Vec::new();
    rules.apply(record, &mut issues)?;
    let shown = |issue: &Issue| {
        let value = |value: &Option<String>| value.clone().unwrap_or("-".to_owned());
        let column = issue.column.as_deref().unwrap_or("-");
        format!(
            "{} {column} {} → {}",
            issue.code,
            value(&issue.old_value),
            value(&issue.new_value)
        )
    };
    Ok(issues.iter().map(shown).collect())
}

#[test]
fn every_test_and_action_does_what_it_says() {
    let rules = rules(
        r#"
        check = [
            { rule = "a", field = "status", one_of = ["Released", "Rumored"], action = "set", value = "Released" },
            { rule = "b", field = "imdb_id", pattern = "^tt[0-9]{7,}$", action = "clear" },
            { rule = "c", field = "runtime", max = 600, action = "warn", message = "very long" },
            { rule = "d", field = "genres", required = true, action = "warn" },
            { rule = "e", field = "companies", max = 1, action = "warn" },
            { rule = "money.plausible", when = "revenue > 1000 * budget && budget > 0", field = "revenue", action = "clear" },
            { rule = "f", when = "year < 1900 && 'Drama' in genres", action = "reject", code = "too_old" },
            { rule = "g", field = "title", required = true, action = "accept" },
        ]
        "#,
    );
    let named = |id: i64, name: &str| Named {
        id,
        name: name.to_owned(),
    };
    let mut movie = MovieRecord {
        status: Some("Lost".to_owned()),
        imdb_id: Some("7".to_owned()),
        runtime: Some(601.0),
        budget: Some(1),
        revenue: Some(1001),
        companies: vec![named(1, "A"), named(2, "B")],
        ..record()
    };
    assert_eq!(
        apply(&rules, &mut movie).unwrap(),
        [
            "not_allowed status Lost → Released",
            "pattern imdb_id 7 → -",
            "out_of_range runtime 601 → 601",
            "missing genres - → -",
            "out_of_range production_companies 2 elements → 2 elements",
            "money_plausible revenue 1001 → -",
        ]
    );
    assert_eq!(
        (movie.imdb_id, movie.revenue, movie.status.as_deref()),
        (None, None, Some("Released"))
    );
    let mut old = MovieRecord {
        release_date: "1899-01-01".parse().ok(),
        genres: vec![named(18, "Drama")],
        ..record()
    };
    assert_eq!(apply(&rules, &mut old).unwrap_err().code, "too_old");
    // What an expression cannot be computed for is not true: an unknown year is below nothing.
    old.release_date = None;
    assert!(apply(&rules, &mut old).unwrap().is_empty());
    assert_eq!(
        apply(
            &rules,
            &mut MovieRecord {
                title: String::new(),
                ..record()
            }
        )
        .unwrap()
        .len(),
        1
    );
}

#[test]
fn a_check_is_as_severe_as_it_says_or_else_as_its_action() {
    use Severity::{Error, Info, Warning};
    // What a record that fails is told with; none: nothing is recorded.
    let told = |action: &str, severity: &str| {
        let text = format!(
            "check = [{{ rule = 'a', field = 'status', required = true, action = {action}{severity} }}]"
        );
        let mut issues = Vec::new();
        match rules(&text).apply(&mut record(), &mut issues) {
            Ok(()) => issues.first().map(|issue| issue.severity),
            Err(reject) => Some(reject.severity),
        }
    };
    for (action, usual) in [
        ("'accept'", None),
        ("'warn'", Some(Warning)),
        ("'clear'", Some(Warning)),
        ("'set', value = 'Released'", Some(Warning)),
        ("'reject'", Some(Error)),
    ] {
        assert_eq!(told(action, ""), usual, "{action}");
        for (name, severity) in [("info", Info), ("warning", Warning), ("error", Error)] {
            let given = told(action, &format!(", severity = '{name}'"));
            assert_eq!(given, usual.map(|_| severity), "{action} {name}");
        }
    }
}

#[test]
fn values_mean_what_the_switches_say() {
    let money = |budget, revenue| MovieRecord {
        budget: Some(budget),
        revenue: Some(revenue),
        ..record()
    };
    let switches = rules(
        "[meaning]\nzero_budget = \"zero\"\nminimum_revenue = 1000\nstatuses = [\"Released\"]\nadult = false",
    );
    let mut movie = money(0, 999);
    assert_eq!(
        apply(&switches, &mut movie).unwrap(),
        ["implausible_money revenue 999 → -"]
    );
    let mut issues = Vec::new();
    switches.apply(&mut money(0, 999), &mut issues).unwrap();
    assert_eq!(issues[0].severity, Severity::Warning);
    assert_eq!((movie.budget, movie.revenue), (Some(0), None));
    let mut movie = money(5, 0);
    assert!(apply(&switches, &mut movie).unwrap().is_empty());
    assert_eq!((movie.budget, movie.revenue), (Some(5), None));
    for (status, adult, uncounted) in [
        (Some("Released"), Some(false), false),
        (Some("Released"), None, false),
        (Some("Released"), Some(true), true),
        (Some("Rumored"), None, true),
        (None, None, true),
    ] {
        let mut movie = MovieRecord {
            status: status.map(str::to_owned),
            adult,
            ..record()
        };
        apply(&switches, &mut movie).unwrap();
        assert_eq!(movie.uncounted, uncounted, "{status:?} {adult:?}");
        apply(&RuleSet::default(), &mut movie).unwrap();
        assert!(!movie.uncounted);
    }
}

#[test]
fn everything_wrong_is_told_with_its_place() {
    let text = r#"
[guards]
max_rejected = "lots"

[[check]]
rule = "a"
field = "budgt"
min = 0
action = "clear"

[[check]]
rule = "a"
field = "title"
required = true
action = "clear"

[[check]]
rule = "b"
when = "budget >"
action = "warn"

[[check]]
rule = "c"
when = "budge > 0"
action = "explode"

[[check]]
rule = "d"
field = "status"
pattern = "("
action = "set"
value = 5

[[check]]
rule = "e"
field = "status"
min = 1
required = true
action = "warn"

[[check]]
rule = "f"
field = "status"
required = true
action = "warn"
severity = "fatal"

[[check]]
rule = "g"
field = "satus"
required = true
severity = "Error"
action = "explode"
"#;
    let problems = definition::parse(text, 2).unwrap_err();
    let places: Vec<_> = problems.iter().map(|p| (p.line, p.column)).collect();
    let lines: Vec<_> = places.iter().map(|place| place.0).collect();
    assert_eq!(
        lines,
        [3, 7, 15, 19, 24, 25, 30, 32, 34, 46, 50, 52, 53],
        "{problems:?}"
    );
    assert_eq!(
        problems[9].to_string(),
        "line 46, column 12: there is no severity fatal; there are info, warning and error"
    );
    assert_eq!(places[0], (3, 16));
    assert!(
        problems[1].message.contains("there is no field budgt"),
        "{problems:?}"
    );
    let unknown = definition::parse("\nnonsense = 1", 2).unwrap_err();
    assert_eq!((unknown.len(), unknown[0].line), (1, 2));
    assert!(
        unknown[0].to_string().starts_with("line 2, column 1: "),
        "{unknown:?}"
    );
}

/// Rules that count released movies only, keep the first row and hold what changes much.
const STRICT: &str = r#"
[meaning]
statuses = ["Released"]
keep = "first"

[guards]
max_changed = "40%"
max_rejected = "50%"

[[check]]
rule = "title.short"
code = "long_title"
field = "title"
pattern = "^.{1,6}$"
action = "reject"
"#;

#[tokio::test]
async fn a_run_is_read_under_the_newest_rules_and_held_by_their_guards() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let line = |id: i64, title: &str| Line {
            id,
            title: title.to_owned(),
            ..Line::default()
        };
        let first = world
            .load_well(
                "a.csv",
                file(&[line(1, "One"), line(2, "Two"), line(3, "Three")]),
            )
            .await;
        assert_eq!(first.rule_version, 1);
        assert_eq!(
            store::publish(db, STRICT, By::named("ada"), "short titles")
                .await
                .unwrap()
                .version,
            2
        );
        for (body, words) in [
            (STRICT, "published as version 2"),
            ("check = 1", "line 1"),
            (etl::rules::DEFAULT, "version 1"),
        ] {
            let error = store::publish(db, body, By::named("ada"), "")
                .await
                .unwrap_err()
                .to_string();
            assert!(error.contains(words), "{error}");
        }

        // The first row of an id counts now, and a long title is no movie.
        let second = world
            .load_well(
                "b.csv",
                file(&[line(1, "Uno"), line(1, "Eins"), line(4, "A long title")]),
            )
            .await;
        assert_eq!(second.rule_version, 2);
        assert_eq!(
            (
                second.rows_updated,
                second.rows_superseded,
                second.rows_rejected
            ),
            (1, 1, 1)
        );
        let one = mart::movie::Entity::find_by_id(1)
            .one(db)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(one.title, "Uno");

        // Two of three movies would change.
        let held = world
            .load("c.csv", file(&[line(2, "Dos"), line(3, "Tres")]))
            .await;
        assert_eq!(held.status, RunStatus::Held);
        assert_eq!(
            held.held_because.as_deref(),
            Some("66.7 % of the movies would change, more than max_changed = 40 %")
        );
        control::approve(db, held.id, Trigger::Command)
            .await
            .unwrap();
        assert_eq!(
            queue::run_now(&world.chain, held.id).await.unwrap().status,
            RunStatus::Succeeded
        );

        // All bad input keeps all of its rejects.
        let lines: Vec<Line> = (10..60).map(|id| line(id, "Much too long")).collect();
        let bad = world.load("d.csv", file(&lines)).await;
        assert_eq!((bad.status, bad.rows_rejected), (RunStatus::Held, 50));
        assert_eq!(reject::Entity::find().count(db).await.unwrap(), 51);
        world.close().await;
    }
}

#[tokio::test]
async fn what_is_no_movie_under_other_rules_leaves_the_mart_and_comes_back() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let line = |id: i64, title: &str| Line {
            id,
            title: title.to_owned(),
            companies: vec![id],
            ..Line::default()
        };
        world
            .load_well(
                "a.csv",
                file(&[
                    line(1, "Short"),
                    line(2, "A long title"),
                    line(3, "Another long one"),
                ]),
            )
            .await;
        // What another file has given since is not the first one's to take away.
        world
            .load_well("b.csv", file(&[line(3, "A third long title")]))
            .await;
        store::publish(db, STRICT, By::named("ada"), "")
            .await
            .unwrap();
        let first = run::Entity::find_by_id(1).one(db).await.unwrap().unwrap();
        let mut versions = Vec::new();
        for (rules, deleted, inserted, left) in [(2, 1, 0, vec![1, 3]), (1, 0, 1, vec![1, 2, 3])] {
            let id = control::reprocess_run(db, first.id, Trigger::Command, rules, RunMode::Merge)
                .await
                .unwrap();
            let run = queue::run_now(&world.chain, id).await.unwrap();
            let run = match run.status {
                // A guard of these rules: half of the rows and more are rejected.
                RunStatus::Held => {
                    control::approve(db, id, Trigger::Command).await.unwrap();
                    queue::run_now(&world.chain, id).await.unwrap()
                }
                _ => run,
            };
            assert_eq!((run.status, &run.error), (RunStatus::Succeeded, &None));
            assert_eq!(
                (run.rows_deleted, run.rows_inserted),
                (deleted, inserted),
                "{run:?}"
            );
            assert_eq!(
                run.rows_read,
                run.rows_inserted + run.rows_unchanged + run.rows_superseded + run.rows_rejected
            );
            let ids: Vec<i64> = mart::movie::Entity::find()
                .all(db)
                .await
                .unwrap()
                .iter()
                .map(|m| m.id)
                .collect();
            assert_eq!(ids, left);
            assert_eq!(
                mart::company::Entity::find_by_id(2)
                    .one(db)
                    .await
                    .unwrap()
                    .is_some(),
                inserted == 1
            );
            let report = etl::verify::verify(&world.chain).await.unwrap();
            assert!(report.is_clean(), "{report:?}");
            versions.push(run.id);
        }
        // The deletion is undone like anything else, once what came after it is.
        let undone = control::undo(db, versions[0], Trigger::Command, true)
            .await
            .unwrap();
        assert_eq!(undone.len(), 2);
        for id in undone {
            assert_eq!(queue::run_now(&world.chain, id).await.unwrap().error, None);
        }
        assert_eq!(mart::movie::Entity::find().count(db).await.unwrap(), 3);
        world.close().await;
    }
}

#[tokio::test]
async fn what_does_not_count_is_in_the_mart_and_in_no_year() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let text = file(&[
            Line::default(),
            Line {
                id: 2,
                ..Line::default()
            },
        ]);
        let (head, tail) = text.rsplit_once("Released").unwrap();
        world
            .load_well("a.csv", format!("{head}Rumored{tail}"))
            .await;
        assert_eq!(
            genre_year::Entity::find()
                .one(db)
                .await
                .unwrap()
                .unwrap()
                .movie_count,
            2
        );
        store::publish(
            db,
            "[meaning]\nstatuses = [\"Released\"]",
            By::named("ada"),
            "",
        )
        .await
        .unwrap();
        for (version, count) in [(2, 1), (1, 2)] {
            let ids = world.reprocess_all(version).await;
            let run = queue::run_now(&world.chain, ids[0]).await.unwrap();
            assert_eq!(
                (run.rows_updated, run.rows_unchanged),
                (1, 1),
                "{:?}",
                run.error
            );
            assert_eq!(
                genre_year::Entity::find()
                    .one(db)
                    .await
                    .unwrap()
                    .unwrap()
                    .movie_count,
                count
            );
            assert_eq!(mart::movie::Entity::find().count(db).await.unwrap(), 2);
        }
        world.close().await;
    }
}

/// Checks that are more and less severe than their actions.
const SEVERE: &str = r#"
[[check]]
rule = "runtime.long"
field = "runtime"
max = 10
severity = "error"
action = "warn"

[[check]]
rule = "budget.range"
field = "budget"
min = 0
action = "clear"

[[check]]
rule = "title.drafts"
field = "title"
pattern = "^[^?]*$"
severity = "info"
action = "reject"
"#;

#[tokio::test]
async fn severities_are_kept_with_what_was_found_and_change_no_movie() {
    for engine in engines() {
        let world = World::new(&engine).await;
        let db = &world.chain.db;
        let line = |id: i64, title: &str| Line {
            id,
            title: title.to_owned(),
            budget: -5,
            ..Line::default()
        };
        let text = file(&[line(1, "One"), line(1, "Two"), line(2, "?"), line(-3, "")]);
        let versions = [
            SEVERE.to_owned(),
            SEVERE
                .lines()
                .filter(|line| !line.starts_with("severity"))
                .collect::<Vec<_>>()
                .join("\n"),
        ];
        store::publish(db, &versions[0], By::named("ada"), "")
            .await
            .unwrap();
        let run = world.load_well("a.csv", &text).await;
        let rejects = reject::Entity::find().order_by_asc(reject::Column::Line);
        let rejects: Vec<_> = rejects.all(db).await.unwrap();
        let rejects: Vec<_> = rejects.iter().map(|r| (&*r.rule, r.severity)).collect();
        let expected = [
            ("title.drafts", Severity::Info),
            ("id.required", Severity::Error),
        ];
        assert_eq!(rejects, expected);
        let issues = issue::Entity::find().order_by_asc(issue::Column::Id);
        let mut issues: Vec<_> = issues.all(db).await.unwrap();
        issues.sort_by_key(|issue| issue.line);
        let issues: Vec<_> = issues.iter().map(|i| (&*i.rule, i.severity)).collect();
        let (long, cleared) = (
            ("runtime.long", Severity::Error),
            ("budget.range", Severity::Warning),
        );
        let superseded = ("id.last_wins", Severity::Info);
        assert_eq!(issues, [long, cleared, superseded, long, cleared]);

        // The same checks as severe as their actions: the movie is the same to the last byte.
        let hash = async || {
            let movie = mart::movie::Entity::find_by_id(1).one(db).await.unwrap();
            movie.unwrap().row_hash
        };
        let before = hash().await;
        let version = store::publish(db, &versions[1], By::named("ada"), "")
            .await
            .unwrap();
        let ids = world.reprocess_all(version.version).await;
        let again = queue::run_now(&world.chain, ids[0]).await.unwrap();
        assert_eq!(
            (again.rows_unchanged, again.rows_updated, again.rows_read),
            (1, 0, run.rows_read),
            "{again:?}"
        );
        assert_eq!(hash().await, before);
        world.close().await;
    }
}
