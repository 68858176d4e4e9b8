//! Who may do what with a topic.

use super::{
    access_words::{everybody_words, from_words, on_words, right_words, sentence, user_words},
    page_query::{TopicQuery, TopicTab},
};
use crate::{
    clusters::counted,
    ui::{
        Chip, Empty, Erase, Notice, Pager, Panel, TableScroll, Tone, filter_chips, harmless, kept_fields, moment,
        position, search_field,
    },
};
use klamm_model::{
    AppliedRule, Consent, ConsentRef, DecidedBy, Known, PrincipalAccess, RuleEffect, TopicAccess, Unmentioned,
    human_count,
};
use leptos::prelude::*;

/// Everything about it.
#[component]
pub(super) fn AccessPart(access: TopicAccess, query: TopicQuery, path: String) -> impl IntoView {
    let reason = access.reason.clone().map(|reason| format!(" {}.", reason.trim_end_matches('.'))).unwrap_or_default();
    match access.decided {
        Known::Unknown => view! {
            <Panel title="Access" flush=true>
                <Empty title="Nobody could say who may use the topic">
                    <p>"Brokers did not tell their access rules so far, or Klamm may not see them." {reason}</p>
                </Empty>
            </Panel>
        }
        .erased(),
        Known::Known(DecidedBy::Nobody) => view! {
            <Notice tone=Tone::Warn word="No authorizer">
                <b>"Everybody may everything. "</b>
                "These brokers run without an authorizer: whoever reaches them may read, write and delete this topic."
            </Notice>
        }
        .erased(),
        Known::Known(DecidedBy::Rules) => view! { <Ruled access query path /> }.erased(),
    }
}

#[component]
fn Ruled(access: TopicAccess, query: TopicQuery, path: String) -> impl IntoView {
    let TopicAccess { super_users, unmentioned, principals, left_out, consents, consent_count, .. } = access;
    let hint = sentence(access.readers, access.writers);
    let shown = principals.items.len();
    let total = principals.total;
    let next = principals
        .next_cursor
        .clone()
        .map(|cursor| TopicQuery { cursor, before: query.before + shown as u64, ..query.clone() }.href(&path));
    let first = (query.before > 0 || !query.cursor.is_empty())
        .then(|| TopicQuery { cursor: String::new(), before: 0, ..query.clone() }.href(&path));
    let is_long = total > shown as u64 || !query.search.is_empty();
    let table = if principals.items.is_empty() {
        nobody(&query, unmentioned).erased()
    } else {
        principal_table(principals.items)
    };
    view! {
        {(left_out > 0).then(|| view! { <LeftOut count=left_out /> })}
        {is_long.then(|| view! { <SearchForm query=query.clone() path=path.clone() /> })}
        <Panel title="Who may use it" hint flush=true>
            {table}
            {(next.is_some() || first.is_some())
                .then(|| {
                    view! {
                        <Pager
                            summary=position(query.before, shown, total, ("principal", "principals"))
                            first=first.clone()
                            next=next.clone()
                        />
                    }
                })}
        </Panel>
        {(!consents.is_empty()).then(|| view! { <Consents consents total=consent_count /> })}
        <SuperUsers super_users />
    }
}

/// Rules that Klamm does not hold.
#[component]
fn LeftOut(count: u32) -> impl IntoView {
    view! {
        <Notice tone=Tone::Warn word="Not all rules">
            {format!(
                "This cluster has {} more rules about topics than Klamm keeps. Somebody may be missing below.",
                human_count(count.into()),
            )}
        </Notice>
    }
}

/// What of a principal's name can be searched for.
const LONGEST_NAME: usize = 249;

#[component]
fn SearchForm(query: TopicQuery, path: String) -> impl IntoView {
    let without = TopicQuery::of(TopicTab::Access).href(&path);
    let chips = (!query.search.is_empty()).then(|| (format!("name contains “{}”", query.search), without));
    view! {
        <div class="filters">
            <form method="get" action=path class="filter-form">
                {kept_fields([("tab", TopicTab::Access.word().to_owned())])}
                {search_field("User contains", &query.search, LONGEST_NAME)}
                <button type="submit" class="button">
                    "Show"
                </button>
            </form>
            {filter_chips(chips)}
        </div>
    }
}

fn nobody(query: &TopicQuery, unmentioned: Option<Unmentioned>) -> impl IntoView + use<> {
    let (title, text) = match unmentioned {
        _ if !query.search.is_empty() => {
            ("Nobody of that name has a rule about it", "Search for a shorter part of the name.")
        }
        Some(Unmentioned::NotTold) => (
            "No rule speaks of this topic",
            "The brokers set allow.everyone.if.no.acl.found and do not tell to what: either everybody may use the topic, or \
             super users only. A KafkaUser with a grant on it settles the matter.",
        ),
        Some(Unmentioned::Nothing) | None => (
            "Nobody but super users may use it",
            "No rule speaks of this topic. Declare a KafkaUser with a grant on it, and it appears here.",
        ),
    };
    view! {
        <Empty title>
            <p>{text}</p>
        </Empty>
    }
}

