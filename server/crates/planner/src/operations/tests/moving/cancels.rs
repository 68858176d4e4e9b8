//! What is cancelled at whatever moment, whatever befalls it, leaves what had arrived as it is, and everything else as it was.

use super::{
    ends::carried_out,
    errands::{some_down, some_drain, some_exchange, some_factor, some_rebalance, some_up},
    lives::some_life,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_befalls_it_what_is_cancelled_is_set_right(
        mut life in some_life(prop_oneof![
            some_up(), some_down(), some_exchange(), some_drain(), some_rebalance(), some_factor(),
        ]),
        at in 0i64..60,
    ) {
        life.cancelled_at = Some(at);
        carried_out(&life)?;
    }

    #[test]
    fn what_is_cancelled_while_nothing_else_happens_is_as_it_was_within_a_minute(
        mut life in some_life(prop_oneof![some_drain(), some_down(), some_rebalance(), some_factor()]),
        at in 0i64..40,
    ) {
        (life.troubles, life.kills, life.fleet.world.opens) = (Vec::new(), BTreeMap::new(), None);
        life.cancelled_at = Some(at);
        let told = carried_out(&life)?;
        prop_assert!(told.fleet.world.now <= at + 60, "it took until second {}", told.fleet.world.now);
    }
}
