use super::{capital, fill, offsets, one};
use crate::{
    AppError, door,
    sheet::{
        Button, Choice, Emphasis, Fate, Following, Form, Line, Panel, Part, Sheet, Typing, field, form, label, link,
        panel, status, text,
    },
    sheets::Asked,
    ui::{Query, Status},
};
use klamm_model::{Actor, RequestKind};
use klamm_portal::{Portal, Preview};

const PATH: &str = "/requests/new";

/// What can be asked for from here, in the order in which people look for it.
const KINDS: [RequestKind; 11] = [
    RequestKind::TopicCreate,
    RequestKind::CredentialCreate,
    RequestKind::AccessGrant,
    RequestKind::TopicChange,
    RequestKind::TopicAdopt,
    RequestKind::TopicDelete,
    RequestKind::CredentialChange,
    RequestKind::CredentialRotate,
    RequestKind::CredentialDelete,
    RequestKind::AccessRevoke,
    RequestKind::OffsetsReset,
];

/// `/requests/new`: a form, and while it is filled in, what would become of it.
pub(crate) async fn new(asked: &Asked) -> Result<Sheet, AppError> {
    let (portal, actor) = door::asking()?;
    let csrf = door::csrf_token().unwrap_or_default();
    let kind = RequestKind::named(asked.get("kind")).unwrap_or(RequestKind::TopicCreate);
    let choices = Choices::of(&portal, &actor)?;
    let asked = &choices.filled_in(kind, asked);
    let (notices, panels, beside) = match previewed(&portal, &actor, asked).await {
        None => (Vec::new(), Vec::new(), Vec::new()),
        Some(Err(why)) => (Vec::new(), Vec::new(), vec![verdict(Err(why))]),
        Some(Ok(preview)) => {
            let beside = [Some(verdict(preview.verdict.clone())), one::effect(&preview.effect)];
            let dry_run = preview.effect.offsets.as_ref().map(offsets::panel_of);
            let panels = dry_run.into_iter().chain([one::rules(&preview.findings), manifest(&preview)]);
            (Vec::new(), panels.collect(), beside.into_iter().flatten().collect())
        }
    };
    let form = the_form(kind, asked, &choices, &csrf);
    let edits = asked.given("edit").is_some();
    let kinds = (!edits).then(|| kinds(kind, asked));
    Ok(Sheet {
        title: if edits { "Change a request".to_owned() } else { "Ask for something".to_owned() },
        sentence: if edits {
            format!("Change the request to {}", kind.words())
        } else {
            format!("Ask to {}", kind.words())
        },
        facts: "What the rules say and what it would do stands beside the form while you fill it in".to_owned(),
        notices,
        panels: kinds.into_iter().chain([form]).chain(panels).collect(),
        beside,
        following: Following::Nothing,
        now: portal.now(),
    })
}

async fn previewed(portal: &Portal, actor: &Actor, asked: &Asked) -> Option<Result<Preview, String>> {
    let subject = ["topic", "name", "group"].into_iter().any(|name| asked.given(name).is_some());
    if asked.get("kind").is_empty() || !subject {
        return None;
    }
    let request = match fill::request(asked) {
        Ok(request) => request,
        Err(why) => return Some(Err(why)),
    };
    let replaced = asked.get("edit").parse().ok();
    Some(portal.preview_request(actor, &request, replaced.as_ref()).await.map_err(|problem| problem.detail))
}

fn verdict(verdict: Result<String, String>) -> Panel {
    let line = match verdict {
        Ok(words) => {
            let mut line = status(Status::Ok, "It can be asked for.");
            line.extend(text(words));
            line
        }
        Err(why) => {
            let mut line = status(Status::Bad, "Not like this.");
            line.extend(text(why));
            line
        }
    };
    panel("What would become of it", vec![Part::Lines(vec![line])])
}

fn manifest(preview: &Preview) -> Panel {
    let lines = preview.manifest.lines().map(|line| (Fate::Stays, line.to_owned())).collect();
    panel("What would be written", vec![Part::Diff(lines)])
}

