//! Filters against a naive evaluation of the same filters over the same rows.

use crate::{
    app::{App, on_every_engine},
    world::{Line, World, engines, file},
};
use async_graphql::{InputType, Value as Input};
use entity::{aggregate::company_year, mart::*};
use proptest::{
    prelude::*,
    sample::{select, subsequence},
    strategy::{Union, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::{Map, Value, json};
use server::graphql::{
    filter::MAX_VALUES,
    movie::{MovieFilter, condition},
};

/// Always the same random numbers.
pub fn random() -> TestRunner {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Whether a row meets a filter, as the schema's descriptions have it.
fn holds(filter: &Value, row: &Value) -> bool {
    filter.as_object().unwrap().iter().all(|(field, test)| {
        let list = || test.as_array().unwrap().iter();
        match field.as_str() {
            "and" => list().all(|filter| holds(filter, row)),
            "or" => list().any(|filter| holds(filter, row)),
            "not" => !holds(test, row),
            "collection" => !row[field].is_null() && holds(test, &row[field]),
            _ => match &row[field] {
                Value::Array(related) => related_hold(test, related),
                value => tests_hold(test, value),
            },
        }
    })
}

fn related_hold(test: &Value, related: &[Value]) -> bool {
    test.as_object().unwrap().iter().all(|(quantity, filter)| {
        let mut which = related.iter();
        match quantity.as_str() {
            "some" => which.any(|one| holds(filter, one)),
            "none" => !which.any(|one| holds(filter, one)),
            "every" => which.all(|one| holds(filter, one)),
            other => panic!("{other}"),
        }
    })
}

fn tests_hold(tests: &Value, value: &Value) -> bool {
    let order = |other: &Value| match (value, other) {
        (Value::Null, _) => None,
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (a, b) => a.as_f64().unwrap().partial_cmp(&b.as_f64().unwrap()),
    };
    let text = |value: &Value| value.as_str().map(str::to_lowercase);
    tests.as_object().unwrap().iter().all(|(operator, other)| {
        let is = |wanted: fn(std::cmp::Ordering) -> bool, other| order(other).is_some_and(wanted);
        let list = || other.as_array().unwrap();
        match operator.as_str() {
            "eq" => is(|order| order.is_eq(), other),
            "ne" => !is(|order| order.is_eq(), other),
            "in" => list().iter().any(|one| is(|order| order.is_eq(), one)),
            "notIn" => !list().iter().any(|one| is(|order| order.is_eq(), one)),
            "lt" => is(|order| order.is_lt(), other),
            "lte" => is(|order| order.is_le(), other),
            "gt" => is(|order| order.is_gt(), other),
            "gte" => is(|order| order.is_ge(), other),
            "between" => is(|o| o.is_ge(), &list()[0]) && is(|o| o.is_le(), &list()[1]),
            "contains" => text(value).is_some_and(|text| text.contains(&lower(other))),
            "startsWith" => text(value).is_some_and(|text| text.starts_with(&lower(other))),
            "isNull" => value.is_null() == other.as_bool().unwrap(),
            other => panic!("{other}"),
        }
    })
}

fn lower(value: &Value) -> String {
    value.as_str().unwrap().to_lowercase()
}

/// Letters with and without case and accents, and what means something in patterns and in SQL.
const LETTERS: [&str; 24] = [
    "a", "A", "b", "B", "é", "É", "e", "ß", "ж", "Ж", "%", "_", "*", "?", "[", "]", "\\", "'",
    "\"", ".", "^", "-", "😀", " ",
];

fn text() -> BoxedStrategy<Value> {
    prop::collection::vec(select(&LETTERS[..]), 0..4)
        .prop_map(|letters| json!(letters.concat()))
        .boxed()
}

/// Values of a kind that meet now and then.
fn values(kind: &str) -> BoxedStrategy<Value> {
    match kind {
        "text" => text(),
        "date" => select(vec!["1994-12-31", "1995-01-01", "1995-10-30", "2001-05-05"])
            .prop_map(|day| json!(day))
            .boxed(),
        "real" => (0..6).prop_map(|n| json!(f64::from(n) / 4.0)).boxed(),
        "truth" => any::<bool>().prop_map(|truth| json!(truth)).boxed(),
        "year" => (1994..2002).prop_map(|year| json!(year)).boxed(),
        _ => (-2..6i64).prop_map(|n| json!(n)).boxed(),
    }
}

/// One or two tests of a value of a kind.
fn tests(kind: &'static str) -> BoxedStrategy<Value> {
    let one = |operator: &'static str, given: BoxedStrategy<Value>| {
        given
            .prop_map(move |value| (operator.to_owned(), value))
            .boxed()
    };
    let list = || {
        prop::collection::vec(values(kind), 0..4)
            .prop_map(|list| json!(list))
            .boxed()
    };
    let mut kinds = vec![
        one("eq", values(kind)),
        one("ne", values(kind)),
        one("in", list()),
        one("notIn", list()),
        one("isNull", values("truth")),
    ];
    if kind != "id" && kind != "truth" {
        for operator in ["lt", "lte", "gt", "gte"] {
            kinds.push(one(operator, values(kind)));
        }
        let ends = (values(kind), values(kind)).prop_map(|(a, b)| json!([a, b]));
        kinds.push(one("between", ends.boxed()));
    }
    if kind == "text" {
        kinds.push(one("contains", text()));
        kinds.push(one("startsWith", text()));
    }
    prop::collection::vec(Union::new(kinds), 1..3)
        .prop_map(|tests| Value::Object(tests.into_iter().collect()))
        .boxed()
}

fn fields(fields: &'static [(&'static str, &'static str)]) -> BoxedStrategy<Value> {
    let one = fields.iter().map(|&(field, kind)| {
        tests(kind)
            .prop_map(move |tests| json!({field: tests}))
            .boxed()
    });
    Union::new(one.collect::<Vec<_>>()).boxed()
}

fn related(field: &'static str, filter: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    (select(vec!["some", "none", "every"]), filter)
        .prop_map(move |(quantity, filter)| json!({field: {quantity: filter}}))
        .boxed()
}

/// Filters with `and`, `or` and `not` around those given.
fn joined(leaf: BoxedStrategy<Value>, depth: u32) -> BoxedStrategy<Value> {
    leaf.prop_recursive(depth, 12, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            list().prop_map(|filters| json!({"and": filters})),
            list().prop_map(|filters| json!({"or": filters})),
            inner.clone().prop_map(|filter| json!({"not": filter})),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                let merged: Map<String, Value> = [a, b]
                    .into_iter()
                    .flat_map(|filter| filter.as_object().unwrap().clone())
                    .collect();
                Value::Object(merged)
            }),
        ]
    })
    .boxed()
}

