use super::*;
use RequestState as S;
use proptest::prelude::*;
use std::fmt::Write;

/// What people were promised, written down without looking at the table: what must have happened for a request to be in a
/// state, told from its whole history.
#[derive(Default)]
struct History {
    was_submitted: bool,
    /// The rules or everybody who had to said yes, and nothing has changed since.
    is_agreed: bool,
    writing: Writing,
    over: Option<RequestEvent>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Writing {
    #[default]
    No,
    Begun,
    Failed,
}

impl History {
    fn note(&mut self, event: RequestEvent) {
        match event {
            RequestEvent::Submit => self.was_submitted = true,
            RequestEvent::NeedsNobody | RequestEvent::Agreed => self.is_agreed = true,
            RequestEvent::NeedsPeople => {}
            RequestEvent::Changed | RequestEvent::Edited => (self.is_agreed, self.writing) = (false, Writing::No),
            RequestEvent::Apply => self.writing = Writing::Begun,
            RequestEvent::Fail => self.writing = Writing::Failed,
            RequestEvent::Retry => self.writing = Writing::No,
            RequestEvent::Decline
            | RequestEvent::Cancel
            | RequestEvent::Expire
            | RequestEvent::Done
            | RequestEvent::Overtaken => self.over = Some(event),
        }
    }

    fn fits(&self, state: S) -> bool {
        let Self { was_submitted, is_agreed, writing, over } = self;
        let (is_begun, failed) = (*writing == Writing::Begun, *writing == Writing::Failed);
        match state {
            S::Draft => !was_submitted,
            S::Submitted | S::NeedsApproval => *was_submitted && !is_agreed && over.is_none(),
            S::Approved => *is_agreed && *writing == Writing::No && over.is_none(),
            S::Applying => *is_agreed && is_begun && over.is_none(),
            S::Applied => *is_agreed && is_begun && *over == Some(RequestEvent::Done),
            S::Failed => *is_agreed && failed && over.is_none(),
            S::Declined => !is_agreed && *over == Some(RequestEvent::Decline),
            S::Cancelled => !is_begun && *over == Some(RequestEvent::Cancel),
            S::Expired => !is_agreed && *over == Some(RequestEvent::Expire),
            S::Superseded => !is_begun && *over == Some(RequestEvent::Overtaken),
        }
    }
}

fn event() -> impl Strategy<Value = RequestEvent> {
    proptest::sample::select(RequestEvent::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_is_applied_that_was_not_agreed(events in proptest::collection::vec(event(), 0..60)) {
        let (mut state, mut history) = (S::Draft, History::default());
        for event in events {
            if let Some(next) = after(state, event) {
                history.note(event);
                state = next;
            }
            prop_assert!(history.fits(state), "{state:?} after {event:?}");
        }
    }
}

#[test]
fn every_pair_is_the_reviewed_one() {
    let mut table = String::new();
    for state in S::ALL {
        let next: Vec<String> = RequestEvent::ALL
            .into_iter()
            .filter_map(|event| Some(format!("{event:?} -> {}", after(state, event)?.name())))
            .collect();
        writeln!(table, "{}: {}", state.name(), next.join(", ")).unwrap();
    }
    let expected = "\
draft: Submit -> submitted, Edited -> draft, Cancel -> cancelled
submitted: Edited -> submitted, NeedsNobody -> approved, NeedsPeople -> needsApproval, Decline -> declined, Cancel -> cancelled, Expire -> expired, Overtaken -> superseded
needsApproval: Edited -> submitted, Agreed -> approved, Decline -> declined, Cancel -> cancelled, Expire -> expired, Changed -> submitted, Overtaken -> superseded
approved: Edited -> submitted, Cancel -> cancelled, Changed -> submitted, Apply -> applying, Fail -> failed, Overtaken -> superseded
applying: Changed -> submitted, Done -> applied, Fail -> failed
applied: 
failed: Edited -> submitted, Cancel -> cancelled, Changed -> submitted, Retry -> approved
declined: 
cancelled: 
expired: 
superseded: 
";
    assert_eq!(table, expected, "the table changed; review it and put it here:\n{table}");
}

#[test]
fn what_is_over_stays_over_and_everything_else_can_end() {
    let over: Vec<S> = S::ALL.into_iter().filter(|state| is_over(*state)).collect();
    assert_eq!(over, [S::Applied, S::Declined, S::Cancelled, S::Expired, S::Superseded]);
    for state in S::ALL {
        let mut reached = vec![state];
        let mut at = 0;
        while let Some(from) = reached.get(at).copied() {
            for next in RequestEvent::ALL.into_iter().filter_map(|event| after(from, event)) {
                if !reached.contains(&next) {
                    reached.push(next);
                }
            }
            at += 1;
        }
        assert!(reached.into_iter().any(is_over), "{state:?} never ends");
    }
}
