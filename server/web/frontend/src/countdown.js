// Counts down the seconds in a sentence, then says that the wait is over.
export function countdown(element) {
  const end = Date.now() + Number(element.dataset.countdown) * 1000;
  const words = element.textContent;
  // A screen reader reads the sentence once, and the end; not every second.
  const [spoken, seen] = ["unseen", ""].map((name) => Object.assign(document.createElement("span"), { className: name, textContent: words }));
  seen.ariaHidden = "true";
  element.replaceChildren(spoken, seen);
  const timer = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0 && element.isConnected) seen.textContent = words.replace(/\d+(?= seconds)/, left);
    else {
      clearInterval(timer);
      element.textContent = "You can submit again.";
    }
  }, 1000);
}