const MOVIE_FIELDS: [(&str, &str); 14] = [
    ("id", "id"),
    ("title", "text"),
    ("status", "text"),
    ("tagline", "text"),
    ("releaseDate", "date"),
    ("year", "year"),
    ("budget", "number"),
    ("revenue", "number"),
    ("profit", "number"),
    ("popularity", "real"),
    ("runtime", "real"),
    ("adult", "truth"),
    ("video", "truth"),
    ("voteCount", "number"),
];

fn movie_filters() -> BoxedStrategy<Value> {
    let movie = fields(&MOVIE_FIELDS);
    let year = fields(&[
        ("year", "year"),
        ("revenue", "number"),
        ("movieCount", "number"),
    ]);
    let company = prop_oneof![
        fields(&[("id", "id"), ("name", "text"), ("movieCount", "number")]),
        related("years", joined(year, 1)),
        related("movies", joined(movie.clone(), 1)),
    ];
    let genre = prop_oneof![
        fields(&[("id", "id"), ("name", "text")]),
        related("movies", movie.clone()),
    ];
    let place = || fields(&[("code", "text"), ("name", "text")]);
    let leaf = prop_oneof![
        3 => movie,
        1 => related("companies", joined(company.boxed(), 1)),
        1 => related("genres", joined(genre.boxed(), 1)),
        1 => related("countries", place()),
        1 => related("languages", place()),
        1 => fields(&[("id", "id"), ("name", "text")]).prop_map(|filter| json!({"collection": filter})),
    ];
    joined(leaf.boxed(), 3)
}

