//! Movies grouped freely, against a computation that is as plain as can be; and searching.

use crate::{
    app::{App, Person, on_every_engine},
    world::{HEADER, Line, file},
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Map, Value, json};
use std::{cmp::Ordering, collections::BTreeMap};

/// A movie, as the data have it.
#[derive(Clone, Debug, Default)]
struct Fact {
    id: i64,
    year: Option<i64>,
    companies: Vec<i64>,
    genres: Vec<i64>,
    countries: Vec<&'static str>,
    languages: Vec<&'static str>,
    collection: Option<i64>,
    status: Option<&'static str>,
    budget: Option<i64>,
    revenue: Option<i64>,
    runtime: Option<f64>,
    popularity: Option<f64>,
}

impl Fact {
    fn random(id: i64, random: &mut StdRng) -> Self {
        let mut some = |most: i64| -> Vec<i64> {
            let count = random.random_range(0..3);
            (0..count).map(|_| random.random_range(1..=most)).collect()
        };
        let (companies, genres) = (some(4), some(3));
        let mut codes = |all: &[&'static str]| -> Vec<&'static str> {
            let count = random.random_range(0..3);
            (0..count).map(|_| *all.choose(random).unwrap()).collect()
        };
        let (countries, languages) = (codes(&["US", "FR", "DE"]), codes(&["en", "fr"]));
        let mut chance = |odds: f64| random.random_bool(odds);
        let known = [0.8, 0.3, 0.8, 0.6, 0.6, 0.8, 0.8].map(&mut chance);
        let mut amount = || random.random_range(1..40_i64);
        Self {
            id,
            year: known[0].then(|| 1968 + amount() % 7),
            companies,
            genres,
            countries,
            languages,
            collection: known[1].then(|| 1 + amount() % 2),
            status: known[2].then(|| ["Released", "Rumored"][(amount() % 2) as usize]),
            budget: known[3].then(|| 1000 * amount()),
            revenue: known[4].then(|| 1_000_000_007 * amount()),
            runtime: known[5].then(|| amount() as f64),
            popularity: known[6].then(|| amount() as f64 / 10.0),
        }
    }

    fn csv(&self) -> String {
        let list = |items: Vec<String>| format!("\"[{}]\"", items.join(", "));
        let ids = |ids: &[i64]| {
            let item = |id: &i64| format!("{{'id': {id}, 'name': 'Name {id}'}}");
            list(ids.iter().map(item).collect())
        };
        let codes = |key: &str, codes: &[&str]| {
            let item = |code: &&str| format!("{{'{key}': '{code}', 'name': 'Name {code}'}}");
            list(codes.iter().map(item).collect())
        };
        let collection = match self.collection {
            Some(id) => format!("\"{{'id': {id}, 'name': 'Name {id}'}}\""),
            None => String::new(),
        };
        let date = self.year.map(|year| format!("{year}-05-01"));
        let text = |number: Option<f64>| number.map(|n| format!("{n:?}")).unwrap_or_default();
        format!(
            "False,{collection},{},{},,{},,en,T,,{},,{},{},{},{},{},{},{},,T,False,6.5,10",
            self.budget.unwrap_or_default(),
            ids(&self.genres),
            self.id,
            text(self.popularity),
            ids(&self.companies),
            codes("iso_3166_1", &self.countries),
            date.unwrap_or_default(),
            self.revenue.unwrap_or_default(),
            text(self.runtime),
            codes("iso_639_1", &self.languages),
            self.status.unwrap_or_default(),
        )
    }

    /// What it is in, each once, as a group's field shows it.
    fn keys(&self, group: &str) -> Vec<Value> {
        fn once<T: Clone + Ord>(list: &[T]) -> Vec<T> {
            let mut list = list.to_vec();
            list.sort();
            list.dedup();
            list
        }
        let ids = |ids: &[i64]| -> Vec<Value> {
            let ids = once(ids).into_iter();
            ids.map(|id| json!({"id": id.to_string()})).collect()
        };
        let codes = |codes: &[&str]| -> Vec<Value> {
            let codes = once(codes).into_iter();
            codes.map(|code| json!({"code": code})).collect()
        };
        let found: Vec<Value> = match group {
            "COMPANY" => ids(&self.companies),
            "GENRE" => ids(&self.genres),
            "COUNTRY" => codes(&self.countries),
            "LANGUAGE" => codes(&self.languages),
            "COLLECTION" => ids(self.collection.as_slice()),
            "YEAR" => self.year.iter().map(|year| json!(year)).collect(),
            "DECADE" => self.year.iter().map(|y| json!(y / 10 * 10)).collect(),
            _ => self.status.iter().map(|status| json!(status)).collect(),
        };
        if found.is_empty() {
            vec![Value::Null]
        } else {
            found
        }
    }

    fn value(&self, measure: &str) -> Option<f64> {
        match measure {
            "budget" => self.budget.map(|v| v as f64),
            "revenue" => self.revenue.map(|v| v as f64),
            "profit" => Some((self.revenue? - self.budget?) as f64),
            "runtime" => self.runtime,
            _ => self.popularity,
        }
    }
}

const GROUPS: [&str; 8] = [
    "COMPANY",
    "GENRE",
    "YEAR",
    "DECADE",
    "COUNTRY",
    "LANGUAGE",
    "COLLECTION",
    "STATUS",
];
const MEASURES: [&str; 5] = ["budget", "revenue", "profit", "runtime", "popularity"];
const STATISTICS: [&str; 7] = [
    "sum", "average", "min", "max", "median", "count", "coverage",
];

/// A statistic of a group's movies.
fn statistic(movies: &[&Fact], measure: &str, statistic: &str) -> Option<f64> {
    let mut values: Vec<f64> = movies.iter().filter_map(|m| m.value(measure)).collect();
    values.sort_by(f64::total_cmp);
    let count = values.len();
    let sum: f64 = values.iter().sum();
    let known = |value: f64| (count > 0).then_some(value);
    match statistic {
        "count" => Some(count as f64),
        "coverage" => (!movies.is_empty()).then(|| count as f64 / movies.len() as f64),
        "sum" => known(sum),
        "average" => known(sum / count as f64),
        "min" => values.first().copied(),
        "max" => values.last().copied(),
        _ => known(if count % 2 == 1 {
            values[count / 2]
        } else if count > 0 {
            (values[count / 2 - 1] + values[count / 2]) / 2.0
        } else {
            0.0
        }),
    }
}

/// As they are ordered: nine decimals count, and nulls come last.
fn compare(a: Option<f64>, b: Option<f64>, descending: bool) -> Ordering {
    let rounded = |value: f64| (value * 1e9).round();
    match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => {
            let order = rounded(a).total_cmp(&rounded(b));
            if descending { order.reverse() } else { order }
        }
    }
}

