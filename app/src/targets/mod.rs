//! Where numbers of a cluster are read from, as pages show it, said on the server.

use crate::{
    AppError,
    clusters::ClusterTab,
    door,
    sheet::{Line, Part, Rows, Sheet, code, head, label, link, number, panel, status, text, when},
    ui::Status,
};
use klamm_model::{
    PageRequest, TargetAnswer, TargetSource, TargetState, TargetTrouble, UnixMillis, human_bytes, human_count,
};

/// A cluster has fewer.
const LIMIT: u32 = 1000;

/// `/clusters/{namespace}/{name}/targets`.
pub(crate) fn page(cluster: &str) -> Result<Sheet, AppError> {
    let cluster = door::parse_cluster(cluster)?;
    let (portal, actor) = door::asking()?;
    let request = PageRequest { limit: Some(LIMIT), ..PageRequest::default() };
    let targets = portal.targets(&actor, &cluster, &request).map_err(door::refuse)?.items;
    let findings = portal.cluster_view(&actor, &cluster).map_err(door::refuse)?.findings;
    let part = if targets.is_empty() {
        let words = "A pod of this cluster is read once it says prometheus.io/scrape or klamm.dev/jolokia-port, as \
                     docs/exporters.md tells.";
        Part::Empty("No pod tells numbers".to_owned(), text(words))
    } else {
        let mut heads: Vec<_> = ["Pod", "Broker", "Answer", "Told numbers"].map(head).to_vec();
        heads.extend(["Size", "Took", "Rejects"].map(number));
        heads.push(head("Read from"));
        let rows: Rows = targets.iter().map(|target| row(target, &cluster.to_string())).collect();
        Part::table("Targets", heads, rows)
    };
    let mut panels = vec![panel("Targets", vec![part])];
    let examples: Vec<Line> = targets.iter().filter_map(example).collect();
    if !examples.is_empty() {
        let hint = "One line of each target that could not be read or cannot be so";
        panels.push(panel("Rejects", vec![Part::Lines(examples)]).hint(hint));
    }
    Ok(Sheet {
        title: format!("Targets of {cluster}"),
        sentence: sentence(&targets),
        tabs: Some((cluster, ClusterTab::Targets, findings)),
        facts: "Exporters and Jolokia agents beside brokers, read every 15 seconds".to_owned(),
        panels,
        now: portal.now(),
        ..Sheet::default()
    })
}

fn sentence(targets: &[TargetState]) -> String {
    let told = targets.iter().filter(|target| target.answer == TargetAnswer::Numbers).count();
    match (targets.len(), targets.len() - told) {
        (0, _) => "Numbers come from brokers alone".to_owned(),
        (_, 0) => "Every target tells numbers".to_owned(),
        (_, 1) => "One target tells no numbers".to_owned(),
        (_, several) => format!("{several} targets tell no numbers"),
    }
}

fn row(target: &TargetState, cluster: &str) -> Vec<Line> {
    let broker = target
        .broker
        .map_or_else(|| text("none"), |id| link(id.to_string(), format!("/clusters/{cluster}/brokers/{id}")));
    let mut from = code(target.address.clone());
    from.extend(label(match target.source {
        TargetSource::Prometheus => "exporter",
        TargetSource::Jolokia => "Jolokia",
    }));
    let ever = |words: String| if target.answered_at.is_some() { text(words) } else { text("–") };
    vec![
        text(target.pod.to_string()),
        broker,
        answer(&target.answer),
        when(target.answered_at, "never"),
        ever(human_bytes(target.bytes)),
        ever(format!("{} ms", human_count(target.millis.into()))),
        text(human_count(target.rejects.into())),
        from,
    ]
}

fn answer(answer: &TargetAnswer) -> Line {
    match answer {
        TargetAnswer::NotYet => status(Status::Unknown, "not read yet"),
        TargetAnswer::Numbers => status(Status::Ok, "numbers"),
        TargetAnswer::Trouble { kind, reason, since } => trouble(*kind, reason, *since),
    }
}

fn trouble(kind: TargetTrouble, reason: &str, since: UnixMillis) -> Line {
    let word = match kind {
        TargetTrouble::Unreachable => "unreachable",
        TargetTrouble::Slow => "slow",
        TargetTrouble::TooLarge => "too large",
        TargetTrouble::Redirects => "redirects",
        TargetTrouble::WantsPassword => "wants a password",
        TargetTrouble::Refuses => "refuses",
        TargetTrouble::NotMetrics => "not metrics",
        TargetTrouble::NothingKnown => "nothing known",
        TargetTrouble::Lies => "lies",
    };
    let mut line = status(Status::Bad, word);
    line.extend(label(reason));
    line.extend(label("since"));
    line.extend(when(Some(since), ""));
    line
}

fn example(target: &TargetState) -> Option<Line> {
    let reject = target.reject.as_ref()?;
    let mut line = text(format!("{}: ", target.pod));
    line.extend(code(reject.clone()));
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(answer: TargetAnswer) -> TargetState {
        let (pod, broker) = ("demo-broker-0-0".parse().unwrap(), Some(klamm_model::BrokerId(0)));
        let unseen = TargetState::unseen(pod, broker, TargetSource::Prometheus, "127.0.0.1:9779".to_owned());
        TargetState { answer, ..unseen }
    }

    #[test]
    fn a_page_says_first_how_many_tell_nothing() {
        let silent = TargetAnswer::Trouble {
            kind: TargetTrouble::Slow,
            reason: "no whole answer within 5 s".to_owned(),
            since: UnixMillis(1),
        };
        let (told, silent) = (target(TargetAnswer::Numbers), target(silent));
        assert_eq!(sentence(&[]), "Numbers come from brokers alone");
        assert_eq!(sentence(&[told.clone(), told.clone()]), "Every target tells numbers");
        assert_eq!(sentence(&[told.clone(), silent.clone()]), "One target tells no numbers");
        assert_eq!(sentence(&[told, silent.clone(), silent.clone()]), "2 targets tell no numbers");
        let row = row(&silent, "kafka/demo");
        assert_eq!((row[2][0].text.as_str(), row[4][0].text.as_str()), ("slow", "–"));
    }
}
