//! What runs together took and became, against a count of them one by one; and why rows were rejected.

use crate::{
    app::{App, Person, on_every_engine},
    world::{HEADER, Line, file},
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::ingest::{RunKind, RunMode, RunStatus, Trigger, run};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::{
    ActiveEnum, ActiveModelTrait, ActiveValue::Set, DatabaseConnection, EntityTrait, Iterable,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A run as random as one can be.
fn any(random: &mut StdRng, now: DateTime<Utc>) -> run::ActiveModel {
    let statuses: Vec<RunStatus> = RunStatus::iter().collect();
    let created = now - TimeDelta::microseconds(random.random_range(0..16 * 86_400_000_000));
    let started = random
        .random_bool(0.9)
        .then(|| created + TimeDelta::microseconds(random.random_range(0..2_000_000)));
    // Ties and whole seconds among them.
    let took = match random.random_range(0..4) {
        0 => 1_000_000 * random.random_range(0..4),
        _ => random.random_range(0..90_000_000),
    };
    let finished = started
        .filter(|_| random.random_bool(0.8))
        .map(|at| at + TimeDelta::microseconds(took));
    run::ActiveModel {
        kind: Set(RunKind::Ingest),
        mode: Set(RunMode::Merge),
        status: Set(statuses[random.random_range(0..statuses.len())]),
        triggered_by: Set(Trigger::Inbox),
        file_name: Set(format!("{}.csv", random.random_range(0..3))),
        rule_version: Set(1),
        created_at: Set(created),
        started_at: Set(started),
        finished_at: Set(finished),
        ..Default::default()
    }
}

async fn insert(db: &DatabaseConnection, runs: Vec<run::ActiveModel>) {
    for run in runs {
        run.insert(db).await.unwrap();
    }
}

fn seconds(run: &run::Model) -> Option<f64> {
    let (start, end) = run.started_at.zip(run.finished_at)?;
    Some((end - start).num_microseconds().unwrap() as f64 / 1e6)
}

/// The statuses of some runs, as the API tells them.
fn statuses<'a>(runs: impl Iterator<Item = &'a run::Model>) -> Value {
    let mut counts: Vec<(RunStatus, i64)> = RunStatus::iter().map(|status| (status, 0)).collect();
    for run in runs {
        let found = counts.iter_mut().find(|(status, _)| *status == run.status);
        found.unwrap().1 += 1;
    }
    let told = counts.iter().filter(|(_, count)| *count > 0);
    told.map(|(status, count)| json!({"status": status.to_value().to_uppercase(), "count": count}))
        .collect()
}

fn near(found: &Value, expected: Option<f64>) {
    match expected {
        Some(expected) => {
            let found = found.as_f64().unwrap();
            assert!((found - expected).abs() < 2e-6, "{found} is not {expected}");
        }
        None => assert!(found.is_null(), "{found}"),
    }
}

/// Compares what is told of the runs of a file, or of all, with what they are.
async fn check(person: &Person, all: &[run::Model], name: Option<&str>) {
    let query =
        "query ($filter: RunFilter) { runStats(filter: $filter) { count medianSeconds p95Seconds
        byStatus { status count } days { date seconds byStatus { status count } } } }";
    let filter = name.map(|name| json!({"fileName": {"eq": name}}));
    let found = person.ask(query, json!({"filter": filter})).await["runStats"].take();
    let runs = || {
        all.iter()
            .filter(|run| name.is_none_or(|name| run.file_name == name))
    };
    assert_eq!(found["count"], runs().count());
    assert_eq!(found["byStatus"], statuses(runs()));

    let mut took: Vec<f64> = runs().filter_map(seconds).collect();
    took.sort_by(f64::total_cmp);
    let count = took.len();
    let median = (count > 0).then(|| (took[(count - 1) / 2] + took[count / 2]) / 2.0);
    near(&found["medianSeconds"], median);
    let most = |seconds: &f64| {
        let within = took.iter().filter(|one| *one <= seconds).count();
        within * 100 >= count * 95
    };
    near(&found["p95Seconds"], took.iter().copied().find(most));

    let mut days: BTreeMap<NaiveDate, Vec<&run::Model>> = BTreeMap::new();
    for run in runs() {
        let day = run.started_at.unwrap_or(run.created_at).date_naive();
        days.entry(day).or_default().push(run);
    }
    let told = found["days"].as_array().unwrap();
    assert_eq!(told.len(), 14);
    let mut date: NaiveDate = told[0]["date"].as_str().unwrap().parse().unwrap();
    for day in told {
        assert_eq!(day["date"], date.to_string());
        let runs = days.get(&date).map_or(&[][..], Vec::as_slice);
        assert_eq!(day["byStatus"], statuses(runs.iter().copied()), "{date}");
        let all: f64 = runs.iter().filter_map(|run| seconds(run)).sum();
        near(&day["seconds"], Some(all));
        date = date.succ_opt().unwrap();
    }
}

