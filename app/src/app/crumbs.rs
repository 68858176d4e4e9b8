use crate::ui::{Crumb, decode, harmless};

/// What stands below a cluster, as addresses and as people call it.
const PAGES: [(&str, &str); 9] = [
    ("brokers", "Brokers"),
    ("disks", "Disks"),
    ("placement", "Placement"),
    ("topics", "Topics"),
    ("groups", "Consumer groups"),
    ("clients", "Clients"),
    ("targets", "Targets"),
    ("findings", "Findings"),
    ("operations", "Operations"),
];

/// The way to a page, read from its address.
pub(super) fn crumbs(path: &str) -> Vec<Crumb> {
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    let link = |label: &str, href: String| Crumb { label: label.to_owned(), href: Some(href) };
    let mut crumbs = match parts.as_slice() {
        [] => vec![link("My work", "/".to_owned())],
        ["groups", ..] => vec![link("Consumer groups", "/groups".to_owned())],
        ["policies"] => vec![link("Policies", "/policies".to_owned())],
        ["requests", rest @ ..] => below(("Requests", "/requests"), rest),
        ["approvals"] => vec![link("Approvals", "/approvals".to_owned())],
        ["credentials", rest @ ..] => below(("Credentials", "/credentials"), rest),
        ["sessions"] => vec![link("Sessions", "/sessions".to_owned())],
        ["people", rest @ ..] => named(("People", "/people"), rest),
        ["teams", rest @ ..] => named(("Teams", "/teams"), rest),
        ["audit"] => vec![link("Audit", "/audit".to_owned())],
        ["webhooks"] => vec![link("Audit", "/audit".to_owned()), link("Webhooks", "/webhooks".to_owned())],
        ["search"] => vec![link("Search", "/search".to_owned())],
        ["topics"] => vec![link("Topics", "/topics".to_owned())],
        ["topics", name, ..] => {
            vec![link("Topics", "/topics".to_owned()), link(&harmless(&decode(name)), path.to_owned())]
        }
        ["tokens"] => vec![link("API tokens", "/tokens".to_owned())],
        ["clusters", rest @ ..] => {
            let mut crumbs = vec![link("Clusters", "/clusters".to_owned())];
            if let [namespace, name, rest @ ..] = rest {
                let cluster = format!("/clusters/{namespace}/{name}");
                crumbs.push(link(&format!("{namespace} / {name}"), cluster.clone()));
                let list = rest.first().and_then(|page| PAGES.iter().find(|(known, _)| known == page));
                if let Some((page, label)) = list {
                    crumbs.push(link(label, format!("{cluster}/{page}")));
                    crumbs.extend(
                        rest.get(1).map(|name| link(&harmless(&decode(name)), format!("{cluster}/{page}/{name}"))),
                    );
                    if rest.get(2) == Some(&"messages") {
                        crumbs.push(link("Messages", String::new()));
                    }
                }
            }
            crumbs
        }
        _ => vec![link("No such page", path.to_owned())],
    };
    if let Some(here) = crumbs.last_mut() {
        here.href = None;
    }
    crumbs
}

/// A list, and what of it is shown by its name.
fn named((label, href): (&str, &str), rest: &[&str]) -> Vec<Crumb> {
    let list = Crumb { label: label.to_owned(), href: Some(href.to_owned()) };
    let one = rest.first().map(|name| Crumb { label: harmless(&decode(name)), href: Some(String::new()) });
    [list].into_iter().chain(one).collect()
}

/// A list, and what of it is shown; ids are long, their end tells them apart.
fn below((label, href): (&str, &str), rest: &[&str]) -> Vec<Crumb> {
    let mut crumbs = vec![Crumb { label: label.to_owned(), href: Some(href.to_owned()) }];
    if let [id, ..] = rest {
        let id = harmless(&decode(id));
        let label = match id.as_str() {
            "new" => "New".to_owned(),
            _ => format!("…{}", id.chars().skip(id.chars().count().saturating_sub(8)).collect::<String>()),
        };
        crumbs.push(Crumb { label, href: Some(String::new()) });
    }
    crumbs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str) -> Vec<(String, Option<String>)> {
        crumbs(path).into_iter().map(|crumb| (crumb.label, crumb.href)).collect()
    }

    #[test]
    fn every_step_but_the_last_leads_back() {
        assert_eq!(
            told("/clusters/kafka/demo/topics/sample-topic"),
            [
                ("Clusters".to_owned(), Some("/clusters".to_owned())),
                ("kafka / demo".to_owned(), Some("/clusters/kafka/demo".to_owned())),
                ("Topics".to_owned(), Some("/clusters/kafka/demo/topics".to_owned())),
                ("sample-topic".to_owned(), None),
            ]
        );
        let group = told("/clusters/kafka/demo/groups/a%2Fb%20c");
        assert_eq!(group.last(), Some(&("a/b c".to_owned(), None)));
        assert_eq!(told("/"), [("My work".to_owned(), None)]);
        assert_eq!(told("/tokens"), [("API tokens".to_owned(), None)]);
        assert_eq!(told("/teams"), [("Teams".to_owned(), None)]);
        let person = [("People".to_owned(), Some("/people".to_owned())), ("me@x".to_owned(), None)];
        assert_eq!(told("/people/me%40x"), person);
        assert_eq!(told("/nowhere"), [("No such page".to_owned(), None)]);
    }
}
