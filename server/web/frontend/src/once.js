// Loads a script that only some results need, when the first of them is shown.
export function once(address, nonce) {
  if (document.querySelector(`script[src="${CSS.escape(address)}"]`)) return;
  const script = document.createElement("script");
  script.src = address;
  script.nonce = nonce;
  document.head.append(script);
}
