// One act of a person becomes one entry of the browser's history.
//
// When a run ends on another page (`st.switch_page`), Streamlit pushes two entries: the current page
// with the next page's query, which nobody ever saw, and then the next page. The second replaces the
// first, unless the person did something in between, so that no entry of theirs is lost.
(() => {
  let act = 0;
  let queried = -1; // the act whose push changed nothing but the query

  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const here = location;
    const next = new URL(url ?? here.href, here.href);
    const samePage = next.pathname === here.pathname;
    const folds = queried === act && !samePage && next.search === here.search;
    // An address to which forms.js added a kept form is no entry either.
    if (folds || new URLSearchParams(here.search).has("form")) {
      history.replaceState(state, title, url);
    } else {
      push(state, title, url);
    }
    queried = samePage ? act : -1;
  };

  const count = (event) => {
    const again = event.detail > 1 || event.repeat; // a double click or a held key is one act
    if (event.isTrusted && !again) act += 1;
  };
  for (const kind of ["click", "keydown", "popstate"]) addEventListener(kind, count, true);

  // With Ctrl, Cmd or Shift, a link opens in another tab or window; Streamlit would open it in this one.
  addEventListener(
    "click",
    (event) => {
      const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
      if (elsewhere && event.target.closest("a[href]")) event.stopPropagation();
    },
    true,
  );
})();
