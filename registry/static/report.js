// Forms of a report: what somebody writes is never lost, and a table is filled in by keyboard.
//
// A form with data-draft saves itself by htmx. What is not saved yet is kept in this tab, for the
// same person only, and comes back when the page is opened again: after a lost session, a reload, a
// crash. Secret answers (data-secret) are never kept. Texts are the page's own.
"use strict";
(() => {
  const PREFIX = "draft:";
  const SKIPPED = ["csrf_token", "row_version", "questions"];
  const forms = [...document.querySelectorAll("form[data-draft]")];
  const state = new Map(forms.map((form) => [form, { edits: 0, sent: 0, leaving: false, waiting: null }]));

  const show = (id, on) => {
    const note = document.getElementById(id);
    if (note) note.hidden = !on;
  };
  const version = (form) => form.elements.namedItem("row_version");
  const fields = (form) => {
    const secret = (form.dataset.secret || "").split(" ");
    return [...new FormData(form)].filter(
      ([name, value]) => typeof value === "string" && !SKIPPED.includes(name) && !secret.includes(name),
    );
  };
  const kept = (form) => {
    try {
      return JSON.parse(sessionStorage.getItem(PREFIX + form.dataset.draft));
    } catch {
      return null;
    }
  };
  const forget = (form) => sessionStorage.removeItem(PREFIX + form.dataset.draft);
  const keep = (form, sent) => {
    const draft = { person: form.dataset.person, version: version(form).value, values: fields(form), sent };
    try {
      sessionStorage.setItem(PREFIX + form.dataset.draft, JSON.stringify(draft));
    } catch {
      // the tab's store is full or switched off: the page still holds what was written
    }
  };
  const fill = (form, values) => {
    const secret = (form.dataset.secret || "").split(" ");
    for (const control of form.elements) {
      if (!control.name || SKIPPED.includes(control.name) || secret.includes(control.name)) continue;
      const own = values.filter(([name]) => name === control.name).map(([, value]) => value);
      if (control.type === "checkbox" || control.type === "radio") control.checked = own.includes(control.value);
      else if (own.length && control.type !== "submit") control.value = own[0];
    }
  };
  const bring_back = (form) => {
    const draft = kept(form);
    if (!draft) return;
    const arrived = draft.sent && form.dataset.mine && version(form).value !== draft.version;
    const same = JSON.stringify(draft.values) === JSON.stringify(fields(form));
    if (draft.person !== form.dataset.person || form.dataset.posted || arrived || same) {
      forget(form);
      return;
    }
    fill(form, draft.values);
    version(form).value = draft.version; // whoever has saved since is not written over
    show("draft-back", true);
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const edited = (event) => {
    const form = event.target.form || event.target;
    if (!state.has(form) || form.dataset.secret?.split(" ").includes(event.target.name)) return;
    state.get(form).edits += 1;
    keep(form, false);
  };
  document.addEventListener("input", edited);
  document.addEventListener("change", edited);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.action.endsWith("/sign-out")) {
      Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => sessionStorage.removeItem(key));
    }
    const own = state.get(form);
    if (!own || form.dataset.rows) return;
    if (form.classList.contains("htmx-request")) {
      event.preventDefault(); // the version that is being saved comes first
      own.waiting = event.submitter;
      return;
    }
    own.leaving = true;
    if (kept(form)) keep(form, true);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const own = state.get(event.detail.elt);
    if (!own) return;
    if (own.leaving) event.preventDefault();
    own.sent = own.edits;
  });
  document.addEventListener("draft-saved", (event) => {
    const own = state.get(event.target);
    if (!own) return;
    if (own.edits === own.sent) forget(event.target);
    else keep(event.target, false);
    ["draft-signed-out", "draft-offline"].forEach((id) => show(id, false));
    document.querySelectorAll("#draft-back [data-saved]").forEach((note) => { note.textContent = note.dataset.saved; });
  });
  document.addEventListener("htmx:responseError", (event) => {
    const lost = [400, 401, 403].includes(event.detail.xhr.status);
    show("draft-signed-out", lost);
    show("draft-offline", !lost);
  });
  document.addEventListener("htmx:sendError", () => show("draft-offline", true));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    const own = state.get(form);
    if (own?.waiting) {
      const button = own.waiting;
      own.waiting = null;
      form.requestSubmit(button);
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) state.forEach((own) => { own.leaving = false; });
  });
  window.addEventListener("load", () => forms.forEach(bring_back));

  // whoever takes what somebody else has saved gives up the own words
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-forget]");
    if (link) sessionStorage.removeItem(PREFIX + link.dataset.forget);
  });

  // a note of the year goes into the answer
  document.querySelectorAll("[data-add-note]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const answer = document.getElementById("done");
      const text = document.getElementById(button.dataset.addNote).textContent.trim();
      answer.value = answer.value.trim() ? `${answer.value.trimEnd()}\n${text}` : text;
      answer.dispatchEvent(new Event("input", { bubbles: true }));
      answer.focus();
    });
  });

  // in a table, Enter goes to the same question of the next row; Shift and Enter is a new line
  document.addEventListener("keydown", (event) => {
    const control = event.target;
    const row = control.closest?.("tr[data-row]");
    if (event.key !== "Enter" || !row || event.shiftKey || control.tagName === "BUTTON" || control.tagName === "A") return;
    event.preventDefault();
    const next = row.nextElementSibling?.querySelector(`[name="${control.name}"]:not([type="hidden"])`);
    if (next) next.focus();
    else control.blur();
  });
})();
