// Keeps the text typed in a form, for the same person and in this tab only, in case the page is lost:
// the session ends, the server restarts, or the page is reloaded. Passwords are never kept.
(() => {
  const KEPT = "tally.form";
  const person = document.querySelector('meta[name="tally-person"]').content;
  const findForm = () => document.querySelector("[data-tally-form]");

  // A person may type before the end of the form, which identifies it, has arrived: keep it then.
  let early = null;
  const keep = (dialog) => {
    const form = findForm();
    early = dialog && !form ? dialog : null;
    if (!form || !dialog) return;
    const typed = {};
    for (const place of dialog.querySelectorAll('[class*="st-key-draft-"]')) {
      const name = place.className.match(/st-key-draft-[0-9a-f]+-([a-z_]+)/)?.[1];
      const field = place.querySelector("input:not([role=combobox]), textarea");
      if (!name || !field || /password/.test(field.type + field.autocomplete)) continue;
      typed[name] = field.type === "checkbox" ? field.checked : field.value;
    }
    const ticket = form.dataset.tallyForm;
    const path = location.pathname;
    sessionStorage.setItem(KEPT, JSON.stringify({ person, path, ticket, typed }));
  };
  // Read the form a moment later, as a check box has its new state only then.
  for (const kind of ["input", "change", "click"]) {
    addEventListener(kind, ({ target }) => setTimeout(keep, 0, target.closest('[role="dialog"]')), true);
  }

  // A form is forgotten if the person closes it, which only its buttons and Enter do. It is kept if it
  // disappears by itself, as happens for a moment when a lost connection is back.
  let closing = false;
  addEventListener("input", () => (closing = false), true);
  addEventListener("click", ({ target }) => (closing = target.closest("button") !== null), true);
  addEventListener("keydown", ({ key }) => (closing ||= key === "Enter"), true);

  // A form that is opened again is kept from the beginning, even before anything is typed.
  const found = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  let open = false;
  setInterval(() => {
    const isOpen = findForm() !== null;
    if (isOpen && !open && found && !sessionStorage.getItem(KEPT)) sessionStorage.setItem(KEPT, found);
    if (!isOpen && open && closing) sessionStorage.removeItem(KEPT);
    if (isOpen && early) keep(early);
    open = isOpen;
  }, 300);

  const kept = JSON.parse(found ?? "{}");
  if (kept.person === person && kept.path === location.pathname) {
    const address = new URL(location.href);
    address.searchParams.set("form", JSON.stringify({ ticket: kept.ticket, typed: kept.typed }));
    history.replaceState(history.state, "", address);
  }
})();
