// What screen readers say of things that fold: their own words instead of "Toggle hidden content".
window.addEventListener("load", () => {
  for (const summary of document.querySelectorAll("article summary[aria-label]")) summary.removeAttribute("aria-label");
  for (const button of document.querySelectorAll(".admonition button.toggle-button")) {
    const title = button.closest(".admonition").querySelector(".admonition-title");
    const words = [...title.childNodes].filter((node) => node !== button).map((node) => node.textContent);
    button.setAttribute("aria-label", `Show or hide: ${words.join("").trim()}`);
  }
});

// From disk a browser lets no page read another: search results then come without an extract, and without an error for each.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS === "object") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
