// What the page does beside textual.js, which draws the terminal: focus, keys, copying, links.
"use strict";

const ENDED = "Study Buddy has ended. Everything is kept.";
const GONE =
  "“studybuddy web” has ended or can't be reached. Everything that came is kept. " +
  "If it was started anew, open the address that it has printed.";
const TITLE = document.title;
const SHIFT_ENTER = "\x1b[13;2u";

const element = (id) => document.getElementById(id);
const holder = element("terminal");
holder.dataset.sessionWebsocketUrl =
  `${window.location.protocol === "https:" ? "wss:" : "ws:"}//${window.location.host}/ws`;

// textual.js keeps its terminal to itself. It is caught while it notes the address of its socket.
let shown = null;
Object.defineProperty(Object.prototype, "websocket_url", {
  configurable: true,
  set(value) {
    delete Object.prototype.websocket_url;
    this.websocket_url = value;
    shown = this;
  },
});

const begin = window.onload;
window.onload = async (event) => {
  // The cells are measured once: the font must be there by then.
  const faces = ["", "bold ", "italic "].map((face) => `${face}16px "Roboto Mono"`);
  await Promise.allSettled(faces.map((face) => document.fonts.load(face)));
  begin(event);
  const { terminal, socket } = shown;
  window.studybuddy = terminal; // to be looked at from the browser's console, and by tests
  keepFocus(terminal, socket);
  takeKeys(terminal);
  terminal.parser.registerOscHandler(52, (data) => copyCoded(data));
  terminal.parser.registerOscHandler(9, (text) => call(text));
  socket.addEventListener("close", (closed) => end(closed));
};

// The terminal has the keyboard, whenever the page has it; the app hears of both.
function keepFocus(terminal, socket) {
  const focus = () => {
    document.title = TITLE;
    if (element("offer").hidden) terminal.focus();
  };
  for (const [target, kind] of [[window, "focus"], [document, "mouseup"], [document, "visibilitychange"]]) {
    target.addEventListener(kind, focus);
  }
  // Not earlier: the focus is told by the socket.
  socket.addEventListener("open", focus);
  // The app takes itself for unfocused when it starts, and hears the page only after that.
  const tell = () => document.hasFocus() && socket.readyState === WebSocket.OPEN && shown.onFocus();
  let times = 5;
  socket.addEventListener("message", (message) => {
    if (typeof message.data === "string" || times === 0) return;
    times -= 1;
    tell();
    if (times === 0) window.setTimeout(tell, 1000);
  });
}

// F11 and pasting are left to the browser; the terminal would not tell Shift+Enter from Enter.
function takeKeys(terminal) {
  terminal.attachCustomKeyEventHandler((event) => {
    const only = (modifier) =>
      ["ctrlKey", "altKey", "shiftKey", "metaKey"].every((name) => event[name] === (name === modifier));
    if (event.key === "F11" || (event.key.toLowerCase() === "v" && only("ctrlKey"))) return false;
    if (event.key === "Enter" && only("shiftKey")) {
      event.preventDefault();
      if (event.type === "keydown") terminal.input(SHIFT_ENTER);
      return false;
    }
    return true;
  });
}

// OSC 52: what the app copies goes to the browser's clipboard. Nobody may read that clipboard.
function copyCoded(data) {
  const coded = data.slice(data.indexOf(";") + 1);
  if (coded && coded !== "?") {
    const bytes = Uint8Array.from(atob(coded), (letter) => letter.charCodeAt(0));
    copy(new TextDecoder().decode(bytes));
  }
  return true;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text); // missing where the page is not trusted
  } catch {
    offer("The browser copies only at a click.", "Copy", () => copyAtClick(text));
  }
}

async function copyAtClick(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Where the page is not trusted (plain HTTP from another computer), a selection can be copied.
  const field = document.body.appendChild(document.createElement("textarea"));
  field.value = text;
  field.select();
  document.execCommand("copy");
  field.remove();
}

// Links open in the student's browser, and can't get hold of this page.
const openWindow = window.open.bind(window);
window.open = (url, ...rest) => {
  if (url === undefined) return openWindow(url, ...rest); // its address comes in a moment
  let address = null;
  try {
    address = new URL(url, window.location.href);
  } catch {
    return null;
  }
  if (!["http:", "https:", "mailto:"].includes(address.protocol)) return null;
  const opened = openWindow(address.href, "_blank");
  if (opened) opened.opener = null;
  else offer("The browser opens links only at a click.", "Open", () => openWindow(address.href, "_blank", "noopener"));
  return opened;
};

// What the browser allows only at a click is offered as a button.
function offer(what, label, act) {
  const leave = () => {
    element("offer").hidden = true;
    shown.terminal.focus();
  };
  element("what").textContent = what;
  element("yes").textContent = label;
  element("yes").onclick = async () => {
    await act();
    leave();
  };
  element("no").onclick = leave;
  element("offer").onkeydown = (event) => {
    if (event.key === "Escape") leave();
  };
  element("offer").hidden = false;
  element("yes").focus();
}

// OSC 9: an answer is there, and the student looks elsewhere.
function call(text) {
  if (document.hasFocus()) return true;
  document.title = `● ${text}`;
  if (window.Notification && Notification.permission === "granted") new Notification(text);
  return true;
}

function end(closed) {
  element("offer").hidden = true;
  element("why").textContent = closed.reason || (closed.code === 1006 ? GONE : ENDED);
  element("again").onclick = () => window.location.reload();
  element("again").focus();
}
