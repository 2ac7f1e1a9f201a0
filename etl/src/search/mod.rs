//! Finding things by their names: every word of what is asked for begins a word of the name.
//!
//! Names are folded ([`fold()`]) into words without case and accents and kept so, which merges keep up to date
//! ([`index`]). A search reads all of these short rows: 70,000 in 15 ms, where an index of each word would add a
//! third to the time of a first load. No word is too short or too common, and both engines find the same in the
//! same order, which their own full-text indexes would not.

pub mod fold;
pub mod index;

use crate::database;
use fold::fold;
use sea_orm::{ConnectionTrait, DbErr, Value};

/// What can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noun {
    Movie,
    Company,
    Genre,
    Collection,
}

impl Noun {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Movie, Self::Company, Self::Genre, Self::Collection];

    /// The table it stands in.
    pub fn table(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Company => "company",
            Self::Genre => "genre",
            Self::Collection => "collection",
        }
    }
}

/// Something found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub noun: Noun,
    pub id: i64,
}

/// A condition on rows `s` of `search_name`, with its values: every word of the text begins a word of the name.
/// None where the text has no word.
fn condition(folded: &str) -> Option<(String, Vec<Value>)> {
    if folded.is_empty() {
        return None;
    }
    // Folded words have no letters that mean something to LIKE.
    let words = folded.split(' ');
    let values = words
        .clone()
        .flat_map(|word| [format!("{word}%"), format!("% {word}%")]);
    let each: Vec<&str> = words.map(|_| "(s.name LIKE ? OR s.name LIKE ?)").collect();
    Some((each.join(" AND "), values.map(Value::from).collect()))
}

/// The `SELECT` of the ids of those of a noun that have a name in which the text is found, with its values;
/// none where the text has no word, in which nothing is found.
pub fn ids(noun: Noun, text: &str) -> Option<(String, Vec<Value>)> {
    let (found, values) = condition(&fold(text))?;
    let noun = noun.table();
    let sql = format!("SELECT s.id FROM search_name s WHERE s.noun = '{noun}' AND {found}");
    Some((sql, values))
}

/// At most `limit` things in whose names the text is found: those of exactly this name first, then those whose
/// name begins with it, then the others. Of each of the three the nouns take turns, beginning with what is most
/// popular: movies by their popularity, other things by how many movies they have.
///
/// # Errors
/// When the database does not answer.
pub async fn find<C: ConnectionTrait>(
    db: &C,
    text: &str,
    nouns: &[Noun],
    limit: u64,
) -> Result<Vec<Hit>, DbErr> {
    let folded = fold(text);
    let Some((found, values)) = condition(&folded) else {
        return Ok(Vec::new());
    };
    let tables: Vec<String> = Noun::ALL
        .iter()
        .filter(|noun| nouns.contains(noun))
        .map(|noun| format!("'{}'", noun.table()))
        .collect();
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT r.noun, r.id FROM (
             SELECT f.noun, f.id, f.place,
                 ROW_NUMBER() OVER (PARTITION BY f.place, f.noun ORDER BY CASE f.noun
                     WHEN 'movie' THEN m.popularity
                     WHEN 'company' THEN c.movie_count
                     WHEN 'genre' THEN g.movie_count
                     ELSE (SELECT COUNT(*) FROM movie o WHERE o.collection_id = f.id)
                 END DESC, f.id) AS turn
             FROM (
                 SELECT s.noun, s.id, MIN(CASE WHEN s.name = ? THEN 0 WHEN s.name LIKE ? THEN 1 ELSE 2 END) AS place
                 FROM search_name s WHERE s.noun IN ({}) AND {found} GROUP BY s.noun, s.id
             ) f
             LEFT JOIN movie m ON f.noun = 'movie' AND m.id = f.id
             LEFT JOIN company c ON f.noun = 'company' AND c.id = f.id
             LEFT JOIN genre g ON f.noun = 'genre' AND g.id = f.id
         ) r ORDER BY r.place, r.turn, r.noun LIMIT {limit}",
        tables.join(", ")
    );
    let mut all: Vec<Value> = vec![folded.as_str().into(), format!("{folded}%").into()];
    all.extend(values);
    let rows = database::query(db, &sql, all).await?;
    rows.iter()
        .map(|row| {
            let table: String = row.try_get_by_index(0)?;
            let noun = Noun::ALL.into_iter().find(|noun| noun.table() == table);
            Ok(Hit {
                noun: noun.ok_or_else(|| DbErr::Type(format!("{table} is no noun")))?,
                id: row.try_get_by_index(1)?,
            })
        })
        .collect()
}
