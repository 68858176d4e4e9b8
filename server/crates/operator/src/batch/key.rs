use klamm_model::{Namespace, ObjectName};
use kube::Resource;
use std::fmt;

/// Which object of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectKey {
    pub(crate) namespace: Namespace,
    pub(crate) name: ObjectName,
}

impl ObjectKey {
    /// That of an object; none when it has a name that cannot be.
    pub(crate) fn of(object: &impl Resource) -> Option<Self> {
        let meta = object.meta();
        Some(Self { namespace: meta.namespace.as_ref()?.parse().ok()?, name: meta.name.as_ref()?.parse().ok()? })
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
