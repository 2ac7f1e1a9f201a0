//! A made-up `movies_metadata.csv` of the real one's shape and dirt; the same seed gives the same bytes.

use crate::literal::Value;
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::io::{self, BufWriter, Write};

/// What a sample holds, as reading it should find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct SampleSummary {
    /// Rows: movies, their repetitions and rejects.
    pub rows: u64,
    /// Different movies.
    pub movies: u64,
    /// Rows that a later row of the same id supersedes.
    pub duplicates: u64,
    /// Rows broken in two by a line ending; each counts as one row.
    pub split: u64,
    /// Rows that are not movies.
    pub rejects: u64,
}

const HEADER: &str = "adult,belongs_to_collection,budget,genres,homepage,id,imdb_id,original_language,original_title,overview,popularity,poster_path,production_companies,production_countries,release_date,revenue,runtime,spoken_languages,status,tagline,title,video,vote_average,vote_count";

const GENRES: [(i64, &str); 20] = [
    (18, "Drama"),
    (35, "Comedy"),
    (53, "Thriller"),
    (10749, "Romance"),
    (28, "Action"),
    (27, "Horror"),
    (80, "Crime"),
    (99, "Documentary"),
    (12, "Adventure"),
    (878, "Science Fiction"),
    (10751, "Family"),
    (9648, "Mystery"),
    (14, "Fantasy"),
    (16, "Animation"),
    (10769, "Foreign"),
    (10402, "Music"),
    (36, "History"),
    (10752, "War"),
    (37, "Western"),
    (10770, "TV Movie"),
];

const COUNTRIES: [(&str, &str, &str, &str); 6] = [
    ("US", "United States of America", "en", "English"),
    ("FR", "France", "fr", "Français"),
    ("DE", "Germany", "de", "Deutsch"),
    ("JP", "Japan", "ja", "日本語"),
    ("IN", "India", "hi", "हिन्दी"),
    ("BR", "Brazil", "pt", "Português"),
];

const FIRST: [&str; 16] = [
    "Amber", "Northern", "Paper", "Silent", "Copper", "Distant", "Green", "Hollow", "Last",
    "Violet", "Borrowed", "Winter", "Glass", "Restless", "Salt", "Crooked",
];
const SECOND: [&str; 16] = [
    "Harbour", "Orchard", "Signal", "Letters", "Station", "Garden", "Winds", "Promise", "Mirror",
    "Lantern", "Bridge", "Summer", "Machine", "Tide", "Witness", "Map",
];
const HOUSE: [&str; 8] = [
    "Pictures",
    "Films",
    "Studio",
    "Entertainment",
    "Média",
    "Productions",
    "映画",
    "Filmverleih",
];
const PROSE: [&str; 8] = [
    "A clerk finds a letter that was never sent.",
    "Two sisters drive across a country they no longer know.",
    "The lighthouse keeper counts ships; one night there is one too many.",
    "After the flood, a town votes on what to remember.",
    "A retired thief is hired to guard what he once stole.",
    "\"Nobody leaves,\" says the sign, and nobody has.",
    "He builds a radio; it answers.",
    "Its crew, of nine, comes back as ten.",
];

/// Writes a sample of `rows` rows; it has one CSV record more for each row that is split.
///
/// # Errors
/// Those of `out`.
pub fn write(rows: u64, seed: u64, out: &mut dyn Write) -> io::Result<SampleSummary> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut summary = SampleSummary::default();
    let mut out = BufWriter::new(out);
    writeln!(out, "{HEADER}")?;
    // A movie that will come a second time, a while after the first.
    let mut again: Option<[String; 24]> = None;
    let mut id = 0;
    while summary.rows < rows {
        summary.rows += 1;
        if again.is_some() && (summary.rows == rows || rng.random_ratio(1, 40)) {
            out.write_all(line(&again.take().unwrap_or_default(), true).as_bytes())?;
            summary.duplicates += 1;
            continue;
        }
        id += 1;
        let mut fields = movie(&mut rng, id);
        let mut whole = true;
        match rng.random_range(0..1000) {
            0..3 => fields[5] = "1997-08-20".to_owned(),
            3..7 if again.is_none() && summary.rows < rows => {
                let mut changed = fields.clone();
                changed[23] = rng.random_range(0..5000).to_string();
                again = Some(changed);
            }
            7..9 => {
                fields[9] = "The first half of the story.\nThe other half.".to_owned();
                whole = false;
            }
            _ => {}
        }
        let rejected = fields[5].contains('-');
        summary.rejects += u64::from(rejected);
        summary.movies += u64::from(!rejected);
        summary.split += u64::from(!whole);
        out.write_all(line(&fields, whole).as_bytes())?;
    }
    out.flush()?;
    Ok(summary)
}

fn line(fields: &[String; 24], whole: bool) -> String {
    let quoted: Vec<String> = fields
        .iter()
        .map(|field| field_text(field, whole))
        .collect();
    quoted.join(",") + "\n"
}

