//! What each finding means, and what to do. `docs/findings.md` tells the same to those who read before something happens.

use klamm_model::FindingRule;

/// What follows from it, and what to do.
#[expect(clippy::too_many_lines, reason = "a table: a row for each rule")]
pub(super) fn of(rule: FindingRule) -> (&'static str, &'static str) {
    match rule {
        FindingRule::ClusterUnreachable => (
            "Nobody can say how the cluster is; what pages show is old. Clients may reach it nevertheless.",
            "See whether its pods run and Klamm reaches them; for a cluster that Klamm does not run, whether its addresses are still right.",
        ),
        FindingRule::BrokerDown => (
            "What it led is led by others, as far as these have copies. Another loss may take partitions offline.",
            "Look at its pod and the node it runs on. Restart nothing else before it is back and in sync.",
        ),
        FindingRule::OfflinePartitions => (
            "These partitions can neither be written to nor read.",
            "Bring a broker back that has a copy in sync. Only when none will ever come back, have another replica lead, which loses records.",
        ),
        FindingRule::UnderMinIsr => (
            "Producers that want all replicas (acks=all) are refused. Others write without a copy.",
            "Bring the missing brokers back. Lowering min.insync.replicas lets producers go on with less safety.",
        ),
        FindingRule::UnderReplicated => (
            "There are fewer copies than were asked for; another loss hurts more.",
            "When a broker is down, bring it back. When all run, look at the disks and the network of those that lag behind.",
        ),
        FindingRule::NoController => (
            "No partition gets a new leader, no topic is made or changed, until the quorum has a leader again.",
            "Bring controllers back until more than half of the voters run.",
        ),
        FindingRule::SeveralControllers => (
            "One of them does not know that it was replaced, or numbers are old. What it says may be wrong.",
            "Wait a minute. When it stays so, restart the controller that the quorum does not name as its leader.",
        ),
        FindingRule::QuorumLag => (
            "It cannot take over while it is behind, and what it serves as a broker is old.",
            "Look at its disk, its garbage collection and the network between it and the leader.",
        ),
        FindingRule::DiskLow => (
            "A broker whose volume is full stops, and so does everything that has its copies there.",
            "Make room by shorter retention of what is largest, move replicas away, or enlarge the volume.",
        ),
        FindingRule::DiskFullSoon => (
            "At the rate of the last days the volume is full by then, and the broker stops.",
            "Shorten the retention of what grows most, move replicas away, or enlarge the volume.",
        ),
        FindingRule::RetentionDoesNotFit => (
            "Before its retention takes anything away, the disks are full.",
            "Ask for a shorter retention, or for more disk.",
        ),
        FindingRule::LogDirOffline => (
            "Its replicas are gone until the broker restarts with a volume that works.",
            "Look at the volume and its file system, repair it or replace it, and restart the broker.",
        ),
        FindingRule::LeaderSkew => (
            "It does more than its share, while others could.",
            "Elect preferred leaders. When these are uneven themselves, move replicas.",
        ),
        FindingRule::RackViolation => (
            "When this rack fails, all copies of these partitions fail with it.",
            "Move one replica of each to a broker of another rack.",
        ),
        FindingRule::FactorOne => (
            "When the one broker that has it fails, the topic is gone for as long; when its disk fails, for good.",
            "Raise the replication factor, or acknowledge it where records may be lost.",
        ),
        FindingRule::MinIsrEqualsFactor => (
            "When any one broker with a copy restarts, producers with acks=all are refused.",
            "Lower min.insync.replicas by one, or raise the replication factor.",
        ),
        FindingRule::ForgottenThrottle => (
            "Followers catch up no faster than that, also after a failure.",
            "Take the throttled replicas off the topics, and the rates off the brokers.",
        ),
        FindingRule::StuckReassignment => (
            "Replicas that are to arrive do not. Until they do, old ones stay and take their room.",
            "See whether the brokers that get them run, have room, and are not throttled to less than is written.",
        ),
        FindingRule::StuckGroup => (
            "What is written is not read, or read again and again without an end.",
            "Look at the log of its members: a record that none can process, or a call that never returns.",
        ),
        FindingRule::RebalancingGroup => (
            "While members come and go, nobody reads.",
            "See whether members take longer for a batch than max.poll.interval.ms, or restart again and again.",
        ),
        FindingRule::EmptyGroup => (
            "Whoever should read these records does not. What is older than the retention of its topics is lost to the group.",
            "Start its consumers, or see why they ended. Where nobody needs the group any more, delete it, or acknowledge this.",
        ),
        FindingRule::ProducersStopped => (
            "Whoever wrote to the topic all the time does not any more; what is made from it stands still.",
            "See whether its producers run, and whether they are refused: their logs say why. Where it was meant, acknowledge it.",
        ),
        FindingRule::CredentialExpiring => (
            "What it could do until then ends; whoever uses it is refused.",
            "Ask for the consent anew, or have the last user of the old password change.",
        ),
        FindingRule::Drift => (
            "Somebody changed the topic in Kafka, and Klamm is told to leave that alone.",
            "Declare what is found, or change the topic back.",
        ),
        FindingRule::MixedVersions => (
            "Brokers of several versions work together for as long as an upgrade takes, and no longer.",
            "Finish the upgrade, or go back to the version before.",
        ),
        FindingRule::MetadataHeldBack => (
            "What the newer version brought cannot be used, and going back to the older one is still possible.",
            "Once the upgrade has proved itself, finalise it: raise metadataVersion.",
        ),
        FindingRule::TargetTrouble => (
            "What this target measures is missing on pages, or would be wrong and is left out.",
            "Look at the exporter that the reason names: its address, its rules, its password.",
        ),
        FindingRule::TargetRejects => (
            "What stands in these lines is not measured; everything else is.",
            "Mend the exporter's rules: labels without commas, braces and equals signs, numbers as values, lines of UTF-8 up to 16 KiB.",
        ),
    }
}
