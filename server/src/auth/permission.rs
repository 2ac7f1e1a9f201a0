//! Permissions, and the one function that grants or refuses.

use std::{collections::BTreeSet, net::IpAddr};

/// Something a person may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Read movies, companies, genres and their figures, and how the runs that load them went.
    DataRead,
    /// Have any operation answered, where an operator allows only some.
    QueryAny,
    /// Read files, and what runs found in them: rejects, issues and the log.
    FileRead,
    /// Bring files in.
    FileCreate,
    /// Keep files from being deleted, and release them again.
    FileHold,
    /// Move files to another area of the archive.
    FileMove,
    /// Delete files.
    FileDelete,
    /// Start, try again and cancel runs.
    RunTrigger,
    /// Approve, discard and undo runs.
    RunApprove,
    /// Publish rule sets.
    RuleWrite,
    /// Manage users, roles and tokens.
    UserManage,
    /// Read what people did.
    AuditRead,
    /// See how Marquee itself is: its instances, its queue and its stores.
    SystemRead,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::DataRead,
        Self::QueryAny,
        Self::FileRead,
        Self::FileCreate,
        Self::FileHold,
        Self::FileMove,
        Self::FileDelete,
        Self::RunTrigger,
        Self::RunApprove,
        Self::RuleWrite,
        Self::UserManage,
        Self::AuditRead,
        Self::SystemRead,
    ];

    /// The name used in roles and shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataRead => "data.read",
            Self::QueryAny => "query.any",
            Self::FileRead => "file.read",
            Self::FileCreate => "file.create",
            Self::FileHold => "file.hold",
            Self::FileMove => "file.move",
            Self::FileDelete => "file.delete",
            Self::RunTrigger => "run.trigger",
            Self::RunApprove => "run.approve",
            Self::RuleWrite => "rule.write",
            Self::UserManage => "user.manage",
            Self::AuditRead => "audit.read",
            Self::SystemRead => "system.read",
        }
    }

    /// The permission of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// The role that allows everything, whatever permissions there come to be.
pub const ADMIN_ROLE: &str = "admin";

/// The permissions that a role's row names.
pub fn of_role(name: &str, permissions: &str) -> BTreeSet<Permission> {
    match name {
        ADMIN_ROLE => Permission::ALL.into(),
        _ => permissions
            .split_whitespace()
            .filter_map(Permission::parse)
            .collect(),
    }
}

/// Who is asking: a person who is signed in, or a program with a person's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The key of the user, who is a token's owner.
    pub user_id: i64,
    /// The user's name.
    pub user: String,
    /// The token's name, where it is one.
    pub token: Option<String>,
    /// As whom what is done is written down: the user's name, with the token's where it is one.
    pub name: String,
    /// Names of the user's roles, or of the token's, sorted.
    pub roles: Vec<String>,
    /// What the roles allow together; of a token's what its owner may do as well.
    pub permissions: BTreeSet<Permission>,
}

/// Who changes users, roles and tokens.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// As whom it is written down.
    pub name: &'a str,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// What the actor may do, beyond which nothing is given; none for the command line, which may do all.
    pub permissions: Option<&'a BTreeSet<Permission>>,
}

impl<'a> From<&'a str> for Actor<'a> {
    fn from(name: &'a str) -> Self {
        Self {
            name,
            address: None,
            permissions: None,
        }
    }
}

impl Actor<'_> {
    /// Whether the actor may give, take or act on these permissions.
    ///
    /// Nobody hands out what they do not have themselves, nor changes those who have more.
    ///
    /// # Errors
    /// [`Denied::Beyond`] names the first that the actor lacks.
    pub fn reaches(&self, permissions: &BTreeSet<Permission>) -> Result<(), Denied> {
        let beyond = |own: &BTreeSet<Permission>| permissions.difference(own).next().copied();
        match self.permissions.and_then(beyond) {
            Some(permission) => Err(Denied::Beyond(permission)),
            None => Ok(()),
        }
    }
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nobody is signed in.
    #[error("sign in first")]
    Unauthenticated,
    /// The person lacks a permission.
    #[error("this needs the permission {}", .0.name())]
    Forbidden(Permission),
    /// It would give or change what the person does not have.
    #[error("this takes the permission {}, which you do not have yourself", .0.name())]
    Beyond(Permission),
    /// It is not for programs.
    #[error("an API token cannot do this; sign in with a password")]
    PersonOnly,
}

impl Denied {
    /// The stable code of the error, as it is shown and written down.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden(_) | Self::Beyond(_) | Self::PersonOnly => "FORBIDDEN",
        }
    }
}

/// The viewer, if there is one who has the permission.
///
/// # Errors
/// [`Denied`] says which of the two is missing.
pub fn require(viewer: Option<&Viewer>, permission: Permission) -> Result<&Viewer, Denied> {
    let viewer = viewer.ok_or(Denied::Unauthenticated)?;
    if viewer.permissions.contains(&permission) {
        Ok(viewer)
    } else {
        Err(Denied::Forbidden(permission))
    }
}

/// The viewer, if it is a person who has signed in: for what a token must not do, as making further tokens, which
/// would outlive it.
///
/// # Errors
/// [`Denied`] says whether nobody or a token is asking.
pub fn require_person(viewer: Option<&Viewer>) -> Result<&Viewer, Denied> {
    let viewer = viewer.ok_or(Denied::Unauthenticated)?;
    match viewer.token {
        None => Ok(viewer),
        Some(_) => Err(Denied::PersonOnly),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_roles_allow_is_granted() {
        let viewer = Viewer {
            user_id: 1,
            user: "ada".to_owned(),
            token: None,
            name: "ada".to_owned(),
            roles: vec!["viewer".to_owned()],
            permissions: BTreeSet::from([Permission::DataRead]),
        };
        for permission in Permission::ALL {
            assert_eq!(require(None, permission), Err(Denied::Unauthenticated));
            let expected = match permission {
                Permission::DataRead => Ok(&viewer),
                other => Err(Denied::Forbidden(other)),
            };
            assert_eq!(require(Some(&viewer), permission), expected);
            assert_eq!(Permission::parse(permission.name()), Some(permission));
        }
    }

    #[test]
    fn nobody_reaches_further_than_their_own_permissions() {
        let (read, manage) = (Permission::DataRead, Permission::UserManage);
        let own = BTreeSet::from([read, manage]);
        let actor = Actor {
            permissions: Some(&own),
            ..Actor::from("ada")
        };
        assert_eq!(actor.reaches(&BTreeSet::from([read])), Ok(()));
        let more = BTreeSet::from([read, Permission::FileDelete]);
        assert_eq!(
            actor.reaches(&more),
            Err(Denied::Beyond(Permission::FileDelete))
        );
        assert_eq!(Actor::from("command line").reaches(&more), Ok(()));
    }
}