fn principal_table(principals: Vec<PrincipalAccess>) -> AnyView {
    let rows: Vec<_> = principals.into_iter().map(principal_row).collect();
    view! {
        <TableScroll label="Who may use it">
            <thead>
                <tr>
                    <th scope="col">"User"</th>
                    <th scope="col">"Team"</th>
                    <th scope="col">"May"</th>
                    <th scope="col">"By"</th>
                </tr>
            </thead>
            <tbody class="from-the-top">{rows}</tbody>
        </TableScroll>
    }
    .erased()
}

fn principal_row(access: PrincipalAccess) -> AnyView {
    let PrincipalAccess { principal, user, team, rights, rules, rule_count, consents } = access;
    let name = match &user {
        Some(user) => view! {
            <span class="name">{user_words(user)}</span>
            <p class="aside">
                <code>{harmless(&principal)}</code>
            </p>
        }
        .erased(),
        None => view! {
            <code>{harmless(&principal)}</code>
            <p class="aside">{everybody_words(&principal)}</p>
        }
        .erased(),
    };
    let may = if rights.is_empty() {
        view! { <span class="unknown">"nothing: its rules forbid it"</span> }.erased()
    } else {
        let words: Vec<_> = right_words(&rights).into_iter().map(|text| view! { <Chip text /> }).collect();
        view! { <span class="chips">{words}</span> }.erased()
    };
    let more = u64::from(rule_count).saturating_sub(rules.len() as u64);
    let rules: Vec<_> = rules.into_iter().map(|rule| rule_line(rule, &principal)).collect();
    let consents: Vec<_> = consents.into_iter().map(consent_line).collect();
    view! {
        <tr>
            <th scope="row" class="wrap">
                {name}
            </th>
            <td>{team.map_or_else(|| "–".to_owned(), |team| team.to_string())}</td>
            <td class="wrap">{may}</td>
            <td class="wrap">
                <ul class="lines">
                    {rules}
                    {(more > 0).then(|| view! { <li>{format!("and {} more", counted(more, "rule", "rules"))}</li> })}
                    {consents}
                </ul>
            </td>
        </tr>
    }
    .erased()
}

/// `allows Read, Describe on topics that begin with payments. · everybody's`.
fn rule_line(rule: AppliedRule, principal: &str) -> AnyView {
    let whose = (rule.principal != principal).then_some(" · everybody's");
    let effect = match rule.effect {
        RuleEffect::Allow => "allows ",
        RuleEffect::Deny => "denies ",
    };
    let operations: Vec<_> = rule.operations.iter().map(ToString::to_string).collect();
    let class = if rule.effect == RuleEffect::Deny { "denies" } else { "allows" };
    let (before, name) = on_words(rule.pattern, &rule.name);
    view! {
        <li class=class>
            {effect} <b>{operations.join(", ")}</b> {before} {name.map(|name| view! { <code>{name}</code> })}
            {from_words(rule.host.as_deref())} {whose}
        </li>
    }
    .erased()
}

fn consent_line(consent: ConsentRef) -> AnyView {
    let until = consent.expires.map_or_else(String::new, |end| format!(", until {}", moment(end)));
    view! {
        <li>
            "with the consent of KafkaGrant " <code>{format!("{}/{}", consent.namespace, consent.name)}</code> {until}
        </li>
    }
    .erased()
}

/// What owners agreed to, whether or not anybody uses it.
#[component]
fn Consents(consents: Vec<Consent>, total: u32) -> impl IntoView {
    let shown = consents.len() as u64;
    let hint = if shown < u64::from(total) {
        format!("the first {shown} of {}", human_count(total.into()))
    } else {
        String::new()
    };
    let rows: Vec<_> = consents.into_iter().map(consent_row).collect();
    view! {
        <Panel title="Consents that speak of it" hint flush=true>
            <TableScroll label="Consents">
                <thead>
                    <tr>
                        <th scope="col">"KafkaGrant"</th>
                        <th scope="col">"To"</th>
                        <th scope="col">"May"</th>
                        <th scope="col">"Until"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </TableScroll>
        </Panel>
    }
}

fn consent_row(consent: Consent) -> AnyView {
    let more = u64::from(consent.to_count).saturating_sub(consent.to.len() as u64);
    let more = if more > 0 { format!(" and {} more", human_count(more)) } else { String::new() };
    let may = match (consent.reads, consent.writes) {
        (true, true) => "read and write",
        (true, false) => "read",
        (false, _) => "write",
    };
    view! {
        <tr>
            <th scope="row">
                <code>{format!("{}/{}", consent.grant.namespace, consent.grant.name)}</code>
            </th>
            <td class="wrap">{consent.to.join(", ")} {more}</td>
            <td>{may}</td>
            <td>{consent.grant.expires.map_or_else(|| "it is taken away".to_owned(), moment)}</td>
        </tr>
    }
    .erased()
}

/// Those whom no rule binds.
#[component]
fn SuperUsers(super_users: Known<Vec<String>>) -> impl IntoView {
    let content = match super_users {
        Known::Known(users) => {
            let users: Vec<_> = users
                .into_iter()
                .map(|user| {
                    view! {
                        <li>
                            <code>{user}</code>
                        </li>
                    }
                })
                .collect();
            view! { <ul class="lines">{users}</ul> }.erased()
        }
        Known::Unknown => view! {
            <p>"Klamm does not run these brokers, and they do not tell who their super users are. There may be some."</p>
        }
        .erased(),
    };
    view! {
        <Panel title="Super users" hint="may everything, whatever the rules say">
            {content}
        </Panel>
    }
}
