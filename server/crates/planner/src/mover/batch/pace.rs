//! How many replicas go at once: one more while nothing suffers and it helps, half as many as soon as something does.

use klamm_model::Known;

/// Looks in a row without trouble before one more goes at once. A replica that has just begun to be copied is felt after a while.
const CALM_LOOKS: u32 = 3;
/// Answers may take this much longer than before.
const TOLERATED_SLOWDOWN: f64 = 2.0;
/// Below this nobody notices, in milliseconds.
const NOTICED_MILLIS: f64 = 20.0;
/// One more has to bring at least this part more to be worth it, in percent: less is what speeds differ by anyway.
const WORTH_PERCENT: u64 = 5;
/// Nearer than this to what limits allow, more at once share the same bytes, in percent.
const NEAR_LIMIT_PERCENT: u64 = 10;

/// How many replicas a broker gets, and sends, at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// So many.
    pub per_broker: u32,
    /// Looks without trouble since that last changed.
    pub calm: u32,
}

/// What a pace stays within.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Fewest, and how it begins.
    pub least: u32,
    /// Most.
    pub most: u32,
}

impl Default for Bounds {
    /// Up to twelve: what a broker copies with the number of threads that most have for it, and some to spare.
    fn default() -> Self {
        Self { least: 1, most: 12 }
    }
}

impl Bounds {
    /// The pace to begin with.
    pub fn first(self) -> Pace {
        Pace { per_broker: self.least.max(1), calm: 0 }
    }
}

/// How the cluster fares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signs {
    /// Partitions with fewer in-sync replicas than they need for writing.
    pub below_min_in_sync: Known<u64>,
    /// Partitions that are not being moved and lack a replica.
    pub under_replicated: Known<u64>,
    /// What the slowest broker takes to answer, 99 of 100 times, in milliseconds: producing or fetching, whichever is slower.
    pub answer_millis: Known<f64>,
    /// Bytes a second that are copied, all brokers together; of before, when one less went at once.
    pub bytes_per_second: Known<u64>,
    /// The most that limits on replication let through.
    pub limit: Known<u64>,
}

/// Whether the pace was what kept more from being copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Used {
    /// Somebody had to wait for a turn.
    Fully,
    /// Nobody had to.
    Partly,
    /// Nothing has arrived yet that would tell.
    Untold,
}

/// What is to be done about the pace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Judgement {
    /// One more goes at once.
    Faster,
    /// It stays.
    Steady(SteadyBecause),
    /// Half as many go at once.
    Slower(SlowerBecause),
}

/// Why a pace stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SteadyBecause {
    /// More could go, and nobody waits.
    NobodyWaits,
    /// It has to be seen first what it does.
    NotSeenLongEnough,
    /// More are not allowed.
    AtMost,
    /// Limits on replication let no more through.
    AtLimit,
    /// The last one more made it no faster.
    NoFaster,
    /// Nobody can say whether partitions suffer.
    NotKnown,
}

/// Why a pace is halved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SlowerBecause {
    /// Partitions cannot be written to.
    BelowMinInSync {
        /// How many.
        partitions: u64,
    },
    /// Partitions that have nothing to do with it lack replicas.
    UnderReplicated {
        /// How many.
        partitions: u64,
        /// How many did before.
        before: u64,
    },
    /// Brokers answer late.
    Slow {
        /// What they take.
        millis: f64,
        /// What they took before.
        before: f64,
    },
    /// Each replica comes in less than half as fast as with one less at once: together they are in each other's way.
    Crowded {
        /// Bytes a second, of all of them.
        now: u64,
        /// What it was with one less.
        before: u64,
    },
}

/// The pace from now on, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pacing {
    /// How many at a time.
    pub pace: Pace,
    /// What was found.
    pub judgement: Judgement,
}

impl Pacing {
    /// How many replicas a broker may get or send for something new to be started: none while partitions cannot be written to, or
    /// nobody can say.
    pub fn per_broker(&self) -> u32 {
        match self.judgement {
            Judgement::Slower(SlowerBecause::BelowMinInSync { .. }) | Judgement::Steady(SteadyBecause::NotKnown) => 0,
            Judgement::Faster
            | Judgement::Steady(
                SteadyBecause::NobodyWaits
                | SteadyBecause::NotSeenLongEnough
                | SteadyBecause::AtMost
                | SteadyBecause::AtLimit
                | SteadyBecause::NoFaster,
            )
            | Judgement::Slower(
                SlowerBecause::UnderReplicated { .. } | SlowerBecause::Slow { .. } | SlowerBecause::Crowded { .. },
            ) => self.pace.per_broker,
        }
    }
}

