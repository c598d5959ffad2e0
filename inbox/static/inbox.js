// What the pages can do better with script. Without it everything works: nothing here is needed.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);

  // After a form the reader is told first what came of it.
  const told = byId("faults") || byId("said") || document.querySelector("[data-opened]");
  if (told) told.focus();

  // A link in the list of faults opens the panel that holds the field, and goes to the field itself.
  document.querySelectorAll("#faults a").forEach((link) => {
    link.addEventListener("click", (event) => {
      const target = byId(link.hash.slice(1));
      if (!target) return;
      event.preventDefault();
      const panel = target.closest("details");
      if (panel) panel.open = true;
      const field = target.matches("input, select") ? target : target.querySelector("input") || target;
      field.focus();
      target.scrollIntoView({ block: "center" });
    });
  });

  // How many are chosen, and one box for all of them.
  const list = byId("list");
  const chosen = list && list.querySelector("[data-chosen-one]");
  if (chosen) {
    const boxes = [...list.querySelectorAll('input[name="task"]')];
    const all = byId("all");
    all.closest("[data-all]").hidden = boxes.length < 2;
    const count = () => {
      const number = boxes.filter((box) => box.checked).length;
      const text = number === 1 ? chosen.dataset.chosenOne : chosen.dataset.chosenMany;
      chosen.textContent = number ? text.replace("{number}", number) : "";
      all.checked = number > 0 && number === boxes.length;
      all.indeterminate = number > 0 && number < boxes.length;
      all.classList.toggle("mixed", all.indeterminate);
    };
    all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
    list.addEventListener("change", count);
    // Coming back, a browser may have kept what was chosen.
    window.addEventListener("pageshow", count);
  }

  // Only the questions that the outcome asks for.
  document.querySelectorAll("form[data-close]").forEach((form) => {
    const initiatives = form.querySelector('[data-for="contact_made"]');
    const because = form.querySelector("[data-because]");
    const none = form.querySelector('input[name="initiative"][value="none"]');
    const show = () => {
      const ending = form.querySelector('input[name="ending"]:checked');
      const contact = Boolean(ending) && ending.value === "contact_made";
      if (initiatives) initiatives.hidden = !contact;
      if (because) because.hidden = !(contact && none && none.checked);
    };
    form.addEventListener("change", show);
    show();
  });

  // A button to copy a number, where the browser can.
  document.querySelectorAll("[data-copy]").forEach((place) => {
    if (!navigator.clipboard) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-tertiary";
    button.textContent = place.dataset.copyLabel;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(place.dataset.copy);
      button.textContent = place.dataset.copied;
    });
    place.after(button);
  });

  // A form is sent once, however often its button is pressed.
  document.querySelectorAll('form[method="post"]').forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // Whether the page is still as it was shown: asked less and less often, and not at all in a hidden tab.
  const news = byId("news");
  if (!news || !news.dataset.live) return;
  const FIRST = 10000;
  const LONGEST = 160000;
  let wait = FIRST;
  let timer = 0;

  const plan = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(ask, wait);
  };

  const tell = () => {
    if (news.childElementCount) return;
    const text = document.createElement("span");
    text.textContent = news.dataset.text;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-secondary";
    button.textContent = news.dataset.button;
    button.addEventListener("click", () => location.reload());
    news.append(text, button);
  };

  async function ask() {
    try {
      const answer = await fetch(news.dataset.live, { headers: { Accept: "application/json" } });
      if (answer.status === 401) return; // logged out: the next click says so
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      if (now.counts) {
        for (const [name, number] of Object.entries(now.counts)) {
          const place = document.querySelector(`[data-count="${name}"]`);
          if (place) place.textContent = number;
        }
      }
      if (now.mark !== news.dataset.mark) tell();
      wait = Math.min(wait * 1.5, LONGEST);
    } catch {
      wait = Math.min(wait * 2, LONGEST);
    }
    plan();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(timer);
    } else {
      wait = FIRST;
      ask();
    }
  });
  plan();
})();
