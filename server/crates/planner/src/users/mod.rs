//! What is to be done about one Kafka user: its Secret, its SCRAM credential, its ACLs, its quotas, and its rotations
//! between two names.
//!
//! Passwords never come in here, only digests of them. No clock: whether a grace is over is told. A Kafka user that
//! Klamm did not make is never taken over; what was written down before, or a Secret whose password lets it in, is the proof that it did.

mod acls;
mod half;
mod observed;
mod plan;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;

pub use acls::{
    Access, AclChange, AclOperation, AclPermission, AclResource, AclRule, GrantWish, Named, acl_change, acls_of_grant,
};
pub use half::{Half, Halves};
pub use observed::{
    Grace, HalfObserved, PasswordDigest, Presence, QuotaKey, Quotas, Recorded, SecretObserved, SecretProof,
    SecretTexts, UserObserved,
};
pub use plan::{
    Rotation, Standing, UserAct, UserHindrance, UserPlan, UserWish, plan_user, plan_user_removal, plan_user_suspension,
    plan_user_upkeep, reserved,
};