/// A key in the order of keys: nulls last.
type Place = (bool, i64, String);

/// A group's keys and movies.
type Group<'a> = (Vec<Value>, Vec<&'a Fact>);

fn place(key: &Value) -> Place {
    let text = |field: &str| key[field].as_str().unwrap_or_default().to_owned();
    let id = text("id").parse().ok();
    let number = key.as_i64().or(id).unwrap_or_default();
    let text = key.as_str().map_or_else(|| text("code"), ToOwned::to_owned);
    (key.is_null(), number, text)
}

/// What is asked, made up at random.
struct Question {
    groups: Vec<&'static str>,
    known_only: bool,
    from: Option<i64>,
    /// Measure, statistic and the least it may be.
    having: Option<(&'static str, &'static str, f64)>,
    least: Option<i64>,
    order: Vec<(&'static str, &'static str, bool)>,
    /// What is selected.
    figures: Vec<(&'static str, &'static str)>,
}

impl Question {
    fn random(random: &mut StdRng) -> Self {
        let count = random.random_range(0..4);
        let groups: Vec<&str> = GROUPS.choose_multiple(random, count).copied().collect();
        let mut figure = || {
            let measure = *MEASURES.choose(random).unwrap();
            (measure, *STATISTICS.choose(random).unwrap())
        };
        let (asked, ordered) = (figure(), [figure(), figure()]);
        let figures = (0..4).map(|_| figure()).collect();
        let having = random.random_bool(0.4).then(|| {
            let least = match asked.1 {
                "count" => 2.0,
                "coverage" => 0.5,
                _ => 9.5,
            };
            (asked.0, asked.1, least)
        });
        let orders = random.random_range(0..3);
        let order = ordered[..orders].iter();
        Self {
            groups,
            known_only: random.random_bool(0.3),
            from: random.random_bool(0.4).then_some(1970),
            having,
            least: random.random_bool(0.3).then_some(2),
            order: order
                .map(|(m, s)| (*m, *s, random.random_bool(0.5)))
                .collect(),
            figures,
        }
    }

