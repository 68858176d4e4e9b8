use super::*;
use crate::sheet::Look;
use klamm_model::{FindingSubject, UnixMillis};
use leptos::prelude::Owner;

fn finding(id: &str, acknowledged: Option<Acknowledgement>) -> ClusterFinding {
    ClusterFinding {
        id: id.to_owned(),
        rule: FindingRule::BrokerDown,
        severity: FindingSeverity::Critical,
        subject: FindingSubject::Cluster,
        message: "Broker 2 is down".to_owned(),
        meaning: "It serves nobody.".to_owned(),
        advice: "Look at its pod and at its node.".to_owned(),
        link: None,
        partitions: Vec::new(),
        partition_total: 0,
        since: UnixMillis(1_700_000_000_000),
        acknowledged,
    }
}

fn known_of() -> Acknowledgement {
    Acknowledgement {
        by: "op".parse().unwrap(),
        reason: "new disk".to_owned(),
        at: UnixMillis(1_700_000_000_000),
        until: UnixMillis(1_700_000_060_000),
    }
}

/// As the server draws it for a request.
fn drawn(panel: Panel) -> String {
    Owner::new().with(|| piece_of(panel, UnixMillis(1_700_000_000_000)))
}

fn presses(row: &[Line]) -> usize {
    row.iter().flatten().filter(|piece| matches!(piece.look, Look::Press(..))).count()
}

#[test]
fn what_to_do_stands_in_every_row_and_below_the_rest_where_it_is_narrow() {
    let advice = |line: &Line| line.iter().any(|piece| piece.text.contains("Look at its pod and at its node."));
    assert!(short(&finding("fnd_a", None)).iter().any(advice));
    assert!(row(&finding("fnd_a", None), false).iter().any(advice));
    let html = drawn(worst_of(&"kafka/demo".parse().unwrap(), &[finding("fnd_a", None)]));
    assert!(html.contains("data-head=\"What to do\"") && html.contains("Look at its pod"), "{html}");
    assert!(html.contains("table-scroll stacks"), "{html}");
}

#[test]
fn only_what_is_known_is_taken_back_and_only_by_whoever_may_say_so() {
    assert_eq!(presses(&row(&finding("fnd_a", Some(known_of())), true)), 1);
    assert_eq!(presses(&row(&finding("fnd_a", Some(known_of())), false)), 0);
    assert_eq!(presses(&row(&finding("fnd_a", None), true)), 0);
}

#[test]
fn the_button_belongs_to_a_form_of_its_own() {
    let back = Form { id: TAKE_BACK.to_owned(), ..form("/back", "token", Vec::new()) };
    let rows = vec![row(&finding("fnd_a", Some(known_of())), true)];
    let parts = vec![Part::table("Findings", Vec::new(), rows), Part::Form(back)];
    let html = drawn(panel("Findings", parts));
    let button = html.split("<button").nth(1).unwrap().split("</button>").next().unwrap();
    for part in [
        "form=\"take-back\"",
        "name=\"back\"",
        "value=\"fnd_a\"",
        "aria-label=\"Take back: Broker 2 is down\"",
        ">Take back",
    ] {
        assert!(button.contains(part), "{part}: {button}");
    }
    let form = html.split("<form").nth(1).unwrap().split('>').next().unwrap();
    assert!(form.contains("id=\"take-back\"") && form.contains("hidden"), "{form}");
}

#[test]
fn what_came_of_taking_back_is_said() {
    let said = |query: &str| told(&Asked::of(query)).into_iter().map(|(_, word, _)| word).collect::<Vec<_>>();
    assert_eq!(said("?back=1"), ["Taken back"]);
    assert_eq!(said("?stays=gone"), ["Not taken back"]);
    assert_eq!(said("?known=1"), ["Acknowledged"]);
    assert_eq!(said("?back=0"), [""; 0]);
}
