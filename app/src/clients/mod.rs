//! Who talks to the brokers of a cluster, said on the server. Names of software, users and clients were chosen by whoever connects:
//! they are text.

use crate::{
    AppError,
    clusters::ClusterTab,
    door,
    sheet::{Line, Panel, Part, Rows, Sheet, code, head, label, link, number, panel, status, text},
    ui::{Status, harmless, printable},
};
use klamm_model::{
    BrokerId, ClientRate, ClientSoftware, ClientsView, ClusterRef, Connected, OldRequestsView, human_bytes, human_count,
};

/// Rows of a table; a cluster with more has stranger troubles.
const ROWS: usize = 500;
/// Characters of a name.
const LONGEST: usize = 120;
/// What connections are called that nobody from outside has.
const AMONG_THEMSELVES: &str = "brokers among themselves";

/// `/clusters/{namespace}/{name}/clients`.
pub(crate) fn page(cluster: &str) -> Result<Sheet, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let (portal, actor) = door::asking()?;
    let view = portal.clients(&actor, &cluster).map_err(door::refuse)?;
    let findings = portal.cluster_view(&actor, &cluster).map_err(door::refuse)?.findings;
    Ok(Sheet {
        title: format!("Clients of {cluster}"),
        sentence: sentence(&view),
        facts: "Connections as brokers count them, by the software that clients say they are".to_owned(),
        tabs: Some((cluster.clone(), ClusterTab::Clients, findings)),
        panels: panels(&view, &cluster),
        now: portal.now(),
        ..Sheet::default()
    })
}

fn sentence(view: &ClientsView) -> String {
    let old = view.old_requests.len();
    let clients = view.software.iter().filter(|one| one.who == Connected::Clients);
    let connections: u64 = clients.map(|one| one.connections).sum();
    match (view.told_by.len(), old) {
        (0, _) => "Nobody can say who is connected".to_owned(),
        (_, 0) => format!("{} connections, and no request is too old", human_count(connections)),
        (_, 1) => format!("{} connections, and one kind of request will not be understood", human_count(connections)),
        (_, several) => {
            format!("{} connections, and {several} kinds of requests will not be understood", human_count(connections))
        }
    }
}

fn panels(view: &ClientsView, cluster: &ClusterRef) -> Vec<Panel> {
    let targets = format!("/clusters/{cluster}/targets");
    if view.told_by.is_empty() {
        let mut why =
            text("Brokers count connections where an exporter tells them. Pods that are read, and how they answer:");
        why.extend(link("targets", targets));
        return vec![panel("Software", vec![Part::Empty("No broker tells of its clients".to_owned(), why)])];
    }
    let missing = u64::from(view.brokers).saturating_sub(view.told_by.len() as u64);
    let told = if missing == 0 {
        "by every broker".to_owned()
    } else {
        format!("{} of {} brokers tell it", view.told_by.len(), view.brokers)
    };
    let heads = vec![head("Software"), head("Version"), number("Connections"), head("By broker"), head("Listeners")];
    let rows: Rows = view.software.iter().take(ROWS).map(software).collect();
    let connected = panel("Software", vec![Part::table("Software of clients", heads, rows)]).hint(told);
    vec![connected, old(view), rates(view)]
}

fn software(one: &ClientSoftware) -> Vec<Line> {
    let brokers = one.by_broker.iter().map(|of| {
        let broker = of.broker.map_or_else(|| "elsewhere".to_owned(), |id| id.to_string());
        format!("{broker}: {}", human_count(of.connections))
    });
    let name = match (one.who, one.name.as_str()) {
        (Connected::Brokers, "unknown") => text(AMONG_THEMSELVES),
        (Connected::Brokers, name) => {
            let mut line = text(AMONG_THEMSELVES);
            line.extend(label(shown(name)));
            line
        }
        (Connected::Clients, "unknown") => {
            let mut line = status(Status::Warn, "unknown");
            line.extend(label("too old to say, or it does not want to"));
            line
        }
        (Connected::Clients, name) => text(shown(name)),
    };
    let version = match one.who {
        Connected::Brokers if one.version == "unknown" => label("–"),
        Connected::Brokers | Connected::Clients => text(shown(&one.version)),
    };
    let listeners: Vec<String> = one.listeners.iter().map(|name| shown(name)).collect();
    vec![
        name,
        version,
        text(human_count(one.connections)),
        text(brokers.collect::<Vec<_>>().join(", ")),
        text(listeners.join(", ")),
    ]
}