fn kinds(kind: RequestKind, asked: &Asked) -> Panel {
    let keep = ["cluster", "team", "topic", "namespace", "name", "group"];
    let address = |kind: RequestKind| {
        let query = Query::default().with("kind", kind.name());
        keep.into_iter().fold(query, |query, name| query.with(name, asked.get(name))).on(PATH)
    };
    let words = KINDS.into_iter().flat_map(|other| {
        let words = capital(other.words());
        if other == kind { status(Status::Ok, words) } else { link(words, address(other)) }
    });
    panel("What do you want?", vec![Part::Lines(vec![words.collect()])])
}

/// What there is to choose from.
struct Choices {
    clusters: Vec<(String, String)>,
    teams: Vec<(String, String)>,
    namespaces: Vec<(String, String)>,
}

impl Choices {
    fn of(portal: &Portal, actor: &Actor) -> Result<Self, AppError> {
        let clusters = portal.clusters(actor).map_err(door::refuse)?;
        let name = |cluster: &klamm_model::ClusterView| format!("{}/{}", cluster.namespace, cluster.name);
        let words = |cluster: &klamm_model::ClusterView| match &cluster.environment {
            Some(environment) => format!("{} ({environment})", name(cluster)),
            None => name(cluster),
        };
        let teams = actor.teams.iter().map(|team| (team.to_string(), team.to_string())).collect();
        let namespaces = portal.namespaces_of(actor).into_iter();
        Ok(Self {
            clusters: clusters.iter().map(|cluster| (name(cluster), words(cluster))).collect(),
            teams,
            namespaces: namespaces.map(|name| (name.to_string(), name.to_string())).collect(),
        })
    }

    /// What a form sends that nobody has touched: of what there is to choose from, the first.
    fn filled_in(&self, kind: RequestKind, asked: &Asked) -> Asked {
        // Whose consent is taken back is written by hand.
        let namespaces = (kind != RequestKind::AccessRevoke).then_some(("namespace", &self.namespaces));
        let choices = [("cluster", &self.clusters), ("team", &self.teams)].into_iter().chain(namespaces);
        choices.fold(asked.clone(), |asked, (name, all)| match all.first() {
            Some((first, _)) => asked.or(name, first),
            None => asked,
        })
    }
}

