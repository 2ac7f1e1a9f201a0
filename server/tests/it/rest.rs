//! The REST API: JSON, CSV, pages, freshness, problems and its own description.

use crate::{
    app::{App, Person, on_every_engine},
    world::{Line, file},
};
use reqwest::{Method, Response, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

/// Movies 1 to `count`, of which the first has no revenue.
fn movies(count: i64) -> String {
    let line = |id| Line {
        id,
        title: format!("Film {}", count - id),
        date: format!("{}-01-02", 1990 + id % 10),
        revenue: if id == 1 { 0 } else { id * 10 },
        genres: vec![18, 35],
        companies: vec![3, 4],
        ..Line::default()
    };
    file(&(1..=count).map(line).collect::<Vec<_>>())
}

impl Person {
    /// Asks for something under `/api/v1` with a header.
    async fn rest(&self, path: &str, name: &str, value: &str) -> Response {
        let address = format!("{}/api/v1{path}", self.address);
        let request = self.client.get(address).header(name, value);
        request.send().await.unwrap()
    }

    /// The JSON of an answer that must be well.
    async fn data(&self, path: &str) -> Value {
        let answer = self.rest(path, "accept", "*/*").await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/json");
        answer.json().await.unwrap()
    }

    /// The rows of a CSV answer, its header first.
    async fn rows(&self, path: &str) -> Vec<Vec<String>> {
        let answer = self.rest(path, "accept", "text/csv").await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
        let text = answer.text().await.unwrap();
        let mut reader = csv::ReaderBuilder::new();
        let mut reader = reader.has_headers(false).from_reader(text.as_bytes());
        let rows = reader.records().map(|row| {
            let row = row.unwrap();
            row.iter().map(str::to_owned).collect()
        });
        rows.collect()
    }

    /// The problem that a request must have.
    async fn problem(&self, path: &str, status: u16, code: &str) -> (Value, HeaderMap) {
        let answer = self.rest(path, "accept", "application/json").await;
        problem(answer, status, code).await
    }
}

async fn problem(answer: Response, status: u16, code: &str) -> (Value, HeaderMap) {
    let headers = answer.headers().clone();
    let given = (answer.status().as_u16(), answer.url().to_string());
    assert_eq!(given.0, status, "{given:?}");
    assert_eq!(headers["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(
        (&problem["code"], &problem["status"]),
        (&json!(code), &json!(status)),
        "{problem}"
    );
    assert!(
        problem["detail"].is_string() && problem["title"].is_string(),
        "{problem}"
    );
    (problem, headers)
}

#[tokio::test]
async fn rows_have_the_same_values_in_json_and_csv() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("a.csv", movies(5)).await;
        let person = app.person("viewer").await;

        let movie = person.data("/movies/1").await;
        assert_eq!(movie["dataVersion"], 1);
        let movie = &movie["data"];
        assert_eq!(
            (&movie["id"], &movie["title"], &movie["year"]),
            (&json!(1), &json!("Film 4"), &json!(1991))
        );
        assert_eq!(
            (&movie["budget"], &movie["revenue"], &movie["profit"]),
            (&json!(100), &json!(null), &json!(null))
        );
        assert_eq!(
            movie["companies"],
            json!([{"id": 3, "name": "Company 3"}, {"id": 4, "name": "Company 4"}])
        );
        let rows = person.rows("/movies/1").await;
        let at = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (
                &*rows[1][at("release_date")],
                &*rows[1][at("budget")],
                &*rows[1][at("revenue")]
            ),
            ("1991-01-02", "100", "")
        );
        assert_eq!(
            (&*rows[1][at("company_ids")], &*rows[1][at("genres")]),
            ("3|4", "Genre 18|Genre 35")
        );

        let years = person.data("/companies/3/years?from=1992&to=1993").await;
        assert_eq!(years["data"].as_array().unwrap().len(), 2);
        assert_eq!(
            years["data"][0],
            json!({"companyId": 3, "year": 1992, "movieCount": 1, "budget": 100,
            "revenue": 20, "profit": -80, "averagePopularity": 1.5})
        );
        let rows = person
            .rows("/companies/3/years.csv?from=1992&to=1993")
            .await;
        assert_eq!(
            rows[0].join(","),
            "company_id,year,movie_count,budget,revenue,profit,average_popularity"
        );
        assert_eq!(
            rows[1].join(","),
            "3,1992,1,100,20,-80,1.5",
            "a negative number is one"
        );
        assert_eq!(person.rows("/years.csv").await.len(), 6);
        let popular = person
            .data("/genres/popular?from=1992&to=1992&by=total")
            .await;
        assert_eq!(
            (&popular["data"][0]["genreId"], &popular["data"][0]["genre"]),
            (&json!(18), &json!("Genre 18"))
        );
        assert_eq!(person.data("/genres/35").await["data"]["movieCount"], 5);
        let genres = person.rows("/genres.csv").await;
        assert_eq!(
            genres[1..].iter().map(|row| &*row[1]).collect::<Vec<_>>(),
            ["Genre 18", "Genre 35"]
        );
        assert_eq!(
            person.data("/companies?search=ANY%204&count=true").await["page"],
            json!({"size": 1, "next": null, "total": 1})
        );
    })
    .await;
}

