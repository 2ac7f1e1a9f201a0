//! Pages of a list that changes between them.

use crate::{
    app::{App, on_every_engine},
    filter::random,
    world::{Line, World, engines, file},
};
use entity::mart::movie;
use proptest::{prelude::*, sample::select, strategy::ValueTree};
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Value, json};
use std::collections::HashSet;

/// The movie that is loaded.
const FIRST: i64 = 100_000;

/// A movie with values that many share, or without.
fn row(id: i64) -> BoxedStrategy<movie::Model> {
    let date = chrono::NaiveDate::from_ymd_opt(1995, 10, 30);
    let money = || prop::option::of(0..3i64);
    let titles = select(vec!["A", "a", "a ", "b"]);
    (
        titles,
        money(),
        money(),
        prop::option::of(0..3),
        any::<bool>(),
    )
        .prop_map(
            move |(title, budget, revenue, popularity, dated)| movie::Model {
                id,
                title: title.to_owned(),
                original_title: None,
                imdb_id: None,
                adult: None,
                budget,
                revenue,
                popularity: popularity.map(f64::from),
                release_date: date.filter(|_| dated),
                release_year: dated.then_some(1995),
                runtime: None,
                status: None,
                original_language: None,
                overview: None,
                tagline: None,
                homepage: None,
                poster_path: None,
                video: None,
                vote_average: None,
                vote_count: None,
                collection_id: None,
                row_hash: vec![0; 16],
                run_id: 1,
                line: id,
                byte_offset: 0,
                byte_length: 0,
            },
        )
        .boxed()
}

