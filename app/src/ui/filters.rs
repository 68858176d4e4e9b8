use leptos::prelude::*;

/// What narrows a list, each with the address of the list without it.
pub(crate) fn filter_chips(chips: impl IntoIterator<Item = (String, String)>) -> impl IntoView {
    chips
        .into_iter()
        .map(|(label, href)| {
            view! {
                <a class="chip chip-link" href=href>
                    <span>{label}</span>
                    <span aria-hidden="true">"×"</span>
                    <span class="hidden">"Remove this filter"</span>
                </a>
            }
        })
        .collect_view()
}

/// The field that a list is searched by, said in what stands in it while it is empty: `Id contains`.
pub(crate) fn search_field(label: &'static str, search: &str, longest: usize) -> impl IntoView + use<> {
    view! {
        <label>
            <span class="hidden">{label}</span>
            <input
                type="search"
                name="q"
                value=search.to_owned()
                placeholder=format!("{label} …")
                autocomplete="off"
                maxlength=longest
            />
        </label>
    }
}

/// What a form keeps of the address without asking for it; what is empty is left out.
pub(crate) fn kept_fields(fields: impl IntoIterator<Item = (&'static str, String)>) -> impl IntoView {
    fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view()
}
