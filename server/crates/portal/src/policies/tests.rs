use super::*;
use crate::views::samples::{Estate, NOW, actor, inventory, portal, topic};
use crate::{Asker, Declared, NewUser, Password};
use klamm_model::{ClusterRef, ProblemKind, RequestKind, Severity, WishOutcome};
use std::sync::Arc;

const RULES: &str = r#"
[environments.prod]
kinds.topicCreate = { withoutAsking = "withinLimits", ask = ["ownerTeam"] }
kinds.topicDelete = { ask = ["ownerTeam", "operators"], expires = "3d" }
[environments.prod.topics.allowed]
partitions = { max = 50 }
[environments.prod.topics.automatic]
partitions = { max = 6 }
config."cleanup.policy".oneOf = ["delete"]
[environments.prod.quota]
topics = 3
"#;

async fn bench() -> (Arc<Portal>, klamm_testkit::TestDatabase) {
    let estate = Estate::new();
    let declared = Declared { environment: Some("prod".to_owned()), ..Declared::default() };
    let topics = ["payments.a", "payments.b", "orders.a"].map(|name| topic(name, &[(&[0], &[0])])).to_vec();
    estate.put(inventory("kafka/prod", topics), declared);
    let (portal, database) = portal(&estate).await;
    let team: TeamName = "payments".parse().unwrap();
    portal.add_team(Asker::Console, &team).await.unwrap();
    for (name, role) in [("dev", TeamRole::Member), ("lead", TeamRole::Approver)] {
        let password = Password::new("a password for tests".to_owned());
        let person = NewUser { name: name.parse().unwrap(), password, roles: BTreeSet::new() };
        portal.add_user(Asker::Console, person).await.unwrap();
        portal.set_team_member(Asker::Console, &team, &name.parse().unwrap(), role).await.unwrap();
    }
    (portal, database)
}

fn wish(kind: RequestKind, spec: Option<TopicWishSpec>) -> WishRequest {
    let cluster: ClusterRef = "kafka/prod".parse().unwrap();
    WishRequest { kind, cluster, team: "payments".parse().unwrap(), spec }
}

fn spec(name: &str, partitions: u32) -> TopicWishSpec {
    let (topic_name, partitions) = (name.to_owned(), Some(partitions));
    TopicWishSpec { topic_name, partitions, replication_factor: None, config: BTreeMap::new() }
}

#[tokio::test]
async fn a_wish_is_judged_by_the_rules_of_its_environment_and_by_what_the_team_has() {
    let (portal, _database) = bench().await;
    let dev = actor("dev");
    let new = wish(RequestKind::TopicCreate, Some(spec("payments.c", 6)));
    let unruled = portal.try_wish(&dev, &new).await.unwrap();
    assert_eq!(unruled.outcome, WishOutcome::Refused, "before there are rules nothing may be asked for");
    assert_eq!(portal.take_policies(Ok(RULES)), Taken::Counted);
    assert_eq!(portal.try_wish(&dev, &new).await.unwrap().outcome, WishOutcome::Automatic);

    let asked = portal.try_wish(&dev, &wish(RequestKind::TopicCreate, Some(spec("payments.c", 7)))).await.unwrap();
    assert_eq!((asked.outcome, asked.findings[0].severity), (WishOutcome::NeedsApproval, Severity::Approval));
    assert_eq!(asked.sentence, "It would take 1 approval of the owner's team, within 14 days.");
    // The lead is the only one who approves, and nobody approves what they ask for.
    let lead =
        portal.try_wish(&actor("lead"), &wish(RequestKind::TopicCreate, Some(spec("payments.c", 7)))).await.unwrap();
    assert_eq!(lead.outcome, WishOutcome::Refused);
    // Nobody is an operator.
    let deleted = portal.try_wish(&dev, &wish(RequestKind::TopicDelete, None)).await.unwrap();
    assert!(deleted.sentence.contains("1 of the owner's team and 1 of the operators"), "{}", deleted.sentence);
    // A topic that is there already takes nothing more of the quota, a new one does.
    let same = portal.try_wish(&dev, &wish(RequestKind::TopicCreate, Some(spec("payments.a", 1)))).await.unwrap();
    assert_eq!(same.outcome, WishOutcome::Automatic);
    portal.take_policies(Ok(&RULES.replace("topics = 3", "topics = 2")));
    let one_more = portal.try_wish(&dev, &new).await.unwrap();
    assert_eq!(one_more.sentence, "It would be refused: the team would have 3 topics of this cluster; 2 is the most.");
}