/// Puts random movies and what they are linked to into the mart; answers them as the filters see them.
async fn fill(db: &DatabaseConnection, random: &mut TestRunner) -> Vec<Value> {
    macro_rules! some {
        ($strategy:expr) => {
            $strategy.new_tree(random).unwrap().current()
        };
    }
    macro_rules! insert {
        ($table:ident, $rows:expr) => {
            let rows: Vec<$table::Model> = $rows;
            let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
            $table::Entity::insert_many::<$table::ActiveModel, _>(rows)
                .exec(db)
                .await
                .unwrap();
        };
    }
    let name = |value: Value| value.as_str().unwrap().to_owned();
    let (mut companies, mut genres, mut collections) = (Vec::new(), Vec::new(), Vec::new());
    let mut years = Vec::new();
    for id in 0..5i64 {
        let row = |name| company::Model {
            id,
            name,
            movie_count: id as i32,
        };
        companies.push(row(name(some!(text()))));
        genres.push(genre::Model {
            id,
            name: name(some!(text())),
            movie_count: 1,
        });
        collections.push(collection::Model {
            id,
            name: name(some!(text())),
        });
        for year in some!(subsequence(vec![1994, 1995, 1996], 0..3)) {
            years.push(company_year::Model {
                company_id: id,
                year,
                movie_count: some!(0..4i32),
                budget: None,
                revenue: some!(prop::option::of(0..4i64)),
                profit: None,
                average_popularity: None,
            });
        }
    }
    // Codes that are equal to those who overlook case or blanks.
    let codes: Vec<String> = ["a", "A", "b", "ab"].map(str::to_owned).to_vec();
    let countries: Vec<country::Model> = codes
        .iter()
        .map(|code| country::Model {
            code: code.clone(),
            name: code.to_uppercase(),
        })
        .collect();
    let languages: Vec<language::Model> = codes
        .iter()
        .map(|code| language::Model {
            code: code.clone(),
            name: format!("{code} "),
        })
        .collect();
    insert!(company, companies.clone());
    insert!(genre, genres.clone());
    insert!(collection, collections.clone());
    insert!(country, countries.clone());
    insert!(language, languages.clone());
    insert!(company_year, years.clone());
    let mut movies = Vec::new();
    for id in 1..=40i64 {
        let optional = |value: Option<Value>| value.map(|value| value.as_str().unwrap().to_owned());
        let date = some!(prop::option::of(values("date")));
        let date: Option<chrono::NaiveDate> = optional(date).map(|day| day.parse().unwrap());
        let row = movie::Model {
            id,
            title: name(some!(text())),
            original_title: None,
            imdb_id: None,
            adult: some!(any::<Option<bool>>()),
            budget: some!(prop::option::of(0..4i64)),
            revenue: some!(prop::option::of(0..4i64)),
            popularity: some!(prop::option::of((0..6).prop_map(|n| f64::from(n) / 4.0))),
            release_date: date,
            release_year: date.map(|date| chrono::Datelike::year(&date)),
            runtime: some!(prop::option::of((0..6).prop_map(|n| f64::from(n) / 4.0))),
            status: optional(some!(prop::option::of(text()))),
            original_language: None,
            overview: None,
            tagline: optional(some!(prop::option::of(text()))),
            homepage: None,
            poster_path: None,
            video: some!(any::<Option<bool>>()),
            vote_average: None,
            vote_count: some!(prop::option::of(0..4i64)),
            collection_id: some!(prop::option::of(0..5i64)),
            row_hash: vec![0; 16],
            run_id: 1,
            line: id,
            byte_offset: 0,
            byte_length: 0,
        };
        insert!(movie, vec![row.clone()]);
        let (companies_of, genres_of) = (
            some!(subsequence((0..5).collect::<Vec<i64>>(), 0..4)),
            some!(subsequence((0..5).collect::<Vec<i64>>(), 0..4)),
        );
        let (countries_of, languages_of) = (
            some!(subsequence(codes.clone(), 0..3)),
            some!(subsequence(codes.clone(), 0..3)),
        );
        for company_id in &companies_of {
            insert!(
                movie_company,
                vec![movie_company::Model {
                    movie_id: id,
                    company_id: *company_id,
                    position: 0
                }]
            );
        }
        for genre_id in &genres_of {
            insert!(
                movie_genre,
                vec![movie_genre::Model {
                    movie_id: id,
                    genre_id: *genre_id,
                    position: 0
                }]
            );
        }
        for code in &countries_of {
            insert!(
                movie_country,
                vec![movie_country::Model {
                    movie_id: id,
                    country_code: code.clone(),
                    position: 0
                }]
            );
        }
        for code in &languages_of {
            insert!(
                movie_language,
                vec![movie_language::Model {
                    movie_id: id,
                    language_code: code.clone(),
                    position: 0
                }]
            );
        }
        movies.push((row, companies_of, genres_of, countries_of, languages_of));
    }
    let plain = |row: &movie::Model| {
        json!({
            "id": row.id, "title": row.title, "status": row.status, "tagline": row.tagline,
            "releaseDate": row.release_date.map(|date| date.to_string()), "year": row.release_year,
            "budget": row.budget, "revenue": row.revenue, "popularity": row.popularity,
            "profit": row.revenue.zip(row.budget).map(|(revenue, budget)| revenue - budget),
            "runtime": row.runtime, "adult": row.adult, "video": row.video, "voteCount": row.vote_count,
        })
    };
    let among = |of: fn(&Movie) -> &Vec<i64>, id: i64| -> Value {
        movies
            .iter()
            .filter(|movie| of(movie).contains(&id))
            .map(|movie| plain(&movie.0))
            .collect()
    };
    let company = |id: &i64| {
        let row = &companies[*id as usize];
        let years: Value = years
            .iter()
            .filter(|year| year.company_id == *id)
            .map(|year| json!({"year": year.year, "revenue": year.revenue, "movieCount": year.movie_count}))
            .collect();
        json!({"id": id, "name": row.name, "movieCount": row.movie_count, "years": years,
               "movies": among(|movie| &movie.1, *id)})
    };
    let genre = |id: &i64| json!({"id": id, "name": genres[*id as usize].name, "movies": among(|movie| &movie.2, *id)});
    let whole = |(row, of_companies, of_genres, of_countries, of_languages): &Movie| {
        let mut movie = plain(row);
        movie["companies"] = of_companies.iter().map(company).collect();
        movie["genres"] = of_genres.iter().map(genre).collect();
        let country = |code: &String| json!({"code": code, "name": code.to_uppercase()});
        movie["countries"] = of_countries.iter().map(country).collect();
        let language = |code: &String| json!({"code": code, "name": format!("{code} ")});
        movie["languages"] = of_languages.iter().map(language).collect();
        movie["collection"] = match row.collection_id {
            Some(id) => json!({"id": id, "name": collections[id as usize].name}),
            None => Value::Null,
        };
        movie
    };
    movies.iter().map(whole).collect()
}

