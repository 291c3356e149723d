//! What somebody may do with a document.
//!
//! A document counts the changes of its permissions in its [`AccessVersion`]. An append names the
//! version that its authors were checked against and is refused under any other, so that an edit
//! is committed only if its author may write at that moment.

use std::collections::BTreeMap;

use crate::ids::UserId;

/// What a member may do. Each may do what those before it may.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// Reads, and is seen reading.
    Viewer,
    /// Writes, names versions and restores them.
    Editor,
    /// Renames, shares and deletes.
    Owner,
}

impl Role {
    /// How it is written in the database and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Viewer, Self::Editor, Self::Owner].into_iter().find(|role| role.name() == name)
    }

    #[must_use]
    pub fn may_write(self) -> bool {
        self >= Self::Editor
    }
}

/// How often the permissions of a document were changed.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct AccessVersion(u64);

impl AccessVersion {
    #[must_use]
    pub const fn new(n: u64) -> Self {
        Self(n)
    }

    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// What one user may do, and until when.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rights {
    pub role: Role,
    /// Milliseconds since 1970 at which the link through which he came ends.
    pub until: Option<i64>,
}

impl Rights {
    /// Without an end.
    #[must_use]
    pub const fn lasting(role: Role) -> Self {
        Self { role, until: None }
    }
}

/// The rights of some users at one state of a document's permissions. Who is missing has none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AccessTable {
    pub version: AccessVersion,
    pub rights: BTreeMap<UserId, Rights>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reads_back_what_it_is_called() {
        for role in [Role::Viewer, Role::Editor, Role::Owner] {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("admin"), None);
        assert!(!Role::Viewer.may_write() && Role::Editor.may_write() && Role::Owner.may_write());
    }
}
