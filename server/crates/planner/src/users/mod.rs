//! What is to be done about one Kafka user: its Secret, its SCRAM credential, its ACLs, its quotas.
//!
//! Passwords never come in here, only digests of them. A Kafka user that Klamm did not make is never taken over, and
//! the Secret, written first and marked as ours, is the proof that it did.

mod acls;
mod plan;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

pub use acls::{
    Access, AclChange, AclOperation, AclPermission, AclResource, AclRule, GrantWish, Named, acl_change, acls_of_grant,
};
pub use plan::{
    PasswordDigest, Presence, QuotaKey, Quotas, SecretObserved, SecretTexts, UserAct, UserHindrance, UserObserved,
    UserPlan, UserWish, plan_user, plan_user_removal, plan_user_suspension, reserved,
};
