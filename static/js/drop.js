// A file can be dropped where it can be chosen: .drop around an <input type="file">. With data-submit the form goes at once,
// and [data-progress] tells in words how far it is.
(() => {
  "use strict";
  const zoneOf = (event) => event.target.closest?.(".drop");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mb = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
  const over = (event, on) => zoneOf(event)?.classList.toggle("over", on);

  // Beside the zone the browser would leave the page and open the file, and unsaved text would be gone.
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = zoneOf(event) ? "copy" : "none";
    over(event, true);
  });
  document.addEventListener("dragleave", (event) => over(event, false));

  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    over(event, false);
    const input = zoneOf(event)?.querySelector('input[type="file"]');
    if (!input || input.disabled) return;
    const given = new DataTransfer();
    const files = input.multiple ? event.dataTransfer.files : [...event.dataTransfer.files].slice(0, 1);
    for (const file of files) given.items.add(file);
    input.files = given.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  document.addEventListener("change", (event) => {
    const { type, files, form } = event.target;
    if (type === "file" && files.length && zoneOf(event)?.matches("[data-submit]")) form.requestSubmit();
  });

  document.addEventListener("htmx:xhr:progress", (event) => {
    const { lengthComputable, loaded, total } = event.detail;
    const line = event.target.querySelector?.("[data-progress]");
    if (line && lengthComputable) line.textContent = loaded < total ? `${mb(loaded)} of ${mb(total)} MB sent` : "Checking the file…";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const line = event.target.querySelector?.("[data-progress]");
    const { status } = event.detail.xhr;
    if (line) line.textContent = status > 0 && status < 500 ? "" : "The file could not be sent. Try again.";
  });
})();
