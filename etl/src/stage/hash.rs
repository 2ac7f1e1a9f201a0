//! What tells whether a row is the one the mart has.

use crate::record::{MovieRecord, Named};
use chrono::Datelike;
use sha2::{Digest, Sha256};

/// The first 16 bytes of the SHA-256 over every field and link of a record; where it stands in its file
/// does not count, so an unchanged row keeps its hash from file to file.
pub fn row_hash(record: &MovieRecord) -> [u8; 16] {
    struct Sink(Sha256);
    impl Sink {
        fn bytes(&mut self, bytes: &[u8]) {
            self.0.update((bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        }
        fn optional(&mut self, bytes: Option<&[u8]>) {
            match bytes {
                Some(bytes) => self.bytes(bytes),
                None => self.0.update([0xff; 8]),
            }
        }
        fn text(&mut self, text: &Option<String>) {
            self.optional(text.as_deref().map(str::as_bytes));
        }
        fn integer(&mut self, value: Option<i64>) {
            self.optional(
                value
                    .map(i64::to_le_bytes)
                    .as_ref()
                    .map(<[u8; 8]>::as_slice),
            );
        }
        fn list<K>(&mut self, list: &[Named<K>], key: impl Fn(&K) -> Vec<u8>) {
            self.0.update((list.len() as u64).to_le_bytes());
            for named in list {
                self.bytes(&key(&named.id));
                self.bytes(named.name.as_bytes());
            }
        }
    }
    let float = |value: Option<f64>| value.map(|value| value.to_bits() as i64);
    let mut sink = Sink(Sha256::new());
    sink.integer(Some(record.id));
    sink.bytes(record.title.as_bytes());
    for text in [
        &record.original_title,
        &record.imdb_id,
        &record.status,
        &record.original_language,
        &record.overview,
        &record.tagline,
        &record.homepage,
        &record.poster_path,
    ] {
        sink.text(text);
    }
    for value in [
        record.adult.map(i64::from),
        record.video.map(i64::from),
        record.uncounted.then_some(1),
        record.budget,
        record.revenue,
        record.vote_count,
        float(record.popularity),
        float(record.runtime),
        float(record.vote_average),
        record
            .release_date
            .map(|date| i64::from(date.num_days_from_ce())),
    ] {
        sink.integer(value);
    }
    sink.list(record.collection.as_slice(), |id| id.to_le_bytes().to_vec());
    sink.list(&record.genres, |id| id.to_le_bytes().to_vec());
    sink.list(&record.companies, |id| id.to_le_bytes().to_vec());
    sink.list(&record.countries, |code| code.as_bytes().to_vec());
    sink.list(&record.languages, |code| code.as_bytes().to_vec());
    let digest = sink.0.finalize();
    let mut hash = [0; 16];
    hash.copy_from_slice(&digest[..16]);
    hash
}
