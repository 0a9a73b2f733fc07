// A form that was sent, but met an ended session or a fault: its text is put back on the next visit of its page.
// <form data-guard>. Kept in this tab only, from the sending until the answer; never files, passwords or hidden fields.
(() => {
  "use strict";
  const KEY = "pv-sent";
  const typed = (form) =>
    [...form.elements].filter((control) => control.name && !/^(hidden|file|password|submit)$/.test(control.type));

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) sessionStorage.removeItem(KEY);
    if (!event.target.matches("form[data-guard]")) return;
    const values = typed(event.target).map((control) =>
      [control.name, control.value, /^(radio|checkbox)$/.test(control.type) ? control.checked : null]);
    sessionStorage.setItem(KEY, JSON.stringify({ path: location.pathname, person: document.body.dataset.person, values }));
  });

  document.addEventListener("DOMContentLoaded", () => {
    const sent = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    if (!sent || location.pathname.startsWith("/sign-in")) return;
    const form = document.querySelector("form[data-guard]");
    const here = sent.path === location.pathname && !document.querySelector(".message.success");
    if (here && !form) return; // the page of a fault stands at this address: the text waits for the form
    sessionStorage.removeItem(KEY);
    if (!here || sent.person !== document.body.dataset.person || document.querySelector(".error-summary")) return;
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
