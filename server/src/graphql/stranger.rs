//! What somebody who is not signed in may ask for: to sign in, and who is asking.
//!
//! The fields have guards of their own; this comes before them, so that a stranger's request is neither validated
//! nor executed beyond these, and no error tells a stranger what else the schema has.

use crate::auth::Denied;
use async_graphql::{
    PathSegment, Request, ServerError,
    parser::types::{ExecutableDocument, Selection},
};
use std::sync::Arc;

/// The fields that answer strangers.
const OPEN: [&str; 4] = ["login", "logout", "viewer", "__typename"];

/// An error for each field of a stranger's request that is not open; none where all are. What cannot be parsed
/// is left to the one who says where.
pub fn closed(request: &mut Request) -> Vec<ServerError> {
    let Ok(document) = request.parsed_query() else {
        return Vec::new();
    };
    let refused = |path| ServerError {
        message: Denied::Unauthenticated.to_string(),
        source: Some(Arc::new(Denied::Unauthenticated)),
        path,
        ..ServerError::new("", None)
    };
    let mut errors = Vec::new();
    for (_, operation) in document.operations.iter() {
        for selection in &operation.node.selection_set.node.items {
            match &selection.node {
                Selection::Field(field) if OPEN.contains(&field.node.name.node.as_str()) => {}
                Selection::Field(field) => {
                    let key = field.node.response_key().node.to_string();
                    errors.push(refused(vec![PathSegment::Field(key)]));
                }
                // Whose type is asked for could be guessed at.
                _ => errors.push(refused(Vec::new())),
            }
        }
    }
    if errors.is_empty() && has_fragments(document) {
        errors.push(refused(Vec::new()));
    }
    errors
}

fn has_fragments(document: &ExecutableDocument) -> bool {
    let within = |selection: &Selection| match selection {
        Selection::Field(field) => {
            let inner = field.node.selection_set.node.items.iter();
            inner
                .clone()
                .any(|inner| !matches!(inner.node, Selection::Field(_)))
        }
        _ => true,
    };
    let mut operations = document.operations.iter();
    !document.fragments.is_empty()
        || operations.any(|(_, operation)| {
            let fields = operation.node.selection_set.node.items.iter();
            fields.clone().any(|selection| within(&selection.node))
        })
}
