// Renders formulas for mathematics.py: one JSON request a line in, one JSON answer a line out.
const readline = require("node:readline");
const [library, given] = process.argv.slice(2);
const typesetter = require(library);

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { tex, displayMode } = JSON.parse(line);
  const options = { ...JSON.parse(given), displayMode };
  let answer;
  try {
    answer = { html: typesetter.renderToString(tex, options) };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
