use super::{capital, fill, offsets, one, prefill};
use crate::{
    AppError, door, operations,
    sheet::{
        Button, Choice, Emphasis, Fate, Field, Following, Form, Line, Panel, Part, Sheet, Typing, field, form, label,
        link, panel, status, text,
    },
    sheets::Asked,
    ui::{Query, Status, encode},
};
use klamm_model::{Actor, OperationKind, RequestKind};
use klamm_portal::{Portal, Preview};

const PATH: &str = "/requests/new";

/// What operators can ask for beside that.
const OPERATIONS: [RequestKind; 7] = [
    RequestKind::Operation(OperationKind::Upgrade),
    RequestKind::Operation(OperationKind::Finalise),
    RequestKind::Operation(OperationKind::Scale),
    RequestKind::Operation(OperationKind::Restart),
    RequestKind::Operation(OperationKind::Reconfigure),
    RequestKind::Operation(OperationKind::Rebalance),
    RequestKind::Operation(OperationKind::Drain),
];

/// What a request is about, and with whom: it stays so while the rest is written anew.
const STAYS: [&str; 8] = ["cluster", "team", "topic", "namespace", "name", "group", "access", "users"];

type Notice = (Status, String, String);

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
    let asked = &choices.filled_in(kind, &prefill::filled(&portal, &actor, kind, asked));
    let preview = previewed(&portal, &actor, kind, asked).await;
    let notices = refused(asked.get("said"), preview.as_ref()).or_else(|| hopeless(preview.as_ref()));
    let (panels, beside) = match preview {
        None => (Vec::new(), Vec::new()),
        Some(Err(why)) => (Vec::new(), vec![verdict(Err(why))]),
        Some(Ok(preview)) => {
            let beside = [Some(verdict(preview.verdict.clone())), one::effect(&preview.effect)];
            let dry_run = preview.effect.offsets.as_ref().map(offsets::panel_of);
            let plan = preview.effect.operation.as_ref().map(operations::plan_panels).unwrap_or_default();
            let panels = dry_run.into_iter().chain(plan).chain([one::rules(&preview.findings), manifest(&preview)]);
            (panels.collect(), beside.into_iter().flatten().collect())
        }
    };
    let form = match kind.operation() {
        Some(operation) => operation_form(&portal, &actor, (kind, operation), asked, &choices, &csrf),
        None => the_form(kind, asked, &choices, &csrf),
    };
    let edits = asked.given("edit").is_some();
    let kinds = (!edits).then(|| kinds(kind, asked, &actor));
    Ok(Sheet {
        title: if edits { "Change a request".to_owned() } else { "Ask for something".to_owned() },
        sentence: if edits {
            format!("Change the request to {}", kind.words())
        } else {
            format!("Ask to {}", kind.words())
        },
        facts: "What the rules say and what it would do stands beside the form while you fill it in".to_owned(),
        notices: notices.into_iter().collect(),
        panels: kinds.into_iter().chain([form]).chain(panels).collect(),
        beside,
        following: Following::Nothing,
        now: portal.now(),
        ..Sheet::default()
    })
}

