//! What the permissions mean, grouped by what they are about.

/// A permission and what it lets somebody do.
const KNOWN: [(&str, &str); 13] = [
    (
        "data.read",
        "Read movies, companies, genres and their figures, and how runs went",
    ),
    (
        "query.any",
        "Ask any GraphQL query, where an operator allows only some",
    ),
    (
        "file.read",
        "Read files, and what runs found in them: rejects, issues, the log",
    ),
    ("file.create", "Bring files in"),
    (
        "file.hold",
        "Keep files from being deleted, and release them again",
    ),
    ("file.move", "Move files to another area of the archive"),
    ("file.delete", "Delete files"),
    ("run.trigger", "Start, try again and cancel runs"),
    ("run.approve", "Approve, discard and undo runs"),
    ("rule.write", "Try out and publish rules"),
    (
        "user.manage",
        "Manage users, roles, and everybody's tokens and sessions",
    ),
    ("audit.read", "Read what people did and tried"),
    (
        "system.read",
        "See how Marquee itself is: instances, queue, stores",
    ),
];

/// What a permission lets somebody do; empty for one that this version of the UI does not know.
pub fn meaning(permission: &str) -> &'static str {
    let known = KNOWN.into_iter().find(|(name, _)| *name == permission);
    known.map_or("", |(_, meaning)| meaning)
}

/// What a permission is about: `file` of `file.read`.
pub fn noun(permission: &str) -> &str {
    permission.split('.').next().unwrap_or(permission)
}

/// The permissions by noun, in the order in which the nouns first come.
pub fn grouped(permissions: &[String]) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for permission in permissions {
        let noun = noun(permission);
        match groups.iter_mut().find(|(known, _)| known == noun) {
            Some((_, group)) => group.push(permission.clone()),
            None => groups.push((noun.to_owned(), vec![permission.clone()])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_stand_with_their_noun() {
        let names = ["file.read", "run.trigger", "file.move"].map(str::to_owned);
        let groups = grouped(&names);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].0, "file");
        assert_eq!(groups[0].1, ["file.read", "file.move"]);
        assert_eq!(meaning("file.delete"), "Delete files");
        assert_eq!(meaning("file.paint"), "");
    }
}
