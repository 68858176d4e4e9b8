//! Consent of a topic's owner: KafkaGrants.

use super::{Known, Wish, about, read, refused, written};
use crate::{
    requests::spec::GrantSpec,
    views::{paging::invalid, tenants::tenancy},
};
use klamm_model::{ManifestHash, Namespace, ObjectName, Problem, TeamName, TopicName};
use klamm_planner::tenancy::Pattern;
use klamm_resources::{
    ClusterReference, Grantees, KafkaGrant, KafkaGrantSpec, NamePattern, ValidatedGrant, dialect, kafka_grant_manifest,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

impl Known<'_> {
    pub(super) fn grant(&self, spec: &GrantSpec) -> Result<Wish, Problem> {
        let pattern = match spec.pattern {
            NamePattern::Literal => Pattern::Literal,
            NamePattern::Prefixed => Pattern::Prefixed,
        };
        let mut owners = tenancy(self.seen).owners_of_topics(&spec.topic, pattern).into_iter();
        let (Some(namespace), None) = (owners.next(), owners.next()) else {
            return Err(refused(&format!("topics {} belong to several namespaces; ask for each", spec.topic)));
        };
        let owner = self.team_of(&namespace)?;
        if spec.namespaces.is_empty() && spec.users.is_empty() {
            return Err(invalid("spec: name namespaces or users that are to have access"));
        }
        let name = grant_name(spec)?;
        let standing = self.declarations.grant_manifest(&namespace, &name);
        let mut object = KafkaGrant::new(
            name.as_str(),
            KafkaGrantSpec {
                cluster: ClusterReference::to(self.cluster()),
                topics: spec.topics(),
                to: Grantees {
                    namespaces: spec.namespaces.iter().map(ToString::to_string).collect(),
                    users: spec.users.clone(),
                },
                access: spec.access,
                expires: spec.expires.clone(),
            },
        );
        object.metadata.namespace = Some(namespace.to_string());
        ValidatedGrant::from_resource(&object).map_err(|error| invalid(&format!("spec: {error}")))?;
        let manifest = match &standing {
            // It is given for longer, or for shorter; all else of it is in its name.
            Some(base) => {
                let mut standing: KafkaGrant = read(base)?;
                standing.spec.expires.clone_from(&object.spec.expires);
                written(kafka_grant_manifest(&standing))?
            }
            None => written(kafka_grant_manifest(&object))?,
        };
        if standing.as_ref() == Some(&manifest) {
            return Err(refused(&format!("there is such consent already: KafkaGrant {namespace}/{name}")));
        }
        Ok(Wish {
            subject: spec.topic.clone(),
            object: about("KafkaGrant", &namespace, &name),
            owner,
            topic: None,
            reset: None,
            operation: None,
            manifest,
            base: standing,
        })
    }

    pub(super) fn revoked(&self, namespace: &Namespace, name: &ObjectName, team: &TeamName) -> Result<Wish, Problem> {
        let owner = self.own(namespace, team, &format!("namespace {namespace}"))?;
        let base = self.declarations.grant_manifest(namespace, name);
        let base = base.ok_or_else(|| refused(&format!("there is no KafkaGrant {namespace}/{name}")))?;
        let object: KafkaGrant = read(&base)?;
        let names: Vec<String> = object.spec.topics.iter().map(|topic| topic.name.clone()).collect();
        Ok(Wish {
            subject: names.join(", "),
            object: about("KafkaGrant", namespace, name),
            owner,
            topic: None,
            reset: None,
            operation: None,
            manifest: base.clone(),
            base: Some(base),
        })
    }
}

/// The same consent has the same name, so that it is not asked for twice.
fn grant_name(spec: &GrantSpec) -> Result<ObjectName, Problem> {
    let what: Value = json!([spec.topic, spec.pattern, spec.access, spec.namespaces, spec.users]);
    let digest = ManifestHash::of(&Sha256::digest(what.to_string()).into());
    let digest: String = digest.as_str().chars().take(10).collect();
    let topic: TopicName = spec.topic.parse().map_err(|error| invalid(&format!("spec.topic: {error}")))?;
    let readable = dialect::export_name(&topic).map_err(|error| invalid(&format!("spec.topic: {error}")))?;
    let readable: String = readable.as_str().chars().take(200).collect();
    format!("{}.{digest}", readable.trim_end_matches(['.', '-']))
        .parse()
        .map_err(|error| invalid(&format!("spec.topic: {error}")))
}
