//! Names and ports of what the operator makes for a cluster, for those who have to find it again.

/// Where brokers talk among themselves and Klamm talks to them: SCRAM-SHA-512.
pub const INTERNAL_PORT: u16 = 9091;
/// Where controllers talk among themselves and brokers talk to them: PLAIN.
pub const CONTROLLER_PORT: u16 = 9093;

/// The Secret with `username` and `password` of Klamm's own Kafka user.
pub fn admin_secret(cluster: &str) -> String {
    format!("{cluster}-admin")
}

/// The headless Service that gives every broker its name.
pub fn brokers_service(cluster: &str) -> String {
    format!("{cluster}-brokers")
}

/// The Service that clients begin with.
pub fn bootstrap_service(cluster: &str) -> String {
    format!("{cluster}-bootstrap")
}

/// The StatefulSet of one node; its only pod is `<this>-0`.
pub fn node(cluster: &str, pool: &str, id: i32) -> String {
    format!("{cluster}-{pool}-{id}")
}

/// The volume claim of one node.
pub fn claim(cluster: &str, pool: &str, id: i32) -> String {
    format!("data-{cluster}-{pool}-{id}")
}

/// Klamm itself, as brokers know it. Whoever may read its Secret may do everything in the cluster.
pub const ADMIN_USER: &str = "klamm-admin";
/// Brokers among themselves.
pub const BROKER_USER: &str = "klamm-broker";
/// Controllers among themselves, and brokers towards them.
pub const CONTROLLER_USER: &str = "klamm-controller";
