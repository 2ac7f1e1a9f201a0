//! What companion files say of movies.

use super::Fills;
use crate::record::Named;
use serde_json::{Value, json};

/// One fact about a movie, from a file of its own or from a column of a movie's.
///
/// It is known by its kind and key and stands by itself: the movie may come later, or never.
#[derive(Clone, Debug, PartialEq)]
pub struct Companion {
    /// Not [`Fills::Movies`].
    pub kind: Fills,
    /// The movie's TMDB id; of links and ratings its MovieLens id.
    pub id: i64,
    /// Of ratings the user's id, else 0.
    pub sub: i64,
    /// The movie's TMDB id where the record gives it.
    pub movie_id: Option<i64>,
    /// What it says, as JSON in one spelling: keywords `[{"id", "name"}]`, credits `{"cast": [{"id", "name",
    /// "character"}], "crew": [{"id", "name", "department", "job"}]}`, links `{"movie_id", "imdb_id"}`,
    /// ratings `{"rating", "rated_at"}` (stars; seconds since 1970).
    pub payload: String,
}

impl Companion {
    /// A movie's keywords.
    pub fn keywords(movie_id: i64, keywords: &[Named<i64>]) -> Self {
        let list: Vec<Value> = keywords
            .iter()
            .map(|keyword| json!({"id": keyword.id, "name": keyword.name}))
            .collect();
        Self {
            kind: Fills::Keywords,
            id: movie_id,
            sub: 0,
            movie_id: Some(movie_id),
            payload: Value::from(list).to_string(),
        }
    }

    /// A movie's cast and crew.
    pub fn credits(movie_id: i64, cast: Vec<Value>, crew: Vec<Value>) -> Self {
        Self {
            kind: Fills::Credits,
            id: movie_id,
            sub: 0,
            movie_id: Some(movie_id),
            payload: json!({"cast": cast, "crew": crew}).to_string(),
        }
    }

    /// Which TMDB and IMDb movie a MovieLens movie is.
    pub fn link(movielens_id: i64, movie_id: i64, imdb_id: Option<&str>) -> Self {
        Self {
            kind: Fills::Links,
            id: movielens_id,
            sub: 0,
            movie_id: Some(movie_id),
            payload: json!({"movie_id": movie_id, "imdb_id": imdb_id}).to_string(),
        }
    }

    /// How many stars a user gave a MovieLens movie, and when.
    pub fn rating(movielens_id: i64, user_id: i64, rating: f64, rated_at: Option<i64>) -> Self {
        Self {
            kind: Fills::Ratings,
            id: movielens_id,
            sub: user_id,
            movie_id: None,
            payload: json!({"rating": rating, "rated_at": rated_at}).to_string(),
        }
    }
}