#[tokio::test]
async fn what_stays_is_on_one_page_and_on_no_other() {
    for engine in engines() {
        // Rows come and go here without a merge, which kept answers would not see.
        let uncached = [("MARQUEE_CACHE_SIZE", "0")];
        let app = App::start_with(World::new(&engine).await, &uncached).await;
        app.world
            .load_well(
                "a.csv",
                file(&[Line {
                    id: FIRST,
                    ..Line::default()
                }]),
            )
            .await;
        let (db, person) = (&app.world.chain.db, app.admin().await);
        let mut random = random();
        let mut next_id = 1;
        let orders = [
            "[]",
            "[{field: ID, direction: DESC}]",
            "[{field: TITLE, direction: DESC}]",
            "[{field: BUDGET}]",
            "[{field: PROFIT, direction: DESC}, {field: TITLE}]",
            "[{field: RELEASE_DATE, direction: DESC}, {field: POPULARITY}, {field: BUDGET, direction: DESC}]",
        ];
        for (order, forward) in orders
            .iter()
            .flat_map(|order| [(order, true), (order, false)])
        {
            let mut insert = async |random: &mut proptest::test_runner::TestRunner| {
                let row = row(next_id).new_tree(random).unwrap().current();
                next_id += 1;
                movie::Entity::insert(row.into_active_model())
                    .exec(db)
                    .await
                    .unwrap();
            };
            movie::Entity::delete_many()
                .filter(movie::Column::Id.ne(FIRST))
                .exec(db)
                .await
                .unwrap();
            for _ in 0..30 {
                insert(&mut random).await;
            }
            let ids = async || -> Vec<i64> {
                movie::Entity::find()
                    .all(db)
                    .await
                    .unwrap()
                    .iter()
                    .map(|row| row.id)
                    .collect()
            };
            let mut stayed: HashSet<i64> = ids().await.into_iter().collect();
            let (count, cursor) = if forward {
                ("first", "after")
            } else {
                ("last", "before")
            };
            let query = format!(
                "query ($cursor: String, $size: Int) {{ movies(orderBy: {order}, {count}: $size, {cursor}: $cursor) {{
                    nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
            );
            let mut seen: Vec<i64> = Vec::new();
            let mut place = Value::Null;
            loop {
                let size = (1..6i32).new_tree(&mut random).unwrap().current();
                let answer = person
                    .ask(&query, json!({"cursor": place, "size": size}))
                    .await;
                let page = &answer["movies"];
                let mut rows: Vec<i64> = page["nodes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["id"].as_str().unwrap().parse().unwrap())
                    .collect();
                let (more, end) = if forward {
                    ("hasNextPage", "endCursor")
                } else {
                    ("hasPreviousPage", "startCursor")
                };
                if !forward {
                    rows.reverse();
                }
                seen.extend(rows);
                if page["pageInfo"][more] == json!(false) {
                    break;
                }
                place = page["pageInfo"][end].clone();
                // Some come and some go, among them now and then the very one that the cursor is of.
                for _ in 0..2 {
                    insert(&mut random).await;
                }
                let gone = match any::<bool>().new_tree(&mut random).unwrap().current() {
                    true => *seen.last().unwrap(),
                    false => select(ids().await).new_tree(&mut random).unwrap().current(),
                };
                // The first one has companies, and stays.
                if gone != FIRST {
                    movie::Entity::delete_by_id(gone).exec(db).await.unwrap();
                    stayed.remove(&gone);
                }
                assert!(seen.len() < 1000, "the list does not end");
            }
            let once: HashSet<i64> = seen.iter().copied().collect();
            assert_eq!(
                once.len(),
                seen.len(),
                "{order}: a row was on two pages: {seen:?}"
            );
            assert!(
                stayed.is_subset(&once),
                "{order}: a row was on no page: {stayed:?} {seen:?}"
            );
            // Those that stayed came in the order that they have now.
            let all = person
                .ask(
                    &format!("{{ movies(orderBy: {order}, first: 500) {{ nodes {{ id }} }} }}"),
                    json!({}),
                )
                .await;
            let mut all: Vec<i64> = all["movies"]["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].as_str().unwrap().parse().unwrap())
                .filter(|id| stayed.contains(id))
                .collect();
            if !forward {
                all.reverse();
            }
            seen.retain(|id| stayed.contains(id));
            assert_eq!(seen, all, "{order}");
        }
        app.close().await;
    }
}

#[tokio::test]
async fn every_list_is_ordered_as_asked_and_else_in_its_own_order() {
    on_every_engine(async |app: &mut App| {
        for (name, ids) in [("b.csv", 1..3), ("a.csv", 3..6), ("c.csv", 6..7)] {
            let line = |id| Line { id, budget: -id, ..Line::default() };
            let lines: Vec<Line> = ids.map(line).chain([Line { id: 0, ..Line::default() }]).collect();
            app.world.load_well(name, file(&lines)).await;
        }
        let person = app.admin().await;
        for (list, order, field, expected) in [
            ("runs", "", "fileName", json!(["c.csv", "a.csv", "b.csv"])),
            ("runs", "orderBy: [{field: FILE_NAME}]", "fileName", json!(["a.csv", "b.csv", "c.csv"])),
            ("runs", "orderBy: [{field: ROWS_INSERTED, direction: DESC}]", "fileName", json!(["a.csv", "b.csv", "c.csv"])),
            // Where all are equal, the list's own order decides.
            ("runs", "orderBy: [{field: STATUS}]", "fileName", json!(["c.csv", "a.csv", "b.csv"])),
            ("runs", "orderBy: [{field: FINISHED_AT}]", "fileName", json!(["b.csv", "a.csv", "c.csv"])),
            ("files", "", "name", json!(["c.csv", "a.csv", "b.csv"])),
            ("files", "orderBy: [{field: BYTES, direction: DESC}]", "name", json!(["a.csv", "b.csv", "c.csv"])),
            ("files", "orderBy: [{field: ARRIVED_AT}]", "name", json!(["b.csv", "a.csv", "c.csv"])),
            ("rejects", "orderBy: [{field: RUN_ID}]", "line", json!([4, 5, 3])),
            ("rejects", "orderBy: [{field: LINE}]", "line", json!([3, 4, 5])),
            ("issues", "filter: {column: {eq: \"budget\"}}, orderBy: [{field: MOVIE_ID, direction: DESC}]", "movieId", json!(["6", "5", "4", "3", "2", "1"])),
        ] {
            let arguments = if order.is_empty() { String::new() } else { format!("({order})") };
            let all = person.ask(&format!("{{ {list}{arguments} {{ nodes {{ {field} }} }} }}"), json!({})).await;
            let all: Value = all[list]["nodes"].as_array().unwrap().iter().map(|row| row[field].clone()).collect();
            assert_eq!(all, expected, "{list} {order}");
            // And page by page.
            let (mut pages, mut after) = (Vec::new(), Value::Null);
            loop {
                let arguments = format!("(first: 2, after: $after {order})");
                let query = format!("query ($after: String) {{ {list}{arguments} {{ nodes {{ {field} }} pageInfo {{ hasNextPage endCursor }} }} }}");
                let mut answer = person.ask(&query, json!({"after": after})).await;
                let page = answer[list].take();
                pages.extend(page["nodes"].as_array().unwrap().iter().map(|row| row[field].clone()));
                after = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == json!(false) {
                    break;
                }
            }
            assert_eq!(json!(pages), expected, "{list} {order}");
        }
        let run = "{ run(id: 2) {
            changes(orderBy: [{field: MOVIE_ID, direction: DESC}], filter: {line: {gte: 3}}, last: 1) {
                totalCount nodes { movieId kind fields { field } } }
            events(filter: {level: {eq: INFO}}, orderBy: [{field: AT, direction: DESC}], first: 1) { nodes { message } } } }";
        let run = person.ask(run, json!({})).await["run"].take();
        assert_eq!(run["changes"]["totalCount"], 2);
        assert_eq!(run["changes"]["nodes"][0]["movieId"], "4");
        assert!(run["changes"]["nodes"][0]["fields"].as_array().unwrap().len() > 3, "{run}");
        assert_eq!(run["events"]["nodes"].as_array().unwrap().len(), 1);
    })
    .await;
}
