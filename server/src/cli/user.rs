//! `marquee user`: who may sign in.

use super::show;
use crate::{
    auth::{audit::COMMAND_LINE, password, user},
    config::Config,
    serve,
};
use anyhow::{Result, bail};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::{
    io::{IsTerminal, stdin},
    process::ExitCode,
};

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
    /// Make a user; the password is asked for, or read from standard input
    Add {
        /// The name to sign in with
        name: String,
        /// viewer, operator, admin or another role there is; may be given several times
        #[arg(long = "role", value_name = "ROLE", default_value = "viewer")]
        roles: Vec<String>,
        /// Make up a password and print it
        #[arg(long)]
        random: bool,
    },
    /// List all users
    List,
    /// Give a user a new password and end their sessions
    Passwd {
        /// The user's name
        name: String,
        /// Make up a password and print it
        #[arg(long)]
        random: bool,
    },
    /// Keep a user from signing in and end their sessions
    Disable {
        /// The user's name
        name: String,
    },
    /// Let a disabled user sign in again
    Enable {
        /// The user's name
        name: String,
    },
    /// Give a user these roles instead of the ones before
    Roles {
        /// The user's name
        name: String,
        /// viewer, operator, admin or another role there is
        #[arg(value_name = "ROLE")]
        roles: Vec<String>,
    },
}

/// What was done.
#[derive(Serialize)]
struct Done {
    user: String,
    /// Only where it was made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

impl Done {
    fn new(user: String) -> Self {
        Self {
            user,
            password: None,
        }
    }

    fn text(&self) -> String {
        match &self.password {
            Some(password) => format!("{} has the password {password}\n", self.user),
            None => format!("{}: done\n", self.user),
        }
    }
}

/// Does as asked.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let db = serve::open(config).await?.db;
    let json = arguments.json;
    match arguments.action {
        Action::List => show(json, &user::list(&db).await?, |users| {
            let line = |user: &user::User| {
                let disabled = if user.disabled_at.is_some() {
                    "  disabled"
                } else {
                    ""
                };
                format!("{}  {}{disabled}\n", user.name, user.roles.join(" "))
            };
            users.iter().map(line).collect()
        })?,
        Action::Add {
            name,
            roles,
            random,
        } => {
            let password = new_password(&name, random)?;
            user::add(&db, &name, &password, &roles, COMMAND_LINE).await?;
            show(json, &done(name, &password, random), Done::text)?;
        }
        Action::Passwd { name, random } => {
            let password = new_password(&name, random)?;
            user::set_password(&db, &name, &password, COMMAND_LINE).await?;
            show(json, &done(name, &password, random), Done::text)?;
        }
        Action::Disable { name } => {
            user::disable(&db, &name, COMMAND_LINE).await?;
            show(json, &Done::new(name), Done::text)?;
        }
        Action::Enable { name } => {
            user::enable(&db, &name, COMMAND_LINE).await?;
            show(json, &Done::new(name), Done::text)?;
        }
        Action::Roles { name, roles } => {
            user::set_roles(&db, &name, &roles, COMMAND_LINE).await?;
            show(json, &Done::new(name), Done::text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn done(user: String, password: &SecretString, made_up: bool) -> Done {
    let password = made_up.then(|| password.expose_secret().to_owned());
    Done { user, password }
}

fn new_password(name: &str, random: bool) -> Result<SecretString> {
    if random {
        return Ok(password::random());
    }
    let terminal = stdin().is_terminal();
    let typed = match terminal {
        true => rpassword::prompt_password("New password: ")?,
        false => {
            let mut line = String::new();
            stdin().read_line(&mut line)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        }
    };
    let password = SecretString::from(typed);
    password::check(&password, name)?;
    if terminal && rpassword::prompt_password("Again: ")? != password.expose_secret() {
        bail!("the two differ; nothing was changed");
    }
    Ok(password)
}
