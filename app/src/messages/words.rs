//! Messages as rows. What is in them was written by anybody: it is text here, and characters that steer become marks.

use crate::{
    sheet::{Line, Look, Piece, Rows, code, label, status, text},
    ui::{Status, harmless, precise, printable},
};
use klamm_model::{
    MessageForm, MessageHeader, MessagePart, MessageView, MessagesView, PeekedPartition, human_bytes, human_count,
};

/// Characters that stand in a row; the rest unfolds.
const ROW: usize = 90;

/// A message as a row.
pub(super) fn row(message: &MessageView) -> Vec<Line> {
    let mut time = match message.timestamp {
        Some(at) => text(precise(at)),
        None => label("no time"),
    };
    if message.appended {
        time.extend(label("taken in"));
    }
    let mut value = message.value.as_ref().map_or_else(|| label("none: the key is gone"), part);
    if message.in_transaction {
        value.extend(label("in a transaction"));
    }
    vec![
        code(format!("{}-{}", message.partition, message.offset)),
        time,
        message.key.as_ref().map_or_else(|| label("none"), part),
        value,
        headers(&message.headers, message.header_count),
    ]
}

fn part(part: &MessagePart) -> Line {
    let shown = visible(&part.text);
    let short = printable(&shown.split_whitespace().collect::<Vec<_>>().join(" "), ROW);
    let mut line = if shown.is_empty() {
        label("empty")
    } else if short == shown {
        code(shown)
    } else {
        vec![Piece { text: shown, look: Look::Folded(short) }]
    };
    if part.form == MessageForm::Hex {
        line.extend(label("hex"));
    }
    if part.cut {
        line.extend(label(format!("the beginning of {}", human_bytes(part.size))));
    }
    line
}

fn headers(all: &[MessageHeader], count: u64) -> Line {
    if count == 0 {
        return label("none");
    }
    let each = |header: &MessageHeader| {
        let value = header.value.as_ref().map_or_else(|| "none".to_owned(), |value| visible(&value.text));
        format!("{}: {value}", harmless(&header.name))
    };
    let mut lines: Vec<String> = all.iter().map(each).collect();
    let more = count.saturating_sub(all.len() as u64);
    if more > 0 {
        lines.push(format!("and {} more", human_count(more)));
    }
    let many = if count == 1 { "1 header".to_owned() } else { format!("{} headers", human_count(count)) };
    vec![Piece { text: lines.join("\n"), look: Look::Folded(many) }]
}

/// Lines stay lines; whatever else steers becomes a mark.
fn visible(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\t', "    ");
    lines.split('\n').map(harmless).collect::<Vec<_>>().join("\n")
}

/// Where partitions were read, those that nothing was read of left out.
pub(super) fn partitions(view: &MessagesView) -> Rows {
    let told = |one: &&PeekedPartition| one.read_from.is_some() || one.problem.is_some();
    view.partitions.iter().filter(told).map(partition).collect()
}

fn partition(one: &PeekedPartition) -> Vec<Line> {
    let offset = |offset: Option<i64>| offset.map_or_else(|| label("–"), |offset| text(offset.to_string()));
    let how = one.problem.as_ref().map_or_else(|| status(Status::Ok, "read"), |why| status(Status::Bad, why.clone()));
    vec![
        text(one.id.to_string()),
        offset(one.earliest),
        offset(one.latest),
        offset(one.read_from),
        offset(one.read_to),
        how,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(words: &str, form: MessageForm) -> Line {
        part(&MessagePart { form, text: words.to_owned(), size: words.len() as u64, cut: false })
    }

    #[test]
    fn what_is_short_stands_there_and_what_is_long_or_has_lines_unfolds() {
        assert_eq!(shown("ada", MessageForm::Text), code("ada"));
        assert_eq!(shown("", MessageForm::Text), label("empty"));
        let json = "{\n  \"a\": 1\n}";
        let folded = Piece { text: json.to_owned(), look: Look::Folded("{ \"a\": 1 }".to_owned()) };
        assert_eq!(shown(json, MessageForm::Json), [folded]);
        let long = "x".repeat(200);
        let folded = Piece { text: long.clone(), look: Look::Folded("x".repeat(ROW) + "…") };
        assert_eq!(shown(&long, MessageForm::Text), [folded]);
    }

    #[test]
    fn what_steers_a_page_is_shown_as_a_mark() {
        assert_eq!(visible("a\u{202e}b\r\nc\td\u{200b}"), "a\u{fffd}b\nc    d\u{fffd}");
        assert_eq!(shown("<b>\u{feff}", MessageForm::Text), code("<b>\u{fffd}"));
    }
}
