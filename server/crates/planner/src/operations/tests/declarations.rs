//! A cluster whose declaration changes now and then, also in the middle of what an earlier one asked for: operations are
//! made from the difference, one at a time, and in the end everything is as it was declared last.

use super::checker;
use super::lives::{Life, plan_for, some_life};
use super::world::{Make, World};
use crate::operations::{Declared, DeclaredLevels, Goal, Guard, METADATA, Next, due, levels};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Declaration {
    make: Make,
    metadata: Option<&'static str>,
}

impl Declaration {
    fn declared(&self) -> Declared {
        let metadata =
            self.metadata.map(|name| DeclaredLevels { name: name.to_owned(), levels: levels(name).unwrap() });
        Declared { version: self.make.version.clone(), metadata }
    }
}

/// With this value of a setting no broker starts.
const BAD: u32 = 9;

fn some_declaration() -> impl Strategy<Value = Declaration> {
    let version = prop::sample::select(vec!["4.1.2", "4.2.1"]);
    let config = prop::sample::select(vec![0, 1, BAD]);
    (version, config, prop::option::of(Just("4.1"))).prop_map(|(version, config, metadata)| Declaration {
        make: Make { version: version.to_owned(), config },
        metadata,
    })
}

/// What is declared last, and can be had.
fn some_end() -> impl Strategy<Value = Declaration> {
    prop::sample::select(vec![("4.1.2", None), ("4.1.2", Some("4.1")), ("4.2.1", None), ("4.2.1", Some("4.2"))])
        .prop_map(|(version, metadata)| Declaration { make: Make { version: version.to_owned(), config: 2 }, metadata })
}

/// What is going on.
struct Course {
    world: World,
    declaration: Declaration,
    running: Option<Goal>,
    /// What was refused is not asked for again before something else is declared.
    is_refused: bool,
}

impl Course {
    fn declare(&mut self, declaration: &Declaration) {
        self.world.declared = declaration.make.clone();
        self.declaration = declaration.clone();
        self.running = None;
        self.is_refused = false;
    }

    /// One look; whether there was anything to do.
    fn look(&mut self, life: &mut Life) -> Result<bool, TestCaseError> {
        if self.running.is_none() && !self.is_refused {
            self.running = due(&self.world.observe(), &self.declaration.declared());
        }
        let Some(goal) = &self.running else { return Ok(false) };
        match plan_for(goal, &self.world, &life.rules).next {
            Next::Act(act) => {
                let wrong = checker::violation(&self.world, &act, &life.rules);
                prop_assert_eq!(wrong, None);
                self.world.apply(&act).map_err(TestCaseError::fail)?;
            }
            Next::Wait(guards) => {
                for guard in guards {
                    if let Guard::AcceptUnavailable(topics) = guard {
                        life.rules.accept_unavailable.extend(topics);
                    }
                }
            }
            Next::Done => self.running = None,
            Next::Refuse(_) => {
                self.running = None;
                self.is_refused = true;
            }
        }
        Ok(true)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn in_the_end_everything_is_as_declared_last(
        mut life in some_life(),
        changes in prop::collection::vec((1i64..120, some_declaration()), 0..4),
        last in (120i64..300, some_end()),
    ) {
        let mut world = life.world.clone();
        world.bad = ["4.1.2", "4.2.1"].map(|version| Make { version: version.to_owned(), config: BAD }).into();
        let first = Declaration { make: world.declared.clone(), metadata: None };
        let mut course = Course { world, declaration: first, running: None, is_refused: false };
        loop {
            let now = course.world.now;
            for (_, fault) in life.faults.iter().filter(|(at, _)| *at == now) {
                course.world.befall(*fault);
            }
            for (_, declaration) in changes.iter().chain([&last]).filter(|(at, _)| *at == now) {
                course.declare(declaration);
            }
            let was_busy = course.look(&mut life)?;
            if now > last.0 && !was_busy {
                break;
            }
            prop_assert!(now < 3000, "no end of {:?}: {:?}", course.running, course.world);
            course.world.tick();
        }
        let world = &course.world;
        prop_assert!(!course.is_refused, "{:?} was refused", course.declaration);
        for (id, node) in &world.nodes {
            prop_assert_eq!(&node.runs, &last.1.make, "node {}", id);
        }
        if let Some(name) = last.1.metadata {
            prop_assert_eq!(world.features[METADATA], levels(name).unwrap()[METADATA]);
        }
    }
}
