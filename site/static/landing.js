// The figure of the landing page: the trick, computed by the reader's own float64.
(() => {
  const figure = document.querySelector(".trick");
  const slider = figure.querySelector("input");
  const dots = [...figure.querySelectorAll("circle")];
  const lines = [...figure.querySelectorAll("output > *")];
  const scores = [1000, 999, 998];
  const [low, high] = [-1050, 1050]; // what the figure's width shows of x - c
  const width = 640;
  const say = (value, digits) =>
    Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : value > 0 ? "inf" : "-inf";

  function show() {
    const c = Number(slider.value);
    const terms = scores.map((x) => Math.exp(x - c));
    const sum = terms.reduce((a, b) => a + b);
    const answer = c + Math.log(sum);
    scores.forEach((x, i) => {
      dots[i].setAttribute("cx", ((x - c - low) / (high - low)) * width);
      dots[i].classList.toggle("lost", terms[i] === 0 || terms[i] === Infinity);
      lines[i].textContent = `exp(${x} − ${c}) = ${say(terms[i], 4)}`;
    });
    lines[3].textContent = `${c} + log(sum) = ${say(answer, 10)}`;
    figure.classList.toggle("right", Math.abs(answer - 1000.4076059644443) < 5e-7);
    figure.querySelector("svg").setAttribute("aria-label", lines[3].textContent);
  }

  // The dots follow the finger: they move left as c grows.
  const stage = figure.querySelector("svg");
  stage.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    const unit = (high - low) / stage.getBoundingClientRect().width;
    slider.value = Number(slider.value) - event.movementX * unit;
    show();
  });
  stage.addEventListener("pointerdown", (event) => stage.setPointerCapture(event.pointerId));
  slider.addEventListener("input", show);
  show(); // a browser may bring back where the slider stood
})();
