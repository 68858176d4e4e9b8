//! All configuration of a topic: what is in force, where it comes from, and what it means.

use super::{
    config::value,
    page_query::{TopicQuery, TopicTab},
    words::source,
};
use crate::{
    clusters::counted,
    ui::{Empty, Erase, Notice, Panel, TableScroll, Tone},
};
use klamm_model::{BrokerId, BrokerValue, ConfigKey, ConfigSource, ConfigSubject, Known, TopicConfig};
use leptos::prelude::*;

/// Every key, by subject.
#[component]
pub(super) fn ConfigPart(config: TopicConfig, query: TopicQuery, path: String) -> impl IntoView {
    let TopicConfig { keys, set, told_by, reason, revisions: _ } = config;
    let reason = reason.map(|reason| format!(" {}.", reason.trim_end_matches('.'))).unwrap_or_default();
    let Known::Known(keys) = keys else {
        return view! {
            <Panel title="Configuration" flush=true>
                <Empty title="What is set on the topic is unknown">
                    <p>"No broker has told its configuration so far, or Klamm may not read it." {reason}</p>
                </Empty>
            </Panel>
        }
        .erased();
    };
    let is_partial = (told_by == Known::Unknown).then(|| {
        view! {
            <Notice tone=Tone::Warn word="Only what is set">
                "What brokers have where the topic says nothing could not be read, so those keys are missing here." {reason}
            </Notice>
        }
    });
    let panels: Vec<_> = by_subject(keys).into_iter().map(|(subject, keys)| subject_panel(subject, keys)).collect();
    let is_empty = panels.is_empty();
    view! {
        <Choice query=query.clone() path=path.clone() set />
        {is_partial}
        {panels}
        {is_empty
            .then(|| {
                view! {
                    <Panel title="Configuration" flush=true>
                        <Empty title="Nothing is set on the topic itself">
                            <p>
                                "It follows its brokers in everything. "
                                <a href=TopicQuery::of(TopicTab::Config).href(&path)>"Show what that comes to"</a> "."
                            </p>
                        </Empty>
                    </Panel>
                }
            })}
    }
    .erased()
}

/// All keys, or those that are set here.
#[component]
fn Choice(query: TopicQuery, path: String, set: Known<u32>) -> impl IntoView {
    let set = match set {
        Known::Known(set) => format!("Only what is set here · {set}"),
        Known::Unknown => "Only what is set here".to_owned(),
    };
    let choice = |label: String, is_set: bool| {
        let href = TopicQuery { set: is_set, ..TopicQuery::of(TopicTab::Config) }.href(&path);
        view! {
            <li>
                <a href=href aria-current=(query.set == is_set).then_some("true")>
                    {label}
                </a>
            </li>
        }
    };
    view! {
        <nav class="choice" aria-label="Which keys">
            <ul>{choice("All keys".to_owned(), false)} {choice(set, true)}</ul>
        </nav>
    }
}

/// Keys come sorted by subject.
fn by_subject(keys: Vec<ConfigKey>) -> Vec<(ConfigSubject, Vec<ConfigKey>)> {
    let mut subjects: Vec<(ConfigSubject, Vec<ConfigKey>)> = Vec::new();
    for key in keys {
        match subjects.last_mut() {
            Some((subject, keys)) if *subject == key.subject => keys.push(key),
            Some(_) | None => subjects.push((key.subject, vec![key])),
        }
    }
    subjects
}

fn title(subject: ConfigSubject) -> &'static str {
    match subject {
        ConfigSubject::Keeping => "How long records stay",
        ConfigSubject::Safety => "How safe writes are",
        ConfigSubject::Writing => "What may be written, and how it is stored",
        ConfigSubject::Compaction => "Compaction",
        ConfigSubject::Files => "Files on the brokers' disks",
        ConfigSubject::Tiered => "Remote storage",
        ConfigSubject::Moving => "While partitions move",
        ConfigSubject::Other => "Keys that are newer than Klamm",
    }
}

fn subject_panel(subject: ConfigSubject, keys: Vec<ConfigKey>) -> AnyView {
    let rows: Vec<_> = keys.into_iter().map(row).collect();
    view! {
        <Panel title=title(subject) flush=true>
            <TableScroll label=title(subject)>
                <thead>
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"Value"</th>
                        <th scope="col">"From"</th>
                    </tr>
                </thead>
                <tbody class="keys-and-values">{rows}</tbody>
            </TableScroll>
        </Panel>
    }
    .erased()
}

fn row(key: ConfigKey) -> AnyView {
    let ConfigKey { line, subject: _, meaning, otherwise, differing } = key;
    let is_set = line.source == ConfigSource::Topic;
    let otherwise = otherwise.map(|other| {
        let said = other.words.or(other.value).unwrap_or_else(|| "kept secret".to_owned());
        format!("else {said}, from {}", source(other.source))
    });
    let raw = line.words.is_some().then(|| value(line.value.clone()));
    let said = match line.words {
        Some(words) => view! { <span class="said">{words}</span> }.erased(),
        None if line.source == ConfigSource::Unknown => view! { <span class="unknown">"not told"</span> }.erased(),
        None => value(line.value),
    };
    view! {
        <tr class=is_set.then_some("is-set")>
            <th scope="row">
                <code>{line.key}</code>
                <p class="meaning">{meaning}</p>
            </th>
            <td>
                <p>{said} " " <span class="raw">{raw}</span></p>
                {differs(&differing)}
            </td>
            <td>
                <p>{source(line.source)}</p>
                <p class="aside">{otherwise}</p>
            </td>
        </tr>
    }
    .erased()
}

/// `broker 3 has 1`: what is not the same everywhere.
fn differs(differing: &[BrokerValue]) -> Option<AnyView> {
    let words = differing_words(differing)?;
    Some(view! { <p class="differs">{words}</p> }.erased())
}

fn differing_words(differing: &[BrokerValue]) -> Option<String> {
    let mut values: Vec<(String, Vec<BrokerId>)> = Vec::new();
    for other in differing {
        let said = other.words.as_ref().or(other.value.as_ref()).cloned();
        let said = said.unwrap_or_else(|| "no such key".to_owned());
        match values.iter_mut().find(|(value, _)| *value == said) {
            Some((_, brokers)) => brokers.push(other.broker),
            None => values.push((said, vec![other.broker])),
        }
    }
    let each = values.iter().map(|(value, brokers)| match brokers.as_slice() {
        [one] => format!("broker {one} has {value}"),
        [few @ .., last] if few.len() < 4 => {
            let few: Vec<_> = few.iter().map(ToString::to_string).collect();
            format!("brokers {} and {last} have {value}", few.join(", "))
        }
        many => format!("{} have {value}", counted(many.len() as u64, "broker", "brokers")),
    });
    let each: Vec<_> = each.collect();
    (!each.is_empty()).then(|| format!("Not the same everywhere: {}", each.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_that_differ_are_told_by_what_they_have() {
        let other = |broker, value: Option<&str>| BrokerValue {
            broker: BrokerId(broker),
            value: value.map(str::to_owned),
            words: None,
        };
        assert_eq!(differing_words(&[]), None);
        let words = differing_words(&[other(3, Some("1")), other(4, None), other(7, Some("1"))]).unwrap();
        assert_eq!(words, "Not the same everywhere: brokers 3 and 7 have 1; broker 4 has no such key");
        let many: Vec<_> = (0..9).map(|broker| other(broker, Some("1"))).collect();
        assert_eq!(differing_words(&many).unwrap(), "Not the same everywhere: 9 brokers have 1");
    }
}
