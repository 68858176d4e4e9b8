//! Which version of each Secret was written or looked at last: what the watch tells of it is no news.

use super::{object::UserKey, room::lock};
use crate::batch::{ObjectKey, version_of};
use klamm_model::Namespace;
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

#[derive(Default)]
pub(super) struct SecretVersions {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashMap<ObjectKey, Known>,
    /// Whoever is to be looked at because the watch told of more than what we wrote meanwhile.
    missed: HashSet<UserKey>,
}

struct Known {
    user: UserKey,
    version: u64,
    /// While we write: the newest version that the watch told of. It may be the one that we are about to know.
    told: Option<u64>,
}

impl SecretVersions {
    /// We are about to write it: what the watch tells meanwhile may be just that.
    pub(super) fn writing(&self, secret: ObjectKey, user: &UserKey) {
        let mut state = lock(&self.state);
        let known = state.known.entry(secret);
        known.or_insert_with(|| Known { user: user.clone(), version: 0, told: None }).told = Some(0);
    }

    /// We wrote or read this version; none: what we wrote failed.
    pub(super) fn know(&self, secret: &ObjectKey, user: &UserKey, version: Option<&str>) {
        let version = version_of(version);
        let mut state = lock(&self.state);
        let fresh = || Known { user: user.clone(), version, told: None };
        let known = state.known.entry(secret.clone()).or_insert_with(fresh);
        known.user = user.clone();
        known.version = known.version.max(version);
        let told = known.told.take().unwrap_or(0);
        if told > known.version {
            known.version = told;
            state.missed.insert(user.clone());
        }
    }

    /// The watch showed a version; answers with the user to be looked at when it is a new one. Whose it says it is counts
    /// less than whose it was: that is what somebody may have changed.
    pub(super) fn news(&self, secret: &ObjectKey, user: Option<UserKey>, version: Option<&str>) -> Option<UserKey> {
        let version = version_of(version);
        let mut state = lock(&self.state);
        let Some(known) = state.known.get_mut(secret) else {
            let user = user?;
            state.known.insert(secret.clone(), Known { user: user.clone(), version, told: None });
            return Some(user);
        };
        if known.version >= version {
            return None;
        }
        if let Some(told) = &mut known.told {
            *told = version.max(*told);
            return None;
        }
        known.version = version;
        Some(known.user.clone())
    }

    /// Who was missed while we wrote; told once.
    pub(super) fn missed(&self) -> HashSet<UserKey> {
        std::mem::take(&mut lock(&self.state).missed)
    }

    /// A Secret is gone, or no longer labelled as ours; whose it was.
    pub(super) fn forget(&self, secret: &ObjectKey) -> Option<UserKey> {
        lock(&self.state).known.remove(secret).map(|known| known.user)
    }

    /// These are all there are in a namespace; whose were those that are gone.
    pub(super) fn keep(&self, namespace: &Namespace, all: &HashSet<ObjectKey>) -> Vec<UserKey> {
        let mut gone = Vec::new();
        lock(&self.state).known.retain(|secret, known| {
            let stays = secret.namespace != *namespace || all.contains(secret);
            if !stays {
                gone.push(known.user.clone());
            }
            stays
        });
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> ObjectKey {
        ObjectKey { namespace: "payments".parse().unwrap(), name: name.parse().unwrap() }
    }

    #[test]
    fn a_version_of_a_secret_is_news_once_and_its_end_too() {
        let (secret, user, versions) = (key("s"), key("app"), SecretVersions::default());
        assert_eq!(versions.news(&secret, None, Some("3")), None, "nobody's");
        versions.know(&secret, &user, Some("5"));
        assert_eq!(versions.news(&secret, Some(user.clone()), Some("5")), None, "we wrote it");
        assert_eq!(
            versions.news(&secret, Some(key("liar")), Some("7")),
            Some(user.clone()),
            "whoever it says it is of"
        );
        assert_eq!(versions.news(&secret, None, Some("7")), None);
        assert_eq!(versions.keep(&secret.namespace, &HashSet::from([secret.clone()])), []);
        assert_eq!(versions.keep(&"orders".parse().unwrap(), &HashSet::new()), []);
        assert_eq!(versions.keep(&secret.namespace, &HashSet::new()).as_slice(), std::slice::from_ref(&user));
        versions.know(&secret, &user, Some("9"));
        assert_eq!(versions.forget(&secret), Some(user));
        assert_eq!(versions.forget(&secret), None);
    }

    #[test]
    fn what_we_write_is_no_news_however_early_the_watch_tells_and_what_others_write_is() {
        let (secret, user, versions) = (key("s"), key("app"), SecretVersions::default());
        versions.writing(secret.clone(), &user);
        assert_eq!(versions.news(&secret, Some(user.clone()), Some("5")), None);
        versions.know(&secret, &user, Some("5"));
        assert!(versions.missed().is_empty());

        versions.writing(secret.clone(), &user);
        assert_eq!(versions.news(&secret, Some(user.clone()), Some("8")), None, "ours, or somebody else's after it");
        versions.know(&secret, &user, Some("7"));
        assert_eq!(versions.missed(), [user.clone()].into());
        assert!(versions.missed().is_empty());

        versions.writing(secret.clone(), &user);
        assert_eq!(versions.news(&secret, None, Some("9")), None);
        versions.know(&secret, &user, None);
        assert_eq!(versions.missed(), [user].into(), "what we wrote failed");
    }
}
