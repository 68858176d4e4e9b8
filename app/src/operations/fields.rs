//! What is filled in to ask for an operation.

use crate::{
    sheet::{Choice, Field, field},
    sheets::Asked,
};
use klamm_model::{BrokerId, OperationKind};
use klamm_portal::{NodeUse, OperationChoices};

/// The fields of a kind.
pub(crate) fn fields(kind: OperationKind, asked: &Asked, there: &OperationChoices) -> Vec<Field> {
    let word = |name: &str, label: &str, choice: Choice| field(name, label, asked.get(name), choice);
    let accept = || {
        word("accept", "Topics that may be unavailable for a while, by name", Choice::Line)
            .example("none, unless the plan names some")
    };
    let throttle = || {
        word("throttle", "Bytes a second that moving replicas may take on each broker", Choice::Number)
            .example("as Klamm thinks fit")
    };
    match kind {
        OperationKind::Restart => {
            let label = format!("Nodes, of {}; all where none is named", ids(there, Some));
            vec![word("brokers", &label, Choice::Line).example("all"), accept()]
        }
        OperationKind::Drain => {
            let stores = |(id, what): (BrokerId, NodeUse)| match what {
                NodeUse::Broker => Some((id, what)),
                NodeUse::Controller => None,
            };
            let label = format!("Brokers to be emptied, of {}", ids(there, stores));
            vec![word("brokers", &label, Choice::Word).example("2"), throttle()]
        }
        OperationKind::Reconfigure => vec![
            word("config", "Settings, key=value a line; key= takes one away", Choice::Lines)
                .example("num.io.threads=8"),
            accept(),
        ],
        OperationKind::Upgrade => {
            let declared = there.version.as_deref().unwrap_or("unknown");
            let label = format!("Kafka's version; it is {declared}, and Klamm knows {}", there.lines.join(", "));
            vec![word("version", &label, Choice::Word).example("4.2.1"), accept()]
        }
        OperationKind::Finalise => {
            let now = there.metadata.as_deref().unwrap_or("unknown");
            let level = |(name, crossed): &(String, Option<String>)| {
                let way = if crossed.is_some() { "no way back" } else { "there is a way back" };
                (name.clone(), format!("{name}: {way}"))
            };
            let levels: Vec<_> =
                [(String::new(), "choose one".to_owned())].into_iter().chain(there.levels.iter().map(level)).collect();
            let label = format!("Metadata version; {now} is in force");
            let chosen = asked.get("metadata");
            let choice = if there.levels.is_empty() { Choice::Word } else { Choice::One(levels) };
            vec![
                word("metadata", &label, choice),
                field("confirm", "Write it once more", asked.get("confirm"), Choice::Exactly(chosen.to_owned())),
            ]
        }
        OperationKind::Scale => {
            let pool = |(name, nodes): &(String, i32)| {
                let nodes = if *nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes") };
                (name.clone(), format!("{name}: {nodes}"))
            };
            let pools: Vec<_> = there.pools.iter().map(pool).collect();
            let choice = if pools.is_empty() { Choice::Word } else { Choice::One(pools) };
            let leaving = format!("Nodes that go first, of {}; else the highest", ids(there, Some));
            vec![
                word("pool", "Pool", choice),
                word("replicas", "Nodes it is to have", Choice::Number),
                word("leaving", &leaving, Choice::Word),
                accept(),
            ]
        }
        OperationKind::Rebalance => {
            vec![
                word("topics", "Topics; all where none is named", Choice::Line).example("all"),
                word("factor", "Replicas that these topics are to have, in place of being spread", Choice::Number)
                    .example("as many as they have"),
                throttle(),
            ]
        }
    }
}

/// `0, 1, 2`; the first of very many.
fn ids(there: &OperationChoices, counts: impl Fn((BrokerId, NodeUse)) -> Option<(BrokerId, NodeUse)>) -> String {
    const NAMED: usize = 12;
    let ids: Vec<String> = there.nodes.iter().filter_map(|node| counts(*node)).map(|(id, _)| id.to_string()).collect();
    match ids.as_slice() {
        [] => "those there are".to_owned(),
        few if few.len() <= NAMED => few.join(", "),
        many => format!("{} to {}", many.first().map_or("", String::as_str), many.last().map_or("", String::as_str)),
    }
}
