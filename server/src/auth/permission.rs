//! Permissions, and the one function that grants or refuses.

use std::collections::BTreeSet;

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
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 12] = [
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
        }
    }

    /// The permission of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// A person who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The user's key.
    pub user_id: i64,
    /// The user's name.
    pub name: String,
    /// Names of the roles, sorted.
    pub roles: Vec<String>,
    /// What the roles allow together.
    pub permissions: BTreeSet<Permission>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_roles_allow_is_granted() {
        let viewer = Viewer {
            user_id: 1,
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
}