    fn arguments(&self) -> Value {
        let mut having = Map::new();
        if let Some((measure, statistic, least)) = self.having {
            having.insert(measure.to_owned(), json!({statistic: {"gte": least}}));
        }
        if let Some(least) = self.least {
            having.insert("movieCount".to_owned(), json!({"gt": least - 1}));
        }
        let order: Vec<Value> = self.order.iter().map(|(measure, statistic, descending)| {
            let direction = if *descending { "DESC" } else { "ASC" };
            json!({"field": measure.to_uppercase(), "statistic": statistic.to_uppercase(), "direction": direction})
        }).collect();
        let filter = match self.from {
            Some(year) => json!({"year": {"gte": year}}),
            None => Value::Null,
        };
        json!({"groups": self.groups, "known": self.known_only, "having": having, "order": order, "filter": filter})
    }

    fn query(&self, window: &str) -> String {
        let figures: Vec<String> = self
            .figures
            .iter()
            .enumerate()
            .map(|(at, (measure, statistic))| format!("f{at}: {measure} {{ {statistic} }}"))
            .collect();
        format!(
            "query ($groups: [MovieGroup!]!, $known: Boolean!, $filter: MovieFilter, $having: MovieStatsHaving,
                    $order: [MovieStatsOrder!], $cursor: String) {{
                movieStats(groupBy: $groups, knownOnly: $known, filter: $filter, having: $having,
                           orderBy: $order, {window}: $cursor) {{
                    totalCount pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
                    nodes {{ company {{ id }} genre {{ id }} year decade country {{ code }} language {{ code }}
                             collection {{ id }} status movieCount {} }} }} }}",
            figures.join(" ")
        )
    }

    /// The answer, computed plainly: each group's keys, count and figures.
    fn expected(&self, facts: &[Fact]) -> Vec<Value> {
        let mut groups: BTreeMap<Vec<Place>, Group<'_>> = BTreeMap::new();
        if self.groups.is_empty() {
            groups.insert(Vec::new(), Default::default());
        }
        let of_filter = |fact: &&Fact| match self.from {
            Some(from) => fact.year.is_some_and(|year| year >= from),
            None => true,
        };
        for fact in facts.iter().filter(of_filter) {
            let mut keys: Vec<Vec<Value>> = vec![Vec::new()];
            for group in &self.groups {
                let of_group = fact.keys(group);
                keys = keys
                    .into_iter()
                    .flat_map(|key| {
                        of_group
                            .iter()
                            .map(move |k| [key.clone(), vec![k.clone()]].concat())
                    })
                    .collect();
            }
            for key in keys {
                if self.known_only && key.iter().any(Value::is_null) {
                    continue;
                }
                let places = key.iter().map(place).collect();
                groups
                    .entry(places)
                    .or_insert((key, Vec::new()))
                    .1
                    .push(fact);
            }
        }
        let mut rows: Vec<Group<'_>> = groups.into_values().collect();
        rows.retain(|(_, movies)| {
            let enough = self.having.is_none_or(|(measure, kind, least)| {
                statistic(movies, measure, kind).is_some_and(|value| value >= least)
            });
            enough && self.least.is_none_or(|least| movies.len() as i64 >= least)
        });
        rows.sort_by(|(_, a), (_, b)| {
            let orders = self.order.iter().map(|(measure, kind, descending)| {
                compare(
                    statistic(a, measure, kind),
                    statistic(b, measure, kind),
                    *descending,
                )
            });
            orders.fold(Ordering::Equal, Ordering::then)
        });
        let row = |(keys, movies): Group<'_>| {
            let mut row = Map::new();
            for group in GROUPS {
                let at = self.groups.iter().position(|g| *g == group);
                let key = at.map_or(Value::Null, |at| keys[at].clone());
                row.insert(group.to_lowercase(), key);
            }
            row.insert("movieCount".to_owned(), json!(movies.len()));
            for (at, (measure, kind)) in self.figures.iter().enumerate() {
                let value = statistic(&movies, measure, kind);
                row.insert(format!("f{at}"), json!({*kind: value}));
            }
            Value::Object(row)
        };
        rows.into_iter().map(row).collect()
    }
}