async fn previewed(
    portal: &Portal,
    actor: &Actor,
    kind: RequestKind,
    asked: &Asked,
) -> Option<Result<Preview, String>> {
    let subject = match kind.operation() {
        Some(operation) => fill::is_enough(operation, asked),
        None => ["topic", "name", "group"].into_iter().any(|name| asked.given(name).is_some()),
    };
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

/// A form that was sent and refused says so first, and why.
fn refused(said: &str, preview: Option<&Result<Preview, String>>) -> Option<Notice> {
    let why = match (said, preview) {
        ("", _) => return None,
        (_, Some(Err(why) | Ok(Preview { verdict: Err(why), .. }))) => why.clone(),
        ("conflict", _) => "It moved meanwhile. Look at what stands here now, and send it again.".to_owned(),
        ("forbidden", _) => "You may not ask for this.".to_owned(),
        ("invalid", None) => "Say what it is about.".to_owned(),
        ("invalid", Some(_)) => "Look at what the rules say now, and send it again.".to_owned(),
        (_, _) => "It could not be done just now. Try again in a moment.".to_owned(),
    };
    Some((Status::Bad, "Not asked for".to_owned(), why))
}

/// What no other word in the form would change is said before anybody has filled it in to the end.
fn hopeless(preview: Option<&Result<Preview, String>>) -> Option<Notice> {
    let why = preview?.as_ref().ok()?.nobody_agrees.clone()?;
    Some((Status::Warn, "Nobody to agree".to_owned(), capital(&why)))
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

fn kinds(kind: RequestKind, asked: &Asked, actor: &Actor) -> Panel {
    let keep = ["cluster", "team", "topic", "namespace", "name", "group"];
    let address = |kind: RequestKind| {
        let query = Query::default().with("kind", kind.name());
        keep.into_iter().fold(query, |query, name| query.with(name, asked.get(name))).on(PATH)
    };
    let ways = |kinds: &[RequestKind]| -> Line {
        let words = kinds.iter().flat_map(|other| {
            let words = capital(other.words());
            if *other == kind { status(Status::Ok, words) } else { link(words, address(*other)) }
        });
        words.collect()
    };
    let of_clusters = (actor.is_operator() || kind.operation().is_some()).then(|| ways(&OPERATIONS));
    panel("What do you want?", vec![Part::Lines([ways(&KINDS)].into_iter().chain(of_clusters).collect())])
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
        // A whole cluster is no team's.
        let teams = kind.operation().is_none().then_some(("team", &self.teams));
        let choices = [("cluster", &self.clusters)].into_iter().chain(teams).chain(namespaces);
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
        // These have a form of their own.
        RequestKind::Operation(_) => {}
    }
    whole(kind, asked, fields, csrf)
}

/// The form of an operation: what there is to choose from is what the cluster has.
fn operation_form(
    portal: &Portal,
    actor: &Actor,
    (kind, operation): (RequestKind, OperationKind),
    asked: &Asked,
    choices: &Choices,
    csrf: &str,
) -> Panel {
    let cluster = asked.get("cluster").parse().ok();
    let there = cluster.and_then(|cluster| portal.operation_choices(actor, &cluster).ok()).unwrap_or_default();
    let fields = vec![field("cluster", "Cluster", asked.get("cluster"), Choice::One(choices.clusters.clone()))];
    let fields = fields.into_iter().chain(operations::fields(operation, asked, &there)).collect();
    whole(kind, asked, fields, csrf)
}

/// The form with what all of them have.
fn whole(kind: RequestKind, asked: &Asked, mut fields: Vec<Field>, csrf: &str) -> Panel {
    fields.push(field("reason", "Why", asked.get("reason"), Choice::Lines));
    let edits = asked.given("edit");
    if edits.is_some() {
        for field in fields.iter_mut().filter(|field| STAYS.contains(&field.name.as_str())) {
            field.choice = Choice::Stays;
        }
    }
    let whole = form("/requests", csrf, buttons(kind, edits.as_deref()));
    let sent = [("kind".to_owned(), kind.name().to_owned())];
    let hints = match &edits {
        None => vec![hint(kind)],
        Some(id) => vec![hint(kind), stays(id)],
    };
    // What an operation is called, and for whom, stands in no field.
    let kept = ["team", "name"].map(|name| (name.to_owned(), asked.get(name).to_owned()));
    let kept = kept.into_iter().filter(|(_, said)| edits.is_some() && kind.operation().is_some() && !said.is_empty());
    let kept: Vec<_> = kept.collect();
    let edits = edits.map(|id| ("edit".to_owned(), id));
    let hidden = whole.hidden.into_iter().chain(sent).chain(edits).chain(kept).chain(prefill::hidden(asked)).collect();
    let whole = Form { hidden, fields, typing: Typing::Answers, ..whole };
    panel(capital(kind.words()), vec![Part::Form(whole), Part::Lines(hints)])
}

/// Looking sends the form as asking does, so that the token that says that it is ours stands in no address.
fn buttons(kind: RequestKind, edits: Option<&str>) -> Vec<Button> {
    let filing =
        |how: &str, label: &str| Button { value: Some(("filing".to_owned(), how.to_owned())), ..Button::new(label) };
    let (look, draft) = (filing("look", "See what it would do"), filing("draft", "Keep as a draft"));
    let ask = |label: &str| Button { emphasis: emphasis(kind), ..Button::new(label) };
    match edits {
        Some(_) => vec![ask("Ask for this instead"), look],
        None => vec![ask("Ask for it"), draft, look],
    }
}

fn emphasis(kind: RequestKind) -> Emphasis {
    match kind {
        RequestKind::TopicDelete
        | RequestKind::CredentialDelete
        | RequestKind::AccessRevoke
        | RequestKind::Operation(OperationKind::Finalise) => Emphasis::Danger,
        RequestKind::TopicCreate
        | RequestKind::TopicChange
        | RequestKind::TopicAdopt
        | RequestKind::CredentialCreate
        | RequestKind::CredentialChange
        | RequestKind::CredentialRotate
        | RequestKind::AccessGrant
        | RequestKind::OffsetsReset
        | RequestKind::Operation(
            OperationKind::Restart
            | OperationKind::Reconfigure
            | OperationKind::Upgrade
            | OperationKind::Scale
            | OperationKind::Rebalance
            | OperationKind::Drain,
        ) => Emphasis::Primary,
    }
}

/// Why some fields cannot be written into.
fn stays(edited: &str) -> Line {
    let mut line = label("What it is about stays. For something else, take it back and ask anew:");
    line.extend(link("the request", format!("/requests/{}", encode(edited))));
    line
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
        RequestKind::Operation(kind) => hint_of_operation(kind),
        RequestKind::TopicCreate
        | RequestKind::TopicChange
        | RequestKind::TopicAdopt
        | RequestKind::CredentialCreate
        | RequestKind::CredentialChange
        | RequestKind::CredentialDelete
        | RequestKind::AccessRevoke => "Whoever has to agree sees exactly what would be written.",
    })
}

fn hint_of_operation(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Restart => {
            "One node after the other, and none while that would leave a partition with too few replicas."
        }
        OperationKind::Reconfigure => "What brokers take while they run is set without a restart; the rest is rolled.",
        OperationKind::Upgrade => {
            "Software alone: features stay where they are, so that there is a way back. Finalising is asked for by itself."
        }
        OperationKind::Finalise => "Always agreed to by somebody else: from some levels there is no way back.",
        OperationKind::Scale => "New nodes join and get their share; nodes that leave are emptied before they go.",
        OperationKind::Rebalance => {
            "Replicas and leaders are spread evenly, or topics get more or fewer of them; what is so already stays where it is."
        }
        OperationKind::Drain => "Everything on them moves to others; the brokers stay.",
    }
}
