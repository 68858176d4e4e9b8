use super::*;
use crate::{ClientError, error::ProtocolError};
use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ApiVersionsRequest, ConsumerGroupDescribeRequest, CreateAclsRequest, CreateTopicsRequest, DeleteTopicsRequest,
        DescribeAclsRequest, DescribeClusterRequest, DescribeClusterResponse, DescribeConfigsRequest,
        DescribeGroupsRequest, DescribeLogDirsRequest, DescribeQuorumRequest, DescribeUserScramCredentialsRequest,
        FetchRequest, FindCoordinatorRequest, IncrementalAlterConfigsRequest, ListGroupsRequest, ListOffsetsRequest,
        MetadataRequest, OffsetFetchRequest, ResponseHeader, SaslAuthenticateRequest, UpdateFeaturesRequest,
    },
    protocol::{Encodable, HeaderVersion, Request, StrBytes},
};
use proptest::prelude::*;
use std::io::ErrorKind;

/// Decodes `bytes` as the answer to every request that has lists, in every version that is spoken.
fn decode_as_everything(bytes: &Bytes) {
    fn one<R: Request>(bytes: &Bytes) {
        let VersionRange { min, max } = spoken::<R>();
        for version in min..=max {
            let _ = decode::<R>(bytes.clone(), version);
        }
    }
    one::<ApiVersionsRequest>(bytes);
    one::<MetadataRequest>(bytes);
    one::<DescribeClusterRequest>(bytes);
    one::<CreateTopicsRequest>(bytes);
    one::<DeleteTopicsRequest>(bytes);
    one::<DescribeConfigsRequest>(bytes);
    one::<IncrementalAlterConfigsRequest>(bytes);
    one::<DescribeLogDirsRequest>(bytes);
    one::<DescribeUserScramCredentialsRequest>(bytes);
    one::<DescribeAclsRequest>(bytes);
    one::<CreateAclsRequest>(bytes);
    one::<UpdateFeaturesRequest>(bytes);
    one::<DescribeQuorumRequest>(bytes);
    one::<ListGroupsRequest>(bytes);
    one::<DescribeGroupsRequest>(bytes);
    one::<ConsumerGroupDescribeRequest>(bytes);
    one::<OffsetFetchRequest>(bytes);
    one::<ListOffsetsRequest>(bytes);
    one::<FetchRequest>(bytes);
    one::<FindCoordinatorRequest>(bytes);
    one::<SaslAuthenticateRequest>(bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        decode_as_everything(&Bytes::from(bytes));
    }

    // Mostly zeroes and large varints get further into messages than noise does.
    #[test]
    fn large_counts_never_become_allocations(
        bytes in proptest::collection::vec(prop_oneof![3 => Just(0_u8), 2 => Just(0xff), 1 => Just(0x0f), 1 => any::<u8>()], 0..120)
    ) {
        decode_as_everything(&Bytes::from(bytes));
    }

    #[test]
    fn a_damaged_answer_never_panics(position in 0_usize..200, value in any::<u8>()) {
        let mut bytes = cluster_answer().to_vec();
        let position = position % bytes.len();
        bytes[position] = value;
        decode_as_everything(&Bytes::from(bytes));
    }

    #[test]
    fn frames_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _ = runtime.block_on(read_frame(&mut bytes.as_slice(), 1024));
    }
}

fn cluster_answer() -> Bytes {
    let node = |id| {
        kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker::default()
            .with_broker_id(kafka_protocol::messages::BrokerId(id))
            .with_host(StrBytes::from_static_str("127.0.0.1"))
            .with_port(9092)
            .with_rack(Some(StrBytes::from_static_str("zone-a")))
    };
    let response = DescribeClusterResponse::default()
        .with_cluster_id(StrBytes::from_static_str("4L6g3nShT-eMCtK--X86sw"))
        .with_brokers((0..5).map(node).collect());
    let mut bytes = BytesMut::new();
    ResponseHeader::default().encode(&mut bytes, DescribeClusterResponse::header_version(2)).unwrap();
    response.encode(&mut bytes, 2).unwrap();
    bytes.freeze()
}