/// Whether two answers are the same, but for the last digits of floats.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            (a - b).abs() <= 1e-9 * a.abs().max(1.0)
        }
        (a, b) => a == b,
    }
}

/// All groups, page by page, in order.
async fn walk(person: &Person, question: &Question, size: usize, forward: bool) -> Vec<Value> {
    let window = if forward {
        format!("first: {size}, after")
    } else {
        format!("last: {size}, before")
    };
    let (query, mut arguments) = (question.query(&window), question.arguments());
    let mut found: Vec<Value> = Vec::new();
    loop {
        let mut page = person.ask(&query, arguments.clone()).await["movieStats"].take();
        let nodes = std::mem::take(page["nodes"].as_array_mut().unwrap());
        let info = &page["pageInfo"];
        let (more, cursor) = if forward {
            found.extend(nodes);
            (&info["hasNextPage"], &info["endCursor"])
        } else {
            found.splice(0..0, nodes);
            (&info["hasPreviousPage"], &info["startCursor"])
        };
        if *more == json!(false) {
            assert_eq!(page["totalCount"], found.len(), "{arguments}");
            return found;
        }
        assert!(found.len() < 1000, "the groups do not end");
        arguments["cursor"] = cursor.clone();
    }
}

#[tokio::test]
async fn groups_are_what_a_plain_computation_makes_of_the_movies() {
    on_every_engine(async |app: &mut App| {
        let mut random = StdRng::seed_from_u64(15);
        let facts: Vec<Fact> = (1..=40).map(|id| Fact::random(id, &mut random)).collect();
        let lines: Vec<String> = facts.iter().map(Fact::csv).collect();
        app.world
            .load_well("movies.csv", format!("{HEADER}\n{}\n", lines.join("\n")))
            .await;
        let person = app.admin().await;
        for _ in 0..60 {
            let question = Question::random(&mut random);
            let expected = question.expected(&facts);
            let size = random.random_range(1..6) * 9;
            for (size, forward) in [(500, true), (size, true), (size, false)] {
                let found = walk(&person, &question, size, forward).await;
                assert_eq!(found.len(), expected.len(), "{}", question.arguments());
                for (found, expected) in found.iter().zip(&expected) {
                    assert!(
                        same(found, expected),
                        "{} {size} {forward}: {found} is not {expected}",
                        question.arguments()
                    );
                }
            }
        }
    })
    .await;
}

