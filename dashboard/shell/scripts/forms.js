// What is typed in a form is kept for the same person, in this tab alone, in case the page goes: its
// session ends, the server starts anew, somebody reloads. Passwords are never kept.
(() => {
  const KEPT = "tally.form";
  const person = document.querySelector('meta[name="tally-person"]').content;
  const findForm = () => document.querySelector("[data-tally-form]");

  // Somebody may type before the last of a form is there, which says what form it is: kept then.
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
  // A moment later, as a check box shows only then what was chosen.
  for (const kind of ["input", "change", "click"]) {
    addEventListener(kind, ({ target }) => setTimeout(keep, 0, target.closest('[role="dialog"]')), true);
  }

  // A form that a person closed is not kept any longer: by a button, a key, or a click beside it. One
  // that goes by itself is, as it does for a moment when a lost connection is back.
  let closing = false;
  addEventListener("input", () => (closing = false), true);
  addEventListener("click", ({ target }) => (closing = target.closest("button") || !target.closest('[role="dialog"]')), true);
  addEventListener("keydown", ({ key }) => (closing ||= key === "Escape" || key === "Enter"), true);

  // One that is opened again is kept from the beginning.
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