#[test]
fn an_answer_with_an_impossible_count_is_malformed() {
    let mut bytes = BytesMut::new();
    bytes.put_i32(7); // correlation id
    bytes.put_u8(0); // no tags
    bytes.put_i32(0); // throttle
    bytes.put_slice(&[0xff, 0xff, 0xff, 0xff, 0x0f]); // four billion brokers
    let error = decode::<MetadataRequest>(bytes.freeze(), 12).unwrap_err();
    assert!(matches!(error, ProtocolError::Malformed { what: "Metadata", .. }), "{error}");
}

#[test]
fn answers_larger_than_the_slack_still_decode() {
    let answer = decode::<DescribeClusterRequest>(cluster_answer(), 2).unwrap();
    assert_eq!(answer.brokers.len(), 5);
    let host = StrBytes::from_string("h".repeat(100_000));
    let response = DescribeClusterResponse::default().with_cluster_id(host);
    let mut bytes = BytesMut::new();
    ResponseHeader::default().encode(&mut bytes, 1).unwrap();
    response.encode(&mut bytes, 2).unwrap();
    assert_eq!(decode::<DescribeClusterRequest>(bytes.freeze(), 2).unwrap().cluster_id.len(), 100_000);
}

#[test]
fn only_versions_that_can_be_guarded_are_spoken() {
    assert_eq!(spoken::<MetadataRequest>(), VersionRange { min: 9, max: 13 });
    assert_eq!(spoken::<ApiVersionsRequest>(), VersionRange { min: 3, max: 4 });
    assert_eq!(spoken::<DescribeClusterRequest>().min, 0);
}

#[test]
fn negotiation_takes_the_highest_common_version() {
    let table =
        |min, max| ApiTable { apis: [(MetadataRequest::KEY, VersionRange { min, max })].into(), ..ApiTable::default() };
    assert_eq!(table(0, 12).negotiate::<MetadataRequest>("Metadata", i16::MAX).unwrap(), 12);
    assert_eq!(table(0, 99).negotiate::<MetadataRequest>("Metadata", i16::MAX).unwrap(), 13);
    assert_eq!(table(0, 99).negotiate::<MetadataRequest>("Metadata", 10).unwrap(), 10);
    let old = table(0, 5).negotiate::<MetadataRequest>("Metadata", i16::MAX);
    assert!(matches!(old, Err(ClientError::UnsupportedByBroker { offered: Some((0, 5)), .. })));
    let missing = ApiTable::default().negotiate::<MetadataRequest>("Metadata", i16::MAX);
    assert!(matches!(missing, Err(ClientError::UnsupportedByBroker { offered: None, .. })));
}

#[test]
fn a_request_carries_its_length_and_correlation_id() {
    let request = MetadataRequest::default();
    let frame = encode(&Question { request: &request, version: 12, correlation: 77, client_id: "klamm" }).unwrap();
    let length = i32::from_be_bytes(frame[..4].try_into().unwrap());
    assert_eq!(usize::try_from(length).unwrap(), frame.len() - 4);
    assert_eq!(i16::from_be_bytes(frame[4..6].try_into().unwrap()), MetadataRequest::KEY);
    assert_eq!(i32::from_be_bytes(frame[8..12].try_into().unwrap()), 77);
}

#[tokio::test]
async fn frames_of_silly_length_are_refused_before_they_are_read() {
    for length in [-1_i32, 0, 3, 1025, i32::MAX] {
        let bytes = length.to_be_bytes();
        let error = read_frame(&mut bytes.as_slice(), 1024).await.unwrap_err();
        assert!(matches!(error, FrameError::Protocol(ProtocolError::FrameLength { .. })), "{length}");
    }
}

#[tokio::test]
async fn a_frame_that_ends_early_is_an_end_not_a_frame() {
    let bytes = [0, 0, 0, 9, 1, 2, 3, 4, 5];
    let Err(FrameError::Io(error)) = read_frame(&mut bytes.as_slice(), 1024).await else {
        unreachable!("five of nine bytes")
    };
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    let whole = [0, 0, 0, 5, 0, 0, 0, 7, 9, 1];
    let frame = read_frame(&mut whole.as_slice(), 1024).await.unwrap();
    assert_eq!((split_correlation(&frame), frame.len()), (Some(7), 5));
}
