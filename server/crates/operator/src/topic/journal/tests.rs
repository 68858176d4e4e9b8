use super::{
    book::{Book, Presence, Write},
    *,
};
use crate::topic::object::{Kind, Pause};

fn line(topic: &str) -> Line {
    Line {
        kind: Kind::ConfigMap,
        namespace: "payments".parse().unwrap(),
        name: "object".parse().unwrap(),
        created: 7,
        topic: TopicName::new(topic).unwrap(),
        topic_id: Some("id".to_owned()),
        deletion: klamm_resources::Deletion::Delete,
        pause: Pause::Active,
        keys: BTreeSet::new(),
    }
}

fn data(write: &Write) -> &Map<String, Value> {
    match write {
        Write::Create(data) | Write::Patch(data) => data,
    }
}

#[test]
fn two_thousand_lines_are_a_few_writes_and_no_sheet_is_too_large() {
    let mut book = Book::default();
    for n in 0..2000 {
        let mut longest = line(&"t".repeat(249));
        longest.name = "n".repeat(253).parse().unwrap();
        longest.namespace = "s".repeat(63).parse().unwrap();
        book.put(&format!("00000000-0000-0000-0000-{n:012}"), longest);
    }
    let writes = book.take_unwritten();
    assert_eq!(writes.len(), 4);
    for (keys, write) in writes.values() {
        assert!(matches!(write, Write::Create(_)));
        let bytes = serde_json::to_string(data(write)).unwrap().len();
        assert!(keys.len() <= 500 && bytes < 700_000, "{} lines, {bytes} bytes", keys.len());
    }
    assert!(book.take_unwritten().is_empty(), "written is written");
}

#[test]
fn what_was_written_is_read_as_it_was_and_only_changes_are_written() {
    let mut book = Book::default();
    book.put("a", line("x"));
    book.put("b", line("y"));
    book.note_import("then".to_owned());
    let (_, write) = book.take_unwritten().remove(&0).unwrap();
    let stored: BTreeMap<String, String> =
        data(&write).iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect();
    let mut again = Book::default();
    assert_eq!(again.read(0, &stored), []);
    assert_eq!(
        (again.line("a"), again.line("b"), again.imported()),
        (Some(&line("x")), Some(&line("y")), Some("then"))
    );

    again.put("a", line("x"));
    assert!(again.take_unwritten().is_empty(), "nothing changed");
    again.drop_line("b");
    let (keys, write) = again.take_unwritten().remove(&0).unwrap();
    assert_eq!(keys, ["b"]);
    assert_eq!(write, Write::Patch(Map::from_iter([("b".to_owned(), Value::Null)])));
}

#[test]
fn a_failed_write_is_written_with_the_next_one_and_a_lost_sheet_is_made_anew_in_full() {
    let mut book = Book::default();
    book.read(0, &BTreeMap::from([("a".to_owned(), serde_json::to_string(&line("x")).unwrap())]));
    book.put("b", line("y"));
    let (keys, write) = book.take_unwritten().remove(&0).unwrap();
    assert!(matches!(write, Write::Patch(_)));
    // The answer was 404: somebody deleted it.
    book.note_sheet(0, Presence::Missing);
    book.failed(0, keys);
    let (_, write) = book.take_unwritten().remove(&0).unwrap();
    assert!(matches!(&write, Write::Create(data) if data.len() == 2), "{write:?}");
}

#[test]
fn what_cannot_be_understood_is_left_where_it_stands() {
    let mut book = Book::default();
    let unreadable = book.read(3, &BTreeMap::from([("a".to_owned(), "{}".to_owned())]));
    assert_eq!(unreadable.len(), 1);
    book.put("b", line("y"));
    let (_, write) = book.take_unwritten().remove(&3).unwrap();
    assert_eq!(data(&write).keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn who_is_gone_speaks_once_more_and_not_when_it_comes_back() {
    let mut book = Book::default();
    let topic = TopicName::new("x").unwrap();
    book.put("a", line("x"));
    assert!(book.gone(&topic).is_empty());
    assert_eq!(book.mark_gone("nobody"), None);
    assert_eq!(book.mark_gone("a"), Some(topic.clone()));
    assert_eq!((book.gone(&topic).len(), book.bereft().len()), (1, 1));
    book.mark_seen("a");
    assert!(book.gone(&topic).is_empty() && book.bereft().is_empty());
    book.mark_gone("a");
    book.drop_line("a");
    assert!(book.gone(&topic).is_empty() && !book.is_gone("a"));
}
