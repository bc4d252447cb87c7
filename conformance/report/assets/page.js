"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const tools = byId("tools");

  // A link to a finding opens all that lies around it.
  const reveal = () => {
    const target = location.hash && byId(location.hash.slice(1));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.querySelector("summary").focus({ preventScroll: true });
    target.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) reveal();
  });
  if (!tools) return;

  const filter = byId("filter"), only = byId("only"), open = byId("open");
  const sections = [...document.querySelectorAll("tbody.section")].map((body) => {
    const head = body.querySelector(".head h3").textContent;
    const rows = [...body.querySelectorAll("tr.case")].map((row) => {
      const next = row.nextElementSibling;
      const more = next && next.classList.contains("more") ? next : null;
      const said = more ? [...more.querySelectorAll(".finding > summary")].map((s) => s.textContent) : [];
      const text = [head, row.textContent, ...said].join(" ").toLowerCase();
      return { row, more, text, failing: row.classList.contains("failing") };
    });
    return { body, rows };
  });
  const total = sections.reduce((sum, section) => sum + section.rows.length, 0);

  const apply = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { body, rows } of sections) {
      let any = false;
      for (const { row, more, text, failing } of rows) {
        const show = (failing || !only.checked) && words.every((word) => text.includes(word));
        row.hidden = !show;
        if (more) more.hidden = !show;
        if (show) shown++;
        any ||= show;
      }
      body.hidden = !any;
    }
    byId("none").hidden = shown > 0;
    byId("count").textContent = shown === total ? `${total} cases` : `${shown} of ${total} cases`;
  };
  filter.addEventListener("input", apply);
  only.addEventListener("change", apply);
  tools.addEventListener("submit", (event) => event.preventDefault());

  const findings = () => [...document.querySelectorAll("tr.more:not([hidden]) > td > details")];
  open.hidden = findings().length === 0;
  open.addEventListener("click", () => {
    const all = findings(), wanted = !all.every((d) => d.open);
    for (const d of all) d.open = wanted;
    open.textContent = wanted ? "Close all" : "Open all";
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      filter.focus();
    } else if (event.key === "Escape" && event.target === filter) {
      filter.value = "";
      apply();
    }
  });
  tools.hidden = false;
  apply();
  reveal();
})();
