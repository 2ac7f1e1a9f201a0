//! Guards of fields.

use super::viewer;
use crate::auth::{Permission, require, require_person};
use async_graphql::{Context, Guard, Result};

impl Guard for Permission {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        require(viewer(ctx), *self)?;
        Ok(())
    }
}

/// Guards what a person does for themselves, whatever the person's roles, and an API token does not.
pub struct Person;

impl Guard for Person {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        require_person(viewer(ctx))?;
        Ok(())
    }
}
