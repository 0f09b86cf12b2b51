// One act of a person is one step of the browser's history.
//
// Streamlit pushes twice when a run ends on another page (`st.switch_page`): today's page with the
// next page's query, which nobody ever saw, and then the next page. The second takes the place of the
// first. What the person does in between sets the two apart, so that a step of theirs never goes.
(() => {
  let act = 0;
  let queried = -1; // the act whose push changed nothing but the query

  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const here = location;
    const next = new URL(url ?? here.href, here.href);
    const samePage = next.pathname === here.pathname;
    const folds = queried === act && !samePage && next.search === here.search;
    // A form that forms.js brings in the address is no step either.
    if (folds || new URLSearchParams(here.search).has("form")) {
      history.replaceState(state, title, url);
    } else {
      push(state, title, url);
    }
    queried = samePage ? act : -1;
  };

  const count = (event) => {
    const again = event.detail > 1 || event.repeat; // a double click is one act, like a key held down
    if (event.isTrusted && !again) act += 1;
  };
  for (const kind of ["click", "keydown", "popstate"]) addEventListener(kind, count, true);

  // With Ctrl, Cmd or Shift a link is for another tab or window; Streamlit would take it for this one.
  addEventListener(
    "click",
    (event) => {
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
      if (elsewhere && event.target.closest("a[href]")) event.stopPropagation();
    },
    true,
  );
})();
