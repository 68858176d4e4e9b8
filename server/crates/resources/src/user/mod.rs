//! `KafkaUser`: a credential with what it may do, and the Secret its workloads read.

mod credentials;
mod spec;
#[cfg(test)]
mod tests;
mod validated;

pub use credentials::{
    KEY_BOOTSTRAP_SERVER, KEY_JAAS_FILE, KEY_PASSWORD, KEY_SASL_JAAS_CONFIG, KEY_USERNAME, Unquotable, jaas_file,
    sasl_jaas_config, secret_data,
};
pub(crate) use spec::MAX_GRANTS;
pub use spec::{
    Acl, AclEffect, AclOperation, AclResource, AclResourceType, KafkaUser, KafkaUserSpec, KafkaUserStatus, Quotas,
    TopicGrant,
};
pub use validated::{PatternedName, TopicPattern, ValidatedTopicGrant, ValidatedUser, second_username, username};
