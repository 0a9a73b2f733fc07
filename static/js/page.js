// What every page needs: it works without this file, and is kinder with it.
(() => {
  "use strict";
  // Styles hide what only a page without scripts needs (.no-js), so only a running script may say so.
  document.documentElement.classList.add("js");

  // After a refused form the summary takes the focus, on a fresh page and in a fragment alike.
  const focusSummary = (root) => {
    const found = root.querySelector("[data-focus]");
    found?.removeAttribute("data-focus"); // once: what settles later must not take the focus from who is typing
    found?.focus();
  };
  document.addEventListener("DOMContentLoaded", () => focusSummary(document));
  document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.target.parentElement ?? document));

  // Who comes to a question comes to answer it: <article id="question-4"> .. <details class="change">.
  const unfold = () => document.getElementById(location.hash.slice(1))?.querySelector("details.change")?.setAttribute("open", "");
  document.addEventListener("DOMContentLoaded", unfold);
  window.addEventListener("hashchange", unfold);

  // A redirect that ends in a whole page (sign-in, or the page after a save) must not land inside a fragment.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, pathInfo, requestConfig } = event.detail;
    const moved = pathInfo.responsePath && pathInfo.responsePath !== pathInfo.finalRequestPath;
    if (!moved || !/^\s*<!doctype/i.test(xhr.responseText)) return;
    event.detail.shouldSwap = false;
    if (requestConfig.elt.matches("form[data-autosave]")) return; // autosave.js tells the person, and keeps the text
    // Sign-in would lead back to the fragment's address; loading this page again leads back to this page.
    if (xhr.responseText.includes("data-person=")) location.assign(xhr.responseURL);
    else location.reload();
  });
})();