#[tokio::test]
async fn pages_lead_through_the_whole_list_in_its_order() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("a.csv", movies(7)).await;
        let person = app.person("viewer").await;
        let mut path = "/movies?order=-revenue,title&first=3&minBudget=1".to_owned();
        let mut found = Vec::new();
        let mut pages = 0;
        loop {
            let answer = person.rest(&path, "accept", "*/*").await;
            let link = answer
                .headers()
                .get("link")
                .map(|link| link.to_str().unwrap().to_owned());
            let page: Value = answer.json().await.unwrap();
            let ids = page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| row["id"].as_i64().unwrap());
            found.extend(ids);
            pages += 1;
            let Some(link) = link else {
                assert_eq!(page["page"]["next"], json!(null));
                break;
            };
            assert!(
                link.ends_with("; rel=\"next\"")
                    && link.contains(page["page"]["next"].as_str().unwrap()),
                "{link}"
            );
            path = link[1..link.find('>').unwrap()]
                .strip_prefix("/api/v1")
                .unwrap()
                .to_owned();
        }
        // The one without revenue comes last.
        assert_eq!((found, pages), (vec![7, 6, 5, 4, 3, 2, 1], 3));
        let ids = async |path: &str| {
            let rows = person.rows(path).await;
            rows[1..]
                .iter()
                .map(|row| row[0].parse().unwrap())
                .collect::<Vec<i64>>()
        };
        assert_eq!(
            ids("/genres/18/movies.csv?order=title&yearFrom=1992").await,
            [7, 6, 5, 4, 3, 2]
        );
        assert_eq!(
            ids("/companies/3/movies?maxRevenue=30&order=revenue").await,
            [2, 3]
        );
        assert_eq!(ids("/movies.csv?first=2&order=-id").await, [7, 6]);
        assert_eq!(ids("/movies?company=9").await, [0; 0]);
        assert_eq!(
            ids("/movies?status=Released&language=en&genre=35&search=film%200").await,
            [7]
        );
    })
    .await;
}

#[tokio::test]
async fn csv_gives_the_whole_list_safe_for_spreadsheets() {
    on_every_engine(async |app: &mut App| {
        let lines: Vec<_> = (1..=1203)
            .map(|id| Line {
                id,
                title: if id == 700 {
                    "=1+1".to_owned()
                } else {
                    format!("Ä {id}")
                },
                ..Line::default()
            })
            .collect();
        app.world.load_well("a.csv", file(&lines)).await;
        let person = app.person("viewer").await;
        let rows = person.rows("/movies.csv").await;
        assert_eq!(rows.len(), 1204);
        assert!(
            rows[1..]
                .iter()
                .map(|row| row[0].parse::<i64>().unwrap())
                .eq(1..=1203)
        );
        assert_eq!((&*rows[700][1], &*rows[701][1]), ("'=1+1", "Ä 701"));
        assert_eq!(person.rows("/movies.csv?first=500").await.len(), 501);
    })
    .await;
}

