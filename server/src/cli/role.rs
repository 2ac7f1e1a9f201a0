//! `marquee role`: named sets of permissions.

use super::show;
use crate::{
    auth::{audit::COMMAND_LINE, role},
    config::Config,
    serve,
};
use anyhow::Result;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    /// Print the result as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List all roles with what they allow
    List,
    /// Make a role
    Add {
        /// Its name
        name: String,
        /// What it allows, such as data.read
        #[arg(value_name = "PERMISSION")]
        permissions: Vec<String>,
    },
    /// Give a role these permissions instead of the ones before
    Set {
        /// Its name
        name: String,
        /// What it allows, such as data.read
        #[arg(value_name = "PERMISSION")]
        permissions: Vec<String>,
    },
    /// Delete a role that nobody has
    Delete {
        /// Its name
        name: String,
    },
}

/// Does as asked; shows the role, or all where one was listed or deleted.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let db = serve::open(config).await?.db;
    let actor = COMMAND_LINE.into();
    let one = match arguments.action {
        Action::List => None,
        Action::Add { name, permissions } => {
            role::create(&db, &name, &permissions, actor).await?;
            Some(name)
        }
        Action::Set { name, permissions } => {
            role::update(&db, &name, &permissions, actor).await?;
            Some(name)
        }
        Action::Delete { name } => {
            role::delete(&db, &name, actor).await?;
            None
        }
    };
    let mut roles = role::list(&db).await?;
    roles.retain(|role| one.as_ref().is_none_or(|name| role.name == *name));
    show(arguments.json, &roles, |roles| {
        let line = |role: &role::Role| {
            let built_in = if role.built_in { "  built in" } else { "" };
            let (permissions, users) = (role.permissions.join(" "), role.users);
            format!("{}  {permissions}  {users} users{built_in}\n", role.name)
        };
        roles.iter().map(line).collect()
    })?;
    Ok(ExitCode::SUCCESS)
}
