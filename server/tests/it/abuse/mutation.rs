//! Requests of any bytes: what the fuzz target `query` checks, here with the same few thousand requests each time.

#[path = "../../../../fuzz/check/query.rs"]
mod check;
#[path = "../../../../fuzz/check/mutation.rs"]
mod edit;

use check::check;
use edit::{edits, mutated};
use proptest::{prelude::*, test_runner::RngSeed};

const SEEDS: [&str; 4] = [
    include_str!("../../../../fuzz/seeds/query/company.graphql"),
    include_str!("../../../../fuzz/seeds/query/schema.graphql"),
    include_str!("../../../../fuzz/seeds/query/mutation.graphql"),
    include_str!("../../../../fuzz/seeds/query/body.json"),
];

const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"(",
    b")",
    b"[",
    b"]",
    b"\"",
    b"\"\"\"",
    b"#",
    b"\n",
    b"...",
    b"... on Query {",
    b"...named",
    b"@skip(if: true)",
    b"$",
    b"$id",
    b"!",
    b":",
    b"a: ",
    b"=",
    b"\\u",
    b"\\",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"1e999",
    b"-0",
    b"null",
    b"__typename",
    b"fragment f on Query { ...f }",
    b"query X { totals { movies } }",
    b"__schema { types { name } }",
    b"fields { name }",
];

/// The same cases each time, and no file written when one fails: the case is in the message.
fn config() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::with_cases(1_500)
    }
}

#[test]
fn the_seeds_are_answered() {
    for seed in SEEDS {
        assert!(
            check(seed.as_bytes()) || seed.contains("mutation"),
            "{seed}"
        );
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_request_made_wrong_is_answered_or_refused(seed in prop::sample::select(&SEEDS[..]), edits in edits(TOKENS)) {
        check(&mutated(seed.as_bytes().to_vec(), &edits));
    }

    #[test]
    fn any_bytes_are_answered_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        check(&bytes);
    }
}
