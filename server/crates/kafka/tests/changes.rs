//! Changes of where replicas lie, on a stand-in estate: as on real brokers, only that seconds pass when a test says so.
#![expect(clippy::unwrap_used, reason = "tests")]

use klamm_kafka::{
    Cancelled, Client, ClientConfig, Elected, ErrorCode, FactorRule, FreshLook, Holdings, OfBrokers,
    PartitionDescription, TopicPartition, Wanted,
};
use klamm_model::{BrokerId, Known, PartitionId, Throttle, ThrottledMove};
use klamm_testkit::{Estate, EstateSize, Fault};

struct Scene {
    estate: Estate,
    client: Client,
}

impl Scene {
    async fn start() -> Self {
        let estate = Estate::start(EstateSize::SMALL).await.unwrap();
        let bootstrap = estate.addresses().iter().map(|address| (*address).into()).collect();
        Self { client: Client::new(ClientConfig { bootstrap, ..ClientConfig::new() }), estate }
    }

    async fn look(&self) -> FreshLook {
        self.client.look_fresh(&Wanted { minimums: OfBrokers::none(), disks: OfBrokers::All }).await
    }

    async fn partition(&self, of: &TopicPartition) -> PartitionDescription {
        let look = self.look().await;
        look.topics.value().unwrap()[&of.0].partitions.iter().find(|partition| partition.id == of.1).unwrap().clone()
    }

    /// A partition of three replicas whose preferred leader leads.
    async fn any(&self) -> (TopicPartition, Vec<BrokerId>) {
        let look = self.look().await;
        let all = look.topics.value().unwrap().iter().flat_map(|(name, topic)| {
            topic.partitions.iter().map(move |partition| ((name.clone(), partition.id), partition.clone()))
        });
        let mut plain = all.filter(|(_, one)| one.replicas.len() == 3 && one.leader == one.replicas.first().copied());
        let (of, partition) = plain.next().unwrap();
        (of, partition.replicas.to_vec())
    }

    async fn send(&self, of: &TopicPartition, to: &[BrokerId]) -> Result<(), ErrorCode> {
        let targets = [(of.clone(), to.to_vec())].into();
        let mut outcomes = self.client.reassign(targets, FactorRule::MustStay).await.unwrap();
        outcomes.remove(of).unwrap().map_err(|error| error.code)
    }

    async fn holds(&self, broker: BrokerId, of: &TopicPartition) -> bool {
        Holdings::of(&self.client.log_dirs_of(broker).await.unwrap()).partitions.contains(of)
    }
}

#[tokio::test]
async fn a_replica_arrives_after_a_while_and_then_its_predecessor_is_gone() {
    let scene = Scene::start().await;
    let (of, origin) = scene.any().await;
    let new = (1..=12).map(BrokerId).find(|id| !origin.contains(id)).unwrap();
    let target = [new, origin[1], origin[2]];
    scene.send(&of, &target).await.unwrap();
    let moving = scene.partition(&of).await;
    assert_eq!((moving.replicas.len(), moving.in_sync.len(), moving.leader), (4, 3, Some(origin[0])));
    let moves = scene.client.list_reassignments().await.unwrap();
    assert_eq!((moves.len(), &*moves[0].adding, &*moves[0].removing), (1, &[new][..], &[origin[0]][..]));
    assert!(scene.holds(new, &of).await && scene.holds(origin[0], &of).await);

    scene.estate.grow_older(3);
    let arrived = scene.partition(&of).await;
    assert_eq!((&*arrived.replicas, arrived.in_sync.len()), (&target[..], 3));
    assert!(scene.client.list_reassignments().await.unwrap().is_empty());
    assert!(scene.holds(new, &of).await && !scene.holds(origin[0], &of).await);

    scene.send(&of, &[origin[1], origin[2], new]).await.unwrap();
    let elected = scene.client.elect_preferred_leaders(&[of.clone()].into()).await.unwrap();
    assert!(elected[&of].is_ok());
    assert_eq!(scene.partition(&of).await.leader, Some(origin[1]));
    let again = scene.client.elect_preferred_leaders(&[of.clone()].into()).await.unwrap();
    assert_eq!(again[&of], Ok(Elected::NotNeeded));
}

#[tokio::test]
async fn a_move_that_is_called_back_leaves_replicas_where_they_were() {
    let scene = Scene::start().await;
    let (of, origin) = scene.any().await;
    let new = (1..=12).map(BrokerId).find(|id| !origin.contains(id)).unwrap();
    scene.send(&of, &[origin[0], new, origin[2]]).await.unwrap();
    scene.estate.inflict(Fault::DeadBroker(new.0));
    scene.estate.grow_older(9);
    assert_eq!(scene.client.list_reassignments().await.unwrap().len(), 1, "who is dead does not arrive");
    let cancelled = scene.client.cancel_reassignments(&[of.clone()].into()).await.unwrap();
    assert_eq!(cancelled[&of], Ok(Cancelled::Cancelled));
    assert_eq!(*scene.partition(&of).await.replicas, [origin[0], origin[2], origin[1]], "who was to go comes last");
    scene.send(&of, &origin).await.unwrap();
    assert_eq!(*scene.partition(&of).await.replicas, *origin, "nothing has to move for that");
    let again = scene.client.cancel_reassignments(&[of.clone()].into()).await.unwrap();
    assert_eq!(again[&of], Ok(Cancelled::WasNotMoving));

    assert_eq!(scene.send(&of, &[BrokerId(99)]).await, Err(ErrorCode::InvalidReplicaAssignment));
    let nowhere = ("no-such-topic".parse().unwrap(), PartitionId(0));
    assert_eq!(scene.send(&nowhere, &[BrokerId(1)]).await, Err(ErrorCode::UnknownTopicOrPartition));
}

#[tokio::test]
async fn a_throttle_is_set_on_brokers_and_topics_and_taken_away() {
    let scene = Scene::start().await;
    let (of, origin) = scene.any().await;
    let new = (1..=12).map(BrokerId).find(|id| !origin.contains(id)).unwrap();
    let moved = ThrottledMove { topic: &of.0, partition: of.1, from: &origin, to: &[origin[0], origin[1], new] };
    let wish = Throttle::of_moves(1_000_000, [moved]);
    let topics = [of.0.clone()].into();
    let before = scene.client.throttles_seen(&wish.limited(), &topics).await.unwrap();
    let plan = before.plan(&wish, &Throttle::default());
    assert_eq!((plan.left_alone, &plan.ours), (Vec::new(), &wish));
    assert!(scene.client.set_throttle(&wish).await.unwrap().is_empty());
    let set = scene.client.throttles_seen(&wish.limited(), &topics).await.unwrap();
    assert_eq!(set.plan(&wish, &Throttle::default()).ours, Throttle { rate: wish.rate, ..Throttle::default() });
    let taken = scene.client.remove_throttle(&wish).await.unwrap();
    assert!(taken.left.is_empty() && taken.left_alone.is_empty(), "{taken:?}");
    let after = scene.client.throttles_seen(&wish.limited(), &topics).await.unwrap();
    assert_eq!((format!("{:?}", after.rates), after.lists), (format!("{:?}", before.rates), before.lists));
    assert_eq!(scene.look().await.moves, Known::Known(Vec::new()));
}
