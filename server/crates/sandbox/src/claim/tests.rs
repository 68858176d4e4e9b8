use super::*;

struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn registry(&self) -> ClaimRegistry {
        let folder = self.folder.path().join("claims");
        fs::create_dir_all(&folder).unwrap();
        ClaimRegistry { folder }
    }

    fn state(&self, name: &str) -> StateFolder {
        StateFolder::open(&self.folder.path().join(name)).unwrap()
    }
}

#[test]
fn a_claim_is_kept_and_another_folder_gets_another() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let first = registry.claim(&scratch.state("a"), 3).unwrap();
    let second = registry.claim(&scratch.state("b"), 3).unwrap();
    assert_ne!(first.network, second.network);
    assert_eq!(registry.claim(&scratch.state("a"), 3).unwrap(), first);
}

#[test]
fn a_network_that_is_claimed_is_passed_over() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let (a, b) = (scratch.state("a"), scratch.state("b"));
    // The other folder happens to have the very network this one would begin with.
    let network = Network::candidate(a.root(), 0);
    let claim = Claim { network, ports: Ports::USUAL };
    fs::write(b.claim(), serde_json::to_string(&claim).unwrap()).unwrap();
    fs::write(registry.entry(network), b.root().to_str().unwrap()).unwrap();

    assert_ne!(registry.claim(&a, 1).unwrap().network, network);
    fs::remove_file(a.claim()).unwrap();
    fs::remove_dir_all(b.root()).unwrap();
    let other = registry.claim(&scratch.state("c"), 1).unwrap().network;
    assert!(other == network || !registry.entry(network).exists(), "a claim of a folder that is gone is tidied away");
    assert_eq!(registry.claim(&a, 1).unwrap().network, network, "and holds no more");
}

#[test]
fn a_copied_state_folder_does_not_get_the_network_of_the_first() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let (a, b) = (scratch.state("a"), scratch.state("b"));
    let claim = registry.claim(&a, 1).unwrap();
    fs::copy(a.claim(), b.claim()).unwrap();
    let refused = registry.claim(&b, 1).unwrap_err();
    assert!(matches!(&refused, SandboxError::NetworkClaimed { network, .. } if *network == claim.network), "{refused}");
}

#[test]
fn a_new_claim_goes_past_a_taken_port_and_a_kept_one_names_it() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let state = scratch.state("a");
    let address = SocketAddr::from((Network::candidate(state.root(), 0).control_plane(), Ports::USUAL.api_server));
    let taken = TcpListener::bind(address).unwrap();
    let claim = registry.claim(&state, 1).unwrap();
    assert_eq!(claim.ports.api_server, Ports::USUAL.api_server + 1);
    drop(taken);

    let address = SocketAddr::from((claim.network.control_plane(), claim.ports.api_server));
    let _taken = TcpListener::bind(address).unwrap();
    let refused = registry.claim(&state, 1).unwrap_err().to_string();
    assert!(refused.contains(&address.to_string()), "{refused}");
    assert!(refused.contains("the API server") && refused.contains("claim.json"), "{refused}");
}

#[test]
fn a_taken_kubelet_port_on_any_node_counts() {
    let scratch = Scratch::new();
    let registry = scratch.registry();
    let state = scratch.state("a");
    let claim = registry.claim(&state, 3).unwrap();
    let address = SocketAddr::from((claim.network.node(2).unwrap(), claim.ports.kubelet));
    let _taken = TcpListener::bind(address).unwrap();
    assert!(registry.claim(&state, 2).is_ok());
    assert!(registry.claim(&state, 3).unwrap_err().to_string().contains(&address.to_string()));
}

#[test]
fn an_edited_claim_that_does_not_parse_is_named() {
    let scratch = Scratch::new();
    let state = scratch.state("a");
    fs::write(state.claim(), r#"{"network": "10.0.0.0/8"}"#).unwrap();
    let refused = scratch.registry().claim(&state, 1).unwrap_err().to_string();
    assert!(refused.contains("claim.json"), "{refused}");
}

#[test]
fn networks_stay_in_the_loopback_range_and_have_room_for_the_nodes() {
    for n in [0, 1, 40_000, u16::MAX] {
        let network = Network::candidate(Path::new("/some/state"), n);
        assert!((1..=254).contains(&network.x), "{network}");
        assert_eq!(Network::try_from(network.to_string()).unwrap(), network);
    }
    let network = Network { x: 3, y: 4 };
    assert_eq!(network.control_plane(), Ipv4Addr::new(127, 3, 4, 1));
    assert_eq!(network.node(0), Some(Ipv4Addr::new(127, 3, 4, 2)));
    assert_eq!(network.node(MOST_NODES - 1), Some(Ipv4Addr::new(127, 3, 4, 9)));
    assert_eq!(network.node(MOST_NODES), None);
}
