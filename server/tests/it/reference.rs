//! The whole data set, dropped into the inbox, against answers that an independent program computed.

use crate::{
    app::{App, Person, on_every_engine},
    world::real_data,
};
use serde_json::{Value, json};
use std::{cell::RefCell, collections::BTreeMap, fs, path::Path};

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A reference's group as the API would answer it.
fn expected(group: &Value) -> Value {
    // Nothing known is null here and 0 there.
    let known = |sum: &str, count: &str| match group[count].as_i64() {
        Some(0) => Value::Null,
        _ => group[sum].clone(),
    };
    json!({
        "movieCount": group["releases"],
        "budget": known("budget", "budget_known"),
        "revenue": known("revenue", "revenue_known"),
        "profit": group["profit_known"],
        "averagePopularity": micros(&group["avg_popularity"]),
    })
}

/// An answered group in the same form.
fn answered(group: &Value) -> Value {
    json!({
        "movieCount": group["movieCount"],
        "budget": group["budget"],
        "revenue": group["revenue"],
        "profit": group["profit"],
        "averagePopularity": micros(&group["averagePopularity"]),
    })
}

/// The reference has six places; the order of summing is each program's own.
fn micros(value: &Value) -> Option<i64> {
    value.as_f64().map(|value| (value * 1e6).round() as i64)
}

fn close(a: &Value, b: &Value) -> bool {
    let near = |a: Option<i64>, b: Option<i64>| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1,
        (a, b) => a == b,
    };
    let key = "averagePopularity";
    ["movieCount", "budget", "revenue", "profit"]
        .iter()
        .all(|key| a[key] == b[key])
        && near(a[key].as_i64(), b[key].as_i64())
}

const FIGURES: &str = "year movieCount budget revenue profit averagePopularity";

async fn companies(person: &Person) -> Vec<Value> {
    let query = format!(
        "query ($after: String) {{ companies(first: 200, after: $after) {{
            nodes {{ id name years {{ {FIGURES} releasesByGenre {{ movieCount genre {{ name }} }} }} }}
            pageInfo {{ endCursor hasNextPage }} }} }}"
    );
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut page = person.ask(&query, json!({"after": after})).await["companies"].take();
        found.append(page["nodes"].as_array_mut().unwrap());
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return found;
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

#[tokio::test]
async fn the_dropped_data_set_is_answered_as_the_reference_has_it() {
    let file = "movies-dataset/movies_metadata.45k.csv";
    dropped(file, "movies-dataset/reference.45k.json", 45_430, 20).await;
}

#[tokio::test]
async fn the_other_vendors_file_is_answered_as_the_reference_has_it() {
    let file = "tmdb-5000/tmdb_5000_movies.first500.csv";
    dropped(file, "tmdb-5000/reference.first500.json", 500, 18).await;
}

/// Drops a file into the inbox and compares every answer with the reference.
async fn dropped(file: &str, reference: &str, movies: i64, genres: i64) {
    let Some(data) = real_data() else { return };
    let reference = read(&data.join(reference));
    let engines = RefCell::new(Vec::new());
    on_every_engine(async |app: &mut App| {
        let person = app.admin().await;
        fs::copy(data.join(file), app.inbox().join("movies.csv")).unwrap();
        let runs = person.runs(1).await;
        assert_eq!(runs[0]["status"], "SUCCEEDED", "{runs:?}");
        assert_eq!(runs[0]["file"]["sha256"], reference["input"]["sha256"]);
        let totals = person.ask("{ totals { movies genres } }", json!({})).await;
        let expected_totals = json!({"movies": movies, "genres": genres});
        assert_eq!(totals["totals"], expected_totals);

        // The reference has one company in full, and the sums over all of them.
        let (mut years, mut compared, mut budget, mut revenue) = (0, 0, 0, 0);
        for company in companies(&person).await {
            let reference = &reference["companies"][company["id"].as_str().unwrap()];
            for year in company["years"].as_array().unwrap() {
                years += 1;
                budget += year["budget"].as_i64().unwrap_or_default();
                revenue += year["revenue"].as_i64().unwrap_or_default();
                if reference.is_null() {
                    continue;
                }
                compared += 1;
                let reference = &reference["years"][year["year"].to_string()];
                let (expected, answered) = (expected(reference), answered(year));
                assert!(
                    close(&expected, &answered),
                    "{company}: {expected} {answered}"
                );
                let genres: BTreeMap<_, _> = year["releasesByGenre"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|count| {
                        (
                            count["genre"]["name"].as_str().unwrap(),
                            count["movieCount"].clone(),
                        )
                    })
                    .collect();
                assert_eq!(json!(genres), reference["releases_by_genre"], "{company}");
            }
        }
        assert_eq!(years, reference["stats"]["company_years"].as_i64().unwrap());
        assert_eq!(
            json!({"budget": budget, "revenue": revenue}),
            reference["totals"]["all_company_years"]
        );
        let whole = reference["companies"].as_object().unwrap().values();
        assert_eq!(
            compared,
            whole
                .map(|company| company["years"].as_object().unwrap().len())
                .sum::<usize>()
        );

        let query = format!("{{ genres {{ name id years {{ {FIGURES} }} }} }}");
        let genres = person.ask(&query, json!({})).await["genres"].take();
        let mut years = 0;
        for genre in genres.as_array().unwrap() {
            let reference = &reference["genres"][genre["name"].as_str().unwrap()];
            assert_eq!(reference["id"].to_string(), genre["id"].as_str().unwrap());
            for year in genre["years"].as_array().unwrap() {
                years += 1;
                let (expected, answered) = (
                    expected(&reference["years"][year["year"].to_string()]),
                    answered(year),
                );
                assert!(
                    close(&expected, &answered),
                    "{genre}: {expected} {answered}"
                );
            }
        }
        assert_eq!(years, reference["stats"]["genre_years"].as_i64().unwrap());

        assert_eq!(grouped(&person, &reference).await, years);
        let found = found(&person).await;
        engines.borrow_mut().push(found);

        for (by, key) in [
            ("AVERAGE", "by_avg_popularity"),
            ("TOTAL", "by_total_popularity"),
        ] {
            let query = format!("{{ popularGenres(by: {by}) {{ year genre {{ name }} }} }}");
            let popular = person.ask(&query, json!({})).await["popularGenres"].take();
            let popular = popular.as_array().unwrap();
            assert_eq!(
                popular.len(),
                reference["most_popular_genre_by_year"]
                    .as_object()
                    .unwrap()
                    .len()
            );
            for year in popular {
                let reference =
                    &reference["most_popular_genre_by_year"][year["year"].to_string()][key];
                // Ties are broken by id here and by name there.
                let mut names = reference["tied"].as_array().cloned().unwrap_or_default();
                names.push(reference["genre"].clone());
                assert!(
                    names.contains(&year["genre"]["name"]),
                    "{by} {year}: {reference}"
                );
            }
        }
    })
    .await;
    let engines = engines.into_inner();
    assert!(engines.iter().all(|found| *found == engines[0]));
}

