// Sends what was typed and shows what comes back, step by step. Without this script the form still works.
"use strict";
(() => {
  const form = document.getElementById("ask");
  const field = document.getElementById("text");
  const log = document.getElementById("log");
  const live = document.getElementById("live");
  const words = form.dataset;
  document.documentElement.classList.add("scripted");

  function add(className, text) {
    const box = document.createElement("div");
    if (className) box.className = className;
    box.textContent = text;
    log.append(box);
    return box;
  }

  // The html was made by the server's renderer, which escapes every text; the page's policy runs no script in it.
  function fill(box, html) {
    box.innerHTML = html;
    for (const pre of box.querySelectorAll("pre")) addCopy(pre);
  }

  function note(box, text) {
    box.textContent = "";
    const said = document.createElement("p");
    said.className = "card tone-warning";
    said.textContent = text;
    box.append(said);
  }

  function addCopy(pre) {
    if (!navigator.clipboard) return;
    const around = document.createElement("div");
    around.className = "code";
    pre.replaceWith(around);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = words.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = live.textContent = words.copied;
    });
    around.append(pre, button);
  }

  // One event of the stream (server-sent events, WHATWG HTML section 9.2); true when it is the answer.
  function take(box, event) {
    const lines = event.split("\n");
    const html = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
    if (!html) return false;
    fill(box, html);
    const answered = lines.includes("event: answer");
    // Screen readers get the step's sentence at once, and the answer from the log when it is whole.
    live.textContent = answered ? words.answered : box.querySelector(".spinner").textContent;
    return answered;
  }

  async function stream(box, body) {
    const response = await fetch(words.stream, { method: "POST", body });
    if (!response.ok) return note(box, response.status === 503 ? words.busy : await response.text());
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let waiting = "", answered = false;
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const events = (waiting + value).split("\n\n");
      waiting = events.pop();
      for (const event of events) answered = take(box, event) || answered;
    }
    if (!answered) note(box, words.lost);
  }

  async function send(body, shown) {
    const asked = add("asked", shown);
    const box = add("", "");
    box.setAttribute("aria-busy", "true");
    fill(box, '<div class="card tone-waiting"><p class="spinner"></p></div>');
    box.querySelector(".spinner").textContent = live.textContent = words.working;
    asked.scrollIntoView({ block: "start" });
    try {
      await stream(box, body);
    } catch {
      note(box, words.lost);
    }
    box.removeAttribute("aria-busy");
    asked.scrollIntoView({ block: "start" });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text) send(new URLSearchParams({ text }), text);
    field.value = "";
    field.focus();
  });

  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  log.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=press]");
    if (!button) return;
    event.preventDefault();
    send(new URLSearchParams({ press: button.value }), button.textContent);
  });

  for (const pre of log.querySelectorAll("pre")) addCopy(pre);
})();