type Movie = (movie::Model, Vec<i64>, Vec<i64>, Vec<String>, Vec<String>);

/// The ids of the movies that the database finds.
async fn found(db: &DatabaseConnection, filter: &Value) -> Vec<i64> {
    let input = Input::from_json(filter.clone()).unwrap();
    let parsed = MovieFilter::parse(Some(input));
    let parsed = parsed.unwrap_or_else(|error| {
        panic!("{filter}: {}", error.into_server_error(Default::default()))
    });
    let condition = condition(&parsed, db.get_database_backend()).unwrap();
    let select = movie::Entity::find()
        .filter(condition)
        .order_by_asc(movie::Column::Id);
    let rows = select
        .all(db)
        .await
        .unwrap_or_else(|error| panic!("{filter}: {error}"));
    rows.into_iter().map(|row| row.id).collect()
}

fn expected(movies: &[Value], filter: &Value) -> Vec<i64> {
    let met = movies.iter().filter(|movie| holds(filter, movie));
    met.map(|movie| movie["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn every_filter_finds_what_a_naive_look_at_every_row_finds() {
    for engine in engines() {
        let world = World::new(&engine).await;
        world.load_well("a.csv", file(&[Line::default()])).await;
        let db = &world.chain.db;
        for table in [
            "company_genre_year",
            "company_year",
            "genre_year",
            "movie_company",
            "movie_genre",
            "movie",
        ] {
            db.execute_unprepared(&format!("DELETE FROM {table}"))
                .await
                .unwrap();
        }
        for table in ["company", "genre"] {
            db.execute_unprepared(&format!("DELETE FROM {table}"))
                .await
                .unwrap();
        }
        let mut random = random();
        let movies = fill(db, &mut random).await;
        // Each operator of each field by itself, and its opposite.
        for (field, kind) in MOVIE_FIELDS {
            for _ in 0..15 {
                let tests = tests(kind).new_tree(&mut random).unwrap().current();
                let filter = json!({field: tests});
                assert_eq!(
                    found(db, &filter).await,
                    expected(&movies, &filter),
                    "{filter}"
                );
                let filter = json!({"not": filter});
                assert_eq!(
                    found(db, &filter).await,
                    expected(&movies, &filter),
                    "{filter}"
                );
            }
        }
        // All of them together.
        let filters = movie_filters();
        let mut split = 0;
        for _ in 0..400 {
            let filter = filters.new_tree(&mut random).unwrap().current();
            let expected = expected(&movies, &filter);
            assert_eq!(found(db, &filter).await, expected, "{filter}");
            split += usize::from((1..movies.len()).contains(&expected.len()));
        }
        assert!(split > 100, "only {split} filters tell movies apart");
        world.close().await;
    }
}

#[tokio::test]
async fn what_is_looked_for_has_no_meaning_of_its_own() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("movies.csv", file(&[Line::default()])).await;
        let person = app.admin().await;
        let texts = ["' OR 1=1 --", "\"; DROP TABLE movie; --", "%", "_", "\\", "*", "[", "(", "a|b", ".*", "?", "😀'"];
        let text_fields = |noun: &str, fields: &[&str]| -> Vec<(String, String)> {
            let pair = |field: &&str| (noun.to_owned(), (*field).to_owned());
            fields.iter().map(pair).collect()
        };
        let mut all = text_fields("movies", &["title", "originalTitle", "imdbId", "status", "originalLanguage",
            "overview", "tagline", "homepage"]);
        all.extend(text_fields("companies", &["name"]));
        all.extend(text_fields("runs", &["fileName", "heldBecause", "error"]));
        all.extend(text_fields("files", &["sha256", "name", "source", "heldBy", "deletedBy"]));
        all.extend(text_fields("rejects", &["code", "rule", "column", "value", "message"]));
        all.extend(text_fields("issues", &["code", "rule", "column", "oldValue", "newValue", "message"]));
        all.extend(text_fields("backfills", &["createdBy"]));
        all.extend(text_fields("users", &["name"]));
        all.extend(text_fields("auditEvents", &["actor", "action", "subject", "address", "code", "reason", "before", "after"]));
        for (list, field) in all {
            for operator in ["eq", "contains", "startsWith", "gt"] {
                let tests: Vec<String> = texts
                    .iter()
                    .enumerate()
                    .map(|(at, text)| format!("t{at}: {list}(filter: {{{field}: {{{operator}: {}}}}}, first: 1) {{ totalCount }}", json!(text)))
                    .collect();
                let answer = person.ask(&format!("{{ {} }}", tests.join(" ")), json!({})).await;
                for (at, text) in texts.iter().enumerate() {
                    let count = &answer[format!("t{at}")]["totalCount"];
                    // Words come after all these signs.
                    assert!(operator == "gt" || *count == 0, "{list} {field} {operator} {text}: {answer}");
                }
            }
        }
        // What is there is found, by its letters in either case.
        for (list, filter) in [
            ("movies", json!({"title": {"contains": "a fILM"}, "status": {"startsWith": "REL"}})),
            ("runs", json!({"fileName": {"startsWith": "MOVIES."}, "file": {"name": {"eq": "movies.csv"}}})),
            ("files", json!({"runs": {"every": {"status": {"in": ["SUCCEEDED"]}, "startedAt": {"isNull": false}}}})),
            ("companies", json!({"years": {"some": {"year": {"eq": 1995}}}, "movies": {"none": {"year": {"ne": 1995}}}})),
        ] {
            let kind = match list {
                "movies" => "MovieFilter",
                "runs" => "RunFilter",
                "files" => "FileFilter",
                _ => "CompanyFilter",
            };
            let query = format!("query ($filter: {kind}) {{ {list}(filter: $filter) {{ totalCount }} }}");
            let answer = person.ask(&query, json!({"filter": filter})).await;
            assert_eq!(answer[list]["totalCount"], 1, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn instants_are_compared_as_they_are_shown() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("a.csv", file(&[Line::default()])).await;
        app.world.load_well("b.csv", file(&[Line { id: 2, ..Line::default() }])).await;
        let person = app.admin().await;
        let shown = person.ask("{ runs(orderBy: [{field: CREATED_AT}]) { nodes { createdAt } } }", json!({})).await;
        let at = |run: usize| shown["runs"]["nodes"][run]["createdAt"].clone();
        assert!(at(0).as_str() < at(1).as_str(), "{shown}");
        for (tests, count) in [
            (json!({"eq": at(0)}), 1),
            (json!({"ne": at(0)}), 1),
            (json!({"in": [at(0), at(1)]}), 2),
            (json!({"lt": at(1)}), 1),
            (json!({"lte": at(1)}), 2),
            (json!({"gt": at(0)}), 1),
            (json!({"gte": at(0)}), 2),
            (json!({"between": [at(1), at(1)]}), 1),
            // Instants that MySQL has no timestamps of.
            (json!({"gt": "1815-12-10T00:00:00Z", "lt": "2100-01-01T00:00:00Z"}), 2),
            (json!({"gt": "2100-01-01T00:00:00Z"}), 0),
            (json!({"ne": "2100-01-01T00:00:00Z"}), 2),
        ] {
            let query = "query ($tests: DateTimeFilter!) { runs(filter: {createdAt: $tests}) { totalCount } }";
            let answer = person.ask(query, json!({"tests": tests})).await;
            assert_eq!(answer["runs"]["totalCount"], count, "{tests}");
        }
    })
    .await;
}

/// A filter within filters of other movies of the same companies.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!({"id": {"ne": 0}}), |filter, level| match level % 2 {
        0 => json!({"movies": {"some": filter}}),
        _ => json!({"companies": {"some": filter}}),
    })
}

