// Bytes made wrong the way files and requests become wrong: what is structure there is put in, taken out and doubled.

use proptest::{collection::vec, prelude::*};

/// One change, at a place given as a share of the length.
#[derive(Clone, Debug)]
pub enum Edit {
    Insert(f64, Vec<u8>),
    Replace(f64, u8),
    Remove(f64, usize),
    Double(f64, usize),
    Cut(f64),
}

/// A few edits; `tokens` are what the text is structured by.
pub fn edits(tokens: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<Edit>> {
    let place = || 0.0..1.0_f64;
    let token = prop_oneof![
        8 => prop::sample::select(tokens).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..4),
        1 => (prop::sample::select(tokens), 1..3_000_usize).prop_map(|(token, count)| token.repeat(count)),
    ];
    let edit = prop_oneof![
        6 => (place(), token).prop_map(|(at, token)| Edit::Insert(at, token)),
        3 => (place(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        3 => (place(), 1..200_usize).prop_map(|(at, count)| Edit::Remove(at, count)),
        2 => (place(), 1..400_usize).prop_map(|(at, count)| Edit::Double(at, count)),
        1 => place().prop_map(Edit::Cut),
    ];
    vec(edit, 0..8)
}

/// The bytes with the edits made one after another.
pub fn mutated(mut bytes: Vec<u8>, edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        let at = |share: f64| (share * bytes.len() as f64) as usize;
        match edit {
            Edit::Insert(share, token) => {
                let at = at(*share);
                bytes.splice(at..at, token.iter().copied());
            }
            Edit::Replace(share, byte) => {
                let at = at(*share);
                if let Some(found) = bytes.get_mut(at) {
                    *found = *byte;
                }
            }
            Edit::Remove(share, count) => {
                let at = at(*share);
                bytes.drain(at..(at + count).min(bytes.len()));
            }
            Edit::Double(share, count) => {
                let at = at(*share);
                let end = (at + count).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(end..end, copy);
            }
            Edit::Cut(share) => bytes.truncate(at(*share)),
        }
    }
    bytes
}
