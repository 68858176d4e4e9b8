//! The forms about requests: what stands in addresses, what is said of what was refused, and by whom a request is decided.

use super::{Ask, Bench, ORIGIN, Visitor, get, post};
use crate::http::door::encode;
use klamm_model::RequestState;
use klamm_store::RequestChange;

const RULES: &str = r#"
[environments.dev]
kinds.topicCreate = { ask = ["ownerTeam"] }
[environments.dev.topics.allowed]
partitions = { max = 50 }
"#;

async fn bench() -> (Bench, Visitor, Visitor) {
    let bench = Bench::with_people().await;
    bench.portal.take_policies(Ok(RULES));
    let (dev, lead) = (bench.sign_in("dev").await, bench.sign_in("lead").await);
    (bench, dev, lead)
}

fn form(path: &str, who: &Visitor, fields: &str) -> Ask {
    post(path).of(who).origin(ORIGIN).form(format!("csrf={}&{fields}", encode(&who.csrf)))
}

fn wish(topic: &str, partitions: u32) -> String {
    format!("kind=topicCreate&cluster=kafka%2Fdemo&team=payments&topic={topic}&partitions={partitions}")
}

impl Bench {
    async fn leads_to(&self, ask: Ask) -> String {
        let answer = self.send(ask).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header("location").to_owned()
    }

    async fn reads(&self, path: &str, who: &Visitor) -> String {
        let answer = self.send(get(path).of(who).header("accept", "text/html")).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }

    /// Asks for a topic and answers with the address of the request.
    async fn asks(&self, who: &Visitor, topic: &str) -> String {
        let page = self.leads_to(form("/requests", who, &wish(topic, 2))).await;
        assert!(page.starts_with("/requests/req_"), "{page}");
        page
    }
}

#[tokio::test]
async fn looking_leads_to_the_form_filled_in_and_the_token_of_forms_stands_in_no_address() {
    let (bench, dev, _) = bench().await;
    let fields = format!("{}&reason=a%26b&filing=look", wish("payments.looked", 3));
    let back = bench.leads_to(form("/requests", &dev, &fields)).await;
    assert_eq!(back, format!("/requests/new?{}&reason=a%26b", wish("payments.looked", 3)));
    let page = bench.reads(&back, &dev).await;
    assert!(page.contains("It can be asked for.") && !page.contains("Not asked for"), "{page}");
    // Nothing on it sends what it holds by its address, but for what holds no token.
    for form in page.split("<form").skip(1).filter(|form| !form.starts_with(" method=\"post\"")) {
        let form = form.split("</form>").next().unwrap();
        assert!(!form.contains("csrf"), "{form}");
    }
    assert!(!page.contains("formmethod"), "{page}");
    assert!(!bench.reads("/requests", &dev).await.contains("payments.looked"), "looking is not asking");
}

#[tokio::test]
async fn what_is_refused_is_said_first_with_the_reason_and_what_was_typed() {
    let (bench, dev, _) = bench().await;
    let back = bench.leads_to(form("/requests", &dev, &wish("payments.many", 51))).await;
    assert_eq!(back, format!("/requests/new?{}&said=invalid", wish("payments.many", 51)));
    let page = bench.reads(&back, &dev).await;
    let (notice, form_at) = (page.find("Not asked for").unwrap(), page.find("data-answers").unwrap());
    assert!(notice < form_at && page[notice..form_at].contains("50 is the most"), "{page}");
    assert!(page.contains("payments.many"));
    // Mended and sent again, it says nothing of the first time.
    bench.asks(&dev, "payments.many").await;

    let again = bench.leads_to(form("/requests", &dev, &wish("payments.many", 4))).await;
    assert!(again.ends_with("&said=conflict"), "{again}");
    assert!(bench.reads(&again, &dev).await.contains("Another request about payments.many is open"));
    let foreign =
        bench.leads_to(form("/requests", &dev, &wish("payments.x", 1).replace("team=payments", "team=x"))).await;
    assert!(foreign.ends_with("&said=forbidden"), "{foreign}");
    let empty = bench.leads_to(form("/requests", &dev, "kind=nonsense")).await;
    assert_eq!(empty, "/requests/new?kind=nonsense&said=invalid");
    assert!(bench.reads(&empty, &dev).await.contains("Not asked for"));
}

#[tokio::test]
async fn where_nobody_could_agree_the_form_says_so_before_it_is_sent() {
    let (bench, dev, lead) = bench().await;
    let address = format!("/requests/new?{}", wish("payments.alone", 2));
    assert!(!bench.reads(&address, &dev).await.contains("Nobody to agree"));
    let page = bench.reads(&address, &lead).await;
    assert!(page.contains("Nobody to agree") && page.contains("Nobody could approve it"), "{page}");
}