#[tokio::test]
async fn groups_equal_the_kept_aggregates_and_are_ordered_by_name() {
    on_every_engine(async |app: &mut App| {
        let lines: Vec<Line> = (1..=30)
            .map(|id| Line {
                id,
                budget: id % 4 * 100,
                popularity: id as f64 / 7.0,
                date: if id % 5 == 0 { String::new() } else { format!("19{}-01-01", 90 + id % 3) },
                companies: vec![id % 3 + 1, id % 2 + 1, id % 3 + 1],
                genres: vec![id % 4 + 1, 9],
                ..Line::default()
            })
            .collect();
        app.world.load_well("movies.csv", file(&lines)).await;
        let person = app.admin().await;
        for (noun, list) in [("company", "companies { nodes"), ("genre", "genres {")] {
            let close = if noun == "company" { "} }" } else { "}" };
            let kept = format!("{{ {list} {{ id years {{ year movieCount budget revenue profit averagePopularity }} {close} }}")
                .replace("genres { {", "genres {");
            let kept = person.ask(&kept, json!({})).await;
            let things = if noun == "company" { kept["companies"]["nodes"].clone() } else { kept["genres"].clone() };
            let mut expected: BTreeMap<(String, i64), Value> = BTreeMap::new();
            for thing in things.as_array().unwrap() {
                for year in thing["years"].as_array().unwrap() {
                    let key = (thing["id"].as_str().unwrap().to_owned(), year["year"].as_i64().unwrap());
                    expected.insert(key, year.clone());
                }
            }
            let query = format!("{{ movieStats(groupBy: [{}, YEAR], knownOnly: true, first: 500) {{ nodes {{
                {noun} {{ id }} year movieCount budget {{ sum }} revenue {{ sum }} profit {{ sum }}
                popularity {{ average }} }} }} }}", noun.to_uppercase());
            let found = person.ask(&query, json!({})).await;
            let found = found["movieStats"]["nodes"].as_array().unwrap().clone();
            assert_eq!(found.len(), expected.len());
            for row in found {
                let key = (row[noun]["id"].as_str().unwrap().to_owned(), row["year"].as_i64().unwrap());
                let answered = json!({
                    "year": row["year"], "movieCount": row["movieCount"], "budget": row["budget"]["sum"],
                    "revenue": row["revenue"]["sum"], "profit": row["profit"]["sum"],
                    "averagePopularity": row["popularity"]["average"],
                });
                assert!(same(&answered, &expected[&key]), "{answered} is not {}", expected[&key]);
            }
        }
        let by_name = "{ movieStats(groupBy: [GENRE], orderBy: {field: GENRE, direction: DESC}) { nodes { genre { name } } } }";
        let found = person.ask(by_name, json!({})).await;
        let names: Vec<&str> = found["movieStats"]["nodes"].as_array().unwrap().iter()
            .map(|row| row["genre"]["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Genre 9", "Genre 4", "Genre 3", "Genre 2", "Genre 1"]);
    })
    .await;
}

#[tokio::test]
async fn groups_are_answered_as_of_a_version_and_refused_where_they_make_no_sense() {
    on_every_engine(async |app: &mut App| {
        let line = Line::default();
        app.world
            .load_well(
                "a.csv",
                file(&[
                    line.clone(),
                    Line {
                        id: 2,
                        companies: vec![8],
                        ..line.clone()
                    },
                ]),
            )
            .await;
        app.world
            .load_well(
                "b.csv",
                file(&[Line {
                    id: 2,
                    budget: 900,
                    ..line.clone()
                }]),
            )
            .await;
        let person = app.admin().await;
        let query =
            "query ($at: Int) { movieStats(groupBy: COMPANY, asOf: $at) { totalCount nodes {
            company { id name } budget { sum } } } }";
        let then = person.ask(query, json!({"at": 1})).await;
        assert_eq!(
            then["movieStats"],
            json!({"totalCount": 2, "nodes": [
                {"company": {"id": "3", "name": "Company 3"}, "budget": {"sum": 100}},
                {"company": {"id": "8", "name": "Company 8"}, "budget": {"sum": 100}},
            ]})
        );
        let now = person.ask(query, json!({})).await;
        assert_eq!(
            now["movieStats"],
            json!({"totalCount": 1, "nodes": [
                {"company": {"id": "3", "name": "Company 3"}, "budget": {"sum": 1000}},
            ]})
        );
        assert_eq!(
            person.refused(query, json!({"at": 9})).await,
            "BAD_USER_INPUT"
        );
        let cursor = person
            .ask(
                "{ movieStats(groupBy: YEAR) { pageInfo { endCursor } } }",
                json!({}),
            )
            .await;
        let cursor = cursor["movieStats"]["pageInfo"]["endCursor"]
            .as_str()
            .unwrap()
            .to_owned();
        let foreign = format!("groupBy: GENRE, after: \"{cursor}\"");
        for arguments in [
            "groupBy: [COMPANY, GENRE, YEAR, COUNTRY, LANGUAGE]",
            "groupBy: YEAR, orderBy: {field: GENRE}",
            "first: 1, last: 1",
            "first: 501",
            "after: \"x\"",
            foreign.as_str(),
        ] {
            let query = format!("{{ movieStats({arguments}) {{ totalCount nodes {{ year }} }} }}");
            assert_eq!(
                person.refused(&query, json!({})).await,
                "BAD_USER_INPUT",
                "{arguments}"
            );
        }
        let many: String = (0..30)
            .map(|n| format!("a{n}: movieStats(groupBy: YEAR) {{ totalCount }} "))
            .collect();
        assert_eq!(
            person.refused(&format!("{{ {many} }}"), json!({})).await,
            "LIMIT_EXCEEDED"
        );
    })
    .await;
}

