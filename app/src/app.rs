//! Routes, the frame around every page, and what pages do when they get no answer.

mod answer;
mod crumbs;

pub(crate) use answer::{Kept, TroubleNotice, problem_page};

use crate::{
    clusters::ClustersPage,
    groups::{FoundGroupsPage, GroupsPage},
    live::{Live, LiveMark, SignedOutNotice},
    placement::PlacementPage,
    policies, search,
    session::{Account, Inbox, LoginPage, MyWorkPage},
    sheet::SheetPage,
    tokens::TokensPage,
    topics::TopicsPage,
    ui::{Erase, Frame, IconShape, NavEntry, SearchTarget, printable, provide_clipboard, provide_clock, provide_theme},
};
use crumbs::crumbs;
use klamm_model::ProblemKind;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Route, Router, Routes},
    hooks::{use_location, use_query_map},
    path,
};

/// The whole application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_theme();
    provide_clock();
    provide_clipboard();
    view! {
        <Title formatter=|title: String| format!("{title} · Klamm") />
        <Router>
            <Routes fallback=NoSuchPage>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async />
                <ParentRoute path=path!("") view=Inside ssr=SsrMode::Async>
                    <Route path=path!("/") view=MyWorkPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters") view=ClustersPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/brokers") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/brokers/:id") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/disks") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/placement") view=PlacementPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/clients") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/targets") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/findings") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/operations") view=SheetPage ssr=SsrMode::Async />
                    <Route
                        path=path!("/clusters/:namespace/:name/operations/:operation")
                        view=SheetPage
                        ssr=SsrMode::Async
                    />
                    <Route path=path!("/clusters/:namespace/:name/topics") view=TopicsPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/topics/:topic") view=SheetPage ssr=SsrMode::Async />
                    <Route
                        path=path!("/clusters/:namespace/:name/topics/:topic/messages")
                        view=SheetPage
                        ssr=SsrMode::Async
                    />
                    <Route path=path!("/clusters/:namespace/:name/groups") view=GroupsPage ssr=SsrMode::Async />
                    <Route path=path!("/clusters/:namespace/:name/groups/:group") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/topics") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/topics/:name") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/groups") view=FoundGroupsPage ssr=SsrMode::Async />
                    <Route path=path!("/policies") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/search") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/tokens") view=TokensPage ssr=SsrMode::Async />
                    <Route path=path!("/requests") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/requests/:id") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/approvals") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/credentials") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/credentials/:id") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/people") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/people/:person") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/sessions") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/teams") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/teams/:team") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/audit") view=SheetPage ssr=SsrMode::Async />
                    <Route path=path!("/webhooks") view=SheetPage ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}

const NAV: [NavEntry; 10] = [
    NavEntry { href: "/", label: "My work", icon: IconShape::Work },
    NavEntry { href: "/clusters", label: "Clusters", icon: IconShape::Clusters },
    NavEntry { href: "/topics", label: "Topics", icon: IconShape::Topics },
    NavEntry { href: "/groups", label: "Groups", icon: IconShape::Groups },
    NavEntry { href: "/requests", label: "Requests", icon: IconShape::Requests },
    NavEntry { href: "/approvals", label: "Approvals", icon: IconShape::Approvals },
    NavEntry { href: "/credentials", label: "Credentials", icon: IconShape::Credentials },
    NavEntry { href: "/teams", label: "Teams", icon: IconShape::Teams },
    NavEntry { href: "/audit", label: "Audit", icon: IconShape::Audit },
    NavEntry { href: policies::PATH, label: "Policies", icon: IconShape::Policies },
];

/// Pages for those who are signed in.
#[component]
fn Inside() -> impl IntoView {
    view! {
        <Surroundings>
            <Outlet />
        </Surroundings>
    }
}

/// The frame with everything in it that is the same on every page.
#[component]
pub(crate) fn Surroundings(children: Children) -> impl IntoView {
    Live::provide();
    let path = use_location().pathname;
    let query = use_query_map();
    // The field of the frame is the field of that page.
    let searched = Signal::derive(move || {
        let is_there = path.with(|path| path == search::PATH);
        let typed = is_there.then(|| query.with(|query| query.get("q"))).flatten();
        typed.map(|typed| printable(&typed, search::LONGEST)).unwrap_or_default()
    });
    let tools = view! {
        <LiveMark />
        <Account />
    };
    view! {
        <Frame
            nav=NAV.to_vec()
            crumbs=Signal::derive(move || crumbs(&path.get()))
            search=SearchTarget { action: search::PATH, label: "Search everything", longest: search::LONGEST }
            searched=searched
            tools=tools.erased()
            badge=("/approvals", view! { <Inbox /> }.erased())
        >
            <SignedOutNotice />
            {children()}
        </Frame>
    }
}

#[component]
fn NoSuchPage() -> impl IntoView {
    let error = crate::AppError::new(
        ProblemKind::NotFound,
        "There is no page at this address. It may have been mistyped, or what it showed is gone.",
    );
    view! { <Surroundings>{problem_page(&error)}</Surroundings> }
}
