// What the pages can do better with script. Without it everything works: nothing here is needed.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);

  // After a form the reader is told first what came of it.
  const told = byId("faults") || document.querySelector('[aria-invalid="true"]') || byId("said")
    || document.querySelector("[data-opened]");
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
  // But for one that gives a file: the page stays, and may ask again.
  document.querySelectorAll('form[method="post"]:not([data-file])').forEach((form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // The operators' page: its numbers are fetched anew. Where they cannot be, the page says so: old ones must not look new.
  const service = byId("service");
  if (service) {
    const EVERY = 10000;
    const said = byId("service-news");
    const pause = byId("pause");
    let stopped = false;
    let ended = false;
    let timer = 0;
    const say = (text) => { if (said.textContent !== text) said.textContent = text; };
    const later = () => {
      clearTimeout(timer);
      if (!stopped && !ended && !document.hidden) timer = setTimeout(again, EVERY);
    };
    const show = (html) => {
      const open = [...service.querySelectorAll("details[open]")].map((each) => each.id);
      const focused = service.contains(document.activeElement) ? document.activeElement.id : "";
      const scrolled = byId("service-table-region");
      const place = scrolled ? [scrolled.scrollLeft, scrolled.scrollTop] : [0, 0];
      service.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
      open.forEach((id) => { if (byId(id)) byId(id).open = true; });
      if (focused && byId(focused)) byId(focused).focus({ preventScroll: true });
      const region = byId("service-table-region");
      if (region) [region.scrollLeft, region.scrollTop] = place;
    };
    const again = async () => {
      const marked = getSelection();
      // Nobody's marked text is taken away under the hand.
      if (marked && !marked.isCollapsed && service.contains(marked.anchorNode)) return later();
      try {
        const answer = await fetch(service.dataset.service, { signal: AbortSignal.timeout(EVERY) });
        if (answer.status === 401 || answer.status === 403) {
          ended = true;
          return say(said.dataset.out);
        }
        if (!answer.ok) throw new Error(String(answer.status));
        const html = await answer.text();
        if (!stopped) show(html);
        say("");
      } catch {
        say(said.dataset.old);
      }
      later();
    };
    pause.hidden = false;
    pause.addEventListener("click", () => {
      stopped = !stopped;
      pause.setAttribute("aria-pressed", String(stopped));
      if (stopped) clearTimeout(timer); else again();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) clearTimeout(timer); else if (!stopped && !ended) again();
    });
    later();
  }

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
