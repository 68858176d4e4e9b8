//! Operations: changes of a whole cluster, one act at a time.
//!
//! From what is wanted ([`Goal`]) and what was seen directly before ([`Scene`]) a plan says what is left to do, and
//! either the one act that may be done now or why it may not. The dry run, the page of a running operation and the next
//! act are all the same answer. Nothing is remembered between two calls but what stands in the operation's status and
//! is given back here (what it set going, and its steps): a crash between any two acts is one more call.

mod act;
mod cancel;
mod doubt;
mod due;
mod finalise;
mod follow;
mod goal;
mod guard;
mod host;
mod messages;
mod minimum;
mod moves;
mod ours;
mod preflight;
mod reconfigure;
mod restart;
mod roll;
mod scene;
mod settings;
mod step;
#[cfg(test)]
mod tests;
mod unheard;
mod upgrade;
mod versions;
mod voters;
mod words;

pub use act::{Act, Replicas};
pub use cancel::{cancel, is_back};
pub use doubt::Doubt;
pub use due::{Declared, DeclaredLevels, due};
pub use follow::{STEPS_KEPT, follow};
pub use goal::{Goal, GoalKind, MoveGoal, RollGoal, Scope};
pub use guard::{Guard, Refusal, Short};
pub use host::{CordonedHost, Displaced, Reach, Strand, Stranded, displaced};
pub use minimum::MIN_IN_SYNC;
pub use moves::{Aim, Lanes};
pub use ours::{Ours, Unsure};
pub use scene::{
    DISK_RESERVE_PERCENT, Disk, FETCH_TIMEOUT_MILLIS, FeatureRange, Features, Formation, Life, Made, Node,
    PartitionSeen, Quorum, Rules, Scene, Storage, Throttle, TopicSeen, Voter, Window,
};
pub use step::{Door, Next, Pace, Plan, Step, StepKind, StepState};
pub use unheard::{theirs, unheard};
pub use versions::{
    Change, DEFAULTS, KRAFT, LEVELS, METADATA, RELEASES, Release, door, level_name, level_of, levels, one_way, path,
};
pub use voters::enlisted;

/// What is left to do for a goal, and what of it may be done now.
pub fn plan(goal: &Goal, scene: &Scene, rules: &Rules, ours: &Ours, pace: &Pace) -> Plan {
    match goal.kind() {
        GoalKind::Roll(goal) => plan_roll(goal, scene, rules, ours, pace),
        GoalKind::Move(goal) => moves::plan(goal, scene, rules, ours, pace),
    }
}

/// What is left to do for a goal that moves no replica, and what of it may be done now.
pub fn plan_roll(goal: RollGoal<'_>, scene: &Scene, rules: &Rules, ours: &Ours, pace: &Pace) -> Plan {
    match goal {
        RollGoal::Restart { nodes, asked } => restart::plan(nodes, asked, scene, rules, ours, pace),
        RollGoal::Leave { nodes } => restart::leave(nodes, scene, rules, ours, pace),
        RollGoal::Reconfigure => reconfigure::plan(scene, rules, ours, pace),
        RollGoal::Upgrade { to } => upgrade::plan(to, scene, rules, ours, pace),
        RollGoal::Finalise { name, levels } => finalise::plan(name, levels, scene, rules),
    }
}