fn old(view: &ClientsView) -> Panel {
    let part = if view.old_requests.is_empty() {
        let why =
            text("Brokers tell it since Kafka 3.8. Nothing they were asked since they began is too old for Kafka 4.");
        Part::Empty("No request is too old".to_owned(), why)
    } else {
        let heads =
            vec![head("Request"), head("Version"), head("Client"), number("Since brokers began"), head("Brokers")];
        Part::table("Requests in old versions", heads, view.old_requests.iter().take(ROWS).map(request).collect())
    };
    panel("Requests in old versions", vec![part]).hint("look here before you upgrade")
}

fn request(one: &OldRequestsView) -> Vec<Line> {
    let client = match (&one.client, &one.client_version) {
        (Some(name), Some(version)) => text(format!("{} {}", shown(name), shown(version))),
        (Some(name), None) => text(shown(name)),
        (None, _) => label("does not say"),
    };
    vec![
        code(shown(&one.request)),
        text(shown(&one.version)),
        client,
        text(human_count(one.count)),
        text(ids(&one.brokers)),
    ]
}

fn rates(view: &ClientsView) -> Panel {
    let part = if view.rates.is_empty() {
        let mut why = text("Brokers measure a user or a client where there is a quota for it. Give a KafkaUser");
        why.extend(code("spec.quotas"));
        why.extend(text(
            ", however generous, and its rate appears here. Its name then stands in what the exporter shows, too.",
        ));
        Part::Empty("Nobody has a quota".to_owned(), why)
    } else {
        let mut heads = vec![head("User"), head("Client")];
        heads.extend(["Writes", "Reads", "Handlers", "Held up"].map(number));
        Part::table("Users and clients with quotas", heads, view.rates.iter().take(ROWS).map(rate).collect())
    };
    panel("Who uses how much", vec![part]).hint("only where there is a quota")
}

fn rate(one: &ClientRate) -> Vec<Line> {
    let name = |name: &Option<String>| name.as_ref().map_or_else(|| label("any"), |name| code(shown(name)));
    let or_nothing = |line: Option<String>| line.map_or_else(|| label("no quota"), text);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is shown rounded")]
    let bytes = |rate: f64| format!("{}/s", human_bytes(rate.max(0.0) as u64));
    vec![
        name(&one.user),
        name(&one.client_id),
        or_nothing(one.produced.map(bytes)),
        or_nothing(one.fetched.map(bytes)),
        or_nothing(one.handlers.map(|percent| format!("{percent:.1} %"))),
        one.throttle_millis.map_or_else(|| label("no"), |millis| text(format!("{millis:.0} ms"))),
    ]
}

fn ids(brokers: &[BrokerId]) -> String {
    brokers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn shown(name: &str) -> String {
    printable(&harmless(name), LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_what_stands_before_an_upgrade() {
        let mut view = ClientsView::default();
        assert_eq!(sentence(&view), "Nobody can say who is connected");
        view.told_by = vec![BrokerId(0)];
        assert_eq!(sentence(&view), "0 connections, and no request is too old");
        view.old_requests = vec![OldRequestsView {
            request: "Produce".to_owned(),
            version: "2".to_owned(),
            client: None,
            client_version: None,
            count: 7,
            brokers: vec![BrokerId(0)],
        }];
        assert_eq!(sentence(&view), "0 connections, and one kind of request will not be understood");
    }

    #[test]
    fn names_that_clients_choose_are_text_and_short() {
        let one = ClientSoftware {
            who: Connected::Clients,
            name: "<b>\u{202e}".repeat(100),
            version: "unknown".to_owned(),
            connections: 1,
            by_broker: Vec::new(),
            listeners: Vec::new(),
        };
        let row = software(&one);
        assert!(row[0][0].text.chars().count() <= LONGEST + 1 && !row[0][0].text.contains('\u{202e}'));
    }

    #[test]
    fn brokers_among_themselves_are_called_so_and_no_clients() {
        let of = |who, name: &str, connections| ClientSoftware {
            who,
            name: name.to_owned(),
            version: "unknown".to_owned(),
            connections,
            by_broker: Vec::new(),
            listeners: Vec::new(),
        };
        let brokers = of(Connected::Brokers, "unknown", 40);
        assert_eq!(software(&brokers)[0], text("brokers among themselves"));
        assert_eq!(software(&of(Connected::Clients, "unknown", 2))[0][0].text, "unknown");
        let all = vec![of(Connected::Clients, "librdkafka", 2), brokers];
        let view = ClientsView { software: all, told_by: vec![BrokerId(0)], ..ClientsView::default() };
        assert_eq!(sentence(&view), "2 connections, and no request is too old");
    }
}
