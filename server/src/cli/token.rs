//! `marquee token`: what programs show instead of a password.

use super::show;
use crate::{
    auth::{
        audit::COMMAND_LINE,
        token::{self, DEFAULT_DAYS, Token},
        user,
    },
    config::Config,
    serve,
};
use anyhow::Result;
use secrecy::ExposeSecret;
use serde::Serialize;
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
    /// Make a token and print it, this once
    Create {
        /// What it is for
        name: String,
        /// The user whose it is; it never may more than the user
        #[arg(long)]
        user: String,
        /// The role that limits it
        #[arg(long)]
        role: String,
        /// How long it lasts, at most 365 days
        #[arg(long, value_name = "N", default_value_t = DEFAULT_DAYS)]
        days: i32,
    },
    /// List tokens, newest first
    List {
        /// Only those of this user
        #[arg(long)]
        user: Option<String>,
    },
    /// End a token
    Revoke {
        /// Its id, as `marquee token list` shows it
        id: i64,
    },
}

/// A token that was just made.
#[derive(Serialize)]
struct Made {
    /// Shown this once.
    secret: String,
    #[serde(flatten)]
    token: Token,
}

/// Does as asked.
pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode> {
    let db = serve::open(config).await?.db;
    let (json, actor) = (arguments.json, COMMAND_LINE.into());
    match arguments.action {
        Action::Create {
            name,
            user,
            role,
            days,
        } => {
            let (token, secret) = token::create(&db, &user, &name, &role, days, actor).await?;
            let secret = secret.expose_secret().to_owned();
            show(json, &Made { secret, token }, |made| {
                format!("{}\n{}", line(&made.token), made.secret) + "\n"
            })?;
        }
        Action::List { user } => {
            let owner = match user {
                Some(name) => Some(user::find(&db, &name).await?.id),
                None => None,
            };
            show(json, &token::list(&db, owner).await?, |tokens| {
                tokens.iter().map(|token| line(token) + "\n").collect()
            })?;
        }
        Action::Revoke { id } => {
            let token = token::revoke(&db, id, None, actor).await?;
            show(json, &token, |token| line(token) + "\n")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(token: &Token) -> String {
    let day = "%Y-%m-%d";
    let state = match (token.revoked_at, token.last_used_at) {
        (Some(at), _) => format!("revoked on {}", at.format(day)),
        (None, Some(at)) => format!("last used on {}", at.format(day)),
        (None, None) => "never used".to_owned(),
    };
    let (id, name, owner, role) = (token.id, &token.name, &token.owner, &token.role);
    let until = token.expires_at.format(day);
    format!("{id}  {name}  of {owner} as {role}  until {until}  {state}")
}
