//! Files of any bytes are read without a panic, and no record is lost: what the fuzz target `csv` checks, here with
//! the same few thousand files each time.
#![allow(clippy::unwrap_used)]

#[path = "../../fuzz/check/csv.rs"]
mod check;
#[path = "../../fuzz/check/mutation.rs"]
mod mutation;

use check::check;
use etl::sample;
use flate2::{Compression, write::GzEncoder};
use mutation::{edits, mutated};
use proptest::{prelude::*, test_runner::RngSeed};
use std::io::Write;

const TOKENS: &[&[u8]] = &[
    b"\"",
    b"\"\"",
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b"'",
    b"[",
    b"]",
    b"{",
    b"}",
    b": ",
    b"\\",
    b"\\x",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"1e999",
    b"-",
    b"None",
    b"9999999999999999999999",
    b"1997-08-20",
    b"id",
];

/// The same cases each time, and no file written when one fails: the case is in the message.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

fn sample(seed: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    sample::write(20, seed, &mut bytes).unwrap();
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn a_sample_is_read_whole() {
    assert_eq!(check(&sample(1)), Some(20));
    assert_eq!(check(&packed(&sample(1))), Some(20));
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn a_sample_made_wrong_is_read_or_refused(seed in 0..20_u64, edits in edits(TOKENS)) {
        check(&mutated(sample(seed), &edits));
    }

    #[test]
    fn records_made_wrong_are_read(seed in 0..20_u64, edits in edits(TOKENS)) {
        let bytes = sample(seed);
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let (header, records) = bytes.split_at(end);
        let whole = [header, &mutated(records.to_vec(), &edits)].concat();
        prop_assert!(check(&whole).is_some(), "a file whose header is right is read");
    }

    #[test]
    fn a_packed_file_made_wrong_is_read_or_refused(seed in 0..20_u64, inner in edits(TOKENS), outer in edits(TOKENS)) {
        check(&mutated(packed(&mutated(sample(seed), &inner)), &outer));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        check(&bytes);
    }
}
