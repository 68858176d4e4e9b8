//! Rules and verdicts as the page shows them, and the form's text as a wish.

use super::api::{EnvironmentWords, Field, PoliciesPageData, Verdict};
use crate::requests::capital;
use crate::ui::{Status, decode, harmless};
use klamm_model::{
    ClusterView, EnvironmentRules, PoliciesView, RequestKind, Severity, TopicPart, TopicWishSpec, UnixMillis,
    WishOutcome, WishRequest, WishValue, WishVerdict,
};
use std::collections::BTreeMap;

/// A wish as it was typed. Whatever it is, it comes back into the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TriedWish {
    pub(crate) kind: String,
    pub(crate) cluster: String,
    pub(crate) team: String,
    pub(crate) topic: String,
    pub(crate) partitions: String,
    pub(crate) factor: String,
    /// `key=value`, with commas between.
    pub(crate) config: String,
}

impl TriedWish {
    /// Reads a query as forms send it.
    pub(super) fn of(query: &str) -> Self {
        let pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
        let mut tried = Self::default();
        for (name, value) in pairs {
            let field = match name {
                "kind" => &mut tried.kind,
                "cluster" => &mut tried.cluster,
                "team" => &mut tried.team,
                "topic" => &mut tried.topic,
                "partitions" => &mut tried.partitions,
                "factor" => &mut tried.factor,
                "config" => &mut tried.config,
                _ => continue,
            };
            // The fields are of one line each; whoever writes addresses may write several.
            let value = decode(&value.replace('+', " ")).replace("\r\n", ",").replace(['\r', '\n'], ",");
            *field = harmless(&value).chars().take(LONGEST).collect();
        }
        tried
    }
}

/// No field needs more.
const LONGEST: usize = 2000;

/// Clusters with their environments.
pub(crate) fn clusters_of(clusters: &[ClusterView]) -> Vec<(String, String)> {
    let name = |cluster: &ClusterView| format!("{}/{}", cluster.namespace, cluster.name);
    clusters.iter().map(|cluster| (name(cluster), cluster.environment.clone().unwrap_or_default())).collect()
}

/// The whole page.
pub(crate) fn page(
    rules: PoliciesView,
    clusters: &[(String, String)],
    own_team: &str,
    tried: TriedWish,
    verdict: Option<Verdict>,
    now: UnixMillis,
) -> PoliciesPageData {
    let sentence = match rules.environments.len() {
        0 => "Nothing may be asked for: nobody has written rules".to_owned(),
        1 => "Rules of one environment".to_owned(),
        several => format!("Rules of {several} environments"),
    };
    let problem = rules.problem.as_ref().map(|problem| {
        format!(
            "Newer rules are not taken since {}: {}. The ones below count.",
            problem.since.ago(now),
            problem.message
        )
    });
    let named: Vec<&str> = rules.environments.iter().map(|rules| rules.name.as_str()).collect();
    let of = |environment: &str| {
        let is_meant = |own: &str| own == environment || (environment == "*" && !named.contains(&own));
        let all: Vec<_> = clusters.iter().filter(|(_, own)| is_meant(own)).map(|(name, _)| name.as_str()).collect();
        if all.is_empty() { "no cluster".to_owned() } else { all.join(", ") }
    };
    let environments = rules.environments.iter().map(|rules| environment(rules, of(&rules.name), now)).collect();
    let fields = fields(clusters, own_team, tried);
    PoliciesPageData { sentence, problem, environments, fields, verdict }
}

fn fields(clusters: &[(String, String)], own_team: &str, tried: TriedWish) -> Vec<Field> {
    let field = |name: &str, label: &str, value: String, example: &str, choices: Vec<(String, String)>| Field {
        name: name.to_owned(),
        label: label.to_owned(),
        value,
        example: example.to_owned(),
        choices,
    };
    let kinds = RequestKind::ALL.map(|kind| (kind.name().to_owned(), capital(kind.words()))).to_vec();
    let clusters = clusters.iter().map(|(name, _)| (name.clone(), name.clone())).collect();
    let team = if tried.team.is_empty() { own_team.to_owned() } else { tried.team };
    let typed = Vec::new;
    vec![
        field("kind", "What", tried.kind, "", kinds),
        field("cluster", "Cluster", tried.cluster, "", clusters),
        field("team", "Team", team, "payments", typed()),
        field("topic", "Topic", tried.topic, "payments.orders", typed()),
        field("partitions", "Partitions", tried.partitions, "6", typed()),
        field("factor", "Replicas", tried.factor, "3", typed()),
        field("config", "Configuration", tried.config, "retention.ms=86400000, cleanup.policy=delete", typed()),
    ]
}

fn environment(rules: &EnvironmentRules, clusters: String, now: UnixMillis) -> EnvironmentWords {
    let freezes = rules.freezes.iter().filter(|freeze| freeze.until > now).map(|freeze| {
        let begins = if freeze.from <= now { "now".to_owned() } else { format!("begins {}", freeze.from.ahead(now)) };
        format!("{}: {begins}, ends {}", freeze.reason, freeze.until.ahead(now))
    });
    let limits = [
        ("Beyond this a topic is refused", rules.allowed.clone()),
        ("Within this nobody has to be asked", rules.automatic.clone()),
        ("What a team may have of each cluster", rules.quota.clone()),
        ("When nothing is applied", freezes.collect()),
        ("Teams that keep their objects in Git", rules.exports.iter().map(ToString::to_string).collect()),
        ("Who may read messages", readers(&rules.messages)),
    ];
    EnvironmentWords {
        title: if rules.name == "*" { "Every other environment".to_owned() } else { rules.name.clone() },
        hint: clusters,
        kinds: rules.kinds.iter().map(|kind| (capital(kind.kind.words()), kind.sentence.clone())).collect(),
        limits: limits
            .into_iter()
            .filter(|(_, all)| !all.is_empty())
            .map(|(heading, all)| (heading.to_owned(), all.join("\n")))
            .collect(),
    }
}

