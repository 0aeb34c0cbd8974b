// @ts-check
"use strict";
// Draws the diagrams of a page in the colours that it has at the moment, and again when they change.

(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const diagrams = Array.from(document.querySelectorAll("pre.diagram"), (place) => ({
    place,
    text: place.textContent ?? "",
  }));

  /** Whether the page is dark now: by its own switch, or as the system has it. */
  const isDark = () => {
    const mode = document.body.dataset.theme;
    return mode === "dark" || (mode !== "light" && dark.matches);
  };

  /** The page's own colours, for mermaid's “base” theme. */
  const colours = () => {
    const ground = getComputedStyle(document.body).getPropertyValue("--color-background-primary").trim();
    const [card, ink, line] = isDark() ? ["#1d3331", "#e6eeec", "#7fb5ae"] : ["#e3f1ef", "#222121", "#3f7f78"];
    return {
      darkMode: isDark(),
      background: ground,
      mainBkg: card,
      primaryColor: card,
      primaryTextColor: ink,
      primaryBorderColor: line,
      lineColor: line,
      textColor: ink,
      actorBkg: card,
      actorBorder: line,
      actorTextColor: ink,
      signalColor: ink,
      signalTextColor: ink,
      noteBkgColor: isDark() ? "#3d3220" : "#fdf1e2",
      noteBorderColor: "#d4790a",
      noteTextColor: ink,
      labelBoxBkgColor: card,
      labelTextColor: ink,
      loopTextColor: ink,
      clusterBkg: "transparent",
      clusterBorder: line,
      edgeLabelBackground: ground,
      fontSize: "15px",
    };
  };

  let turn = 0;
  const draw = async () => {
    const own = (turn += 1);
    const { mermaid } = /** @type {any} */ (globalThis);
    const fontFamily = getComputedStyle(document.body).fontFamily;
    mermaid.initialize({
      startOnLoad: false,
      theme: "base",
      themeVariables: { ...colours(), fontFamily },
      fontFamily,
      securityLevel: "strict",
      flowchart: { useMaxWidth: true, curve: "basis", wrappingWidth: 480 },
      sequence: { useMaxWidth: true, mirrorActors: false },
    });
    for (const [number, { place, text }] of diagrams.entries()) {
      const { svg } = await mermaid.render(`diagram-${number}-${own}`, text);
      if (own !== turn) return; // The colours have changed meanwhile.
      const drawing = document.createElement("div");
      drawing.className = "diagram";
      drawing.innerHTML = svg;
      diagrams[number].place.replaceWith(drawing);
      diagrams[number].place = /** @type {any} */ (drawing);
    }
  };

  draw();
  dark.addEventListener("change", draw);
  new MutationObserver(draw).observe(document.body, { attributeFilter: ["data-theme"] });
})();
