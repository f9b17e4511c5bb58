// Sends what was typed and shows what comes back, step by step. Without this script the form still works.
"use strict";
const form = document.querySelector("form.ask");
const log = document.querySelector("#log");
const field = form.querySelector("[name=text]");

function add(className, content, asHtml) {
  const box = document.createElement("div");
  if (className) box.className = className;
  if (asHtml) box.innerHTML = content; else box.textContent = content;
  log.append(box);
  box.scrollIntoView({ block: "end" });
  return box;
}

async function send(body, shown) {
  add("asked", shown, false);
  const box = add("", "", false);
  box.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("try/stream", { method: "POST", body, headers: { "X-Mailport": "1" } });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let waiting = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      waiting += value;
      const events = waiting.split("\n\n");
      waiting = events.pop();
      for (const event of events) show(box, event);
    }
  } catch (problem) {
    box.innerHTML = form.dataset.lost;
  }
  box.removeAttribute("aria-busy");
  box.scrollIntoView({ block: "end" });
}

function show(box, event) {
  const data = event.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
  if (data) box.innerHTML = data; // made by the server's renderer, which escapes every text
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text) return;
  send(new URLSearchParams({ text }), text);
  field.value = "";
  field.focus();
});

log.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=press]");
  if (!button) return;
  event.preventDefault();
  send(new URLSearchParams({ press: button.value }), button.textContent);
});
