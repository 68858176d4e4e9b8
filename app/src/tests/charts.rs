//! Charts on a page.

use super::{respond_with, sample};
use crate::sheet::Drawn;

fn page() -> Drawn {
    Drawn {
        title: "kafka/demo".to_owned(),
        sentence: "demo over time".to_owned(),
        panels: vec![sample::over_time("/clusters/kafka/demo")],
        ..Drawn::default()
    }
}

#[tokio::test]
async fn charts_come_with_their_tables_their_files_and_the_ways_to_other_times() {
    let html = respond_with("charts", "/clusters/kafka/demo", page).await.html;
    assert!(html.contains("href=\"/clusters/kafka/demo?range=6h\"") && html.contains("Hold this time"));
    assert!(html.contains("href=\"/api/v1/clusters/kafka/demo/series.csv?metric=bytes_in\""));
    assert_eq!(html.matches("<figure class=\"chart\"").count(), 4);
    assert_eq!(
        html.matches("role=\"img\" aria-labelledby=\"title-").count(),
        4,
        "each has words for those who hear it"
    );
    assert!(html.contains("restart broker 2") && html.contains("all others"));
    let table = html.split("id=\"table-bytes\"").nth(1).unwrap().split("</details>").next().unwrap();
    assert!(table.contains("<td>–<"), "a gap is no zero");
}
