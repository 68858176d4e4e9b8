//! What something is done to, with all that a rule may want to know of it.

use super::Kind;
use klamm_model::{ClusterRef, PersonName, RequestId, RequestKind, TeamName, TeamRole};
use klamm_planner::policy::Reader;
use klamm_store::AuditObject;
use std::collections::BTreeSet;

/// The thing itself, with all that a rule may want to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What kind of thing it is.
    pub kind: Kind,
    /// The cluster it is in or is.
    pub cluster: Option<ClusterRef>,
    /// The team it belongs to.
    pub team: Option<TeamName>,
    /// The person it belongs to.
    pub person: Option<PersonName>,
    /// Its name; empty for all of its kind.
    pub name: String,
    /// For being in a team: the larger of the role somebody has and the one they are to have.
    pub rank: Option<TeamRole>,
    /// For requests: what rules want to know of them.
    pub request: Option<RequestFacts>,
    /// For messages: who may read them, as the rules of the environment say.
    pub readers: BTreeSet<Reader>,
}

/// What rules want to know of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFacts {
    /// Which; none for one that is only being written.
    pub id: Option<RequestId>,
    /// The object it is about, as the audit names it.
    pub about: AuditObject,
    /// The team whose it is, where another team asks.
    pub owner: TeamName,
    /// Who is asked to decide, whoever wrote it included.
    pub deciders: BTreeSet<PersonName>,
    /// Who sees it.
    pub audience: Audience,
    /// What it would change.
    pub reach: Reach,
}

/// What a request would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Something of a team's.
    Team,
    /// A cluster as a whole.
    Cluster,
}

impl Reach {
    /// Of requests of this kind.
    pub fn of(kind: RequestKind) -> Self {
        if kind.operation().is_some() { Self::Cluster } else { Self::Team }
    }
}

/// Who sees a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever writes it.
    Writer,
    /// Everybody concerned.
    Concerned,
}

impl Object {
    /// All clusters, or their changes.
    pub fn all(kind: Kind) -> Self {
        let (name, readers) = (String::new(), BTreeSet::new());
        Self { kind, cluster: None, team: None, person: None, name, rank: None, request: None, readers }
    }

    /// A cluster.
    pub fn cluster(cluster: &ClusterRef) -> Self {
        Self { cluster: Some(cluster.clone()), name: cluster.name.to_string(), ..Self::all(Kind::Cluster) }
    }

    /// A topic, which belongs to a team or to nobody.
    pub fn topic(cluster: &ClusterRef, name: &str, team: Option<&TeamName>) -> Self {
        Self { cluster: Some(cluster.clone()), team: team.cloned(), name: name.to_owned(), ..Self::all(Kind::Topic) }
    }

    /// The records of a topic, which belongs to a team or to nobody.
    pub fn messages(cluster: &ClusterRef, topic: &str, team: Option<&TeamName>, readers: BTreeSet<Reader>) -> Self {
        Self { kind: Kind::Message, readers, ..Self::topic(cluster, topic, team) }
    }

    /// A consumer group.
    pub fn group(cluster: &ClusterRef, id: &str) -> Self {
        Self { cluster: Some(cluster.clone()), name: id.to_owned(), ..Self::all(Kind::Group) }
    }

    /// Something wrong with a cluster, by its id; without one, all of it.
    pub fn finding(cluster: &ClusterRef, id: &str) -> Self {
        Self { cluster: Some(cluster.clone()), name: id.to_owned(), ..Self::all(Kind::Finding) }
    }

    /// An operation of a cluster, by its name; without one, all of them.
    pub fn operation(cluster: &ClusterRef, name: &str) -> Self {
        Self { cluster: Some(cluster.clone()), name: name.to_owned(), ..Self::all(Kind::Operation) }
    }

    /// A person.
    pub fn person(name: &PersonName) -> Self {
        Self { person: Some(name.clone()), name: name.to_string(), ..Self::all(Kind::Person) }
    }

    /// A team.
    pub fn team(name: &TeamName) -> Self {
        Self { team: Some(name.clone()), name: name.to_string(), ..Self::all(Kind::Team) }
    }

    /// Somebody's being in a team, with the larger of the roles that are at stake.
    pub fn member(team: &TeamName, person: &PersonName, rank: TeamRole) -> Self {
        let (whose, name) = (Some(person.clone()), person.to_string());
        Self { team: Some(team.clone()), person: whose, name, rank: Some(rank), ..Self::all(Kind::Member) }
    }

    /// Somebody's token, by id or label.
    pub fn token(owner: &PersonName, name: &str) -> Self {
        Self { person: Some(owner.clone()), name: name.to_owned(), ..Self::all(Kind::Token) }
    }

    /// A team's token, by id or label.
    pub fn team_token(owner: &TeamName, name: &str) -> Self {
        Self { team: Some(owner.clone()), name: name.to_owned(), ..Self::all(Kind::Token) }
    }

    /// Somebody's request for a team.
    pub fn request(cluster: &ClusterRef, team: &TeamName, requester: &PersonName, facts: RequestFacts) -> Self {
        Self {
            cluster: Some(cluster.clone()),
            team: Some(team.clone()),
            person: Some(requester.clone()),
            name: facts.about.name.clone(),
            request: Some(facts),
            ..Self::all(Kind::Request)
        }
    }

    /// A team's credential, as `<namespace>.<name>`.
    pub fn credential(cluster: &ClusterRef, team: Option<&TeamName>, name: &str) -> Self {
        let all = Self::all(Kind::Credential);
        Self { cluster: Some(cluster.clone()), team: team.cloned(), name: name.to_owned(), ..all }
    }

    /// The part of the audit that tells of a team.
    pub fn audit_of(team: &TeamName) -> Self {
        Self { team: Some(team.clone()), ..Self::all(Kind::Audit) }
    }

    /// A webhook by its name, or a message to one by its id.
    pub fn webhook(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::all(Kind::Webhook) }
    }

    /// Somebody's session.
    pub fn session(owner: &PersonName) -> Self {
        Self { person: Some(owner.clone()), name: owner.to_string(), ..Self::all(Kind::Session) }
    }
}