#[tokio::test]
async fn what_was_is_read_as_of_a_version() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("a.csv", movies(3)).await;
        let line = Line {
            id: 2,
            title: "New".to_owned(),
            ..Line::default()
        };
        app.world.load_well("b.csv", file(&[line])).await;
        let person = app.person("viewer").await;
        let title = async |path: &str| person.data(path).await["data"]["title"].clone();
        assert_eq!(title("/movies/2").await, "New");
        assert_eq!(title("/movies/2?asOf=1").await, "Film 1");
        person.problem("/movies/2?asOf=0", 404, "NOT_FOUND").await;
        let rows = person.rows("/movies.csv?asOf=1&order=-title").await;
        assert_eq!(
            rows[1..].iter().map(|row| &*row[1]).collect::<Vec<_>>(),
            ["Film 2", "Film 1", "Film 0"]
        );
        assert_eq!(
            person.data("/companies/4/years?asOf=1").await["data"]
                .as_array()
                .unwrap()
                .len(),
            3
        );
        assert_eq!(
            person.data("/companies/4/years").await["data"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        // Company 4 had a movie more, and the year of that one another.
        let count = async |path: &str| person.data(path).await["data"]["movieCount"].clone();
        let now = count("/companies/4").await.as_i64().unwrap();
        assert_eq!(count("/companies/4?asOf=1").await, now + 1);
        for path in ["/companies", "/genres", "/genres/popular", "/years"] {
            let newest = person.data(&format!("{path}?asOf=2")).await;
            assert_eq!(newest["data"], person.data(path).await["data"], "{path}");
            let first = person.data(&format!("{path}?asOf=1")).await;
            assert_ne!(first["data"], newest["data"], "{path}");
            assert_eq!(
                person.data(&format!("{path}?asOf=0")).await["data"],
                json!([]),
                "{path}"
            );
            person
                .problem(&format!("{path}?asOf=3"), 404, "NOT_FOUND")
                .await;
        }
        person
            .problem("/companies/4?asOf=0", 404, "NOT_FOUND")
            .await;
        person
            .problem("/genres/18/years?asOf=0", 404, "NOT_FOUND")
            .await;
        let (none, _) = person.problem("/movies?asOf=3", 404, "NOT_FOUND").await;
        assert!(
            none["detail"]
                .as_str()
                .unwrap()
                .contains("they go from 0 to 2"),
            "{none}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_known_by_its_tag_until_the_next_merge() {
    on_every_engine(async |app: &mut App| {
        app.world.load_well("a.csv", movies(3)).await;
        let viewer = app.person("viewer").await;
        let admin = app.admin().await;
        let tag = async |person: &Person, path: &str, accept: &str| {
            let answer = person.rest(path, "accept", accept).await;
            assert_eq!(answer.headers()["cache-control"], "private, no-cache");
            answer.headers()["etag"].to_str().unwrap().to_owned()
        };
        let known = tag(&viewer, "/movies", "*/*").await;
        for other in [
            tag(&viewer, "/movies?first=2", "*/*").await,
            tag(&viewer, "/movies", "text/csv").await,
            tag(&admin, "/movies", "*/*").await,
        ] {
            assert_ne!(known, other);
        }
        let again = viewer
            .rest("/movies", "if-none-match", &format!("\"x\", {known}"))
            .await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()["etag"], *known);
        assert_eq!(again.headers()["x-marquee-data-version"], "1");
        assert_eq!(again.text().await.unwrap(), "");
        app.world.load_well("b.csv", movies(4)).await;
        let fresh = viewer.rest("/movies", "if-none-match", &known).await;
        assert_eq!(fresh.status(), StatusCode::OK);
        assert_eq!(fresh.headers()["x-marquee-data-version"], "2");
        // A tag opens nothing.
        let answer = app.stranger().rest("/movies", "if-none-match", "*").await;
        problem(answer, 401, "UNAUTHENTICATED").await;
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_told_as_a_problem() {
    on_every_engine(async |app: &mut App| {
        let person = app.person("viewer").await;
        let (stranger, headers) = app
            .stranger()
            .problem("/movies?nothing=1", 401, "UNAUTHENTICATED")
            .await;
        assert_eq!(stranger["title"], "Unauthorized");
        assert!(
            headers["www-authenticate"]
                .to_str()
                .unwrap()
                .starts_with("Bearer")
        );
        for (path, named) in [
            ("/movies?colour=red", "expected one of `search`, `yearFrom`"),
            ("/movies?yearFrom=x", "yearFrom"),
            ("/movies?yearFrom=0", "between 1 and 9999"),
            ("/movies?first=501", "between 1 and 500"),
            ("/movies?first=1&first=2", "first"),
            ("/movies?order=colour", "there are id, title"),
            ("/movies?after=x", "cursor"),
            ("/movies?count=yes", "count"),
            ("/movies/1?x", "x"),
            ("/years?asOf=-1", "asOf"),
            ("/genres/popular?by=luck", "average"),
            ("/companies.csv?after=%00", "cursor"),
        ] {
            let (problem, _) = person.problem(path, 400, "BAD_USER_INPUT").await;
            assert!(
                problem["detail"].as_str().unwrap().contains(named),
                "{path}: {problem}"
            );
        }
        for path in [
            "/movies/9",
            "/movies/x",
            "/movies/99999999999999999999",
            "/companies/9/years",
            "/genres/9/movies.csv",
            "/nothing",
            "/companies/1/nothing",
        ] {
            person.problem(path, 404, "NOT_FOUND").await;
        }
        problem(
            person.rest("/movies", "accept", "image/png").await,
            406,
            "NOT_ACCEPTABLE",
        )
        .await;
        for method in [Method::POST, Method::TRACE, Method::OPTIONS, Method::PATCH] {
            let request = person
                .client
                .request(method, format!("{}/api/v1/movies", person.address));
            let (_, headers) =
                problem(request.send().await.unwrap(), 405, "METHOD_NOT_ALLOWED").await;
            assert_eq!(headers["allow"], "GET,HEAD");
        }
        // What would be another statement is a text like any other.
        let odd = person
            .data("/movies?search=%27%3B%20DROP%20TABLE%20movie%3B--&status=%25&language=_")
            .await;
        assert_eq!(odd["data"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn the_api_describes_itself() {
    on_every_engine(async |app: &mut App| {
        app.stranger()
            .problem("/openapi.json", 401, "UNAUTHENTICATED")
            .await;
        let person = app.person("viewer").await;
        let told = person.data("/openapi.json").await;
        assert_eq!(
            told,
            serde_json::to_value(server::rest::description()).unwrap()
        );
        assert_eq!(told["openapi"], "3.1.0");
        let paths = told["paths"].as_object().unwrap();
        for path in [
            "/companies",
            "/companies.csv",
            "/genres/popular",
            "/companies/{id}/years.csv",
            "/files/{sha256}/raw",
            "/uploads/{name}",
            "/runs/{id}/rejects.parquet",
        ] {
            assert!(paths.contains_key(path), "{path}");
        }
        let mut ids = Vec::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{method} {path}"));
                ids.push(id);
                for status in ["400", "401", "403", "404", "503"] {
                    let content = &operation["responses"][status]["content"];
                    assert!(
                        content["application/problem+json"].is_object(),
                        "{id} {status}"
                    );
                }
            }
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "ids are of one operation each");
        let schemes = &told["components"]["securitySchemes"];
        assert_eq!(schemes["session"]["name"], "marquee_session");
        assert_eq!(schemes["token"]["scheme"], "bearer");
    })
    .await;
}
