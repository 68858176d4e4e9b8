//! Who may read messages: nobody, unless an environment names somebody.

use super::Approver;
use klamm_model::TeamName;
use serde::{Deserialize, Deserializer, de::Error};
use std::{collections::BTreeSet, fmt};

/// What people may look at of the records themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MessageRules {
    /// Who may read them.
    #[serde(default)]
    pub read: BTreeSet<Reader>,
}

/// Somebody who may read messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reader {
    /// Members of the team that owns the topic.
    OwnerTeam,
    /// Operators of the installation.
    Operators,
    /// Members of this team.
    Team(TeamName),
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnerTeam => f.write_str("members of the owner's team"),
            Self::Operators => f.write_str("operators"),
            Self::Team(team) => write!(f, "members of team {team}"),
        }
    }
}

impl<'de> Deserialize<'de> for Reader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        // Named like those who agree to requests.
        Ok(match written.parse().map_err(D::Error::custom)? {
            Approver::OwnerTeam => Self::OwnerTeam,
            Approver::Operators => Self::Operators,
            Approver::Team(team) => Self::Team(team),
        })
    }
}