#[tokio::test]
async fn figures_of_runs_are_those_of_a_count_one_by_one() {
    on_every_engine(async |app: &mut App| {
        app.pause().await;
        let other = app.another().await;
        let (db, admin) = (&app.world.chain.db, other.admin().await);
        let mut random = StdRng::seed_from_u64(20);
        // Around midnight today may be tomorrow by the time of the answer.
        for more in [0, 1, 1, 1, 2, 15, 1, 20, 60] {
            let now = Utc::now();
            let runs = (0..more).map(|_| any(&mut random, now)).collect();
            insert(db, runs).await;
            let all = run::Entity::find().all(db).await.unwrap();
            check(&admin, &all, None).await;
            check(&admin, &all, Some("1.csv")).await;
            check(&admin, &all, Some("none")).await;
        }
        // As many as let a run end where 95 of 100 have.
        run::Entity::delete_many().exec(db).await.unwrap();
        let now = Utc::now();
        let ended = |second: i64| run::ActiveModel {
            started_at: Set(Some(now)),
            finished_at: Set(Some(now + TimeDelta::seconds(second))),
            ..any(&mut random, now)
        };
        insert(db, (1..=20).map(ended).collect()).await;
        let all = run::Entity::find().all(db).await.unwrap();
        check(&admin, &all, None).await;
        let query = "{ runStats { days(days: 3) { date } } }";
        let days = admin.ask(query, json!({})).await["runStats"]["days"].take();
        let today = Utc::now().date_naive().to_string();
        assert_eq!(
            (days.as_array().unwrap().len(), &days[2]["date"]),
            (3, &json!(today))
        );
        for days in [0, -1, 367] {
            let query = format!("{{ runStats {{ days(days: {days}) {{ date }} }} }}");
            assert_eq!(admin.refused(&query, json!({})).await, "BAD_USER_INPUT");
        }
        other.stop().await;
        app.resume().await;
    })
    .await;
}

#[tokio::test]
async fn figures_of_runs_are_never_older_than_the_runs() {
    on_every_engine(async |app: &mut App| {
        let admin = app.admin().await;
        let query = "{ runStats { count } system { archive { files } } dataVersion { version } }";
        let count = async || admin.ask(query, json!({})).await;
        let before = count().await;
        assert_eq!(
            (
                &before["runStats"]["count"],
                &before["system"]["archive"]["files"]
            ),
            (&json!(0), &json!(0))
        );
        // Neither of these makes a data version.
        app.world.load("empty.csv", "").await;
        app.world.load("bad.csv", "a,b\n1,2\n").await;
        let after = count().await;
        assert_eq!(after["dataVersion"], before["dataVersion"]);
        assert_eq!(
            (
                &after["runStats"]["count"],
                &after["system"]["archive"]["files"]
            ),
            (&json!(2), &json!(2))
        );
    })
    .await;
}

