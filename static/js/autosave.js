// Forms that save themselves: <form data-autosave="KEY" hx-post hx-trigger="change, input delay:1200ms, save"
// hx-sync="this:queue last">. htmx sends; this file keeps a copy on this device until the server has confirmed the text,
// tries again when a save failed, and never says "saved" by itself: that sentence comes from the server.
(() => {
  "use strict";
  const PREFIX = "pv-draft:";
  const KEEP_MS = 3 * 24 * 3600 * 1000; // a shared computer should not remember for longer
  const QUIET_MS = 30000; // a screen reader hears "saved" at most this often
  const SELECTOR = "form[data-autosave]";
  const states = new Map();
  let announcedAt = 0;

  const keyOf = (form) => `${PREFIX}${document.body.dataset.person}:${form.dataset.autosave}`;
  const fields = (form) =>
    [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
  const text = (form) => JSON.stringify(fields(form).filter(([name]) => name !== "version"));
  const versionOf = (values) => values.find(([name]) => name === "version")?.[1];
  const dirty = (form) => form.isConnected && text(form) !== states.get(form).confirmed;

  // Storage may be full or forbidden; then the page still saves, only without the copy.
  const store = {
    get(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* see above */ } },
    remove(key) { try { localStorage.removeItem(key); } catch { /* see above */ } },
    keys() { try { return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)); } catch { return []; } },
  };
  const keepDraft = (form, submitted = false) =>
    store.set(keyOf(form), { values: fields(form), at: Date.now(), submitted });

  function announce(sentence, urgent) {
    if (!urgent && Date.now() - announcedAt < QUIET_MS) return;
    announcedAt = Date.now();
    document.getElementById("live").textContent = sentence;
  }

  function say(form, sentence, kind = "") {
    const line = form.querySelector(".saved");
    const slot = line?.querySelector("[data-saved]");
    if (!slot) return;
    line.classList.toggle("unsaved", kind === "unsaved");
    slot.classList.remove("ok");
    slot.textContent = sentence;
    if (kind === "unsaved") announce(sentence, true);
  }

  function saySignedOut(form, state) {
    Object.assign(state, { sent: null, leaving: true }); // the copy is kept, so leaving to sign in needs no question
    say(form, "Not saved, because you were signed out. Your text is kept on this device. ", "unsaved");
    const link = document.createElement("a");
    link.href = location.href.split("#")[0];
    link.textContent = "Sign in again";
    form.querySelector("[data-saved]")?.append(link);
  }

  function restore(form) {
    const draft = store.get(keyOf(form));
    if (!draft) return;
    // Sent the plain way and accepted: the page is newer than the copy.
    const accepted = draft.submitted && versionOf(draft.values) !== versionOf(fields(form));
    if (accepted || JSON.stringify(draft.values.filter(([name]) => name !== "version")) === text(form)) {
      store.remove(keyOf(form));
      return;
    }
    // The old version number is put back too: if somebody saved meanwhile, the server shows both texts.
    for (const control of form.elements) {
      const values = draft.values.filter(([name]) => name === control.name).map(([, value]) => value);
      if (control.type === "radio" || control.type === "checkbox") control.checked = values.includes(control.value);
      else if (values.length && control.type !== "file") control.value = values[0];
    }
    for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    say(form, "We put back your text that was not saved yet.");
    htmx.trigger(form, "save");
  }

  function setUp(form) {
    if (states.has(form)) return;
    states.set(form, { confirmed: text(form), sent: null, refused: null, tries: 0, timer: 0, leaving: false });
    if (document.body.dataset.person) restore(form);
  }

  function retryLater(form, state) {
    state.sent = null;
    say(form, "Not saved. We keep trying; your text is kept on this device.", "unsaved");
    clearTimeout(state.timer);
    state.timer = setTimeout(() => htmx.trigger(form, "save"), Math.min(2 ** ++state.tries, 30) * 1000);
  }

  function confirmed(form, state) {
    Object.assign(state, { confirmed: state.sent, sent: null, refused: null, tries: 0 });
    clearTimeout(state.timer);
    if (dirty(form)) keepDraft(form); // newer text waits in the queue; its copy takes the new version
    else store.remove(keyOf(form));
    announce(form.querySelector("[data-saved]")?.textContent ?? "", false);
  }

  document.addEventListener("htmx:load", (event) => {
    const root = event.detail.elt;
    if (root.matches?.(SELECTOR)) setUp(root);
    root.querySelectorAll?.(SELECTOR).forEach(setUp);
  });

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.form;
      if (states.has(form) && dirty(form)) keepDraft(form);
    }, true); // before htmx hears of it: the copy exists before anything is sent
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    const state = states.get(form);
    if (!state) return;
    // The delayed trigger repeats what leaving the field has just sent; and a text that was refused is not sent again,
    // or its answer would be replaced under the finger of whoever chooses in it.
    if ([state.sent ?? state.confirmed, state.refused].includes(text(form))) { event.preventDefault(); return; }
    state.sent = text(form);
    event.detail.xhr.timeout = 20000; // a line that hangs counts as failed, and the text goes again
    say(form, "Saving…");
  });

  // Signed out: htmx would leave for the sign-in page at once; here the person does, knowing that the text is kept.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (states.has(event.detail.elt) && event.detail.xhr.status === 401) event.preventDefault();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    const state = states.get(form);
    if (!state) return;
    const { status, responseText } = event.detail.xhr;
    const wholePage = /^\s*<!doctype/i.test(responseText);
    if (status >= 200 && status < 300 && !wholePage) confirmed(form, state);
    else if (status === 409 || status === 422) Object.assign(state, { refused: state.sent, sent: null }); // the person decides
    else if (status === 401 || status === 403 || (status === 200 && wholePage)) saySignedOut(form, state);
    else if (status === 0 || status === 429 || status >= 500) retryLater(form, state);
    else { state.sent = null; say(form, "Not saved. Load this page again; your text is kept on this device.", "unsaved"); }
  });

  // The session ended by itself: the copies are kept, so the page may leave for the sign-in page without a question.
  document.addEventListener("signed-out", () => states.forEach((state) => { state.leaving = true; }));

  const saveNow = () => states.forEach((state, form) => { if (dirty(form)) htmx.trigger(form, "save"); });
  window.addEventListener("online", saveNow);
  document.addEventListener("visibilitychange", () => { if (document.hidden) saveNow(); });

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) store.keys().forEach(store.remove);
    const state = states.get(event.target);
    if (!state) return;
    state.leaving = true;
    keepDraft(event.target, true);
  });

  window.addEventListener("beforeunload", (event) => {
    if ([...states].some(([form, state]) => !state.leaving && dirty(form))) event.preventDefault();
  });

  store.keys().filter((key) => Date.now() - (store.get(key)?.at ?? 0) > KEEP_MS).forEach(store.remove);
})();