/// Compares the genres' years, grouped freely, with the reference; answers how many there are.
async fn grouped(person: &Person, reference: &Value) -> i64 {
    let query = "query ($after: String) { movieStats(groupBy: [GENRE, YEAR], knownOnly: true,
            orderBy: [{field: POPULARITY, statistic: AVERAGE, direction: DESC}], first: 500, after: $after) {
        nodes { genre { name } year movieCount budget { sum count } revenue { sum } profit { sum }
                popularity { average } }
        pageInfo { endCursor hasNextPage } } }";
    let (mut years, mut after) = (0, Value::Null);
    loop {
        let mut page = person.ask(query, json!({"after": after})).await["movieStats"].take();
        for row in page["nodes"].as_array().unwrap() {
            years += 1;
            let year = row["year"].to_string();
            let group = &reference["genres"][row["genre"]["name"].as_str().unwrap()]["years"][year];
            let row = json!({
                "movieCount": row["movieCount"],
                "budget": row["budget"]["sum"],
                "revenue": row["revenue"]["sum"],
                "profit": row["profit"]["sum"],
                "averagePopularity": row["popularity"]["average"],
                "known": row["budget"]["count"],
            });
            assert_eq!(row["known"], group["budget_known"]);
            let (expected, answered) = (expected(group), answered(&row));
            assert!(close(&expected, &answered), "{expected} {answered}");
        }
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            return years;
        }
        after = page["pageInfo"]["endCursor"].take();
    }
}

/// What is found and how groups are ordered, which is to be the same on every engine.
async fn found(person: &Person) -> Vec<Value> {
    let mut found = Vec::new();
    for text in [
        "amelie",
        "it",
        "m",
        "up",
        "the the",
        "toy sto",
        "of the",
        "pixar",
        "warner bros",
        "é",
        "8½",
        "s.w.a.t",
        "o'",
        "北",
        "collection star",
        "$",
        "100%",
        "2001",
        "et",
    ] {
        let query = "query ($text: String!) { search(text: $text, first: 100) { kind id name } }";
        let hits = person.ask(query, json!({"text": text})).await;
        found.push(hits["search"].clone());
    }
    for order in [
        "{field: REVENUE, statistic: MEDIAN, direction: DESC}",
        "{field: POPULARITY, statistic: AVERAGE}",
        "[{field: RUNTIME, statistic: MEDIAN}, {field: COMPANY, direction: DESC}]",
    ] {
        let query = format!(
            "{{ movieStats(groupBy: COMPANY, orderBy: {order}, having: {{movieCount: {{gte: 5}}}}, first: 500) {{
                totalCount nodes {{ company {{ id name }} movieCount revenue {{ median sum }} runtime {{ median }} }} }} }}"
        );
        found.push(person.ask(&query, json!({})).await["movieStats"].take());
    }
    found
}
