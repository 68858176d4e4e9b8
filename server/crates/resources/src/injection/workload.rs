use klamm_model::{InvalidName, ObjectName};
use sha1::{Digest, Sha1};
use std::{
    fmt::{self, Write as _},
    str::FromStr,
};

/// Kubernetes' limit for names of objects.
const LONGEST_NAME: usize = 253;
/// Digits of the hash in a name that had to be shortened.
const HASH_DIGITS: usize = 10;

/// Kinds of workloads that get credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "Kubernetes' own words")]
pub enum WorkloadKind {
    Deployment,
    StatefulSet,
    CronJob,
    Job,
}

impl WorkloadKind {
    /// Every kind there is.
    pub const ALL: [Self; 4] = [Self::Deployment, Self::StatefulSet, Self::CronJob, Self::Job];

    /// The kind as Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::CronJob => "CronJob",
            Self::Job => "Job",
        }
    }

    /// Its API version.
    pub fn api_version(self) -> &'static str {
        match self {
            Self::Deployment | Self::StatefulSet => "apps/v1",
            Self::CronJob | Self::Job => "batch/v1",
        }
    }
}

/// A workload of some namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Workload {
    /// Its kind.
    pub kind: WorkloadKind,
    /// Its name.
    pub name: ObjectName,
}

impl Workload {
    /// Name of the KafkaUser that is made for it: `<kind>-<name>`, shortened with a hash where Kubernetes needs that.
    pub fn user_name(&self) -> Result<ObjectName, InvalidName> {
        fitted(&format!("{}-", self.kind.as_str().to_ascii_lowercase()), self.name.as_str(), "")
    }

    /// Name of its Secret unless it names one itself: `<name>-kafka-credentials`.
    pub fn default_secret_name(&self) -> Result<ObjectName, InvalidName> {
        fitted("", self.name.as_str(), "-kafka-credentials")
    }
}

fn fitted(before: &str, name: &str, after: &str) -> Result<ObjectName, InvalidName> {
    let whole = format!("{before}{name}{after}");
    // Names of users that end so are kept for rotations.
    if whole.len() <= LONGEST_NAME && whole.strip_suffix(".b").is_none() {
        return whole.parse();
    }
    let mut hash = String::new();
    for byte in Sha1::digest(&whole).iter().take(HASH_DIGITS / 2) {
        // Infallible: a String never refuses text.
        let _ = write!(hash, "{byte:02x}");
    }
    let room = LONGEST_NAME - before.len() - after.len() - 1 - HASH_DIGITS;
    let beginning = name.get(..room).unwrap_or(name).trim_end_matches(['-', '.']);
    format!("{before}{beginning}-{hash}{after}").parse()
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.as_str(), self.name)
    }
}

/// A text is not `<kind>/<name>` of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the kind and name of a workload, such as Deployment/app")]
pub struct NoWorkload;

impl FromStr for Workload {
    type Err = NoWorkload;

    fn from_str(text: &str) -> Result<Self, NoWorkload> {
        let (kind, name) = text.split_once('/').ok_or(NoWorkload)?;
        let kind = WorkloadKind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or(NoWorkload)?;
        Ok(Self { kind, name: name.parse().map_err(|_| NoWorkload)? })
    }
}
