//! Every answer about the mart, as of every version there was.

use crate::{
    app::{App, on_every_engine},
    world::{Line, file},
};
use entity::ingest::Trigger;
use etl::{control, queue};
use serde_json::{Value, json};

const FIGURES: &str = "year movieCount budget revenue profit averagePopularity";

/// All there is to ask, with `asOf` where it is not the present.
fn everything(as_of: Option<i64>) -> String {
    let first = as_of.map_or_else(String::new, |version| format!("(asOf: {version})"));
    let more = as_of.map_or_else(String::new, |version| format!(", asOf: {version}"));
    format!(
        "{{ totals{first} {{ movies companies genres moviesWithYear firstYear lastYear }}
            years{first} {{ {FIGURES} }}
            popularGenres(minMovies: 1{more}) {{ year genre {{ id name movieCount }} averagePopularity movieCount }}
            genres(orderBy: [{{field: MOVIE_COUNT, direction: DESC}}]{more}) {{ id name movieCount years {{ {FIGURES} totalPopularity }}
                movies(first: 3, orderBy: [{{field: BUDGET}}]) {{ totalCount nodes {{ id }} }} }}
            companies(orderBy: [{{field: MOVIE_COUNT, direction: DESC}}, {{field: NAME}}], first: 20{more}) {{ totalCount nodes {{
                id name movieCount years {{ {FIGURES} releasesByGenre {{ movieCount genre {{ name movieCount }} }} }}
                movies(filter: {{budget: {{isNull: false}}}}, first: 3) {{ totalCount nodes {{ id title }} }} }} }}
            rich: companies(filter: {{years: {{some: {{revenue: {{gt: 300}}}}}}, name: {{contains: \"two\"}}}}, first: 5{more}) {{ nodes {{ name }} }}
            movies(orderBy: [{{field: PROFIT, direction: DESC}}], first: 20{more}) {{ totalCount nodes {{ id title budget
                companies {{ name movieCount years {{ year revenue }} }} genres {{ name }} collection {{ name }} revisions {{ version }} }} }}
            some: movies(filter: {{companies: {{some: {{name: {{contains: \"two\"}}, movieCount: {{gte: 1}}}}}}, not: {{genres: {{every: {{id: {{eq: 1}}}}}}}}}}, first: 20{more}) {{
                nodes {{ id }} }}
            movie(id: 1{more}) {{ title companies {{ name years {{ {FIGURES} }} }} }}
            company(id: 2{more}) {{ name movieCount years {{ year }} movies {{ nodes {{ id }} }} }}
            genre(id: 1{more}) {{ name movieCount years {{ year }} movies {{ nodes {{ id }} }} }} }}"
    )
}

#[tokio::test]
async fn what_was_answered_then_is_answered_as_of_then() {
    on_every_engine(async |app: &mut App| {
        let person = app.admin().await;
        let line = |id: i64, budget: i64, companies: &[i64], genres: &[i64]| Line {
            id,
            budget,
            companies: companies.to_vec(),
            genres: genres.to_vec(),
            date: if id % 4 == 0 { String::new() } else { format!("{}-06-06", 1990 + id % 3) },
            popularity: id as f64 / 2.0,
            ..Line::default()
        };
        let two = |text: String| text.replace("'Company 2'", "'Company Two'");
        let series = |text: String| text.replacen("False,,", "False,\"{'id': 5, 'name': 'Series', 'poster_path': None, 'backdrop_path': None}\",", 1);
        let renamed = |text: String| text.replace("'Series'", "'The Series'");
        let files = [
            file(&[line(1, 100, &[1, 2], &[1]), line(2, 0, &[2], &[1, 2])]),
            two(file(&[line(3, 70, &[2, 3], &[2]), line(4, 10, &[3], &[])])),
            series(file(&[line(1, 300, &[3], &[3]), line(2, 5, &[2], &[1])])),
            renamed(series(file(&[line(5, 1, &[4], &[1])]))),
            file(&[line(3, 70, &[], &[]), line(6, 0, &[2], &[2])]),
        ];
        let mut answers = vec![person.ask(&everything(None), json!({})).await];
        let mut runs = Vec::new();
        for (number, text) in files.into_iter().enumerate() {
            let run = app.world.load_well(&format!("{number}.csv"), text).await;
            assert_eq!(run.data_version, Some(number as i32 + 1));
            runs.push(run.id);
            answers.push(person.ask(&everything(None), json!({})).await);
        }
        // Movies and companies go as well.
        let undone = control::undo(&app.world.chain.db, runs[1], Trigger::Command, true).await.unwrap();
        for id in undone {
            queue::run_now(&app.world.chain, id).await.unwrap();
            answers.push(person.ask(&everything(None), json!({})).await);
        }
        let different: std::collections::HashSet<String> = answers.iter().map(Value::to_string).collect();
        assert!(different.len() > 5 && answers.len() > 7, "{}", different.len());
        for (version, then) in answers.iter().enumerate() {
            let now = person.ask(&everything(Some(version as i64)), json!({})).await;
            for (field, then) in then.as_object().unwrap() {
                assert_eq!(&now[field], then, "{field} as of {version}");
            }
        }
        // A field may ask for another version than what it belongs to.
        let both = "{ company(id: 2, asOf: 1) { name now: years(asOf: 3) { year } then: years { year } movies(asOf: 0) { totalCount } } }";
        let both = person.ask(both, json!({})).await["company"].take();
        assert_eq!(both["name"], "Company 2");
        assert_ne!(both["now"], both["then"]);
        assert_eq!(both["movies"]["totalCount"], 0);
    })
    .await;
}

#[tokio::test]
async fn versions_there_are_not_and_what_is_not_kept_are_refused() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("a.csv", file(&[Line::default()])).await;
        let person = app.admin().await;
        for field in [
            "movie(id: 1, asOf: $v) { id }",
            "movies(asOf: $v) { totalCount }",
            "company(id: 3, asOf: $v) { id }",
            "companies(asOf: $v) { totalCount }",
            "company(id: 3) { years(asOf: $v) { year } }",
            "company(id: 3) { movies(asOf: $v) { totalCount } }",
            "genre(id: 18, asOf: $v) { id }",
            "genres(asOf: $v) { id }",
            "genre(id: 18) { years(asOf: $v) { year } }",
            "genre(id: 18) { movies(asOf: $v) { totalCount } }",
            "popularGenres(asOf: $v) { year }",
            "years(asOf: $v) { year }",
            "totals(asOf: $v) { movies }",
        ] {
            let query = format!("query ($v: Int) {{ {field} }}");
            for (version, fine) in [(-1, false), (0, true), (1, true), (2, false)] {
                let answer = person.send(&query, json!({"v": version})).await;
                if fine {
                    assert!(answer["errors"].is_null(), "{field} {version}: {answer}");
                    continue;
                }
                let error = &answer["errors"][0];
                assert_eq!(
                    error["extensions"]["code"], "BAD_USER_INPUT",
                    "{field}: {answer}"
                );
                assert!(
                    error["message"].as_str().unwrap().contains("from 0 to 1"),
                    "{answer}"
                );
            }
        }
        for field in [
            "keywords { name }",
            "cast { name }",
            "crew { name }",
            "ratings { count }",
        ] {
            let query = format!("{{ movie(id: 1, asOf: 1) {{ {field} }} }}");
            assert_eq!(
                person.refused(&query, json!({})).await,
                "BAD_USER_INPUT",
                "{field}"
            );
            let query =
                format!("{{ company(id: 3, asOf: 1) {{ movies {{ nodes {{ {field} }} }} }} }}");
            assert_eq!(
                person.refused(&query, json!({})).await,
                "BAD_USER_INPUT",
                "{field}"
            );
        }
    })
    .await;
}
