//! Beginning a backfill and ending it.

use cynic::MutationBuilder;

use crate::api::schema;
use crate::api::transport::{ApiError, send};

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Backfill")]
struct Begun {
    id: cynic::Id,
}

#[derive(cynic::QueryVariables)]
struct StartVariables {
    files: Option<Vec<String>>,
    rules: Option<i32>,
    preview: bool,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "StartVariables")]
struct StartMutation {
    #[arguments(files: $files, rules: $rules, preview: $preview)]
    reprocess_all: Begun,
}

#[derive(cynic::QueryVariables)]
struct CancelVariables {
    id: cynic::Id,
}

#[derive(cynic::QueryFragment)]
#[cynic(graphql_type = "Mutation", variables = "CancelVariables")]
struct CancelMutation {
    #[arguments(id: $id)]
    #[allow(dead_code)]
    cancel_backfill: Begun,
}

/// Begins to read these files again, or every archived one where none are given, under the newest rules or those of
/// a version; gives the backfill.
pub async fn start_backfill(
    files: Option<Vec<String>>,
    rules: Option<i32>,
    preview: bool,
) -> Result<String, ApiError> {
    let variables = StartVariables {
        files,
        rules,
        preview,
    };
    let answer = send(StartMutation::build(variables)).await?;
    Ok(answer.reprocess_all.id.into_inner())
}

/// Ends what is left of a backfill.
pub async fn cancel_backfill(id: String) -> Result<(), ApiError> {
    let id = cynic::Id::new(id);
    send(CancelMutation::build(CancelVariables { id })).await?;
    Ok(())
}
