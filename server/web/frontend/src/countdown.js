// Counts the seconds of a waiting time down in the words that tell it, then says that it is over.
export function countdown(element) {
  const end = Date.now() + Number(element.dataset.countdown) * 1000;
  const words = element.textContent;
  const timer = setInterval(() => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (left > 0 && element.isConnected) element.textContent = words.replace(/\d+(?= seconds)/, left);
    else {
      clearInterval(timer);
      element.textContent = "You may submit again.";
    }
  }, 1000);
}