/// Said even where it is nobody: people look for it here.
fn readers(named: &[String]) -> Vec<String> {
    if named.is_empty() { vec!["nobody".to_owned()] } else { named.to_vec() }
}

/// What was typed, as a wish; none where nothing was.
pub(super) fn wish(tried: &TriedWish) -> Option<Result<WishRequest, String>> {
    (!tried.kind.is_empty()).then(|| typed(tried))
}

fn typed(tried: &TriedWish) -> Result<WishRequest, String> {
    let kind = RequestKind::ALL.into_iter().find(|kind| kind.name() == tried.kind);
    let kind = kind.ok_or("Choose what to ask for.")?;
    let cluster = tried.cluster.parse().map_err(|_| "Choose a cluster.")?;
    let team = tried.team.trim().parse().map_err(|error| format!("Team: {error}"))?;
    let spec = match kind.topic_part() {
        TopicPart::Described => Some(TopicWishSpec {
            topic_name: tried.topic.trim().to_owned(),
            partitions: number("Partitions", &tried.partitions)?,
            replication_factor: number("Replicas", &tried.factor)?,
            config: config(&tried.config)?,
        }),
        TopicPart::None => None,
    };
    Ok(WishRequest { kind, cluster, team, spec })
}

fn number(what: &str, text: &str) -> Result<Option<u32>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("{what}: {text:?} is no whole number.")),
    }
}

fn config(text: &str) -> Result<BTreeMap<String, WishValue>, String> {
    let lines = text.split(',').map(str::trim).filter(|line| !line.is_empty());
    let pair = |line: &str| {
        let (key, value) =
            line.split_once('=').ok_or_else(|| format!("Configuration: write {line:?} as key=value."))?;
        Ok((key.trim().to_owned(), WishValue::Text(value.trim().to_owned())))
    };
    lines.map(pair).collect()
}

/// What the rules say.
pub(crate) fn verdict(verdict: WishVerdict, now: UnixMillis) -> Verdict {
    let status = match verdict.outcome {
        WishOutcome::Refused => (Status::Bad, "refused"),
        WishOutcome::NeedsApproval => (Status::Warn, "needs approval"),
        WishOutcome::Automatic => (Status::Ok, "applied at once"),
    };
    let later = verdict.frozen_until.map(|until| format!(" It would be applied {} at the earliest.", until.ahead(now)));
    let finding = |finding: klamm_model::Finding| {
        let (status, word) = match finding.severity {
            Severity::Error => (Status::Bad, "refused"),
            Severity::Approval => (Status::Warn, "asked about"),
            Severity::Info => (Status::Unknown, "to know"),
        };
        let (word, sentence) = (word.to_owned(), finding.message);
        Verdict { status, word, sentence, rule: finding.rule, findings: Vec::new() }
    };
    Verdict {
        status: status.0,
        word: status.1.to_owned(),
        sentence: verdict.sentence + &later.unwrap_or_default(),
        rule: String::new(),
        findings: verdict.findings.into_iter().map(finding).collect(),
    }
}

/// What was typed cannot be meant.
pub(super) fn not_valid(why: String) -> Verdict {
    let word = "not valid".to_owned();
    Verdict { status: Status::Unknown, word, sentence: why, rule: String::new(), findings: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(kind: &str, config: &str) -> TriedWish {
        let text = |text: &str| text.to_owned();
        TriedWish {
            kind: text(kind),
            cluster: text("kafka/demo"),
            team: text("payments"),
            topic: text(" payments.a "),
            partitions: text("3"),
            factor: text(""),
            config: text(config),
        }
    }

    #[test]
    fn a_form_comes_back_as_it_was_sent() {
        let query = "?kind=topicCreate&cluster=kafka%2Fdemo&team=payments&topic=+payments.a+&partitions=3&factor=&config=retention.ms+%3D+1%0D%0Aa%3Db&x=y";
        assert_eq!(TriedWish::of(query), tried("topicCreate", "retention.ms = 1,a=b"));
        assert_eq!(TriedWish::of(""), TriedWish::default());
        assert_eq!(TriedWish::of("?kind=%ff&team").kind, "\u{fffd}");
    }

    #[test]
    fn what_is_typed_is_read_as_a_wish_or_its_mistake_is_named() {
        assert_eq!(wish(&TriedWish::default()), None, "nothing was tried");
        let read = wish(&tried("topicCreate", "retention.ms = 1000, cleanup.policy=compact,")).unwrap().unwrap();
        let spec = read.spec.unwrap();
        assert_eq!((spec.topic_name.as_str(), spec.partitions, spec.replication_factor), ("payments.a", Some(3), None));
        let config: Vec<_> = spec.config.iter().map(|(key, value)| format!("{key}={}", value.text())).collect();
        assert_eq!(config, ["cleanup.policy=compact", "retention.ms=1000"]);
        assert_eq!(wish(&tried("accessGrant", "")).unwrap().unwrap().spec, None);
        let mistake = |tried: TriedWish| wish(&tried).unwrap().unwrap_err();
        assert_eq!(mistake(tried("nothing", "")), "Choose what to ask for.");
        assert_eq!(mistake(tried("topicCreate", "compact")), "Configuration: write \"compact\" as key=value.");
        let many = TriedWish { partitions: "many".to_owned(), ..tried("topicCreate", "") };
        assert_eq!(mistake(many), "Partitions: \"many\" is no whole number.");
        assert_eq!(mistake(TriedWish { cluster: String::new(), ..tried("topicCreate", "") }), "Choose a cluster.");
    }
}
