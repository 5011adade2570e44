// What to do if the server no longer knows this page's session or its token: get a new token and try again, or say
// what happened, once, beside what the person was doing.
const SIGNED_OUT = 401;
const OLD_TOKEN = 403;
// The page of another person's submission does not exist for the person who is signed in now.
const NOT_THEIRS = 404;

let back = false;

export function isStale(status) {
  return [SIGNED_OUT, OLD_TOKEN, NOT_THEIRS].includes(status);
}

// Ask who is signed in now. "same": this page's person, and the page has the new token; "out", "other"; "unknown" if
// the server does not answer.
export async function renew() {
  const now = await ask();
  if (!now) return "unknown";
  const state = stateOf(now);
  if (state === "same") setToken(now.token);
  show(state, now.name);
  return state;
}

// Send a form's data; if the session was renewed meanwhile, send it again with the new token. `body` makes the data.
export async function post(address, body) {
  const send = () => fetch(address, { method: "POST", body: body(), headers: { Accept: "application/json" } });
  const answer = await send();
  return isStale(answer.status) && (await renew()) === "same" ? send() : answer;
}

export function token() {
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

async function ask() {
  try {
    const answer = await fetch(document.body.dataset.session, { headers: { Accept: "application/json" }, cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function stateOf({ user }) {
  if (user === null) return "out";
  return String(user) === document.body.dataset.user ? "same" : "other";
}

function setToken(fresh) {
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": fresh }));
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = fresh;
}

function show(state, name) {
  const notice = document.querySelector("[data-session-notice]");
  if (!notice) return;
  if (state === "same") {
    if (!notice.hidden) dispatchEvent(new Event("chainrule:signed-in"));
    notice.hidden = true;
    return;
  }
  const words = state === "out" ? signedOut() : [`${name} has signed in here in another tab. Your code is kept in this browser. `, signInAnchor("Sign in as yourself to go on")];
  notice.hidden = false;
  notice.replaceChildren(...words);
  if (!back) listen();
}

function signedOut() {
  // In a learning platform's frame there is no sign-in page: the platform signs people in.
  if (window.self !== window.top) return ["You have been signed out. Your code is kept: open this exercise again in your course to go on."];
  return ["You have been signed out. ", signInAnchor("Sign in"), " to go on: your code is kept."];
}

function signInAnchor(words) {
  const next = encodeURIComponent(location.pathname + location.search);
  return Object.assign(document.createElement("a"), { href: `${document.body.dataset.signIn}?next=${next}`, textContent: words });
}

// Somebody who signs in in another tab and comes back goes on here.
function listen() {
  back = true;
  for (const event of ["focus", "visibilitychange"]) {
    addEventListener(event, () => document.visibilityState === "visible" && !document.querySelector("[data-session-notice]").hidden && renew());
  }
}