#[tokio::test]
async fn things_are_found_by_the_words_of_their_names() {
    on_every_engine(async |app: &mut App| {
        let line = |id, title: &str, popularity| Line {
            id,
            title: title.to_owned(),
            popularity,
            companies: vec![id],
            ..Line::default()
        };
        app.world.load_well("a.csv", file(&[
            line(1, "Amélie", 1.0),
            line(2, "The Company", 2.0),
            line(3, "A Company of Amelies", 3.0),
        ])).await;
        let person = app.admin().await;
        let query = "query ($text: String!, $kinds: [SearchKind!]) { search(text: $text, kinds: $kinds) {
            kind id name year movie { title } company { movieCount } genre { id } collection { id } } }";
        let found = person.ask(query, json!({"text": "AMELIE"})).await;
        let hit = |id: &str, title: &str| json!({"kind": "MOVIE", "id": id, "name": title, "year": 1995,
            "movie": {"title": title}, "company": null, "genre": null, "collection": null});
        assert_eq!(found["search"], json!([hit("1", "Amélie"), hit("3", "A Company of Amelies")]));
        let names = async |text: &str, kinds: Value| {
            let found = person.ask(query, json!({"text": text, "kinds": kinds})).await;
            let names = found["search"].as_array().unwrap().iter();
            names.map(|hit| hit["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("company", Value::Null).await,
            ["Company 1", "Company 2", "Company 3", "A Company of Amelies", "The Company"]);
        assert_eq!(names("company", json!(["MOVIE"])).await, ["A Company of Amelies", "The Company"]);
        assert_eq!(names("gen", Value::Null).await, ["Genre 18"]);
        assert_eq!(names("*'\"%", Value::Null).await, Vec::<String>::new());
        let lists = "{ movies(filter: {search: \"of comp\"}) { nodes { id } }
            companies(filter: {search: \"2 company\"}) { totalCount nodes { id } }
            none: movies(filter: {search: \"%\"}) { totalCount }
            movieStats(filter: {search: \"amel\"}) { nodes { movieCount } } }";
        assert_eq!(person.ask(lists, json!({})).await, json!({
            "movies": {"nodes": [{"id": "3"}]},
            "companies": {"totalCount": 1, "nodes": [{"id": "2"}]},
            "none": {"totalCount": 0},
            "movieStats": {"nodes": [{"movieCount": 2}]},
        }));
        let long = "x".repeat(201);
        assert_eq!(person.refused(query, json!({"text": long})).await, "BAD_USER_INPUT");
        let many = "{ search(text: \"a\", first: 101) { id } }";
        assert_eq!(person.refused(many, json!({})).await, "BAD_USER_INPUT");
    })
    .await;
}
