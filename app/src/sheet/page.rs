use crate::{
    AppError,
    app::{Kept, TroubleNotice, problem_page},
    encoding::Answer,
    live::Live,
    ui::{Erase, PageHead, Query, Skeleton, Touched, copy_beside, forget_form, page_is_visible, typed_form},
};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};
use std::{rc::Rc, time::Duration};

/// How long nobody has to have typed before the page says what it would say to that.
const PAUSE: Duration = Duration::from_millis(350);
/// Time goes by where nothing else changes: ages grow, and charts move on.
const SLOWLY: Duration = Duration::from_secs(15);

/// A page as the browser gets it: pieces of HTML that the server has drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Drawn {
    /// What stands in the browser's tab.
    pub(crate) title: String,
    /// The headline.
    pub(crate) sentence: String,
    /// A short word beside it; empty where there is none.
    pub(crate) chip: String,
    /// The line below it.
    pub(crate) facts: String,
    /// What somebody has to know first.
    pub(crate) notices: Vec<String>,
    /// The rest.
    pub(crate) panels: Vec<String>,
    /// What stands beside the rest where there is room.
    pub(crate) beside: Vec<String>,
    /// When it is read again.
    pub(crate) following: Following,
}

/// When a page is read again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Following {
    /// Whenever something changes.
    #[default]
    Everything,
    /// Whenever a request moves.
    Requests,
    /// Never: somebody types into it, or it shows what is shown once.
    Nothing,
}

/// Whatever stands at this address.
#[component]
pub(crate) fn SheetPage() -> impl IntoView {
    let location = use_location();
    let live = Live::get();
    let (requests, everything) = (live.changes_of_requests(), live.changes_anywhere());
    let following = RwSignal::new(Following::default());
    let typed = RwSignal::new(None::<String>);
    let (path, search) = (location.pathname, location.search);
    // On the way to a page of another kind the address is that page's already.
    let address = Memo::new(move |before: Option<&(String, String)>| match before {
        Some(before) if !is_sheet(&path.get()) => before.clone(),
        Some(_) | None => (path.get(), Query::of_raw(&search.get())),
    });
    let cluster = Memo::new(move |_| address.with(|(path, _)| cluster_of(path)));
    let of_cluster = live.changes_of(cluster);
    // Another page is another form.
    Effect::new(move |_| {
        address.track();
        typed.set(None);
    });
    let time = time_goes_by();
    let asked = Memo::new(move |_| {
        let (path, query) = address.get();
        let changes = match following.get() {
            Following::Everything if cluster.with(String::is_empty) => everything.get(),
            Following::Everything => of_cluster.get().wrapping_add(time.get()),
            Following::Requests => requests.get(),
            Following::Nothing => 0,
        };
        (path, typed.get().unwrap_or(query), changes)
    });
    let sheet = Resource::new(move || asked.get(), |(path, query, _)| sheet(path, query));
    let kept = Kept::new();
    let form = StoredValue::new(String::new());
    let shown = StoredValue::new(None::<(String, String)>);
    view! {
        <Transition fallback=|| {
            view! { <Skeleton what="the page" /> }
        }>
            {move || Suspend::new(async move {
                let answer = sheet.await;
                let of = address.get_untracked();
                match kept.settle(of.0.clone(), answer) {
                    Ok((mut sheet, trouble)) => {
                        keep_form(&mut sheet, form, typed);
                        keep_fields(shown, of);
                        follow(following, sheet.following);
                        view! {
                            <TroubleNotice trouble />
                            <SheetView sheet typed />
                        }
                            .erased()
                    }
                    Err(error) => problem_page(&error).erased(),
                }
            })}
        </Transition>
    }
}

/// Grows slowly while the page is looked at.
fn time_goes_by() -> RwSignal<u32> {
    let time = RwSignal::new(0_u32);
    Effect::new(move |_| {
        let tick = move || {
            if page_is_visible() {
                time.update(|time| *time = time.wrapping_add(1));
            }
        };
        let handle = set_interval_with_handle(tick, SLOWLY);
        on_cleanup(move || {
            if let Ok(handle) = handle {
                handle.clear();
            }
        });
    });
    time
}

/// The pages that come from the server in pieces, by the first part of their address.
const SHEETS: [&str; 11] = [
    "topics",
    "requests",
    "approvals",
    "credentials",
    "people",
    "sessions",
    "teams",
    "audit",
    "webhooks",
    "policies",
    "search",
];

