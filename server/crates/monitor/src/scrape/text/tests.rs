use super::*;
use proptest::prelude::*;

fn read_line(line: &str) -> Result<Sample<'_>, Unreadable> {
    sample(line, name(line).unwrap())
}

#[test]
fn values_may_hold_whatever_separates_labels() {
    let line = r#"kafka_x{client="a,b=c}d", cipher="say \"no\" \\ twice\n",empty="",} 12.5 1543182234000"#;
    let sample = read_line(line).unwrap();
    assert_eq!(sample.labels.get("client"), Some("a,b=c}d"));
    assert_eq!(sample.labels.get("CIPHER"), Some("say \"no\" \\ twice\n"));
    assert_eq!((sample.labels.get("empty"), sample.labels.get("other")), (None, None));
    assert_eq!((sample.value, sample.at), (12.5, Some(1_543_182_234_000)));
}

#[test]
fn numbers_are_read_as_go_writes_them() {
    let value = |line: &str| read_line(line).map(|sample| sample.value);
    assert_eq!(value("a 9.2E9"), Ok(9.2e9));
    assert_eq!(value("a{} -1"), Ok(-1.0));
    assert_eq!(value("a +Inf"), Ok(f64::INFINITY));
    assert!(value("a NaN").unwrap().is_nan() && value("a -NaN").unwrap().is_nan());
    for cut in ["a", "a ", "a{b=\"c\"}", "a wtf", "a 1 later"] {
        assert_eq!(value(cut), Err(Unreadable::Number), "{cut}");
    }
}

#[test]
fn labels_that_are_cut_are_noticed() {
    for cut in ["a{", "a{b", "a{b=", "a{b=c} 1", "a{b=\"c} 1", "a{b=\"c\" 1", "a{=\"c\"} 1", "a{b=\"c\"d=\"e\"} 1"] {
        assert_eq!(read_line(cut), Err(Unreadable::Labels), "{cut}");
    }
}

#[test]
fn comments_have_no_name() {
    for (line, wanted) in [("# TYPE a counter", None), ("", None), ("a{", Some("a")), ("a:b_1 2", Some("a:b_1"))] {
        assert_eq!(name(line), wanted);
    }
}

fn lines_of(text: &[u8], chunk: usize) -> Vec<Option<String>> {
    let (mut lines, mut seen) = (Lines::default(), Vec::new());
    let mut see = |line: Line<'_>| match line {
        Line::Read(text) => seen.push(Some(text.to_owned())),
        Line::Unreadable => seen.push(None),
    };
    for part in text.chunks(chunk) {
        lines.take(part, &mut see);
    }
    lines.end(&mut see);
    seen
}

#[test]
fn a_line_without_end_is_given_up_and_the_next_is_read() {
    let mut text = b"a 1\n".to_vec();
    text.extend(std::iter::repeat_n(b'x', 10 * LONGEST_LINE));
    text.extend(b"\nb 2\n\xff\nc 3");
    for chunk in [7, 4096, text.len()] {
        let seen = lines_of(&text, chunk);
        assert_eq!(seen, [Some("a 1".into()), None, Some("b 2".into()), None, Some("c 3".into())], "{chunk}");
    }
}

proptest! {
    #[test]
    fn lines_are_the_same_however_they_come_in(text in "([a-z }{\"=]{0,9}\n?){0,20}", chunk in 1usize..40) {
        let whole: Vec<Option<String>> = text.strip_suffix('\n').unwrap_or(&text).split('\n')
            .map(|line| Some(line.trim().to_owned())).collect();
        let whole = if text.is_empty() { Vec::new() } else { whole };
        let seen = lines_of(text.as_bytes(), chunk);
        // Only a last line of nothing is left out.
        prop_assert!(seen == whole || seen.len() + 1 == whole.len() && whole.last() == Some(&Some(String::new())), "{seen:?} {whole:?}");
    }

    #[test]
    fn any_label_value_comes_back(value in "\\PC{0,20}|[a,=}{\"\\\\\n]{0,12}", number in -1e18f64..1e18) {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let line = format!("a{{before=\"1\",x=\"{escaped}\",after=\"2\"}} {number}");
        let sample = read_line(&line).unwrap();
        prop_assert_eq!(sample.labels.get("x").unwrap_or_default(), value);
        prop_assert_eq!((sample.labels.get("after"), sample.value), (Some("2"), number));
    }

    #[test]
    fn nothing_makes_it_panic(line in "\\PC{0,60}|a[{}\"=,\\\\ 0-9a]{0,30}") {
        if let Some(name) = name(&line) {
            let _ = sample(&line, name);
        }
    }
}