#[tokio::test]
async fn filters_that_are_too_large_or_make_no_sense_are_refused() {
    on_every_engine(async |app: &mut App| {
        app.world
            .load_well("movies.csv", file(&[Line::default()]))
            .await;
        let person = app.admin().await;
        let query = "query ($filter: MovieFilter) { movies(filter: $filter) { totalCount } }";
        let many = |count: usize, filter: Value| json!({"and": vec![filter; count]});
        let number = json!({"year": {"gt": 1}});
        let company = json!({"companies": {"some": {"movieCount": {"gte": 0}}}});
        for (filter, words) in [
            (
                json!({"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {}}}}}}}}}),
                "at most 8 levels",
            ),
            (many(100, number.clone()), "at most 200 tests"),
            (many(200, json!({})), "at most 200 tests"),
            (many(9, company.clone()), "at most 8 tests of relations"),
            (
                json!({"id": {"in": vec![1; 1001]}}),
                "at most 1000 values, not 1001",
            ),
            (
                json!({"title": {"contains": "x".repeat(501)}}),
                "at most 500 characters",
            ),
            (
                json!({"title": {"contains": "a\0b"}}),
                "none of them U+0000",
            ),
            (
                json!({"year": {"between": [1]}}),
                "between takes two values",
            ),
            (json!({"budget": {"eq": null}}), "use isNull"),
            (json!({"status": null}), "use isNull"),
            (
                json!({"releaseDate": {"gt": "+10000-01-01"}}),
                "years 1 to 9998",
            ),
            (json!({"id": {"eq": "' OR 1=1"}}), "a whole number"),
        ] {
            let answer = person.send(query, json!({"filter": filter})).await;
            let error = &answer["errors"][0];
            assert_eq!(
                error["extensions"]["code"], "BAD_USER_INPUT",
                "{filter}: {answer}"
            );
            assert!(
                error["message"].as_str().unwrap().contains(words),
                "{filter}: {answer}"
            );
        }
        // What is just allowed is answered.
        for filter in [
            json!({"companies": {"some": nested(5)}}),
            many(99, number),
            many(8, company),
            json!({"id": {"in": vec![1; 1000]}}),
            json!({"title": {"ne": "x".repeat(5000)}, "overview": {"isNull": true}}),
        ] {
            let answer = person.ask(query, json!({"filter": filter})).await;
            assert_eq!(answer["movies"]["totalCount"], 1, "{filter}");
        }
        // Many values come of few, where a variable stands in many places.
        let spread = |count: usize| {
            let parts = "{id: {in: $ids}} ".repeat(count);
            format!("query ($ids: [ID!]) {{ movies(filter: {{or: [{parts}]}}) {{ totalCount }} }}")
        };
        let (ids, widest) = (json!({"ids": vec!["1"; 1000]}), spread(10));
        let answer = person.ask(&widest, ids.clone()).await;
        assert_eq!(answer["movies"]["totalCount"], 1);
        let answer = person.send(&spread(11), ids).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
        let words = format!("a filter has at most {MAX_VALUES} values");
        assert_eq!(error["message"], words);
        let orders = vec![json!({"field": "ID"}); 17];
        let query = "query ($orders: [MovieOrder!]) { movies(orderBy: $orders) { totalCount } }";
        assert_eq!(
            person.refused(query, json!({"orders": orders})).await,
            "BAD_USER_INPUT"
        );
    })
    .await;
}
