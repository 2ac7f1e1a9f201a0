//! Where requests come from: other sites' pages, proxies, and what browsers are told.

use crate::app::{App, PASSWORD, on_every_engine};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

fn post(address: &str) -> RequestBuilder {
    let body = json!({"query": "mutation { logout }"});
    Client::new().post(format!("{address}/graphql")).json(&body)
}

#[tokio::test]
async fn another_sites_page_changes_nothing() {
    on_every_engine(async |app: &mut App| {
        let own = app.address.clone();
        for (name, value, status) in [
            ("sec-fetch-site", "cross-site", StatusCode::FORBIDDEN),
            ("sec-fetch-site", "same-site", StatusCode::FORBIDDEN),
            ("origin", "http://evil.test", StatusCode::FORBIDDEN),
            ("origin", "null", StatusCode::FORBIDDEN),
            ("sec-fetch-site", "same-origin", StatusCode::OK),
            ("origin", &own, StatusCode::OK),
        ] {
            let answer = post(&app.address).header(name, value).send().await.unwrap();
            assert_eq!(answer.status(), status, "{name}: {value}");
            if status == StatusCode::FORBIDDEN {
                let answer: Value = answer.json().await.unwrap();
                assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
            }
        }
        // A form of another site's page.
        let form = Client::new()
            .post(format!("{}/graphql", app.address))
            .header("origin", "http://evil.test")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("query=mutation{logout}");
        assert_eq!(form.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    })
    .await;
}

#[tokio::test]
async fn only_listed_sites_may_ask() {
    on_every_engine(async |app: &mut App| {
        let listed = "https://reports.example";
        let other = app.another_with(&[("MARQUEE_CORS_ORIGINS", listed)]).await;
        let address = other.address.clone();
        let preflight = async |address: &str, origin: &str| {
            let asked = Client::new()
                .request(Method::OPTIONS, format!("{address}/graphql"))
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header(
                    "access-control-request-headers",
                    "authorization,content-type",
                );
            let answer = asked.send().await.unwrap();
            let headers = answer.headers().clone();
            assert!(!headers.contains_key("access-control-allow-credentials"));
            let allowed = headers.get("access-control-allow-origin");
            allowed.map(|origin| origin.to_str().unwrap().to_owned())
        };
        assert_eq!(preflight(&address, listed).await.as_deref(), Some(listed));
        assert_eq!(preflight(&address, "https://evil.example").await, None);
        assert_eq!(preflight(&app.address, listed).await, None);
        let fetched = |origin: &'static str| {
            post(&address)
                .header("origin", origin)
                .header("sec-fetch-site", "cross-site")
                .send()
        };
        let answer = fetched("https://reports.example").await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["access-control-allow-origin"], listed);
        assert_eq!(
            fetched("https://evil.example").await.unwrap().status(),
            StatusCode::FORBIDDEN
        );
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn only_trusted_proxies_are_believed() {
    on_every_engine(async |app: &mut App| {
        let other = app
            .another_with(&[("MARQUEE_TRUSTED_PROXIES", "127.0.0.0/8")])
            .await;
        let address = other.address.clone();
        let query = "mutation ($p: String!) { login(name: \"admin\", password: $p) { name } }";
        for (address, believed) in [(&address, true), (&app.address, false)] {
            let answer = Client::new()
                .post(format!("{address}/graphql"))
                .header("x-forwarded-for", "6.6.6.6, 192.0.2.7")
                .header("x-forwarded-proto", "https")
                .json(&json!({"query": query, "variables": {"p": PASSWORD}}))
                .send()
                .await
                .unwrap();
            let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
            assert_eq!(cookie.contains("Secure"), believed, "{cookie}");
            assert_eq!(
                answer.headers().contains_key("strict-transport-security"),
                believed
            );
            let admin = app.showing("cookie", cookie.split(';').next().unwrap());
            let sessions = admin
                .ask("{ sessions { address current } }", json!({}))
                .await;
            let own = sessions["sessions"]
                .as_array()
                .unwrap()
                .iter()
                .find(|one| one["current"] == true);
            let expected = if believed { "192.0.2.7" } else { "127.0.0.1" };
            assert_eq!(own.unwrap()["address"], expected);
        }
        other.stop().await;
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_answer_tells_browsers_to_be_strict() {
    on_every_engine(async |app: &mut App| {
        let url = |path: &str| format!("{}{path}", app.address);
        let client = Client::new();
        let long = client
            .post(url("/graphql"))
            .header("content-type", "application/json")
            .body(vec![b' '; (1 << 20) + 1]);
        for (request, status) in [
            (client.get(url("/healthz")), 200),
            (client.get(url("/readyz")), 200),
            (client.get(url("/graphql?query={__typename}")), 200),
            (client.get(url("/graphql?query=mutation{logout}")), 405),
            (client.get(url("/assets/none.js")), 404),
            (client.post(url("/runs")), 405),
            (client.get(url("/metrics")), 401),
            (client.get(url("/api/v1/runs/1/rejects.csv")), 401),
            (client.get(url("/api/v1/audit.csv")), 401),
            (client.post(url("/graphql")).body("x"), 415),
            (
                client
                    .post(url("/graphql"))
                    .header("content-type", "application/json")
                    .body("x"),
                400,
            ),
            (
                client
                    .post(url("/graphql"))
                    .header("origin", "http://evil.test"),
                403,
            ),
            (long, 413),
        ] {
            let answer = request.send().await.unwrap();
            let path = answer.url().path().to_owned();
            assert_eq!(answer.status().as_u16(), status, "{path}");
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(answer.headers()[name], value, "{path}");
            }
            let policy = answer.headers()["content-security-policy"]
                .to_str()
                .unwrap();
            assert!(policy.starts_with("default-src 'none'"), "{path}");
            assert!(
                answer.headers().contains_key("permissions-policy"),
                "{path}"
            );
            assert!(
                !answer.headers().contains_key("access-control-allow-origin"),
                "{path}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn the_console_is_framed_by_this_site_alone() {
    on_every_engine(async |app: &mut App| {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let page = format!("{}/console/page", app.address);
        let stranger = client.get(&page).send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::SEE_OTHER);
        assert_eq!(stranger.headers()["location"], "/login?next=%2Fconsole");
        assert_eq!(stranger.headers()["x-frame-options"], "DENY");

        let query = "mutation ($p: String!) { login(name: \"admin\", password: $p) { name } }";
        let answer = client
            .post(format!("{}/graphql", app.address))
            .json(&json!({"query": query, "variables": {"p": PASSWORD}}))
            .send()
            .await
            .unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let shown = client
            .get(&page)
            .header("cookie", cookie)
            .send()
            .await
            .unwrap();
        // A build without Node has no console, and says so.
        if shown.status() == StatusCode::OK {
            let policy = shown.headers()["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
            assert_eq!(shown.headers()["x-frame-options"], "SAMEORIGIN");
        } else {
            assert_eq!(shown.status(), StatusCode::NOT_FOUND);
        }
        let ui = client.get(&app.address).send().await.unwrap();
        let policy = ui.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(policy.contains("frame-src 'self'"), "{policy}");
        assert_eq!(ui.headers()["x-frame-options"], "DENY");
    })
    .await;
}
