//! What is concluded from where replicas are, and may rest on a move that is just over. The controller says at once that nothing is on
//! its way any more, and brokers go on showing more replicas than there are for a moment. Nothing that cannot be taken back follows
//! from one such look: whoever looks gives back what is still in doubt, until it was concluded again from what brokers say who have
//! heard of everything that was over the first time.

use super::{Guard, Next, Ours, Refusal};

/// A conclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// It cannot be done as asked.
    Refused,
    /// What was called back is not as it was, and will not be.
    Returned,
}

impl Doubt {
    /// All of them: whoever has not looked before knows nothing of the end of moves.
    pub const ALL: [Self; 2] = [Self::Refused, Self::Returned];

    /// What this came to, doubtful or not.
    pub fn of(next: &Next) -> Option<Self> {
        match next {
            Next::Refuse(refusals) => rest_on_replicas(refusals).then_some(Self::Refused),
            Next::Wait(guards) => guards
                .iter()
                .find_map(|guard| if let Guard::Unheard { doubt, .. } = guard { Some(*doubt) } else { None }),
            Next::Act(_) | Next::Done => None,
        }
    }
}

/// Waits instead of a refusal that is in doubt.
pub(super) fn look_again(next: &mut Next, ours: &Ours) {
    if let Next::Refuse(refusals) = &*next
        && rest_on_replicas(refusals)
        && ours.doubts.contains(&Doubt::Refused)
    {
        let what = refusals.iter().map(Refusal::message).collect::<Vec<_>>().join(" ");
        *next = Next::Wait(vec![Guard::Unheard { doubt: Doubt::Refused, what }]);
    }
}

/// Whether fewer replicas could change it.
fn rest_on_replicas(refusals: &[Refusal]) -> bool {
    refusals.iter().any(|refusal| match refusal {
        Refusal::Factor { .. } | Refusal::Replicas(_) => true,
        Refusal::Path(_)
        | Refusal::Settings(_)
        | Refusal::BelowMinimum { .. }
        | Refusal::TooFewReplicas { .. }
        | Refusal::Quorum(_)
        | Refusal::Feature(_)
        | Refusal::NoSuchNode(_) => false,
    })
}