#[tokio::test]
async fn an_edit_keeps_to_what_the_request_is_about() {
    let (bench, dev, _) = bench().await;
    let at = bench.asks(&dev, "payments.kept").await;
    let id = at.rsplit('/').next().unwrap();
    let edit = |topic: &str, partitions| format!("edit={id}&{}", wish(topic, partitions));
    let page = bench.reads(&format!("/requests/new?{}", edit("payments.kept", 2)), &dev).await;
    for name in ["cluster", "team", "topic"] {
        let input = page.split("<input").find(|input| input.contains(&format!("name=\"{name}\""))).unwrap();
        assert!(input.split('>').next().unwrap().contains("readonly"), "{name}: {input}");
    }
    assert!(!page.contains("<select name=\"cluster\""), "{page}");

    let other_cluster = edit("payments.kept", 3).replace("kafka%2Fdemo", "kafka%2Fother");
    let other_kind = edit("payments.kept", 3).replace("topicCreate", "topicDelete") + "&confirm=payments.kept";
    for other in [edit("payments.other", 3), other_cluster, other_kind] {
        let back = bench.leads_to(form("/requests", &dev, &other)).await;
        assert_eq!(back, format!("/requests/new?{other}&said=invalid"));
    }
    let page = bench.reads(&format!("/requests/new?{}&said=invalid", edit("payments.other", 3)), &dev).await;
    let (notice, form_at) = (page.find("Not asked for").unwrap(), page.find("data-answers").unwrap());
    assert!(page[notice..form_at].contains("about payments.kept"), "{page}");
    assert!(bench.reads(&at, &dev).await.contains("partitions: 2"));
    assert_eq!(bench.leads_to(form("/requests", &dev, &edit("payments.kept", 3))).await, at);
    assert!(bench.reads(&at, &dev).await.contains("partitions: 3"));
}

#[tokio::test]
async fn whoever_asked_is_told_that_others_decide_and_lines_of_comments_stay_lines() {
    let (bench, dev, lead) = bench().await;
    let at = bench.asks(&dev, "payments.talked").await;
    let why = "You asked for this yourself, so others decide";
    assert!(bench.reads(&at, &dev).await.contains(why));
    let page = bench.reads(&at, &lead).await;
    assert!(!page.contains(why) && page.contains("Approve"), "{page}");

    let text = format!("text={}", encode("first\r\n<b>second</b>"));
    assert_eq!(bench.leads_to(form(&format!("{at}/comment"), &dev, &text)).await, at);
    let page = bench.reads(&at, &lead).await;
    assert!(page.contains("first\n&lt;b&gt;second&lt;/b&gt;"), "{page}");
    let hash = page.split("name=\"hash\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let no = format!("verdict=decline&hash={hash}&reason={}", encode("not now\r\nlater"));
    assert_eq!(bench.leads_to(form(&format!("{at}/decide"), &lead, &no)).await, at);
    let page = bench.reads(&at, &dev).await;
    assert!(page.contains("lead: not now\nlater") && !page.contains(why), "{page}");
}

#[tokio::test]
async fn nothing_ticked_is_answered() {
    let (bench, _, lead) = bench().await;
    for (path, verdict) in [("/approvals", "verdict=approve"), ("/approvals", "verdict=decline"), ("/webhooks", "")] {
        let to = if path == "/webhooks" { "/webhooks/retry" } else { path };
        let back = bench.leads_to(form(to, &lead, verdict)).await;
        assert_eq!(back, format!("{path}?problem=nothing"));
    }
    let page = bench.reads("/approvals?problem=nothing", &lead).await;
    assert!(page.contains("Nothing done") && page.contains("Tick a request first"), "{page}");
    let operator = bench.sign_in("operator").await;
    assert!(bench.reads("/webhooks?problem=nothing", &operator).await.contains("Tick a delivery first"));
    for (path, back) in [
        ("/sessions", "/sessions?problem=none"),
        ("/people/lead/sessions", "/people/lead?problem=none"),
        ("/teams/payments/members", "/teams/payments?problem=none"),
        ("/teams/payments/tokens/end", "/teams/payments?problem=no-token"),
    ] {
        assert_eq!(bench.leads_to(form(path, &operator, "act=ticked")).await, back);
        assert!(bench.reads(back, &operator).await.contains("first."), "{back}");
    }
}

#[tokio::test]
async fn a_topic_that_is_there_although_asking_for_it_failed_can_be_asked_away() {
    let (bench, dev, _) = bench().await;
    let at = bench.asks(&dev, "payments.left").await;
    let id = at.rsplit('/').next().unwrap().parse().unwrap();
    let row = bench.store.request(&id).await.unwrap().unwrap();
    let failed = RequestChange::to(RequestState::Failed, &row);
    bench.store.change_request(&id, row.version, &failed, bench.portal.now()).await.unwrap();
    assert!(!bench.reads(&at, &dev).await.contains("Ask to delete it"), "there is nothing to delete");
    bench.estate.add_topic("kafka/demo", "payments.left");
    let page = bench.reads(&at, &dev).await;
    let (before, _) = page.split_once("Ask to delete it").unwrap();
    let link = before.rsplit("<a ").next().unwrap();
    assert!(link.contains("kind=topicDelete") && link.contains("topic=payments.left"), "{link}");
}