/// The next pace, from the one so far. `before` is how the cluster fared before anything was moved.
pub fn adapt(pace: Pace, used: Used, now: &Signs, before: &Signs, bounds: Bounds) -> Pacing {
    let (least, most) = (bounds.least.max(1), bounds.most.max(1));
    let judgement = judge(pace, used, now, before, most);
    let pace = match judgement {
        Judgement::Faster => Pace { per_broker: pace.per_broker + 1, calm: 0 },
        Judgement::Steady(SteadyBecause::NotKnown) => pace,
        Judgement::Steady(_) => Pace { per_broker: pace.per_broker, calm: pace.calm.saturating_add(1).min(CALM_LOOKS) },
        Judgement::Slower(_) => Pace { per_broker: pace.per_broker / 2, calm: 0 },
    };
    Pacing { pace: Pace { per_broker: pace.per_broker.min(most).max(least.min(most)), ..pace }, judgement }
}

fn judge(pace: Pace, used: Used, now: &Signs, before: &Signs, most: u32) -> Judgement {
    if let Known::Known(partitions @ 1..) = now.below_min_in_sync {
        return Judgement::Slower(SlowerBecause::BelowMinInSync { partitions });
    }
    // Where nobody counted before, every one of them may be ours.
    let lacked = before.under_replicated.value().copied().unwrap_or_default();
    if let Some(partitions) = now.under_replicated.value().copied().filter(|now| *now > lacked) {
        return Judgement::Slower(SlowerBecause::UnderReplicated { partitions, before: lacked });
    }
    if let (Known::Known(millis), Known::Known(before)) = (now.answer_millis, before.answer_millis)
        && millis > NOTICED_MILLIS
        && millis > before * TOLERATED_SLOWDOWN
    {
        return Judgement::Slower(SlowerBecause::Slow { millis, before });
    }
    // Where nobody waits, less is copied because less is left.
    if used == Used::Fully
        && let Some((now, before)) = crowded(pace, now, before)
    {
        return Judgement::Slower(SlowerBecause::Crowded { now, before });
    }
    let can_say = now.below_min_in_sync != Known::Unknown && now.under_replicated != Known::Unknown;
    match used {
        _ if !can_say => Judgement::Steady(SteadyBecause::NotKnown),
        Used::Partly => Judgement::Steady(SteadyBecause::NobodyWaits),
        Used::Untold => Judgement::Steady(SteadyBecause::NotSeenLongEnough),
        Used::Fully if pace.per_broker >= most => Judgement::Steady(SteadyBecause::AtMost),
        Used::Fully if is_at_limit(now) => Judgement::Steady(SteadyBecause::AtLimit),
        Used::Fully if pace.calm < CALM_LOOKS => Judgement::Steady(SteadyBecause::NotSeenLongEnough),
        Used::Fully if is_no_faster(now, before) => Judgement::Steady(SteadyBecause::NoFaster),
        Used::Fully => Judgement::Faster,
    }
}

/// What is copied now and was before, where each replica gets less than half of what it got with one less at once.
fn crowded(pace: Pace, now: &Signs, before: &Signs) -> Option<(u64, u64)> {
    let (Known::Known(is), Known::Known(was)) = (now.bytes_per_second, before.bytes_per_second) else { return None };
    let one_less = pace.per_broker.checked_sub(1).filter(|one_less| *one_less > 0)?;
    // Of each: now / lanes < before / (lanes - 1) / 2, without what divisions lose.
    let (each_now, each_before) =
        (u128::from(is) * u128::from(one_less) * 2, u128::from(was) * u128::from(pace.per_broker));
    (each_now < each_before).then_some((is, was))
}

fn is_at_limit(now: &Signs) -> bool {
    match (now.bytes_per_second, now.limit) {
        (Known::Known(is), Known::Known(limit)) => is >= limit - limit / 100 * NEAR_LIMIT_PERCENT,
        (Known::Unknown, _) | (_, Known::Unknown) => false,
    }
}

fn is_no_faster(now: &Signs, before: &Signs) -> bool {
    match (now.bytes_per_second, before.bytes_per_second) {
        (Known::Known(is), Known::Known(was)) => is <= was.saturating_add(was / 100 * WORTH_PERCENT),
        (Known::Unknown, _) | (_, Known::Unknown) => false,
    }
}