fn is_sheet(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    match (parts.next(), parts.nth(1), parts.next(), parts.next()) {
        // All about a cluster but where its replicas are, and the lists of its topics and groups.
        (Some("clusters"), Some(_), below, one) => {
            !matches!((below, one), (Some("placement"), _) | (Some("topics" | "groups"), None))
        }
        (Some(first), ..) => SHEETS.contains(&first),
        (None, ..) => false,
    }
}

/// The cluster that a page is about, as `namespace/name`; empty where it is about no certain one.
fn cluster_of(path: &str) -> String {
    let mut parts = path.strip_prefix("/clusters/").unwrap_or_default().splitn(3, '/');
    match (parts.next(), parts.next()) {
        (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
        _ => String::new(),
    }
}

/// A form that somebody types into stays as it is; everything around it says what it would say.
fn keep_form(sheet: &mut Drawn, form: StoredValue<String>, typed: RwSignal<Option<String>>) {
    let answers = |html: &&mut String| html.contains("data-answers");
    if let Some(drawn) = sheet.panels.iter_mut().find(answers) {
        match typed.get_untracked() {
            Some(_) => *drawn = form.get_value(),
            None => form.set_value(drawn.clone()),
        }
    }
}

/// What is ticked or typed on this page is so still when it has been drawn again.
fn keep_fields(shown: StoredValue<Option<(String, String)>>, at: (String, String)) {
    let is_again = shown.with_value(|before| before.as_ref() == Some(&at));
    shown.set_value(Some(at));
    if is_again {
        let touched = Rc::new(Touched::now());
        // Not yet: the pieces are replaced after this.
        Effect::new(move |_| {
            let touched = Rc::clone(&touched);
            set_timeout(move || touched.put_back(), Duration::ZERO);
        });
    }
}

/// From now on the page is read again as it says.
fn follow(following: RwSignal<Following>, wanted: Following) {
    Effect::new(move |_| {
        if following.get_untracked() != wanted {
            following.set(wanted);
        }
        if wanted == Following::Nothing {
            // Where a page answers a form, a reload is to ask for the page, not to send the form again.
            forget_form();
        }
    });
}

/// The page. A piece that is as it was stays untouched, with what somebody has typed into it.
#[component]
pub(crate) fn SheetView(sheet: Drawn, typed: RwSignal<Option<String>>) -> impl IntoView {
    let Drawn { title, sentence, chip, facts, notices, panels, beside, following: _ } = sheet;
    let chip = Some(chip).filter(|chip| !chip.is_empty());
    let pieces = |all: Vec<String>| -> Vec<AnyView> {
        all.into_iter().map(|html| view! { <div class="sheet-piece" inner_html=html></div> }.erased()).collect()
    };
    let class = if beside.is_empty() { "sheet" } else { "sheet sheet-wide" };
    let pause = StoredValue::new(None::<TimeoutHandle>);
    let listen = move |event: leptos::ev::Event| {
        let Some(form) = typed_form(&event) else { return };
        if let Some(waiting) = pause.get_value() {
            waiting.clear();
        }
        pause.set_value(set_timeout_with_handle(move || typed.set(Some(form)), PAUSE).ok());
    };
    view! {
        <PageHead title sentence chip>
            {facts}
        </PageHead>
        <div class="sheet" on:input=listen on:click=|event| copy_beside(&event)>
            {pieces(notices)}
            <div class=class>
                <div class="sheet-part">{pieces(panels)}</div>
                <div class="sheet-part">{pieces(beside)}</div>
            </div>
        </div>
    }
    .erased()
}

/// What stands at an address.
#[server(name = AskSheet, prefix = "/api/fn", endpoint = "sheet", input = GetUrl, output = Answer)]
pub(crate) async fn sheet(path: String, #[server(default)] query: String) -> Result<Drawn, AppError> {
    crate::sheets::at(&path, &query).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_comes_as_a_sheet_and_which_cluster_it_is_about() {
        for (path, cluster) in [
            ("/clusters/kafka/demo", "kafka/demo"),
            ("/clusters/kafka/demo/brokers", "kafka/demo"),
            ("/clusters/kafka/demo/brokers/1", "kafka/demo"),
            ("/clusters/kafka/demo/groups/a%2Fb", "kafka/demo"),
            ("/requests/new", ""),
            ("/topics", ""),
        ] {
            assert_eq!((is_sheet(path), cluster_of(path).as_str()), (true, cluster), "{path}");
        }
        for path in ["/", "/clusters", "/clusters/kafka/demo/topics", "/clusters/kafka/demo/groups", "/tokens"] {
            assert!(!is_sheet(path), "{path}");
        }
    }
}
