// What must hold for the bytes of any file: reading it ends without a panic, every record becomes a row or a
// reject, and each can be found again by its place.

use etl::{
    read::{self, ReadOptions, Terms},
    record::{Outcome, Position},
};
use std::io::Cursor;

/// Limits that a few bytes can reach.
fn options() -> ReadOptions {
    ReadOptions {
        max_record_bytes: 16 << 10,
        max_unpacked_bytes: 1 << 20,
        max_ratio: 50,
    }
}

/// The name of a file that begins like this; how it is packed goes by the name.
fn name(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x1f, 0x8b, ..] => "m.csv.gz",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "m.csv.zst",
        [b'P', b'K', ..] => "m.zip",
        _ => "m.csv",
    }
}

/// Reads the bytes as a file; answers how many records it has, or nothing where it is refused as a whole.
pub fn check(bytes: &[u8]) -> Option<u64> {
    let name = name(bytes);
    let input = || Box::new(Cursor::new(bytes.to_vec()));
    let terms = Terms {
        options: options(),
        ..Terms::default()
    };
    let (mut used, mut rejected) = (0_u64, 0_u64);
    let mut places: Vec<Position> = Vec::new();
    let result = read::read(name, input(), &terms, &mut |row| {
        match row.outcome {
            Outcome::Movie(..) | Outcome::Companion(..) => used += 1,
            Outcome::Reject(_) => rejected += 1,
        }
        places.push(row.position);
        Ok(())
    });
    for pair in places.windows(2) {
        let end = pair[0].byte_offset + pair[0].byte_length;
        assert!(
            end <= pair[1].byte_offset,
            "{:?} reaches into {:?}",
            pair[0],
            pair[1]
        );
        assert!(
            pair[0].line <= pair[1].line,
            "{:?} is not before {:?}",
            pair[0],
            pair[1]
        );
    }
    let summary = result.ok()?;
    assert_eq!(
        summary.rows,
        used + rejected,
        "rows read = rows used + rejects"
    );
    assert_eq!(summary.rejects, rejected);
    for place in places.first().into_iter().chain(places.last()) {
        assert!(place.byte_offset + place.byte_length <= summary.unpacked_bytes);
        let raw = read::raw_record(name, input(), place, &terms.options);
        let raw = raw.expect("a record can be found again");
        let most = terms.options.max_record_bytes as u64;
        assert_eq!(raw.len() as u64, place.byte_length.min(most));
    }
    Some(summary.rows)
}
