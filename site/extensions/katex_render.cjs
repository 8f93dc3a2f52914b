// Renders formulas for mathematics.py: one JSON request a line in, one JSON answer a line out.
const readline = require("node:readline");
const [katexPath, macrosPath] = process.argv.slice(2);
const katex = require(katexPath);
const macros = require(macrosPath);

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { tex, displayMode } = JSON.parse(line);
  let answer;
  try {
    const options = { displayMode, macros: { ...macros }, strict: "error", output: "htmlAndMathml" };
    answer = { html: katex.renderToString(tex, options) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