#[tokio::test]
async fn what_cannot_be_meant_is_said_before_anything_is_judged() {
    let (portal, _database) = bench().await;
    let dev = actor("dev");
    let detail = |result: Result<WishVerdict, Problem>| result.unwrap_err().detail;
    let nobodys = WishRequest { team: "nobody".parse().unwrap(), ..wish(RequestKind::TopicDelete, None) };
    assert!(detail(portal.try_wish(&dev, &nobodys).await).contains("there is no team nobody"));
    let unnamed = wish(RequestKind::TopicCreate, Some(spec("a b", 1)));
    assert!(detail(portal.try_wish(&dev, &unnamed).await).starts_with("spec.topicName: "));
    assert!(
        detail(portal.try_wish(&dev, &wish(RequestKind::TopicCreate, Some(spec("a", 0)))).await)
            .contains("1 is the least")
    );
    assert!(detail(portal.try_wish(&dev, &wish(RequestKind::TopicCreate, None)).await).contains("to create a topic"));
    assert!(
        detail(portal.try_wish(&dev, &wish(RequestKind::TopicDelete, Some(spec("a", 1)))).await)
            .contains("leave it out")
    );
    let elsewhere = WishRequest { cluster: "kafka/none".parse().unwrap(), ..wish(RequestKind::TopicDelete, None) };
    assert_eq!(portal.try_wish(&dev, &elsewhere).await.unwrap_err().kind, ProblemKind::NotFound);
}

#[tokio::test]
async fn rules_that_are_wrong_count_for_nothing_and_those_before_still_do() {
    let (portal, _database) = bench().await;
    let dev = actor("dev");
    portal.take_policies(Ok(RULES));
    let before = portal.policies(&dev).unwrap();
    assert_eq!((before.taken_at, &before.problem), (Some(NOW), &None));
    assert_eq!(before.environments[0].name, "prod");
    let sentences: Vec<_> = before.environments[0].kinds.iter().map(|kind| kind.sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            "at once as long as nobody has to be asked, else 1 approval of the owner's team, within 14 days",
            "1 approval of the owner's team and 1 of the operators, within 3 days",
        ]
    );
    assert_eq!(before.environments[0].automatic, ["partitions: up to 6", "cleanup.policy: delete"]);
    assert_eq!(before.environments[0].quota, ["topics: up to 3"]);

    let wrong = portal.take_policies(Ok("\n[environments.prod]\nkind = 1\n"));
    let Taken::Refused(why) = wrong else { panic!("{wrong:?}") };
    assert!(why.starts_with("line 3: unknown field `kind`"), "{why}");
    let after = portal.policies(&dev).unwrap();
    assert_eq!((&after.environments, after.taken_at), (&before.environments, before.taken_at));
    assert_eq!(after.problem.unwrap().message, why);
    portal.take_policies(Err("the file cannot be read".to_owned()));
    assert_eq!(portal.policies(&dev).unwrap().environments, before.environments, "nor when they are gone");
    portal.take_policies(Ok(RULES));
    assert_eq!(portal.policies(&dev).unwrap().problem, None);
}

#[test]
fn the_rules_of_the_demo_count() {
    let policy = Policy::parse(include_str!("../../../../deploy/demo/policies.toml")).unwrap();
    let kinds = |environment| policy.of(environment).unwrap().1.kinds.len();
    assert_eq!((kinds("dev"), kinds("prod")), (RequestKind::ALL.len(), RequestKind::ALL.len()));
    assert!(policy.of("staging").is_none());
}