#[tokio::test]
async fn reasons_of_rejects_are_counted_over_runs() {
    on_every_engine(async |app: &mut App| {
        let bad = |id: i64, title: &str| Line { id, title: title.to_owned(), ..Line::default() }.csv();
        let short = "a,b,c";
        let first = [HEADER, &bad(-1, "a"), &bad(-2, "b"), short, &bad(1, "c")].join("\n");
        let second = [HEADER, &bad(-3, "d"), &bad(2, "e")].join("\n");
        app.world.load("a.csv", first + "\n").await;
        app.world.load("b.csv", second + "\n").await;
        let operator = app.person("operator").await;
        let query = "query ($filter: RejectFilter, $first: Int) { rejectReasons(filter: $filter, first: $first) { code count } }";
        let ask = async |filter: Value, first: i64| {
            operator.ask(query, json!({"filter": filter, "first": first})).await["rejectReasons"].take()
        };
        let all = ask(Value::Null, 10).await;
        let mut expected: BTreeMap<String, i64> = BTreeMap::new();
        let listed = operator.ask("{ rejects(first: 500) { nodes { code } } }", json!({})).await;
        for node in listed["rejects"]["nodes"].as_array().unwrap() {
            *expected.entry(node["code"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let mut expected: Vec<_> = expected.into_iter().collect();
        expected.sort_by_key(|(code, count)| (-count, code.clone()));
        let expected: Value = expected.iter().map(|(code, count)| json!({"code": code, "count": count})).collect();
        assert_eq!(all, expected);
        assert_eq!(all[0], json!({"code": "invalid_id", "count": 3}));
        assert!(all.as_array().unwrap().len() > 1, "{all}");
        assert_eq!(ask(Value::Null, 1).await, json!([all[0]]));
        assert_eq!(ask(Value::Null, 0).await, json!([]));
        assert_eq!(ask(json!({"runId": {"eq": "2"}}), 10).await, json!([{"code": "invalid_id", "count": 1}]));
        assert_eq!(ask(json!({"run": {"fileName": {"eq": "b.csv"}}}), 10).await, json!([{"code": "invalid_id", "count": 1}]));
        for first in [-1, 101] {
            assert_eq!(operator.refused(query, json!({"first": first})).await, "BAD_USER_INPUT");
        }
    })
    .await;
}

#[tokio::test]
async fn data_versions_are_listed_newest_first() {
    on_every_engine(async |app: &mut App| {
        let admin = app.admin().await;
        let query = "query ($first: Int, $after: String) { dataVersions(first: $first, after: $after) {
            totalCount nodes { version mergedAt run { id } } pageInfo { hasNextPage endCursor } } }";
        let ask = async |first: i64, after: Value| {
            admin.ask(query, json!({"first": first, "after": after})).await["dataVersions"].take()
        };
        assert_eq!(ask(5, Value::Null).await["nodes"], json!([]));
        for id in 1..=5 {
            let line = Line { id, ..Line::default() };
            app.world.load_well(&format!("{id}.csv"), file(&[line])).await;
        }
        let mut seen = Vec::new();
        let mut after = Value::Null;
        loop {
            let page = ask(2, after).await;
            assert_eq!(page["totalCount"], 5);
            for node in page["nodes"].as_array().unwrap() {
                assert_eq!(node["run"]["id"], node["version"].to_string());
                seen.push(node["version"].as_i64().unwrap());
            }
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(seen, [5, 4, 3, 2, 1]);
        let newest = admin.ask("{ dataVersion { version mergedAt run { id } } }", json!({})).await;
        assert_eq!(ask(1, Value::Null).await["nodes"][0], newest["dataVersion"]);
        let last = admin.ask("{ dataVersions(last: 2) { nodes { version } } }", json!({})).await;
        assert_eq!(last["dataVersions"]["nodes"], json!([{"version": 2}, {"version": 1}]));
        let some = "query ($at: DateTime!) { dataVersions(filter: {version: {gt: 2}, mergedAt: {lt: $at}}, orderBy: {field: VERSION}) {
            nodes { version } } }";
        let some = admin.ask(some, json!({"at": newest["dataVersion"]["mergedAt"]})).await;
        assert_eq!(some["dataVersions"]["nodes"], json!([{"version": 3}, {"version": 4}]));
    })
    .await;
}