/// A field as CSV; where the record is not to be `whole`, a line ending in it stays bare and breaks it.
fn field_text(field: &str, whole: bool) -> String {
    let bare = if whole {
        ["\n", "\r", ",", "\""].as_slice()
    } else {
        &[",", "\""]
    };
    if bare.iter().any(|special| field.contains(special)) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

fn title(rng: &mut ChaCha8Rng) -> String {
    let first = FIRST.choose(rng).copied().unwrap_or_default();
    let second = SECOND.choose(rng).copied().unwrap_or_default();
    match rng.random_range(0..12) {
        0 => format!("{first} {second}, Part {}", rng.random_range(2..5)),
        1 => format!("L'Été {second}"),
        2 => format!("The \"{first}\" {second}"),
        3 => format!("{first}： {second}"),
        _ => format!("The {first} {second}"),
    }
}

/// The name of a company by its id; a few have what breaks careless readers.
fn company(id: i64) -> String {
    let index = id as usize;
    let (first, second) = (FIRST[index % 16], SECOND[index / 16 % 16]);
    let house = HOUSE[index / 7 % 8];
    match id % 40 {
        7 => format!("{first}'s {house}"),
        17 => format!("{first} \"{second}\" {house}"),
        27 => format!("{first} {second} {house}\u{a0}"),
        37 => format!("{first} {second} \\"),
        _ => format!("{first} {second} {house} {id}"),
    }
}

/// A number below `end`, small ones far more often: a few companies make most films.
fn skewed(rng: &mut ChaCha8Rng, end: f64) -> i64 {
    (end.powf(rng.random::<f64>()) - 1.0) as i64
}

/// Text as Python's `repr` prints it.
fn repr(text: &str) -> String {
    Value::Str(text.into()).to_string()
}

fn movie(rng: &mut ChaCha8Rng, id: i64) -> [String; 24] {
    let name = title(rng);
    let (code, country, language, spoken) = COUNTRIES[skewed(rng, 6.9) as usize % 6];
    let known = rng.random_bool(0.2);
    let budget = if known {
        rng.random_range(1..200) * 1_000_000
    } else {
        0
    };
    let revenue = if known && rng.random_bool(0.8) {
        (budget as f64 * rng.random_range(0.1..6.0)) as i64
    } else {
        0
    };
    let popularity = match rng.random_range(0..20) {
        0 => format!("{}e-05", rng.random_range(1..99) as f64 / 10.0),
        _ => format!("{:.6}", 30.0 * rng.random::<f64>().powi(4)),
    };
    let date = if rng.random_bool(0.01) {
        String::new()
    } else {
        let year = 2017 - skewed(rng, 120.0);
        format!(
            "{year}-{:02}-{:02}",
            rng.random_range(1..13),
            rng.random_range(1..29)
        )
    };
    let mut genres: Vec<usize> = (0..rng.random_range(0..4))
        .map(|_| skewed(rng, 20.9) as usize)
        .collect();
    genres.sort_unstable();
    genres.dedup();
    let mut companies: Vec<i64> = (0..rng.random_range(0..4))
        .map(|_| 1 + skewed(rng, 2000.0))
        .collect();
    companies.sort_unstable();
    companies.dedup();
    let list = |items: Vec<String>| format!("[{}]", items.join(", "));
    let genres = genres.iter().map(|&at| {
        format!(
            "{{'id': {}, 'name': {}}}",
            GENRES[at % 20].0,
            repr(GENRES[at % 20].1)
        )
    });
    let companies = companies
        .iter()
        .map(|&id| format!("{{'name': {}, 'id': {id}}}", repr(&company(id))));
    let collection = if rng.random_bool(0.1) {
        let id = 1 + skewed(rng, 200.0);
        let series = format!("{} Collection", SECOND[id as usize % 16]);
        format!(
            "{{'id': {id}, 'name': {}, 'poster_path': None, 'backdrop_path': None}}",
            repr(&series)
        )
    } else {
        String::new()
    };
    let break_ = if rng.random_bool(0.05) { "\n" } else { " " };
    let prose = [PROSE.choose(rng), PROSE.choose(rng)].map(|p| p.copied().unwrap_or_default());
    let adult = if rng.random_bool(0.001) {
        "True"
    } else {
        "False"
    };
    let status = if rng.random_bool(0.99) {
        "Released"
    } else {
        "Rumored"
    };
    [
        adult.to_owned(),
        collection,
        budget.to_string(),
        list(genres.collect()),
        String::new(),
        id.to_string(),
        format!("tt{:07}", 100_000 + id),
        language.to_owned(),
        name.clone(),
        prose.join(break_),
        popularity,
        format!("/sample{id}.jpg"),
        list(companies.collect()),
        format!("[{{'iso_3166_1': '{code}', 'name': {}}}]", repr(country)),
        date,
        revenue.to_string(),
        format!("{:.1}", rng.random_range(60..180) as f64),
        format!("[{{'iso_639_1': '{language}', 'name': {}}}]", repr(spoken)),
        status.to_owned(),
        String::new(),
        name,
        "False".to_owned(),
        format!("{:.1}", rng.random_range(0..101) as f64 / 10.0),
        rng.random_range(0..5000).to_string(),
    ]
}
