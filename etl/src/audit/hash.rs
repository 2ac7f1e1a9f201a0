//! The hash of an event.

use entity::access::audit_event;
use sea_orm::ActiveEnum;
use sha2::{Digest, Sha256};

/// What the first event has as the hash of the one before.
pub const NONE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The SHA-256, in hexadecimal, over the hash of the event before (as text), the event's number and its
/// microseconds since 1970 (8 bytes each, big-endian), and its texts in the table's order, each with its length
/// in bytes before it; a text that is null has the length 2⁶⁴ − 1.
///
/// The migration that began the chain does the same: what is hashed never changes.
pub fn of(event: &audit_event::Model) -> String {
    let outcome = event.outcome.to_value();
    let texts = [
        Some(&event.actor),
        Some(&event.action),
        Some(&event.subject),
        event.address.as_ref(),
        Some(&outcome),
        event.code.as_ref(),
        event.reason.as_ref(),
        event.value_before.as_ref(),
        event.value_after.as_ref(),
    ];
    let mut hash = Sha256::new();
    hash.update(&event.previous_hash);
    hash.update(event.id.to_be_bytes());
    hash.update(event.at.timestamp_micros().to_be_bytes());
    for text in texts {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(text.map_or("", String::as_str));
    }
    hex::encode(hash.finalize())
}
