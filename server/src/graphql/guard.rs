//! Guards of fields.

use super::viewer;
use crate::auth::{Permission, require};
use async_graphql::{Context, Guard, Result};

impl Guard for Permission {
    async fn check(&self, ctx: &Context<'_>) -> Result<()> {
        require(viewer(ctx), *self)?;
        Ok(())
    }
}
