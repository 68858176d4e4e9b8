use super::*;

struct OneNode;

impl Answer for OneNode {
    async fn answer(&self, request: Request) -> Response {
        match request {
            Request::NodeStop { name } | Request::NodeStart { name } if name != "node-a" => {
                Response::Refused { message: format!("there is no node {name}") }
            }
            Request::Status | Request::NodeStop { .. } | Request::NodeStart { .. } | Request::Down => Response::Done,
        }
    }
}

#[tokio::test]
async fn a_request_is_answered_even_in_a_folder_with_a_very_long_path() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("long".repeat(40)).join("state");
    std::fs::create_dir_all(&folder).unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(ControlSocket::bind(&folder).unwrap().serve(Arc::new(OneNode), stop.clone()));

    let stopped = request(&folder, Request::NodeStop { name: "node-a".to_owned() }).await.unwrap();
    assert_eq!(stopped, Response::Done);
    let refused = request(&folder, Request::NodeStart { name: "node-z".to_owned() }).await.unwrap_err();
    assert_eq!(refused.to_string(), "there is no node node-z");

    stop.cancel();
    serving.await.unwrap();
    let gone = request(&folder, Request::Status).await.unwrap_err();
    assert!(matches!(gone, ControlError::NotRunning { .. }), "{gone}");
}

#[tokio::test]
async fn a_left_over_socket_is_nobody_and_is_replaced() {
    let scratch = tempfile::tempdir().unwrap();
    drop(ControlSocket::bind(scratch.path()).unwrap());
    let nobody = request(scratch.path(), Request::Status).await.unwrap_err();
    assert!(matches!(nobody, ControlError::NotRunning { .. }), "{nobody}");
    let nowhere = request(&scratch.path().join("nowhere"), Request::Status).await.unwrap_err();
    assert!(matches!(nowhere, ControlError::NotRunning { .. }), "{nowhere}");
    ControlSocket::bind(scratch.path()).unwrap();
}

#[tokio::test]
async fn what_is_not_a_request_is_refused_and_the_conversation_goes_on() {
    let scratch = tempfile::tempdir().unwrap();
    let stop = CancellationToken::new();
    let _serving = tokio::spawn(ControlSocket::bind(scratch.path()).unwrap().serve(Arc::new(OneNode), stop));
    let mut stream = connect(scratch.path()).await.unwrap();
    stream.write_all(b"{\"request\":\"explode\"}\n{\"request\":\"status\"}\n").await.unwrap();
    let mut lines = BufReader::new(stream).lines();
    let first: Response = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert!(matches!(first, Response::Refused { .. }));
    let second: Response = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(second, Response::Done);
}
