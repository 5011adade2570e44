// An editor draws only the lines in view; on paper all of them are needed.
export function printing() {
  addEventListener("beforeprint", () => {
    for (const textarea of document.querySelectorAll("[data-editor]")) {
      const copy = textarea.parentElement.querySelector(".printed") ?? textarea.parentElement.appendChild(document.createElement("pre"));
      copy.className = "printed";
      copy.textContent = textarea.value;
    }
  });
}
