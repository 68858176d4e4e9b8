//! What is on disks as rectangles, as large as what they stand for: an SVG drawn on the server. Places and sizes are parts of the
//! whole, so that words stay as large as they are everywhere, however wide the screen is; the stylesheet leaves out those without room.

use crate::{topics::topic_href, ui::encode};
use klamm_model::{ClusterRef, DiskTile, human_bytes};
use std::fmt::Write;

/// What is smaller, in thousandths of the width, cannot be hit with a finger on a small screen.
const HIT: f64 = 72.0;
/// One percent of the height that tiles are told in.
const PERCENT_HIGH: f64 = 4.0;
/// And of the width.
const PERCENT_WIDE: f64 = 10.0;
/// So many need no more than half of the height.
const FEW: usize = 4;

/// The map, large topics leading to their pages. The table beside it says the same, and leads to all of them.
pub(super) fn svg(cluster: &ClusterRef, tiles: &[DiskTile]) -> String {
    let height = match tiles.len() {
        0 | 1 => " disk-map-one",
        2..=FEW => " disk-map-few",
        _ => "",
    };
    let mut svg = format!("<svg class=\"disk-map{height}\" role=\"group\" aria-label=\"Topics by size\">");
    for (place, tile) in tiles.iter().enumerate() {
        let name = tile.topic.as_ref().map_or_else(|| format!("{} smaller topics", tile.topics), ToString::to_string);
        let size = human_bytes(tile.bytes);
        let (at, shade) = (place_of(tile), place % 3);
        // Names of topics have no letters that mean something in a document.
        let drawn = format!(
            "<title>{name}: {size}</title><rect class=\"tile tile-{shade}\" {at}/><foreignObject {at}>\
             <div class=\"tile-label\"><p>{name}</p><p class=\"aside\">{size}</p></div></foreignObject>"
        );
        // Writing to a text does not fail.
        let _ = match &tile.topic {
            Some(topic) if tile.width.min(tile.height) >= HIT => {
                let href = encode_path(&topic_href(cluster, topic));
                write!(svg, "<a href=\"{href}\" aria-label=\"{name}: {size}\">{drawn}</a>")
            }
            Some(_) | None => write!(svg, "<g>{drawn}</g>"),
        };
    }
    svg.push_str("</svg>");
    svg
}

fn place_of(DiskTile { x, y, width, height, .. }: &DiskTile) -> String {
    let (x, width) = (x / PERCENT_WIDE, width / PERCENT_WIDE);
    let (y, height) = (y / PERCENT_HIGH, height / PERCENT_HIGH);
    format!("x=\"{x:.2}%\" y=\"{y:.2}%\" width=\"{width:.2}%\" height=\"{height:.2}%\"")
}

/// Names and cluster names need no encoding, and would be harmless with it.
fn encode_path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(topic: Option<&str>, width: f64) -> DiskTile {
        let topic = topic.map(|name| name.parse().unwrap());
        DiskTile { topic, topics: 7, bytes: 1 << 30, x: 250.0, y: 0.0, width, height: 90.0 }
    }

    fn drawn(tiles: &[DiskTile]) -> String {
        svg(&"kafka/demo".parse().unwrap(), tiles)
    }

    #[test]
    fn a_map_leads_to_topics_that_can_be_hit_and_names_all_of_them() {
        let drawn = drawn(&[tile(Some("payments.refunds"), 80.0), tile(Some("small"), 10.0), tile(None, 10.0)]);
        assert!(drawn.contains("<a href=\"/clusters/kafka/demo/topics/payments.refunds\""), "{drawn}");
        assert!(drawn.contains("<title>payments.refunds: 1 GiB</title>") && !drawn.contains("topics/small"), "{drawn}");
        assert!(drawn.contains("<title>7 smaller topics: 1 GiB</title>"));
    }

    #[test]
    fn places_are_parts_of_the_whole_and_few_topics_take_little_room() {
        let one = drawn(&[tile(Some("a"), 80.0)]);
        let place = "x=\"25.00%\" y=\"0.00%\" width=\"8.00%\" height=\"22.50%\"";
        assert!(one.contains(place) && one.contains("\"disk-map disk-map-one\""), "{one}");
        assert!(!one.contains("viewBox") && !one.contains("style="), "words would shrink with it: {one}");
        assert!(drawn(&vec![tile(None, 10.0); 4]).contains("\"disk-map disk-map-few\""));
        assert!(drawn(&vec![tile(None, 10.0); 5]).contains("class=\"disk-map\""));
    }
}
