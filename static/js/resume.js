// A long form that is not saved by itself: <form data-guard>. It asks before it is left; and what was typed is put back on
// the next visit of its page when it met an ended session or a fault. Kept in this tab only; never files, passwords or
// hidden fields.
(() => {
  "use strict";
  const KEY = "pv-sent";
  const touched = new Set();
  const typed = (form) =>
    [...form.elements].filter((control) => control.name && !/^(hidden|file|password|submit)$/.test(control.type));
  const keep = (form) => {
    const values = typed(form).map((control) =>
      [control.name, control.value, /^(radio|checkbox)$/.test(control.type) ? control.checked : null]);
    sessionStorage.setItem(KEY, JSON.stringify({ path: location.pathname, person: document.body.dataset.person, values }));
  };

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) touched.add(form);
  });
  document.addEventListener("submit", (event) => {
    touched.delete(event.target);
    if (event.target.matches("[data-sign-out]")) sessionStorage.removeItem(KEY);
    if (event.target.matches("form[data-guard]")) keep(event.target);
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...touched].some((form) => form.isConnected)) event.preventDefault();
  });
  // The server ended the session, and htmx leaves for the sign-in page next: the text is kept, so nothing need be asked.
  document.addEventListener("signed-out", () => {
    [...touched].filter((form) => form.isConnected).forEach(keep);
    touched.clear();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const sent = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    const { person } = document.body.dataset;
    if (!sent || (sent.person && !person)) return; // it waits until somebody is signed in
    const form = document.querySelector("form[data-guard]");
    const ours = sent.person === person;
    const here = sent.path === location.pathname && !document.querySelector(".message.success");
    // It waits, too, where a page of a fault stands at this address, and where the person says once more who they are.
    if (ours && (here ? !form : location.pathname.startsWith("/account/"))) return;
    sessionStorage.removeItem(KEY);
    if (!ours || !here || "posted" in document.body.dataset) return; // a page that answers the form has it
    for (const control of typed(form)) {
      for (const [name, value, checked] of sent.values) {
        if (name !== control.name || (checked !== null && value !== control.value)) continue;
        if (checked === null) control.value = value; else control.checked = checked;
      }
    }
    const notice = document.createElement("p");
    notice.className = "notice open";
    notice.setAttribute("role", "status");
    notice.textContent = "It was not sent, so we put back what you typed. Look it over, then send it again.";
    form.before(notice);
    form.dispatchEvent(new Event("input", { bubbles: true })); // leaving it asks first, as before
  });
})();