fn the_form(kind: RequestKind, asked: &Asked, choices: &Choices, csrf: &str) -> Panel {
    let mut fields = vec![field("cluster", "Cluster", asked.get("cluster"), Choice::One(choices.clusters.clone()))];
    // Whoever is in no team, such as an operator, says for which.
    fields.push(match choices.teams.as_slice() {
        [] => field("team", "For the team", asked.get("team"), Choice::Word),
        teams => field("team", "For your team", asked.get("team"), Choice::One(teams.to_vec())),
    });
    let word = |name: &str, label: &str, choice: Choice| field(name, label, asked.get(name), choice);
    let topic = || word("topic", "Topic", Choice::Line).example("payments.invoices");
    let credential = || {
        let namespace = match choices.namespaces.as_slice() {
            [] => word("namespace", "Namespace", Choice::Word),
            all => word("namespace", "Namespace", Choice::One(all.to_vec())),
        };
        [namespace, word("name", "Name", Choice::Word).example("billing")]
    };
    let shape = || {
        [
            word("partitions", "Partitions", Choice::Number).example("as brokers have it"),
            word("factor", "Replicas", Choice::Number).example("as brokers have it"),
            word("config", "Configuration, key=value a line; key= takes one away", Choice::Lines)
                .example("retention.ms=604800000"),
            word("description", "What it is for", Choice::Line),
            word("contact", "Whom to ask", Choice::Word).example("#payments"),
            word("link", "Where more is written", Choice::Line).example("https://…"),
            word("tags", "Tags", Choice::Word).example("finance, gdpr"),
        ]
    };
    let grants = || {
        word("grants", "What it may do: topic, consume, produce or both, groups; a line each", Choice::Lines)
            .example("payments.invoices both payments.billing")
    };
    let again = |what: &str, name: &str| {
        field(
            "confirm",
            &format!("Write the name of the {what} once more"),
            "",
            Choice::Exactly(asked.get(name).to_owned()),
        )
    };
    match kind {
        RequestKind::TopicCreate | RequestKind::TopicChange | RequestKind::TopicAdopt => {
            fields.push(topic());
            fields.extend(shape());
        }
        RequestKind::TopicDelete => fields.extend([topic(), again("topic", "topic")]),
        RequestKind::CredentialCreate | RequestKind::CredentialChange => {
            fields.extend(credential());
            fields.push(grants());
        }
        RequestKind::CredentialRotate => fields.extend(credential()),
        RequestKind::CredentialDelete => {
            fields.extend(credential());
            fields.push(again("credential", "name"));
        }
        RequestKind::AccessGrant => fields.extend([
            topic(),
            word(
                "access",
                "To",
                Choice::One(["consume", "produce", "both"].map(|a| (a.to_owned(), a.to_owned())).to_vec()),
            ),
            word("users", "For credentials, as namespace/name", Choice::Line).example("payments/billing"),
            word("expires", "Until", Choice::Word).example("2027-01-31T00:00:00Z"),
        ]),
        RequestKind::AccessRevoke => {
            fields.extend([word("namespace", "Namespace", Choice::Word), word("name", "KafkaGrant", Choice::Word)]);
        }
        RequestKind::OffsetsReset => fields.extend([
            word("group", "Group", Choice::Line).example("payments.billing"),
            word("to", "Continue at: earliest, latest, a moment, a time back, a shift, or an offset", Choice::Line)
                .example("earliest, 2026-11-28T10:00:00Z, PT1H, -100, 42"),
            word(
                "topics",
                "With these topics, or with all: a topic and, if not all, its partitions; a line each",
                Choice::Lines,
            )
            .example("payments.invoices 0,3"),
        ]),
    }
    fields.push(word("reason", "Why", Choice::Lines));
    let look = Button { elsewhere: Some(PATH.to_owned()), ..Button::new("See what it would do") };
    let draft = Button { value: Some(("filing".to_owned(), "draft".to_owned())), ..Button::new("Keep as a draft") };
    let edits = asked.given("edit");
    let ask = if edits.is_some() { "Ask for this instead" } else { "Ask for it" };
    let ask = Button { emphasis: emphasis(kind), ..Button::new(ask) };
    let buttons = if edits.is_some() { vec![ask, look] } else { vec![ask, draft, look] };
    let whole = form("/requests", csrf, buttons);
    let sent = [("kind".to_owned(), kind.name().to_owned())];
    let edits = edits.map(|id| ("edit".to_owned(), id));
    let hidden = whole.hidden.into_iter().chain(sent).chain(edits).collect();
    let whole = Form { hidden, fields, typing: Typing::Answers, ..whole };
    panel(capital(kind.words()), vec![Part::Form(whole), Part::Lines(vec![hint(kind)])])
}

fn emphasis(kind: RequestKind) -> Emphasis {
    match kind {
        RequestKind::TopicDelete | RequestKind::CredentialDelete | RequestKind::AccessRevoke => Emphasis::Danger,
        RequestKind::TopicCreate
        | RequestKind::TopicChange
        | RequestKind::TopicAdopt
        | RequestKind::CredentialCreate
        | RequestKind::CredentialChange
        | RequestKind::CredentialRotate
        | RequestKind::AccessGrant
        | RequestKind::OffsetsReset => Emphasis::Primary,
    }
}

fn hint(kind: RequestKind) -> Line {
    label(match kind {
        RequestKind::TopicDelete => {
            "Its records go with it, whatever the cluster does otherwise. Nobody may be reading or writing it."
        }
        RequestKind::CredentialRotate => {
            "The old password works on for a while, so that clients can be changed one by one."
        }
        RequestKind::AccessGrant => "The team that owns the topic decides.",
        RequestKind::OffsetsReset => {
            "Nothing is set before whoever is asked has agreed, and never while somebody reads in the group."
        }
        RequestKind::TopicCreate
        | RequestKind::TopicChange
        | RequestKind::TopicAdopt
        | RequestKind::CredentialCreate
        | RequestKind::CredentialChange
        | RequestKind::CredentialDelete
        | RequestKind::AccessRevoke => "Whoever has to agree sees exactly what would be written.",
    })
}
