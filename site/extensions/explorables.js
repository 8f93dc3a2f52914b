// Replaces a figure's picture by the live figure once it comes into view.
(() => {
  const vega = new URL("vega.js", document.currentScript.src).href;
  let loading;

  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = vega;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  }

  async function bringToLife(figure) {
    const picture = figure.querySelector("img");
    const spec = JSON.parse(figure.querySelector("script").textContent);
    delete spec.$schema; // JupyterLab's is v5; what is used here is the same in v6
    if (picture.alt) spec.description = picture.alt;
    await load();
    const stage = document.createElement("div");
    // `ast` interprets expressions: the page's policy allows no code made from text.
    const options = { mode: "vega-lite", actions: false, renderer: "svg", ast: true, tooltip: false };
    const { view } = await window.vegaEmbed(stage, spec, options);
    await view.runAsync();
    stage.querySelectorAll("input[type=range]").forEach(labelSlider);
    stage.querySelectorAll("input[type=text]").forEach((field) => field.setAttribute("aria-label", field.name));
    stage.querySelectorAll(".vega-bind-radio").forEach(labelChoice);
    picture.replaceWith(stage);
    figure.classList.add("alive");
  }

  function labelSlider(input) {
    input.setAttribute("aria-label", input.name);
    const tell = () => input.setAttribute("aria-valuetext", input.value);
    input.addEventListener("input", tell);
    tell();
  }

  function labelChoice(group) {
    group.setAttribute("role", "radiogroup");
    group.setAttribute("aria-label", group.querySelector("input").name);
  }

  const inView = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      inView.unobserve(target);
      bringToLife(target);
    }
  });
  document.querySelectorAll(".explorable").forEach((figure) => inView.observe(figure));
})();
