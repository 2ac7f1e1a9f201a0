//! Which files are listed, and in what order, as the URL says it.

use crate::api::fragment::OrderDirection;
use crate::api::schema;
use crate::components::list::{ListState, direction};
use crate::components::period::{DateTimeFilter, within};

/// Where a file's raw bytes lie.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileArea {
    Raw,
    Cold,
}

impl FileArea {
    /// All areas.
    pub const ALL: [Self; 2] = [Self::Raw, Self::Cold];

    /// The area's key in the URL.
    pub fn key(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Cold => "cold",
        }
    }

    /// The area in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw (where files arrive)",
            Self::Cold => "cold (put by)",
        }
    }
}

#[derive(cynic::InputObject, Clone, Default)]
struct StringFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    eq: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    contains: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    starts_with: Option<String>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    is_null: Option<bool>,
}

#[derive(cynic::InputObject, Clone)]
struct FileAreaFilter {
    eq: Option<FileArea>,
}

/// Which files.
#[derive(cynic::InputObject, Clone, Default)]
pub struct FileFilter {
    #[cynic(skip_serializing_if = "Option::is_none")]
    sha256: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    name: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    source: Option<StringFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    area: Option<FileAreaFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    arrived_at: Option<DateTimeFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    held_at: Option<DateTimeFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<DateTimeFilter>,
    #[cynic(skip_serializing_if = "Option::is_none")]
    or: Option<Vec<FileFilter>>,
}

/// What files are ordered by.
#[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOrderField {
    #[cynic(rename = "SHA_256")]
    Sha256,
    Name,
    Bytes,
    Source,
    ArrivedAt,
    Area,
    HeldAt,
    DeletedAt,
}

/// One order of files.
#[derive(cynic::InputObject, Clone)]
pub struct FileOrder {
    field: FileOrderField,
    direction: OrderDirection,
}

/// The parameters of the URL that narrow the list.
pub const PARAMETERS: [&str; 7] = ["q", "format", "area", "state", "since", "from", "to"];

/// What parameter `format` is for files of no format.
pub const NO_FORMAT: &str = "-";

/// The files that the URL asks for. Reactive.
pub fn filter(state: ListState) -> Option<FileFilter> {
    if PARAMETERS.iter().all(|key| state.get(key).is_none()) {
        return None;
    }
    let there = |is: bool| DateTimeFilter {
        is_null: Some(!is),
        ..DateTimeFilter::default()
    };
    let (held_at, deleted_at) = match state.get("state").as_deref() {
        Some("held") => (Some(there(true)), None),
        Some("deleted") => (None, Some(there(true))),
        Some("kept") => (None, Some(there(false))),
        _ => (None, None),
    };
    let area = state.get("area");
    let area = area.and_then(|key| FileArea::ALL.into_iter().find(|area| area.key() == key));
    Some(FileFilter {
        or: state.get("q").map(searched),
        source: state.get("format").map(|format| match format.as_str() {
            NO_FORMAT => StringFilter {
                is_null: Some(true),
                ..StringFilter::default()
            },
            _ => StringFilter {
                eq: Some(format),
                ..StringFilter::default()
            },
        }),
        area: area.map(|area| FileAreaFilter { eq: Some(area) }),
        arrived_at: within(state),
        held_at,
        deleted_at,
        ..FileFilter::default()
    })
}

/// Files whose name has the text in it, or whose hash begins with it.
fn searched(text: String) -> Vec<FileFilter> {
    let hash = StringFilter {
        starts_with: Some(text.to_lowercase()),
        ..StringFilter::default()
    };
    let name = StringFilter {
        contains: Some(text),
        ..StringFilter::default()
    };
    let named = FileFilter {
        name: Some(name),
        ..FileFilter::default()
    };
    let hashed = FileFilter {
        sha256: Some(hash),
        ..FileFilter::default()
    };
    vec![named, hashed]
}

/// The order that the URL asks for, and its key and direction. Reactive.
pub fn order(state: ListState) -> (Vec<FileOrder>, (String, bool)) {
    let (key, descending) = state.sort("arrived", true);
    let field = match key.as_str() {
        "name" => FileOrderField::Name,
        "size" => FileOrderField::Bytes,
        "format" => FileOrderField::Source,
        _ => FileOrderField::ArrivedAt,
    };
    let order = FileOrder {
        field,
        direction: direction(descending),
    };
    (vec![order], (key, descending))
}
