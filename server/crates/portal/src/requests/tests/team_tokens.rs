//! What a team's token asks for is decided by people, and by none who may have asked it themselves.

use super::*;
use crate::TokenWish;
use klamm_model::{RequestsRequest, Scope};
use std::time::Duration;

impl Bench {
    async fn signed_in(&self, name: &str) -> Actor {
        self.portal.actor_of_session(&name.parse().unwrap()).await.unwrap().unwrap()
    }

    async fn robot(&self, by: &Actor) -> Actor {
        let wish = TokenWish {
            label: "robot".to_owned(),
            scopes: [Scope::Read, Scope::Write].into(),
            lives: Duration::from_hours(1),
        };
        let id = self.portal.new_token_id().unwrap();
        let team = "payments".parse().unwrap();
        let made = self.portal.create_team_token(Asker::Actor(by), &team, (id, wish), HERE).await.unwrap();
        self.portal.actor_of_token(made.expose(), HERE.unwrap()).await.unwrap()
    }
}

#[tokio::test]
async fn whoever_made_a_teams_token_does_not_decide_what_it_asks_and_another_approver_does() {
    let bench = Bench::new().await;
    let (lead, lead2) = (bench.signed_in("payments-lead").await, bench.signed_in("payments-lead2").await);
    let robot = bench.robot(&lead).await;
    let spec = json!({ "topicName": "payments.robot", "partitions": 2 });
    let view = bench.ask(&robot, RequestKind::TopicCreate, spec).await.unwrap();
    assert_eq!((view.requester.as_str(), view.state), ("team@payments", RequestState::NeedsApproval));
    let asked: Vec<&str> =
        view.asked.iter().flat_map(|asked| &asked.people).map(klamm_model::PersonName::as_str).collect();
    assert_eq!(asked, ["payments-lead2"]);
    assert_eq!(kind(bench.approve(&robot, &view).await), ProblemKind::Forbidden);
    assert_eq!(kind(bench.approve(&lead, &view).await), ProblemKind::Forbidden);
    let declined = bench.portal.decline_request(&lead, &view.id, "no", HERE).await;
    assert_eq!(kind(declined), ProblemKind::Forbidden);
    let inbox = RequestsRequest { inbox: true, ..RequestsRequest::default() };
    assert_eq!(bench.portal.request_page(&lead, &inbox).await.unwrap().total, 0, "it does not wait for them");
    assert_eq!(bench.portal.request_page(&lead2, &inbox).await.unwrap().total, 1);
    assert_eq!(bench.approve(&lead2, &view).await.unwrap().state, RequestState::Approved);
    let rules: Vec<_> = bench.audit("team@payments").await.into_iter().map(|item| item.rule).collect();
    assert_eq!(rules, ["teamMember", "teamToken"]);
}

#[tokio::test]
async fn whoever_has_left_the_team_neither_submits_nor_edits_in_its_name() {
    let bench = Bench::new().await;
    let dev = bench.signed_in("payments-dev").await;
    let spec = json!({ "topicName": "payments.late", "partitions": 2 });
    let draft = NewRequest { filing: Filing::Draft, ..new(&dev, RequestKind::TopicCreate, spec) };
    let draft = bench.portal.create_request(&dev, &draft, HERE).await.unwrap();
    bench.portal.remove_team_member(Asker::Console, &"payments".parse().unwrap(), &dev.name).await.unwrap();
    let dev = bench.signed_in("payments-dev").await;
    assert_eq!(kind(bench.portal.submit_request(&dev, &draft.id, HERE).await), ProblemKind::Forbidden);
    let edited =
        EditedRequest { spec: json!({ "topicName": "payments.late", "partitions": 3 }), reason: None, about: None };
    assert_eq!(kind(bench.portal.edit_request(&dev, &draft.id, edited, HERE).await), ProblemKind::Forbidden);
    assert_eq!(bench.portal.request(&dev, &draft.id).await.unwrap().state, RequestState::Draft);
}
